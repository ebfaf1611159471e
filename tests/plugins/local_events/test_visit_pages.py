"""The pages of visits, as hosts, visitors and organisers use them."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.data.audit import AuditEntry
from core.kernel import clock
from core.work.models import Mail, OutboxItem
from plugins.local_events.models import VisitOffer
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import ORGANISER, drafted
from tests.plugins.local_events.visit_helpers import draft
from tests.support.client import forms

TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')


@pytest.fixture
def host(app):
    """A member of Scotland's browser."""
    return client_of(app, make_person(app, "hilda@example.org", name="Hilda Host", home="scotland"))


@pytest.fixture
def guest(app):
    """A member of Wales's browser."""
    return client_of(app, make_person(app, "gwen@example.org", name="Gwen Guest", home="wales"))


def _offer(**changes: object) -> dict[str, object]:
    usual = draft()
    return {
        "title": usual.title, "kind": usual.kind, "place": usual.place, "what": usual.what, "learning_edge": usual.learning_edge,
        "topics": "Patient flow", "domains": ["timely"], "starts_at": "", "capacity": "1", "audience": "uk",
        "open_until": (clock.today() + timedelta(days=30)).isoformat(), **changes,
    }  # fmt: skip


def test_a_visit_from_offer_to_what_both_learnt(host, guest, session):
    wrong = host.submit("/scotland/events/visits/new", _offer(learning_edge=" ", title="Kept & typed"))
    assert wrong.status_code == 422
    assert "Kept &amp; typed" in wrong.text
    offered = host.submit("/scotland/events/visits/new", _offer())
    assert offered.status_code == 303
    path = offered.location
    assert "A discharge lounge that works" in guest.get("/wales/events/visits/").text, "seen from another site"
    assert guest.submit(path, {"wants": ""}, form="/ask").status_code == 422
    asked = guest.submit(path, {"wants": "How you staff it"}, form="/ask")
    assert asked.status_code == 303
    visit = asked.location
    assert "hilda@example.org" not in guest.get(visit).text, "no address before the host agrees"
    assert "How you staff it" in host.get(path).text
    assert host.submit(visit, {"why": ""}, form="/decline").status_code == 422
    assert host.submit(visit, {"words": "Ask for me", "version": "9"}, form="/agree").status_code == 422
    assert host.submit(visit, {"words": "Ask for me"}, form="/agree").status_code == 303
    assert "Ask for me" in guest.get(visit).text
    assert guest.submit(visit, form="/confirm").status_code == 303
    assert "hilda@example.org" in guest.get(visit).text
    assert host.submit(visit, form="/took-place").status_code == 303
    for browser, words in ((host, "To ask first"), (guest, "To draw it")):
        assert browser.submit(visit, {"words": words, "shared": "y"}, form="/learnt").status_code == 303
    assert "Both have told what they learnt" in guest.get(visit).text
    page = guest.get("/scotland/events/visits/").text
    assert "To ask first" in page
    assert "To draw it" in page
    subjects = session.scalars(sa.select(Mail.subject).where(Mail.subject.like("%discharge lounge%"))).all()
    assert len(subjects) == 5


def test_what_is_typed_about_a_visit_or_an_offer_that_is_over_meanwhile_is_kept(app, host, guest):
    late = client_of(app, make_person(app, "late@example.org", home="wales"))
    path = host.submit("/scotland/events/visits/new", _offer()).location
    visit = guest.submit(path, {"wants": "How you staff it"}, form="/ask").location
    typed = [
        (late, path, "/ask", {"wants": "How you staff it at night"}),
        (host, visit, "/agree", {"words": "Ask for me at the main door"}),
        (host, visit, "/decline", {"why": "We have no room this spring"}),
    ]
    opened = [
        (browser, next(one for one in forms(browser.get(page).text) if one.action.endswith(step)), words)
        for browser, page, step, words in typed
    ]
    assert host.submit(visit, {"why": "No time"}, form="/decline").status_code == 303
    assert host.submit(path, form="/close").status_code == 303
    for browser, form, words in opened:
        answer = browser.post(form.action, data={**form.fields, **words})
        assert answer.status_code == 422
        assert f"<blockquote>{next(iter(words.values()))}</blockquote>" in answer.text


def test_a_letter_about_a_visit_that_is_asked_for_at_night_goes_out_in_the_morning(frozen_clock, host, guest, session):
    path = host.submit("/scotland/events/visits/new", _offer()).location
    frozen_clock.advance(hours=11)
    assert guest.submit(path, {"wants": "How you staff it"}, form="/ask").status_code == 303
    (letter,) = session.scalars(sa.select(Mail).where(Mail.subject.like("%discharge lounge%"))).all()
    (due,) = session.scalars(sa.select(OutboxItem.run_after).where(OutboxItem.args["mail_id"].as_string() == letter.id))
    assert due == clock.now() + timedelta(hours=9)


def test_offers_are_put_in_order_by_what_a_person_looks_for_with_the_reasons(host, guest):
    host.submit("/scotland/events/visits/new", _offer(title="Flow"))
    host.submit("/scotland/events/visits/new", _offer(title="Pills", topics="Medicines"))
    assert (
        guest.submit("/scotland/events/visits/interest", {"topics": "patient flow", "words": "x" * 2001}).status_code
        == 422
    )
    assert guest.submit("/scotland/events/visits/interest", {"topics": "patient flow"}).status_code == 303
    page = guest.get("/scotland/events/visits/").text
    assert page.index("Flow</a>") < page.index("Pills</a>")
    assert "Topics you share: patient flow" in page
    assert "Flow" in guest.get("/scotland/events/visits/?q=flow&format=csv").text


def test_who_is_no_member_is_told_and_nobody_else_sees_a_visit(app, host, guest, client):
    other = client_of(app, make_person(app, "nobody@example.org"))
    path = host.submit("/scotland/events/visits/new", _offer()).location
    visit = guest.submit(path, {"wants": "How"}, form="/ask").location
    assert "Visits are for members of Q." in other.get("/scotland/events/visits/").text
    missing = other.get("/scotland/events/visits/nothing")
    for address in (path, visit):
        answer = other.get(address)
        assert (answer.status_code, TOKEN.sub("", answer.text)) == (404, TOKEN.sub("", missing.text))
        assert client.get(address).status_code == 303
    assert guest.get(visit.replace("/scotland/", "/wales/")).status_code == 404
    assert other.get("/scotland/events/visits/new").status_code == 403


def test_an_organiser_sees_all_offers_links_one_to_an_event_and_closes_it(app, host, session, scotland):
    organiser = client_of(app, make_person(app, "org@example.org", grants=[(ORGANISER, "scotland")]))
    assert "No visit is offered here yet." in organiser.get("/scotland/manage/events/visits/").text
    path = host.submit("/scotland/events/visits/new", _offer()).location
    assert "A discharge lounge that works" in organiser.get("/scotland/manage/events/visits/?state=offered").text
    assert "Hilda Host" in organiser.get("/scotland/manage/events/visits/?format=csv").text
    event_id = drafted(session, scotland, kind="site_visit")
    offered = re.search(rf'<option value="{event_id}"[^>]*>([^<]*)</option>', organiser.get(path).text)
    assert offered is not None
    assert re.search(r", \d{1,2} [A-Z][a-z]{2} \d{4}$", offered[1]), "the date as people write it"
    assert organiser.submit(path, {"event_id": event_id}, form="/link").status_code == 303
    assert re.search("From a visit that a member offers", organiser.get(f"/scotland/events/{event_id}").text)
    assert host.submit(path, form="/close").status_code == 303
    assert host.get(f"{path}/edit").status_code in (409, 422)
    assert "Closed" in host.get(path).text


def test_who_goes_back_and_links_another_event_has_linked_it(app, host, session, scotland):
    """The form's key is of what was sent with it; the same sent twice is noted once."""
    organiser = client_of(app, make_person(app, "org@example.org", grants=[(ORGANISER, "scotland")]))
    path = host.submit("/scotland/events/visits/new", _offer()).location
    first, second = (drafted(session, scotland, kind="site_visit") for _ in range(2))
    (form,) = [one for one in forms(organiser.get(path).text) if (one.action or "").endswith("/link")]
    for event_id in (first, first, second):
        assert organiser.post(form.action, data={**form.fields, "event_id": event_id}).status_code == 303
    session.rollback()
    assert session.scalars(sa.select(VisitOffer.event_id)).all() == [second]
    noted = session.scalars(sa.select(AuditEntry.after).where(AuditEntry.action.endswith("link_visit_offer"))).all()
    assert [one["event"] for one in noted] == [first, second]
    assert (
        organiser.post(form.action, data={"csrf_token": form.fields["csrf_token"], "event_id": first}).status_code
        == 422
    )


@pytest.mark.both  # the engines differ: PostgreSQL takes no null byte
@pytest.mark.parametrize("event_id", ["a\x00b", "0" * 26, "x" * 9000])
def test_an_offer_is_linked_to_no_event_that_there_is_not(app, host, event_id):
    organiser = client_of(app, make_person(app, "org@example.org", grants=[(ORGANISER, "scotland")]))
    path = host.submit("/scotland/events/visits/new", _offer()).location
    (form,) = [one for one in forms(organiser.get(path).text) if (one.action or "").endswith("/link")]
    answer = organiser.post(form.action, data={**form.fields, "event_id": event_id})
    assert answer.status_code == 422
    assert "Choose one of the list" in answer.text


def test_a_host_changes_an_offer_and_a_stale_form_is_kept(host):
    path = host.submit("/scotland/events/visits/new", _offer()).location
    assert host.submit(f"{path}/edit", {"title": "Stale", "version": "9"}).status_code == 422
    assert host.submit(f"{path}/edit", {"title": "Fresh"}).status_code == 303
    assert "Fresh" in host.get(path).text
