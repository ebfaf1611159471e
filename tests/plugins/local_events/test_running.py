"""Making, publishing, changing and closing events."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.data.audit import AuditEntry, verify
from core.kernel import clock
from core.kernel.findings import Finding, Verdict
from core.kernel.ids import new_id, new_token
from core.sdk import Conflict, Forbidden, Invalid, NotFound, Refused
from core.tenancy.models import NoticeCard, ShelfItem
from plugins.local_events.models import Event
from plugins.local_events.queries import events
from plugins.local_events.queries import places as counting
from plugins.local_events.service import drafts, places, running
from tests.plugins.local_events.helpers import (
    CENTRAL,
    CLOSED,
    LEAD,
    OPEN,
    ORGANISER,
    USUAL,
    draft,
    drafted,
    nothing_found,
    published,
    resize,
    row,
    visitor,
)


def _actions(session: Any) -> list[str]:
    return list(
        session.scalars(
            sa.select(AuditEntry.action).where(AuditEntry.action.startswith("local_events")).order_by(AuditEntry.seq)
        )
    )


def _card(session: Any, event_id: str) -> Any:
    return session.scalar(
        sa.select(NoticeCard).where(NoticeCard.ref == event_id).execution_options(populate_existing=True)
    )


def test_an_organiser_makes_a_draft(session, scotland):
    event_id = drafted(session, scotland)
    event = events.find(session, event_id)
    counted = counting.of_event(session, event_id)
    assert (event.state, event.version, counted.held, counted.capacity) == ("draft", 1, 0, 10)
    assert _actions(session) == ["local_events.create"]
    assert verify(session).ok


def test_the_same_form_sent_twice_makes_one_event(session, scotland):
    who, key = visitor(ORGANISER), new_token()
    first = drafts.create(session, scotland, USUAL, draft(), who, key)
    assert drafts.create(session, scotland, USUAL, draft(title="Again"), who, key) == first
    assert session.scalar(sa.select(sa.func.count(Event.id))) == 1
    with pytest.raises(Refused):
        drafts.create(session, scotland, USUAL, draft(), visitor(ORGANISER), key)


@pytest.mark.parametrize(
    ("settings", "home", "allowed"),
    [
        (USUAL, "here", True),
        (OPEN, "here", True),
        (CLOSED, "here", False),
        (OPEN, "elsewhere", False),
        (USUAL, "none", False),
    ],
)
def test_members_may_create_as_the_settings_say(session, scotland, wales, settings, home, allowed):
    member = visitor(home={"here": scotland.id, "elsewhere": wales.id, "none": None}[home])
    if allowed:
        assert drafts.create(session, scotland, settings, draft(), member, new_token())
        return
    with pytest.raises(Forbidden):
        drafts.create(session, scotland, settings, draft(), member, new_token())


def test_a_member_publishes_only_where_members_organise(session, scotland):
    member = visitor(home=scotland.id)
    event_id = drafted(session, scotland, member)
    with pytest.raises(Forbidden):
        running.publish(session, scotland, USUAL, event_id, member, nothing_found)
    running.publish(session, scotland, OPEN, event_id, member, nothing_found)
    assert row(session, event_id).state == "published"
    with pytest.raises(Forbidden):
        running.cancel(session, scotland, USUAL, event_id, "No room", member)
    running.cancel(session, scotland, OPEN, event_id, "No room", member)


def test_a_stranger_cannot_tell_a_draft_from_nothing(session, scotland):
    event_id = drafted(session, scotland)
    for who in (visitor(home=scotland.id), visitor()):
        with pytest.raises(NotFound):
            running.publish(session, scotland, OPEN, event_id, who, nothing_found)
        with pytest.raises(NotFound):
            events.seen(session, scotland, who, event_id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "  "}, "title"),
        ({"kind": "party"}, "kind"),
        ({"mode": "by_post"}, "mode"),
        ({"audience": "press"}, "audience"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 5001}, "capacity"),
        ({"place": ""}, "place"),
        ({"mode": "online", "online_url": "javascript:alert(1)"}, "online_url"),
        ({"mode": "both", "online_url": ""}, "online_url"),
    ],
)
def test_what_an_event_cannot_say(changes, field):
    with pytest.raises(Invalid) as refused:
        drafts.check(draft(**changes))
    assert set(refused.value.field_errors) == {field}


def test_an_event_ends_after_it_starts_and_within_a_fortnight():
    start = clock.now()
    for end in (start, start - timedelta(hours=1), start + timedelta(days=15)):
        with pytest.raises(Invalid):
            drafts.check(draft(starts_at=start, ends_at=end))
    drafts.check(draft(starts_at=start, ends_at=start + timedelta(days=14)))


def test_publishing_puts_up_a_card_only_for_other_sites_to_see(session, scotland):
    for audience, shown in (("public", True), ("uk", True), ("area", False)):
        event_id = published(session, scotland, audience=audience)
        card = _card(session, event_id)
        assert (card is not None) is shown
        if card:
            assert (card.path, card.audience, card.withdrawn_at) == (f"/events/{event_id}", audience, None)
    assert _actions(session).count("local_events.publish") == 3


def test_publishing_again_or_after_the_start_is_refused(session, scotland, frozen_clock):
    event_id, late = published(session, scotland), drafted(session, scotland)
    with pytest.raises(Refused):
        running.publish(session, scotland, USUAL, event_id, visitor(ORGANISER), nothing_found)
    frozen_clock.advance(days=8)
    with pytest.raises(Refused):
        running.publish(session, scotland, USUAL, late, visitor(ORGANISER), nothing_found)
    assert row(session, late).state == "draft"


def _finds(verdict: Verdict) -> Any:
    return lambda ref: [Finding(Verdict.ALLOW, "fine", "ok", "a"), Finding(verdict, "clash", "clash", "b")]


def test_a_denial_refuses_and_a_referral_needs_its_permission(session, scotland):
    event_id = drafted(session, scotland)
    with pytest.raises(Refused, match="clash"):
        running.publish(session, scotland, USUAL, event_id, visitor(CENTRAL), _finds(Verdict.DENY))
    with pytest.raises(Forbidden) as error:
        running.publish(session, scotland, USUAL, event_id, visitor(ORGANISER), _finds(Verdict.REFER))
    assert error.value.permission == "local_events.publish_referred"
    running.publish(session, scotland, USUAL, event_id, visitor(LEAD), _finds(Verdict.REFER))
    last = session.scalars(sa.select(AuditEntry.after).order_by(AuditEntry.seq.desc())).first()
    assert last == {"state": "published", "findings": ["a:ok", "b:clash"]}


def test_publishing_what_somebody_edits_meanwhile_is_a_conflict(session, scotland):
    who = visitor(ORGANISER)
    event_id = drafted(session, scotland)

    def edits(_: Any) -> list[Finding]:
        drafts.edit(session, scotland, USUAL, event_id, draft(title="Other"), 1, who)
        return []

    with pytest.raises(Conflict):
        running.publish(session, scotland, USUAL, event_id, who, edits)
    assert row(session, event_id)[:2] == ("draft", 2)


def test_editing_carries_the_card_and_the_shelf_along(session, scotland):
    who, guest = visitor(ORGANISER), visitor(home=scotland.id)
    event_id = published(session, scotland)
    places.register(session, scotland, event_id, guest)
    changed = draft(title="Moved", starts_at=clock.now() + timedelta(days=9))
    drafts.edit(session, scotland, USUAL, event_id, changed, 2, who)
    item = session.execute(
        sa.select(ShelfItem.title, ShelfItem.when).where(ShelfItem.account_id == guest.account_id)
    ).one()
    assert (_card(session, event_id).title, item.title, item.when) == ("Moved", "Moved", changed.starts_at)
    with pytest.raises(Conflict):
        drafts.edit(session, scotland, USUAL, event_id, draft(title="Stale"), 2, who)
    drafts.edit(session, scotland, USUAL, event_id, draft(audience="area"), 3, who)
    assert _card(session, event_id).withdrawn_at is not None


def test_places_changed_meanwhile_are_not_written_back_by_an_older_form(session, scotland):
    event_id, who = published(session, scotland), visitor(ORGANISER)
    before = events.find(session, event_id)
    resize(session, scotland, event_id, 20)
    with pytest.raises(Conflict):
        drafts.edit(session, scotland, USUAL, event_id, draft(title="Stale"), before.version, who)
    assert counting.of_event(session, event_id).pools[0].capacity == 20
    version = row(session, event_id).version
    resize(session, scotland, event_id, 20, waiting_limit=5)  # nothing that the event's form shows
    drafts.edit(session, scotland, USUAL, event_id, draft(title="New", capacity=20), version, who)
    assert row(session, event_id).title == "New"


def test_a_published_event_is_not_moved_into_the_past(session, scotland, frozen_clock):
    event_id, who = published(session, scotland), visitor(ORGANISER)
    usual = draft()
    for over in (False, True):
        past, version = draft(starts_at=clock.now() - timedelta(days=2)), row(session, event_id).version
        with pytest.raises(Invalid) as error:
            drafts.edit(session, scotland, USUAL, event_id, past, version, who)
        assert set(error.value.field_errors) == {"starts_at"}
        same = replace(usual, title=f"Over: {over}")
        drafts.edit(session, scotland, USUAL, event_id, same, version, who)
        frozen_clock.advance(days=8)
    assert row(session, event_id).title == "Over: True"


def test_a_way_of_taking_part_stays_while_people_have_registered_for_it(session, scotland):
    event_id = published(session, scotland, mode="both", online_url="https://meet.example.org/1")
    places.register(session, scotland, event_id, visitor())
    with pytest.raises(Invalid) as error:
        drafts.edit(session, scotland, USUAL, event_id, draft(mode="online", online_url="https://meet.example.org/1"), 2, visitor(ORGANISER))  # fmt: skip
    assert set(error.value.field_errors) == {"mode"}
    drafts.edit(session, scotland, USUAL, event_id, draft(capacity=3), 2, visitor(ORGANISER))
    assert [(pool.kind, pool.capacity) for pool in counting.of_event(session, event_id).pools] == [("in_person", 3)]


def test_the_mode_decides_what_is_kept(session, scotland):
    link = "https://meet.example.org/1"
    kept = [
        events.find(session, drafted(session, scotland, mode=mode, online_url=link))
        for mode in ("online", "in_person", "both")
    ]
    assert [(bool(e.place), bool(e.online_url)) for e in kept] == [(False, True), (True, False), (True, True)]


def test_cancelling_says_why_to_everybody(session, scotland):
    who, guest = visitor(ORGANISER), visitor(home=scotland.id)
    event_id = published(session, scotland)
    places.register(session, scotland, event_id, guest)
    for why in ("", "  ", "x" * 501):
        with pytest.raises(Invalid):
            running.cancel(session, scotland, USUAL, event_id, why, who)
    running.cancel(session, scotland, USUAL, event_id, " The hall is flooded ", who)
    assert row(session, event_id).state_why == "The hall is flooded"
    assert _card(session, event_id).withdrawn_at is not None
    assert session.scalar(sa.select(ShelfItem.status).where(ShelfItem.account_id == guest.account_id)) == "Cancelled"
    for action in (
        lambda: running.cancel(session, scotland, USUAL, event_id, "again", who),
        lambda: running.publish(session, scotland, USUAL, event_id, who, nothing_found),
        lambda: drafts.edit(session, scotland, USUAL, event_id, draft(), 3, who),
    ):
        with pytest.raises(Refused):
            action()


def test_completing_waits_for_the_end(session, scotland, frozen_clock):
    who = visitor(ORGANISER)
    event_id = published(session, scotland)
    with pytest.raises(Refused):
        running.complete(session, scotland, USUAL, event_id, who)
    frozen_clock.advance(days=7, hours=2)
    with pytest.raises(Refused):
        running.cancel(session, scotland, USUAL, event_id, "too late", who)
    running.complete(session, scotland, USUAL, event_id, who)
    assert row(session, event_id).state == "completed"
    with pytest.raises(Refused):
        running.complete(session, scotland, USUAL, event_id, who)


def test_another_site_has_no_such_event(session, session_for, scotland, wales):
    event_id, there, who = published(session, scotland), session_for("wales"), visitor(ORGANISER, home=1)
    for action in (
        lambda: events.find(there, event_id),
        lambda: drafts.edit(there, wales, USUAL, event_id, draft(), 2, who),
        lambda: running.cancel(there, wales, USUAL, event_id, "why", who),
        lambda: running.complete(there, wales, USUAL, event_id, who),
        lambda: places.register(there, wales, event_id, who),
        lambda: places.withdraw(there, wales, event_id, who),
        lambda: events.find(there, new_id()),
        lambda: events.find(there, "\x00"),
    ):
        with pytest.raises(NotFound):
            action()
