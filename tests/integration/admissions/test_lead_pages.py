"""The lead's pages over applications: what was submitted, for whoever may see it; drafts are read by nobody."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Answer, Application, Assignment, Conflict, InfoRequest, Submission
from core.admissions.queries import applications as queries
from core.admissions.queries import applying
from core.admissions.service import deadlines, drafts, submitting
from core.admissions.service.submitting import MOST_ASKED
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Forbidden, NotFound, Refused
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM, Actor
from core.work.models import Mail
from tests.factories.admissions import make_application, make_form, make_window
from tests.factories.assessing import (
    make_assessment,
    make_assessor,
    make_assignment,
    make_decision,
    make_submitted,
)
from tests.factories.people import client_of, make_person
from tests.support.app_fixtures import FrozenClock
from tests.support.client import FormClient, without_token

ROOM = "/scotland/manage/admissions"


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock) -> ScopedSession:
    """A session on Scotland's rows, at a known time."""
    return session_for("scotland")


@pytest.fixture
def form(session: ScopedSession) -> str:
    """A published form version."""
    return make_form(session)


@pytest.fixture
def window(session: ScopedSession, form: str) -> str:
    """An open window; its id."""
    return make_window(session, form)


@pytest.fixture
def lead_id(app: Flask) -> str:
    """Scotland's lead."""
    return make_person(app, "lead@example.org", name="Isla", grants=[(Role.PARTNER_LEAD, "scotland")])


@pytest.fixture
def lead(app: Flask, lead_id: str, session: ScopedSession) -> FormClient:
    """The lead's browser."""
    return client_of(app, lead_id)


def conflicted(session: ScopedSession, application_id: str, account_id: str) -> None:
    """A standing conflict between them."""
    row = {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": application_id, "account_id": account_id,
        "source": "set", "kind": "other", "why": "", "by": None, "at": clock.now(), "ended_at": None, "ended_by": None,
        "end_why": "",
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Conflict), [row])


def test_the_list_finds_sorts_and_never_shows_a_draft(
    app: Flask, session: ScopedSession, lead: FormClient, form: str, window: str
) -> None:
    for number, name in enumerate(("Ann Alpha", "Zed Zulu", "Bo Beta")):
        person = make_person(app, f"p{number}@example.org", name=name)
        make_submitted(session, window, form, person, seconds=60 * (number + 1), reference=f"Q-AAAA-000{number}")
    drafter = make_person(app, "d@example.org", name="Dora Draft")
    draft = make_application(session, window, form, drafter, reference="Q-DRAF-0001")
    path = f"{ROOM}/windows/{window}/applications"
    page = lead.get(path).text
    assert "Dora Draft" not in page
    assert "1 application is begun and not submitted" in page
    assert lead.get(f"{ROOM}/applications/{draft}").status_code == 404
    shown = [page.index(name) for name in ("Ann Alpha", "Bo Beta", "Zed Zulu")]
    assert all(shown)
    by_minutes = lead.get(f"{path}?sort=-minutes").text
    assert by_minutes.index("Bo Beta") < by_minutes.index("Zed Zulu") < by_minutes.index("Ann Alpha")
    found = lead.get(f"{path}?q=zulu").text
    assert "Zed Zulu" in found
    assert "Ann Alpha" not in found
    assert "Q-AAAA-0001" in lead.get(f"{path}?q=0001").text
    assert "Nothing found" in lead.get(f"{path}?state=withdrawn").text
    assert lead.get(f"{path}?q=%00%ff&state=nonsense&sort=nonsense&page=99").status_code == 200
    csv = lead.get(f"{path}?format=csv&sort=name").text
    assert csv.index("Ann Alpha") < csv.index("Zed Zulu")
    assert '"5"' in csv or ",5" in csv  # the words of "We made the ward safer."
    assert "Dora" not in csv
    assert path.rpartition("/")[0] in lead.get(f"{ROOM}/").text


def test_one_application_with_its_versions_and_what_changed(
    app: Flask, session: ScopedSession, lead: FormClient, window: str
) -> None:
    ann = Actor(make_person(app, "ann@example.org", name="Ann Roy"), "Ann Roy")
    made = drafts.start(session, actor=ann, eligible={"based_here": True}, locale="en", is_member=False)

    def save_and_send(**answers: Any) -> None:
        mine = applying.mine(session, made, str(ann.account_id))
        wishes = {
            key: drafts.Wish(value, mine.answers[key].revision if key in mine.answers else 0)
            for key, value in answers.items()
        }
        drafts.save(session, mine, str(ann.account_id), wishes)
        mine = applying.mine(session, made, str(ann.account_id))
        checked = submitting.checked_sum(mine)
        submitting.submit(session, mine, ann, checked=checked, post=lambda _, __: None)

    save_and_send(job="Nurse", story="We measured falls.")
    due = clock.now() + timedelta(days=7)
    submitting.ask(session, made, SYSTEM, sections=["about"], question="How often?", due_at=due, known=["about"])
    mine = applying.mine(session, made, str(ann.account_id))
    drafts.save(session, mine, str(ann.account_id), {"story": drafts.Wish("Secret unsubmitted words", 1)})
    page = lead.get(f"{ROOM}/applications/{made}").text
    assert "Secret unsubmitted words" not in page
    assert "How often?" in page
    assert "Not answered yet." in page
    save_and_send(story="We measured falls every week.")
    page = lead.get(f"{ROOM}/applications/{made}").text
    assert "<del>falls.</del><ins>falls every week.</ins>" in page
    for words in ("Begun", "More was asked", "version 2", "Ann Roy", "ann@example.org", "All answers"):
        assert words in page
    first = lead.get(f"{ROOM}/applications/{made}?version=1").text
    assert "every week" not in first
    assert "This is not what was submitted." not in first


def test_a_text_that_does_not_fit_its_hash_is_said(
    app: Flask, session: ScopedSession, lead: FormClient, form: str, window: str
) -> None:
    made = make_submitted(session, window, form, make_person(app, "ann@example.org"))
    other = {"id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": made, "number": 2, "form_version_id": form,
             "locale": "en", "answers": '{"job":"Surgeon"}', "sha256": "0" * 64, "lateness": "", "at": clock.now()}  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Submission), [other])
    page = lead.get(f"{ROOM}/applications/{made}").text
    assert "This is not what was submitted." in page


def test_who_is_in_conflict_has_a_site_without_it(
    app: Flask, session: ScopedSession, lead: FormClient, lead_id: str, form: str, window: str
) -> None:
    """Pages, counts, search, exports and steps of a lead in conflict are those of a site that does not have the application."""
    kept = make_submitted(session, window, form, make_person(app, "ann@example.org", name="Ann Alpha"))
    paths = [
        f"{ROOM}/", f"{ROOM}/windows/{window}", f"{ROOM}/windows/{window}/applications",
        f"{ROOM}/windows/{window}/applications?q=hidden", f"{ROOM}/windows/{window}/applications?format=csv",
        f"{ROOM}/applications/{kept}",
    ]  # fmt: skip
    before = [without_token(lead.get(path).text) for path in paths]
    hidden = make_submitted(session, window, form, make_person(app, "bo@example.org", name="Hidden Bo"))
    conflicted(session, hidden, lead_id)
    missing = lead.get(f"{ROOM}/applications/{new_id()}")
    assert [without_token(lead.get(path).text) for path in paths] == before
    for end in ("", "/ask"):
        answer = lead.get(f"{ROOM}/applications/{hidden}{end}")
        assert answer.status_code == 404
        assert without_token(answer.text) == without_token(missing.text)
    actor = Actor(lead_id, "", permissions=frozenset({"tenant.admissions.manage"}))
    with pytest.raises(NotFound):
        submitting.ask(session, hidden, actor, sections=["more"], question="?", due_at=clock.now() + timedelta(days=1), known=["more"])  # fmt: skip


def test_fifty_applications_cost_what_one_costs(
    app: Flask, session: ScopedSession, lead: FormClient, form: str, window: str, statements: Callable[[], Any]
) -> None:
    path = f"{ROOM}/windows/{window}/applications"

    def cost() -> int:
        lead.get(path)
        with statements() as seen:
            assert lead.get(path).status_code == 200
        return len(seen)

    make_submitted(session, window, form, make_person(app, "p@example.org"))
    one = cost()
    for number in range(49):
        make_submitted(session, window, form, make_person(app, f"p{number}@example.org"), reference=f"Q-{number}")
    assert cost() == one


def test_more_is_asked_by_letter_twice_at_most(
    app: Flask, session: ScopedSession, lead: FormClient, form: str, window: str, frozen_clock: FrozenClock
) -> None:
    ann = make_person(app, "ann@example.org", name="Ann Roy")
    made = make_submitted(session, window, form, ann, locale="cy")
    page, ask = f"{ROOM}/applications/{made}", f"{ROOM}/applications/{made}/ask"
    answer = lead.submit(ask, {"question": "Kept words", "due_at": "2020-01-01T12:00"})
    assert answer.status_code == 422
    assert "Kept words" in answer.text
    assert "Choose at least one part" in answer.text
    assert "Ask for more" in lead.get(page).text
    due = (clock.now() + timedelta(days=9)).strftime("%Y-%m-%dT12:00")
    sent = {"sections": ["more"], "question": "Where did you learn?\nAnd when?", "due_at": due}
    assert lead.submit(ask, {**sent, "due_at": "2099-01-01T12:00"}).status_code == 422
    assert lead.submit(ask, sent).status_code == 303
    session.rollback()
    (letter,) = session.scalars(sa.select(Mail)).all()
    assert (letter.to_address, letter.locale) == ("ann@example.org", "cy")
    assert "Where did you learn?" in letter.text
    assert "More (cy)" in letter.text
    assert f"/scotland/apply/{made}/" in letter.text
    assert lead.get(ask).status_code == 422
    frozen_clock.advance(days=10)
    assert deadlines.lapse(session, clock.now()) == 1
    due_at = clock.now() + timedelta(days=3)
    submitting.ask(session, made, SYSTEM, sections=["more"], question="?", due_at=due_at, known=["more"])
    frozen_clock.advance(days=5)
    assert deadlines.lapse(session, clock.now()) == 1
    assert len(session.scalars(sa.select(InfoRequest.id)).all()) == MOST_ASKED
    with pytest.raises(Refused):
        submitting.ask(session, made, SYSTEM, sections=["more"], question="?", due_at=clock.now() + timedelta(days=1), known=["more"])  # fmt: skip
    with pytest.raises(Forbidden):
        submitting.ask(session, made, Actor(ann, ""), sections=["more"], question="?", due_at=due_at, known=["more"])


def test_nothing_more_is_asked_while_a_decision_is_made(
    app: Flask, session: ScopedSession, lead_id: str, form: str, window: str
) -> None:
    made = make_submitted(session, window, form, make_person(app, "ann@example.org"))
    make_decision(session, made, signed_by=lead_id)
    with pytest.raises(Refused):
        submitting.ask(session, made, SYSTEM, sections=["more"], question="?", due_at=clock.now() + timedelta(days=1), known=["more"])  # fmt: skip
    assert session.scalar(sa.select(Application.state)) == "submitted"


def test_those_who_assess_hear_of_a_new_version(app: Flask, session: ScopedSession, form: str, window: str) -> None:
    """Whoever reads it: not who has not declared yet, nor who is in conflict with it."""
    ann = make_person(app, "ann@example.org", name="Ann Roy")
    made = make_submitted(session, window, form, ann)
    states = {"reads": "assessing", "sealed": "assessing", "offered": "offered", "conflicted": "assessing"}
    for name, state in states.items():
        person = make_person(app, f"{name}@example.org")
        assignment = make_assignment(session, made, make_assessor(session, person), state)
        if name == "sealed":
            make_assessment(session, assignment)
        if name == "conflicted":
            conflicted(session, made, person)
    due = clock.now() + timedelta(days=7)
    submitting.ask(session, made, SYSTEM, sections=["about"], question="?", due_at=due, known=["about"])
    client, place = client_of(app, ann), f"/scotland/apply/{made}/"
    assert client.submit(f"{place}part/about", {"story": "More words."}).status_code == 303
    assert client.submit(f"{place}check", {}, form=f"{place}submit").status_code == 303
    session.rollback()
    told = {row.to_address: row for row in session.scalars(sa.select(Mail).where(Mail.account_id != ann))}
    assert set(told) == {"reads@example.org", "sealed@example.org"}
    assert "Ann Roy" not in "".join(one.text + one.subject for one in told.values())
    assert session.scalar(sa.select(Answer.value).where(Answer.question == "story")) == "More words."


def test_withdrawing_takes_it_off_the_assessors_lists(
    app: Flask, session: ScopedSession, form: str, window: str
) -> None:
    ann = make_person(app, "ann@example.org")
    made = make_submitted(session, window, form, ann)
    reads = make_assignment(session, made, make_assessor(session, make_person(app, "a@example.org")), "assessing")
    sealed = make_assignment(session, made, make_assessor(session, make_person(app, "b@example.org")), "assessing")
    make_assessment(session, sealed)
    submitting.withdraw(session, applying.mine(session, made, ann), Actor(ann, ""))
    states = dict(session.execute(sa.select(Assignment.id, Assignment.state)).all())
    assert states == {reads: "expired", sealed: "sealed"}


def test_who_reaches_the_pages(app: Flask, session: ScopedSession, form: str, window: str) -> None:
    made = make_submitted(session, window, form, make_person(app, "ann@example.org"))
    central = client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    assert central.get(f"{ROOM}/applications/{made}").headers["Cache-Control"] == "no-store"
    assert "Move to another area" in central.get(f"{ROOM}/applications/{made}").text
    assert central.get(f"/wales/manage/admissions/applications/{made}").status_code == 404
    assert central.get(f"/manage/admissions/applications/{made}").status_code == 404
    wales = client_of(app, make_person(app, "wales@example.org", grants=[(Role.PARTNER_LEAD, "wales")]))
    assert wales.get(f"{ROOM}/applications/{made}").status_code == 403
    assert queries.held(session, None, made) == (0, 0)
