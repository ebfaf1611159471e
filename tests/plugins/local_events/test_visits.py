"""Visits: who may offer and ask, each step with its letter, places, what both learnt, and a person's data."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.data.audit import AuditEntry, verify
from core.data.session import transaction
from core.kernel import clock
from core.kernel.ids import new_token
from core.people.models import Account
from core.sdk import Conflict, Forbidden, Invalid, NotFound, Refused
from core.tenancy import noticeboard
from core.tenancy.models import NoticeCard, ShelfItem
from plugins import local_events
from plugins.local_events import personal
from plugins.local_events.queries import visits as queries
from plugins.local_events.service import leaving, visit_offers, visits
from plugins.local_events.states import ACTION, HOLDING, LIVING, OFFER, VISIT
from tests.factories.people import make_person
from tests.plugins.local_events.helpers import ORGANISER, drafted, visitor
from tests.plugins.local_events.visit_helpers import Letters, asked, draft, host_of, offered, state, version


@pytest.fixture
def people(app, scotland, wales):
    """A host of Scotland and a visitor from Wales, both with accounts: (host, guest)."""
    host = visitor(
        account_id=make_person(app, "hilda@example.org", name="Hilda Host"), home=scotland.id, name="Hilda Host"
    )
    guest = visitor(
        account_id=make_person(app, "gwen@example.org", name="Gwen Guest"), home=wales.id, name="Gwen Guest"
    )
    return host, guest


def _shelf(session: Any, who: Any) -> list[tuple[str, bool]]:
    query = sa.select(ShelfItem.status, ShelfItem.needs_action).where(ShelfItem.account_id == who.account_id)
    return [tuple(row) for row in session.execute(query)]


def _to_took_place(session: Any, tenant: Any, host: Any, guest: Any, post: Any) -> str:
    visit_id = asked(session, tenant, offered(session, tenant, host), guest, post)
    visits.agree(session, visit_id, None, "Ask for me", version(session, host, visit_id), host, post)
    visits.confirm(session, visit_id, version(session, guest, visit_id), guest, post)
    visits.take_place(session, visit_id, version(session, guest, visit_id), guest, post)
    return visit_id


def _close(session: Any, who: Any) -> None:
    with transaction(session):
        session.execute(sa.update(Account).where(Account.id == who.account_id).values(disabled_at=clock.now()))


def test_a_visit_goes_through_every_step_with_a_letter_to_the_other_side(session, scotland, people):
    host, guest = people
    post = Letters()
    visit_id = asked(session, scotland, offered(session, scotland, host), guest, post)
    assert (_shelf(session, host), _shelf(session, guest)) == ([("Asked", True)], [("Asked", False)])
    when = clock.now() + timedelta(days=9)
    visits.agree(session, visit_id, when, "Ask for me", version(session, host, visit_id), host, post)
    assert (_shelf(session, host), _shelf(session, guest)) == (
        [("Agreed by the host", False)],
        [("Agreed by the host", True)],
    )
    visits.confirm(session, visit_id, version(session, guest, visit_id), guest, post)
    with pytest.raises(Refused, match="not come yet"):
        visits.take_place(session, visit_id, version(session, host, visit_id), host, post)
    assert state(session, host, visit_id) == "confirmed"
    assert [(one.kind, one.email) for one in post] == [
        ("ask", "hilda@example.org"), ("agree", "gwen@example.org"), ("confirm", "hilda@example.org"),
    ]  # fmt: skip
    assert post[1].visit_at == when
    assert verify(session).ok


def test_after_it_each_tells_and_members_read_it_where_both_agree(session, scotland, people):
    host, guest = people
    post = Letters()
    visit_id = _to_took_place(session, scotland, host, guest, post)
    assert _shelf(session, host) == _shelf(session, guest) == [("Took place", True)]
    visits.tell(session, scotland, visit_id, "To ask before we plan", True, host, post, new_token())
    assert (state(session, host, visit_id), _shelf(session, host)) == ("took_place", [])
    visits.tell(session, scotland, visit_id, "Whose noon it is", False, guest, post, new_token())
    assert state(session, host, visit_id) == "learnt"
    assert _shelf(session, guest) == []
    assert {side: row.words for side, row in queries.told(session, visit_id).items()} == {
        "host": "To ask before we plan", "visitor": "Whose noon it is",
    }  # fmt: skip
    assert queries.shared_for(session, ("area", "uk")) == []
    visits.tell(session, scotland, visit_id, "Whose noon it is", True, guest, post, new_token())
    ((both, _, title),) = queries.shared_for(session, ("area", "uk"))
    assert (both.host, both.visitor, title) == (
        "To ask before we plan",
        "Whose noon it is",
        "A discharge lounge that works",
    )
    assert [one.kind for one in post] == ["ask", "agree", "confirm", "take_place", "learn"]


def test_members_of_the_area_and_organisers_offer_and_nobody_else(session, scotland, wales):
    for who in (host_of(scotland), visitor(ORGANISER)):
        assert offered(session, scotland, who)
    for who in (visitor(), visitor(home=wales.id), visitor(account_id=None)):
        with pytest.raises(Forbidden):
            offered(session, scotland, who)


def test_an_offer_for_the_area_is_as_good_as_missing_for_others(session, scotland, wales):
    offer_id = offered(session, scotland, host_of(scotland), audience="area")
    for who in (visitor(home=wales.id), visitor()):
        with pytest.raises(NotFound):
            asked(session, scotland, offer_id, who)
    assert asked(session, scotland, offer_id, visitor(home=scotland.id))


def test_only_members_ask_and_nobody_of_themselves(session, scotland):
    host = host_of(scotland)
    offer_id = offered(session, scotland, host)
    with pytest.raises(Refused, match="your own"):
        asked(session, scotland, offer_id, host)
    with pytest.raises(Forbidden):
        asked(session, scotland, offer_id, visitor(ORGANISER))
    with pytest.raises(Invalid):
        visits.ask(session, scotland, offer_id, "  ", visitor(home=scotland.id), Letters())


def test_asking_twice_is_asking_once(session, scotland, people):
    host, guest = people
    post, offer_id = Letters(), offered(session, scotland, host)
    assert asked(session, scotland, offer_id, guest, post) == asked(session, scotland, offer_id, guest, post)
    assert len(post) == 1


def test_the_same_offer_sent_twice_is_one(session, scotland):
    host, key = host_of(scotland), new_token()
    first = visit_offers.offer(session, scotland, draft(), host, key)
    assert visit_offers.offer(session, scotland, draft(), host, key) == first


def test_no_more_are_agreed_than_there_are_places(session, scotland, people):
    host, _ = people
    offer_id, post = offered(session, scotland, host, capacity=1), Letters()
    first, second = (visitor(home=scotland.id) for _ in range(2))
    one, two = asked(session, scotland, offer_id, first), asked(session, scotland, offer_id, second)
    visits.agree(session, one, None, "", 1, host, post)
    with pytest.raises(Refused, match="All places"):
        visits.agree(session, two, None, "", 1, host, post)
    with pytest.raises(Refused, match="All places"):
        asked(session, scotland, offer_id, visitor(home=scotland.id))
    visits.withdraw(session, one, version(session, first, one), first, post)
    visits.agree(session, two, None, "", 1, host, post)
    assert queries.offer(session, scotland, host, offer_id).left == 0


def test_each_side_does_only_its_own(session, scotland, people):
    host, guest = people
    post = Letters()
    visit_id = asked(session, scotland, offered(session, scotland, host), guest)
    with pytest.raises(Forbidden):
        visits.agree(session, visit_id, None, "", 1, guest, post)
    with pytest.raises(Forbidden):
        visits.withdraw(session, visit_id, 1, host, post)
    with pytest.raises(Forbidden):
        visits.agree(session, visit_id, None, "", 1, visitor(ORGANISER), post)
    with pytest.raises(NotFound):
        visits.agree(session, visit_id, None, "", 1, visitor(home=scotland.id), post)
    with pytest.raises(Refused):
        visits.confirm(session, visit_id, 1, guest, post)
    with pytest.raises(Conflict):
        visits.agree(session, visit_id, None, "", 7, host, post)
    with pytest.raises(Refused, match="once the visit has taken place"):
        visits.tell(session, scotland, visit_id, "Much", True, guest, post, new_token())
    assert post == []


def test_who_is_to_come_is_told_of_another_place_or_time(session, scotland, people):
    host, guest = people
    early, late = (clock.now() + timedelta(days=days) for days in (70, 80))
    offer_id, post = offered(session, scotland, host, starts_at=early), Letters()
    agreed, waiting = asked(session, scotland, offer_id, guest), visitor(home=scotland.id)
    only_asked = asked(session, scotland, offer_id, waiting)
    visits.agree(session, agreed, early, "", version(session, host, agreed), host, Letters())
    seen = version(session, guest, agreed)
    says: dict[str, Any] = {"starts_at": early}
    changes: tuple[dict[str, Any], ...] = (
        {"capacity": 5}, {"title": "New"}, {"place": "Ward 6, Perth"}, {"starts_at": late},
    )  # fmt: skip
    for number, new in enumerate(changes, 1):
        says |= new
        visit_offers.change(session, scotland, offer_id, draft(**says), number, host, post)
    assert [(told.kind, told.account_id, told.visit_at) for told in post] == [
        ("move", guest.account_id, early), ("move", guest.account_id, late),
    ]  # fmt: skip
    cards = sa.select(ShelfItem.title, ShelfItem.when, ShelfItem.needs_action).where(ShelfItem.ref == agreed)
    assert {tuple(one) for one in session.execute(cards)} == {("New", late, True), ("New", late, False)}
    assert queries.visit(session, host, only_asked)[0].visit_at == late
    with pytest.raises(Conflict):
        visits.confirm(session, agreed, seen, guest, post)


def test_closing_an_offer_tells_who_waits_and_leaves_what_both_confirmed(session, scotland, people):
    host, guest = people
    post, offer_id = Letters(), offered(session, scotland, host)
    sure, waits = visitor(home=scotland.id), asked(session, scotland, offer_id, guest)
    agreed = asked(session, scotland, offer_id, sure)
    visits.agree(session, agreed, None, "", 1, host, Letters())
    visits.confirm(session, agreed, 2, sure, Letters())
    assert visit_offers.close(session, scotland, offer_id, host, post) == 1
    assert (state(session, host, waits), state(session, host, agreed)) == ("declined", "confirmed")
    assert [(one.kind, one.email) for one in post] == [("closed", "gwen@example.org")]
    with pytest.raises(Refused):
        asked(session, scotland, offer_id, guest)
    with pytest.raises(Refused):
        visit_offers.close(session, scotland, offer_id, host, post)


def test_offers_for_all_members_stand_on_the_noticeboard_apart_from_events(session, scotland, wales, session_for):
    host = host_of(scotland)
    offer_id = offered(session, scotland, host)
    offered(session, scotland, host, audience="area", title="Only here")
    there = session_for("wales")
    cards = noticeboard.visits(there, audiences=("uk",), limit=9, without_tenant=wales.id)
    assert [(card.title, card.path) for card in cards] == [
        ("A discharge lounge that works", f"/events/visits/{offer_id}")
    ]
    assert noticeboard.upcoming(there, audiences=("uk", "public"), limit=9) == []
    assert queries.standing(there, ("area", "uk")) == []
    with pytest.raises(NotFound):
        queries.offer(there, wales, host, offer_id)
    visit_offers.close(session, scotland, offer_id, host, Letters())
    assert session.scalar(sa.select(NoticeCard.withdrawn_at).where(NoticeCard.ref == offer_id)) is not None


def test_an_offer_that_is_over_cannot_be_asked_for(session, scotland, frozen_clock):
    offer_id = offered(session, scotland, host_of(scotland))
    frozen_clock.advance(days=61)
    assert queries.standing(session, ("uk",)) == []
    with pytest.raises(Refused, match="no longer"):
        asked(session, scotland, offer_id, visitor(home=scotland.id))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"), ({"learning_edge": ""}, "learning_edge"), ({"what": "x" * 2001}, "what"),
        ({"capacity": 0}, "capacity"), ({"capacity": 51}, "capacity"), ({"kind": "party"}, "kind"),
        ({"audience": "public"}, "audience"), ({"domains": ["cheap"]}, "domains"),
    ],
)  # fmt: skip
def test_what_no_offer_can_say(session, scotland, changes, field):
    with pytest.raises(Invalid) as refused:
        offered(session, scotland, host_of(scotland), **changes)
    assert list(refused.value.field_errors) == [field]


def test_only_who_runs_an_offer_changes_it_and_organisers_link_it(session, scotland):
    host, organiser = host_of(scotland), visitor(ORGANISER)
    offer_id, event_id = offered(session, scotland, host), drafted(session, scotland, kind="site_visit")
    visit_offers.change(session, scotland, offer_id, draft(title="Another"), 1, host, Letters())
    with pytest.raises(Conflict):
        visit_offers.change(session, scotland, offer_id, draft(title="Late"), 1, organiser, Letters())
    with pytest.raises(Forbidden):
        visit_offers.change(session, scotland, offer_id, draft(), 2, visitor(home=scotland.id), Letters())
    with pytest.raises(Forbidden):
        visit_offers.link(session, scotland, offer_id, event_id, host, new_token())
    visit_offers.link(session, scotland, offer_id, event_id, organiser, new_token())
    assert queries.linked_to(session, event_id, ("uk",)).title == "Another"
    with pytest.raises(Invalid):
        visit_offers.link(session, scotland, offer_id, drafted(session, scotland), organiser, new_token())


def test_offers_that_fit_come_first_with_the_reasons(session, scotland):
    host, guest = host_of(scotland), visitor(home=scotland.id)
    offered(session, scotland, host, title="Flow", topics=["Patient flow"])
    offered(session, scotland, host, title="Pills", topics=["Medicines"], domains=["safe"])
    visit_offers.look_for(session, scotland, ["safe"], ["medicines"], "", guest, new_token())
    wanted = queries.interest(session, guest.account_id)
    found = queries.matched(queries.standing(session, ("uk",)), wanted.subject)
    assert [(offer.title, match.topics, match.domains) for offer, match in found] == [
        ("Pills", ("medicines",), ("safe",)), ("Flow", (), ()),
    ]  # fmt: skip


def test_lists_cost_the_same_at_one_row_and_at_many(session, scotland, statements):
    host = host_of(scotland)

    def cost() -> int:
        session.rollback()
        with statements() as seen:
            queries.standing(session, ("uk",))
            queries.rows(session, state="", order="-open", limit=25, offset=0)
            queries.shared_for(session, ("uk",))
        return len(seen)

    offered(session, scotland, host)
    once = cost()
    for _ in range(10):
        asked(session, scotland, offered(session, scotland, host), visitor(home=scotland.id))
    assert cost() == once


def test_a_persons_file_and_erasing_them(session, scotland, people):
    host, guest = people
    visit_id = _to_took_place(session, scotland, host, guest, Letters())
    visits.tell(session, scotland, visit_id, "Ours", True, host, Letters(), new_token())
    visits.tell(session, scotland, visit_id, "Mine", True, guest, Letters(), new_token())
    visit_offers.look_for(session, scotland, [], ["falls"], "", guest, new_token())
    held = dict(personal.person_data(session, guest.account_id))
    assert {"Visits you asked for", "What you learnt from visits", "What you look for in visits"} <= set(held)
    with transaction(session):
        list(personal.erase_person(session, guest.account_id, dry_run=False))
    assert dict(personal.person_data(session, guest.account_id)) == {}
    seen, offer = queries.visit(session, host, visit_id)
    assert (seen.name, seen.wants, offer.host_name) == ("", "", "Hilda Host")
    with transaction(session):
        list(personal.erase_person(session, host.account_id, dry_run=False))
    assert dict(personal.person_data(session, host.account_id)) == {}


def test_the_readme_draws_the_same_states():
    drawn = (Path(local_events.__file__).parent / "README.md").read_text("utf-8")
    assert VISIT.mermaid() in drawn
    assert ACTION.mermaid() in drawn


def test_the_tables_of_states_hold_together():
    assert set(HOLDING) < set(LIVING) < VISIT.states
    assert OFFER.events_from("closed") == ()
    assert VISIT.events_from("learnt") == VISIT.events_from("declined") == VISIT.events_from("withdrawn") == ()


def test_steps_leave_an_entry_each_without_anybodys_words(session, scotland, people):
    host, guest = people
    _to_took_place(session, scotland, host, guest, Letters())
    entries = session.execute(
        sa.select(AuditEntry.action, AuditEntry.before, AuditEntry.after)
        .where(AuditEntry.action.like("local_events.%visit%"))
        .order_by(AuditEntry.seq)
    ).all()
    assert [row.action.removeprefix("local_events.") for row in entries] == [
        "offer_visit", "ask_visit", "agree_visit", "confirm_visit", "take_place_visit",
    ]  # fmt: skip
    assert "staff it" not in str(entries)


def test_an_offer_whose_host_has_closed_the_account_is_taken_back(app, session, scotland, people):
    host, guest = people
    offer_id = offered(session, scotland, host)
    visit_id = asked(session, scotland, offer_id, guest)
    post = Letters()
    assert visit_offers.close_hostless(session, post) == 0
    _close(session, host)
    assert (visit_offers.close_hostless(session, post), visit_offers.close_hostless(session, post)) == (1, 0)
    assert [(told.kind, told.email, told.by) for told in post] == [("closed", "gwen@example.org", "Hilda Host")]
    assert state(session, guest, visit_id) == "declined"
    assert session.scalars(sa.select(NoticeCard.withdrawn_at)).one() is not None
    with pytest.raises(Refused):
        visits.ask(session, scotland, offer_id, "Why?", visitor(home=scotland.id), post)


def test_visits_to_come_end_with_the_account_of_either_side_and_the_other_one_is_told(app, session, scotland, people):
    """Nobody waits for, or travels to, somebody who is gone; what is over stays, and a place is free again."""
    host, guest = people
    other = visitor(account_id=make_person(app, "huw@example.org", name="Huw Host"), home=scotland.id, name="Huw Host")
    post = Letters()
    done = _to_took_place(session, scotland, host, guest, post)
    mine, theirs = (offered(session, scotland, one, capacity=1) for one in (host, other))
    visit_ids = [asked(session, scotland, one, guest) for one in (mine, theirs)]
    for visit_id, by in zip(visit_ids, (host, other), strict=True):
        visits.agree(session, visit_id, clock.now() + timedelta(days=9), "", version(session, by, visit_id), by, post)
        visits.confirm(session, visit_id, version(session, guest, visit_id), guest, post)
    visit_offers.close(session, scotland, theirs, other, post)
    post.clear()
    assert leaving.end_visits(session, post) == 0

    _close(session, other)
    assert (leaving.end_visits(session, post), leaving.end_visits(session, post)) == (1, 0)
    assert [(told.kind, told.email, told.by) for told in post] == [("closed", "gwen@example.org", "Huw Host")]
    post.clear()

    _close(session, guest)
    assert (leaving.end_visits(session, post), leaving.end_visits(session, post)) == (1, 0)
    assert [(told.kind, told.email, told.by) for told in post] == [("withdraw", "hilda@example.org", "Gwen Guest")]
    assert [state(session, host, one) for one in (done, visit_ids[0])] == ["took_place", "withdrawn"]
    assert state(session, other, visit_ids[1]) == "declined"
    assert queries.offer(session, scotland, host, mine).left == 1
    assert sorted(ref for (ref,) in session.execute(sa.select(ShelfItem.ref).where(ShelfItem.kind == "visit"))) == [
        done,
        done,
    ]
    assert verify(session).ok
