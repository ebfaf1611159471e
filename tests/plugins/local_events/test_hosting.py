"""Events hosted together with other sites: each side sees its own way, and members of both belong."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.kernel import clock
from core.sdk import Forbidden, NotFound, Refused
from plugins.local_events.models import Hosting
from plugins.local_events.queries import events, hosting, organisers, waiting
from plugins.local_events.rules import is_of_area
from plugins.local_events.service import drafts, offers, places, running
from plugins.local_events.service import hosting as service
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import LEAD, ORGANISER, USUAL, draft, drafted, nothing_found, published, visitor
from tests.support.client import forms


@pytest.fixture
def at_wales(session_for):
    """A session on the rows of Wales."""
    return session_for("wales")


@pytest.fixture
def hosted(session, scotland, wales, at_wales):
    """An event for members of Scotland's area that Wales hosts too: its id and its card's."""
    event_id = published(session, scotland, audience="area", capacity=1)
    card = service.invite(session, scotland, event_id, wales.id, visitor(LEAD))
    service.answer(at_wales, wales, card, "accept", visitor(LEAD))
    session.rollback()
    return event_id, card


def _titles(session, tenant, who):
    return [card.title for card in hosting.hosted(session, tenant, who)]


@pytest.mark.parametrize(
    ("home", "hosts", "belongs"),
    [(2, (), True), (3, (), False), (3, (3, 4), True), (None, (3,), False), (5, (3, 4), False)],
)
def test_the_one_rule_of_belonging(home, hosts, belongs):
    assert is_of_area(home, 2, hosts) == belongs


def test_a_site_is_asked_answers_and_lists_the_event(session, scotland, wales, at_wales):
    event_id = published(session, scotland, audience="area", title="Two nations")
    card = service.invite(session, scotland, event_id, wales.id, visitor(ORGANISER))
    member = visitor(home=wales.id)
    assert waiting.at_sites(at_wales, [wales.id]).invitations == {wales.id: 1}
    assert [one.state for one in hosting.addressed(at_wales, wales)] == ["invited"]
    assert _titles(at_wales, wales, member) == []
    at_wales.rollback()
    service.answer(at_wales, wales, card, "accept", visitor(LEAD))
    assert _titles(at_wales, wales, member) == ["Two nations"]
    assert _titles(at_wales, wales, visitor()) == []
    assert hosting.hosts_of(session, scotland.id, event_id) == {wales.id}
    with pytest.raises(Refused):
        service.answer(at_wales, wales, card, "decline", visitor(LEAD))


def test_no_site_reads_or_answers_what_is_not_addressed_to_it(session_for, tenant, session, scotland, wales):
    event_id = published(session, scotland, audience="area")
    card = service.invite(session, scotland, event_id, wales.id, visitor(LEAD))
    session.rollback()
    third, other = session_for("wessex"), tenant("wessex").ref()
    assert hosting.addressed(third, other) == hosting.hosted(third, other, visitor(home=other.id)) == []
    assert hosting.of_event(third, other, event_id) == []
    third.rollback()
    for press in (lambda: service.answer(third, other, card, "accept", visitor(LEAD)), lambda: service.end(third, other, card, visitor(LEAD))):  # fmt: skip
        with pytest.raises(NotFound):
            press()
    with pytest.raises(NotFound):
        service.answer(session, scotland, card, "accept", visitor(LEAD))
    with pytest.raises(NotFound):
        events.find(session_for("wales"), event_id)


def test_a_member_of_a_host_counts_as_of_the_area_and_others_do_not(session, scotland, wales, hosted):
    event_id, _ = hosted
    welsh, english = visitor(home=wales.id), visitor(home=7)
    with pytest.raises(NotFound):
        places.register(session, scotland, event_id, welsh)
    known = organisers.at_event(session, scotland, event_id, welsh)
    assert known.home_tenant_id == scotland.id
    session.rollback()
    assert places.register(session, scotland, event_id, known).state == "confirmed"
    with pytest.raises(NotFound):
        places.register(
            session, scotland, event_id, organisers.at_event(session, scotland, event_id, english, to_run=False)
        )


def test_a_waiting_member_of_a_host_is_offered_what_becomes_free(app, session, scotland, wales, hosted):
    event_id, _ = hosted
    first = visitor(home=scotland.id)
    welsh = visitor(
        home=wales.id, account_id=make_person(app, "cai@example.org", home="wales"), email="cai@example.org"
    )
    places.register(session, scotland, event_id, first)
    known = organisers.at_event(session, scotland, event_id, welsh)
    session.rollback()
    assert places.register(session, scotland, event_id, known).state == "waitlisted"
    places.withdraw(session, scotland, event_id, first)
    assert offers.accept(session, scotland, event_id, known)


def test_who_has_a_place_keeps_it_when_hosting_ends(session, scotland, wales, at_wales, hosted):
    event_id, card = hosted
    welsh = visitor(home=wales.id)
    known = organisers.at_event(session, scotland, event_id, welsh)
    session.rollback()
    places.register(session, scotland, event_id, known)
    service.end(at_wales, wales, card, visitor(LEAD))
    session.rollback()
    assert organisers.at_event(session, scotland, event_id, welsh) is welsh
    own = events.seen_by(session, scotland, welsh, event_id).own
    assert own is not None
    assert own.state == "confirmed"
    assert _titles(at_wales, wales, welsh) == []
    with pytest.raises(Refused):
        service.end(session, scotland, card, visitor(LEAD))


def test_the_card_follows_the_event_and_never_has_its_link(session, scotland, wales, at_wales):
    event_id = drafted(session, scotland, audience="uk", mode="both", online_url="https://meet.example.org/secret")
    who = visitor(LEAD)
    card = service.invite(session, scotland, event_id, wales.id, who)
    service.answer(at_wales, wales, card, "accept", who)
    member = visitor(home=wales.id)
    assert _titles(at_wales, wales, member) == [], "it is not published yet"
    session.rollback()
    running.publish(session, scotland, USUAL, event_id, who, nothing_found)
    later = clock.now() + timedelta(days=30)
    changed = draft(title="Another name", audience="uk", starts_at=later)
    drafts.edit(session, scotland, USUAL, event_id, changed, events.find(session, event_id).version, who)
    at_wales.rollback()
    found = hosting.hosted(at_wales, wales, member)
    assert [(one.title, one.starts_at) for one in found] == [("Another name", later)]
    assert "secret" not in repr(at_wales.execute(sa.select(*Hosting.__table__.columns)).all())
    at_wales.rollback()
    running.cancel(session, scotland, USUAL, event_id, "No room", who)
    at_wales.rollback()
    assert _titles(at_wales, wales, member) == []


def test_a_site_is_asked_once_at_a_time_and_never_itself(session, scotland, wales, at_wales):
    event_id, who = published(session, scotland), visitor(LEAD)
    with pytest.raises(Refused):
        service.invite(session, scotland, event_id, scotland.id, who)
    with pytest.raises(Forbidden):
        service.invite(session, scotland, event_id, wales.id, visitor(home=scotland.id))
    card = service.invite(session, scotland, event_id, wales.id, who)
    with pytest.raises(Refused):
        service.invite(session, scotland, event_id, wales.id, who)
    service.answer(at_wales, wales, card, "decline", who)
    session.rollback()
    assert service.invite(session, scotland, event_id, wales.id, who) != card
    assert [one.state for one in hosting.of_event(session, scotland, event_id)] == ["declined", "invited"]


def test_the_pages_of_hosting(app, session, scotland, wales):
    event_id = published(session, scotland, audience="area", title="Two nations")
    lead = client_of(app, make_person(app, "lead@example.org", grants=((LEAD, "scotland"),)))
    other = client_of(app, make_person(app, "other@example.org", grants=((LEAD, "wales"),)))
    cai = client_of(app, make_person(app, "cai@example.org", home="wales"))
    path = f"/scotland/events/{event_id}"
    assert cai.get(path).status_code == 404
    hosts = f"/scotland/manage/events/{event_id}/hosts"
    passed_over = lead.submit(hosts, {"site": ""})
    assert (passed_over.status_code, 'href="#site">Choose a site</a>' in passed_over.text) == (422, True)
    assert lead.submit(hosts, {"site": str(wales.id)}).status_code == 303
    page = other.get("/wales/manage/events/hosting").text
    assert "Two nations" in page
    assert other.submit("/wales/manage/events/hosting", form="/accept").status_code == 303
    assert "Two nations" in cai.get("/wales/events/").text
    assert "Two nations" not in app.test_client().get("/wales/events/").text
    assert cai.get(path).status_code == 200
    assert "Two nations" in cai.get(f"{path}.ics").text, "the page leads to it"
    assert cai.submit(path, form="/register").status_code == 303
    assert "You have a place" in cai.get(path).text
    card = session.scalar(sa.select(Hosting.id))
    session.rollback()
    assert lead.post(f"/wales/manage/events/hosting/{card}/end").status_code in (400, 403)
    assert other.post(f"/wales/manage/events/hosting/{card}/nonsense").status_code in (400, 404)


def test_a_step_that_came_too_late_is_told_as_a_problem(app, session, scotland, wales):
    service.invite(session, scotland, published(session, scotland), wales.id, visitor(ORGANISER))
    session.rollback()
    other = client_of(app, make_person(app, "other@example.org", grants=((LEAD, "wales"),)))
    (accept,) = [one for one in forms(other.get("/wales/manage/events/hosting").text) if one.action.endswith("/accept")]
    assert other.submit("/wales/manage/events/hosting", form="/decline").status_code == 303
    late = other.post(accept.action, data=accept.fields)
    assert late.status_code == 422
    assert 'class="problem"' in late.text
    assert "This cannot be done now: its state has changed." in late.text
