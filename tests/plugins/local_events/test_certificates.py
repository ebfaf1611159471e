"""Certificates: given to who was there, checked by anybody, revoked for good; as a page and, where it can be made, a PDF."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core.data.session import transaction
from core.kernel.ids import new_id, new_token
from core.sdk import Forbidden, Invalid, NotFound, Refused
from plugins.local_events import tickets
from plugins.local_events.models import Certificate, Delivery
from plugins.local_events.queries import certificates
from plugins.local_events.service import certifying, correcting
from plugins.local_events.views import proofs
from tests.plugins.local_events.day_helpers import keep, organiser, press, with_people


@pytest.fixture
def over(session, scotland, frozen_clock):
    """An event that is over: one was there, one left after an hour, one never came; and a name without a place."""
    event_id, [ann, ben, cai] = with_people(session, scotland, 3, title="Ffrwd ŵyl")
    frozen_clock.advance(hours=1)
    keep(session, scotland, event_id, press(ann), press(ben), press("", kind="walk_in", name="Siân Ŵyn <b>"))
    frozen_clock.advance(hours=1)
    keep(session, scotland, event_id, press(ben, "out"))
    frozen_clock.advance(hours=4)
    return event_id, ann, ben, cai


def test_everybody_who_was_there_gets_one_with_their_hours(session, scotland, over):
    event_id, ann, ben, _ = over
    assert certifying.issue(session, scotland, event_id, 90, organiser()) == 3
    given = {one.name: one.minutes for one in certificates.of_event(session, event_id)}
    assert given == {"Guest 0": 90, "Guest 1": 60, "Siân Ŵyn <b>": 90}
    told = session.execute(sa.select(Delivery.kind, Delivery.state)).all()
    assert told == [("certificate", "waiting")] * 2  # a name without an account has no address
    assert certificates.holders(session, event_id) >= {ann, ben}


def test_giving_again_gives_only_what_is_missing(session, scotland, over):
    event_id, _, _, cai = over
    certifying.issue(session, scotland, event_id, 120, organiser())
    assert certifying.issue(session, scotland, event_id, 120, organiser()) == 0
    correcting.correct(session, scotland, event_id, cai, "attended", None, "Sat at the back", organiser(), new_token())
    assert certifying.issue(session, scotland, event_id, 120, organiser()) == 1


def test_none_before_the_end_and_none_by_others(session, scotland, frozen_clock):
    event_id, [ann] = with_people(session, scotland, 1)
    keep(session, scotland, event_id, press(ann))
    with pytest.raises(Refused, match="once the event is over"):
        certifying.issue(session, scotland, event_id, 60, organiser())
    frozen_clock.advance(hours=4)
    with pytest.raises(Forbidden):
        certifying.issue(session, scotland, event_id, 60, organiser().__class__())
    other_id, _ = with_people(session, scotland, 0, certificate=False)
    frozen_clock.advance(hours=4)
    with pytest.raises(Refused, match="No certificates are given"):
        certifying.issue(session, scotland, other_id, 60, organiser())
    for minutes in (0, 14 * 24 * 60 + 1):
        with pytest.raises(Invalid):
            certifying.issue(session, scotland, event_id, minutes, organiser())


def test_a_revoked_one_proves_nothing_and_stays_revoked(session, session_for, scotland, over):
    event_id, *_ = over
    certifying.issue(session, scotland, event_id, 120, organiser())
    first = certificates.of_event(session, event_id)[0]
    with pytest.raises(Invalid):
        certifying.revoke(session, event_id, first.id, " ", organiser())
    with pytest.raises(NotFound):
        certifying.revoke(session_for("wales"), event_id, first.id, "Wrong", organiser())
    with pytest.raises(NotFound):
        certifying.revoke(session, new_id(), first.id, "Wrong", organiser())
    certifying.revoke(session, event_id, first.id, "Wrong person", organiser())
    with pytest.raises(Refused):
        certifying.revoke(session, event_id, first.id, "Wrong person", organiser())
    assert certificates.by_code(session, tickets.shown(first.code).lower()).revoked_at is not None
    assert certifying.issue(session, scotland, event_id, 120, organiser()) == 1
    for change in ({"name": "Somebody"}, {"minutes": 999}, {"revoked_at": None, "revoked_why": ""}):
        with pytest.raises(DBAPIError), transaction(session):
            session.execute(
                sa.update(Certificate).where(Certificate.id == first.id).values(**change)
            )  # fmt: skip


def test_a_page_says_only_name_event_day_and_hours(client, session, scotland, over):
    event_id, *_ = over
    certifying.issue(session, scotland, event_id, 90, organiser())
    proof = next(one for one in certificates.of_event(session, event_id) if one.name.startswith("Siân"))
    answer = client.get(
        "/scotland/events/certificates/", query_string={"code": f" {tickets.shown(proof.code).lower()} "}
    )
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert page.headers["X-Robots-Tag"] == "noindex"
    for said in ("Siân Ŵyn &lt;b&gt;", "Ffrwd ŵyl", "Monday 23 November 2026", "1.5"):
        assert said in page.text
    assert "Perth" not in page.text
    assert client.get(f"/wales/events/certificates/{proof.code}").status_code == 404
    assert client.get("/scotland/events/certificates/?code=0000").status_code == 404
    assert client.get("/scotland/events/certificates/").status_code == 200
    certifying.revoke(session, event_id, proof.id, "Was elsewhere", organiser())
    page = client.get(answer.location)
    assert "proves nothing" in page.text
    assert "Siân" not in page.text
    assert "Was elsewhere" not in page.text
    assert client.get(f"{answer.location}/pdf").status_code == 404


@pytest.mark.parametrize("language", ["en", "cy"])
def test_with_the_extra_there_is_a_pdf(client, session, scotland, over, language):
    event_id, *_ = over
    certifying.issue(session, scotland, event_id, 90, organiser())
    code = next(one.code for one in certificates.of_event(session, event_id) if one.name.startswith("Siân"))
    path = f"/scotland/events/certificates/{code}"
    assert f"{path}/pdf" in client.get(path).text
    answer = client.get(f"{path}/pdf", headers={"Accept-Language": language})
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert f"certificate-{code}.pdf" in answer.headers["Content-Disposition"]


def test_without_the_extra_there_is_the_page_to_print(client, session, scotland, over, monkeypatch):
    event_id, *_ = over
    certifying.issue(session, scotland, event_id, 90, organiser())
    path = f"/scotland/events/certificates/{certificates.of_event(session, event_id)[0].code}"
    monkeypatch.setattr(proofs, "find_spec", lambda name: None)
    page = client.get(path).text
    assert "print this page and choose" in page
    assert "/pdf" not in page
    assert client.get(f"{path}/pdf").status_code == 404
