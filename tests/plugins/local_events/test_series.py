"""Series: real events with a place in a rule; changing one, and this and following."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.kernel import clock
from core.kernel.ids import new_token
from core.sdk import Conflict, Forbidden, Invalid, NotFound, Refused
from core.tenancy.models import NoticeCard, ShelfItem
from plugins.local_events.models import Delivery, Event, Occurrence, Registration, Series
from plugins.local_events.queries import events, series
from plugins.local_events.recurrence import Rule, dates, wall, written
from plugins.local_events.service import drafts, places, splitting
from plugins.local_events.service import organisers as naming
from plugins.local_events.service import series as service
from plugins.local_events.service.splitting import Later
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import (
    ORGANISER,
    USUAL,
    draft,
    drafted,
    nothing_found,
    published,
    row,
    visitor,
)

SIX = 6


@pytest.fixture
def first(session, scotland):
    """A published event that is repeated, at five in the afternoon in ten days."""
    start = clock.from_london(
        (wall(clock.now()) + timedelta(days=10)).replace(hour=17, minute=0, second=0, microsecond=0)
    )
    return published(session, scotland, kind="networking", starts_at=start)


def weekly(session, event_id, count=SIX):
    """Every week from the event on."""
    start = wall(events.find(session, event_id).starts_at)
    return Rule("weekly", 1, (start.weekday(),), count=count)


def repeated(session, scotland, event_id, without=(), key=None, rule=None):
    """The event's series."""
    return service.create(
        session, scotland, USUAL, event_id, rule or weekly(session, event_id), without, visitor(ORGANISER), key or new_token()
    )  # fmt: skip


def later(session, event_id, rule, **changes):
    """What an organiser wants from the event on: an hour later, unless said otherwise."""
    event = events.find(session, event_id)
    usual = Later(
        rule=rule, start=wall(event.starts_at) + timedelta(hours=1), length=timedelta(hours=2), title=event.title,
        summary=event.summary, description=event.description, place=event.place, online_url=event.online_url, ending="Out",
    )  # fmt: skip
    return replace(usual, **changes)


def split(session, scotland, series_id, event_id, wanted, seen=None, key=None):
    """Split as previewed."""
    shown = seen or splitting.seen(splitting.preview(session, series_id, event_id, wanted))
    return splitting.split(
        session, scotland, USUAL, series_id, event_id, wanted, shown, visitor(ORGANISER), key or new_token()
    )


def identities(session):
    """Every date's identity: event to (calendar's name, series, original start)."""
    rows = session.execute(
        sa.select(Event.id, Event.uid, Occurrence.series_id, Occurrence.original_start)
        .join(Occurrence, sa.and_(Occurrence.tenant_id == Event.tenant_id, Occurrence.event_id == Event.id))
    )  # fmt: skip
    return {one[0]: tuple(one[1:]) for one in rows}


def test_each_date_is_an_event_of_its_own_at_the_same_time_of_day(session, scotland, first):
    made = repeated(session, scotland, first)
    found = series.dates(session, made)
    assert found[0].event_id == first
    assert [one.state for one in found] == ["published", *["draft"] * 5]
    assert len({events.find(session, one.event_id).uid for one in found}) == SIX
    assert {wall(one.starts_at).hour for one in found} == {17}
    assert [one.original_start for one in found] == [written(wall(one.starts_at)) for one in found]
    place = series.within(session, found[2].event_id)
    assert place is not None
    assert (place.series_id, place.number, place.total) == (made, 3, SIX)
    assert series.within(session, drafted(session, scotland)) is None


def test_the_same_form_sent_twice_makes_one_series(session, scotland, first):
    key = new_token()
    made = repeated(session, scotland, first, key=key)
    assert repeated(session, scotland, first, key=key) == made
    assert session.scalar(sa.select(sa.func.count(Event.id))) == SIX
    with pytest.raises(Refused):
        repeated(session, scotland, first)


def test_dates_that_are_left_out_are_no_events_and_stay_known(session, scotland, first):
    days = dates(weekly(session, first), wall(events.find(session, first).starts_at))
    made = repeated(session, scotland, first, without=[written(days[2])])
    assert len(series.dates(session, made)) == SIX - 1
    assert series.left_out(session, made) == [written(days[2])]


def test_a_date_is_in_a_series_once(session, scotland, first):
    made = repeated(session, scotland, first)
    there = series.dates(session, made)[1]
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(
            sa.insert(Occurrence),
            [service.occurrence(scotland, made, wall(there.starts_at), None)],
        )
    session.rollback()


def test_changing_one_date_leaves_its_identity_and_the_others(session, scotland, first):
    made = repeated(session, scotland, first)
    one = series.dates(session, made)[3]
    before, others = identities(session), [d for d in series.dates(session, made) if d.event_id != one.event_id]
    moved = draft(title="By the sea", starts_at=one.starts_at + timedelta(days=1))
    drafts.edit(session, scotland, USUAL, one.event_id, moved, one.version, visitor(ORGANISER))
    assert identities(session) == before
    assert [d for d in series.dates(session, made) if d.event_id != one.event_id] == others


def test_each_date_has_its_own_registrations(session, scotland, first):
    made = repeated(session, scotland, first)
    assert service.publish_all(session, scotland, USUAL, made, visitor(ORGANISER), nothing_found) == SIX - 1
    assert service.publish_all(session, scotland, USUAL, made, visitor(ORGANISER), nothing_found) == 0
    who = visitor()
    for one in series.dates(session, made)[:2]:
        assert places.register(session, scotland, one.event_id, who).new
    assert [one.registered for one in series.dates(session, made)] == [True, True, *[False] * 4]


def test_splitting_moves_what_nobody_has_registered_for_and_nothing_else(session, scotland, first):
    made = repeated(session, scotland, first)
    service.publish_all(session, scotland, USUAL, made, visitor(ORGANISER), nothing_found)
    there = series.dates(session, made)
    places.register(session, scotland, there[4].event_id, visitor())
    before = identities(session)
    wanted = later(session, there[3].event_id, weekly(session, there[3].event_id, 3), place="The Tolbooth, Stirling")
    new = split(session, scotland, made, there[3].event_id, wanted)
    old, now = series.dates(session, made), series.dates(session, new)
    assert [one.event_id for one in old] == [one.event_id for one in (*there[:3], there[4])]
    assert [one.event_id for one in now] == [there[3].event_id, there[5].event_id]
    kept = {one.event_id for one in old}
    assert {key: value for key, value in identities(session).items() if key in kept} == {
        key: value for key, value in before.items() if key in kept
    }
    assert [wall(one.starts_at).hour for one in old] == [17] * 4
    assert [wall(one.starts_at).hour for one in now] == [18] * 2
    assert {one.place for one in now} == {"The Tolbooth, Stirling"} == {old[3].place}
    assert {one.place for one in old[:3]} == {"The Bothy, Perth"}
    cards = dict(session.execute(sa.select(NoticeCard.ref, NoticeCard.starts_at)).all())
    assert cards[there[3].event_id] == now[0].starts_at
    assert row(session, there[3].event_id).sequence == row(session, there[4].event_id).sequence == 1
    assert series.find(session, new).split_from == made
    assert "UNTIL" in series.find(session, made).rule


def test_splitting_keeps_what_a_date_says_for_itself(session, scotland, first):
    made = repeated(session, scotland, first)
    there = series.dates(session, made)
    own = draft(kind="networking", title="With a guest", starts_at=there[4].starts_at)
    drafts.edit(session, scotland, USUAL, there[4].event_id, own, there[4].version, visitor(ORGANISER))
    wanted = later(session, there[3].event_id, weekly(session, there[3].event_id, 3), title="Another name")
    now = series.dates(session, split(session, scotland, made, there[3].event_id, wanted))
    assert [one.title for one in now] == ["Another name", "With a guest", "Another name"]


def test_who_has_registered_is_told_where_later_dates_are_now(session, scotland, first):
    made = repeated(session, scotland, first)
    service.publish_all(session, scotland, USUAL, made, visitor(ORGANISER), nothing_found)
    there, person, told = series.dates(session, made), visitor(), []
    places.register(session, scotland, there[2].event_id, person)
    for number, count, said in ((2, 4, {"title": "Other words"}), (1, 2, {"place": "The Hall, Oban"})):
        at = there[number].event_id
        same = {"rule": weekly(session, at, count=count), "start": wall(there[number].starts_at)}
        split(session, scotland, made, at, later(session, at, **same, **said))
        told.append([tuple(one) for one in session.execute(sa.select(Delivery.kind, Delivery.account_id))])
    assert told == [[], [("change", person.account_id)]]
    kept = sa.select(ShelfItem.place).where(ShelfItem.account_id == person.account_id)
    assert session.scalars(kept).one() == "The Hall, Oban"


def test_splitting_adds_and_ends_dates(session, scotland, first):
    made = repeated(session, scotland, first)
    there = series.dates(session, made)
    more = later(session, there[4].event_id, weekly(session, there[4].event_id, 4))
    new = split(session, scotland, made, there[4].event_id, more)
    now = series.dates(session, new)
    assert len(now) == 4
    assert {one.state for one in now} == {"draft"}
    fewer = later(session, now[0].event_id, weekly(session, now[0].event_id, 2))
    last = split(session, scotland, new, now[0].event_id, fewer)
    assert len(series.dates(session, last)) == 2
    assert [one.state for one in series.dates(session, new)] == ["cancelled", "cancelled"]


def test_what_was_not_shown_is_not_done(session, scotland, first):
    made = repeated(session, scotland, first)
    service.publish_all(session, scotland, USUAL, made, visitor(ORGANISER), nothing_found)
    there = series.dates(session, made)
    wanted = later(session, there[3].event_id, weekly(session, there[3].event_id, 3))
    shown = splitting.seen(splitting.preview(session, made, there[3].event_id, wanted))
    places.register(session, scotland, there[4].event_id, visitor())
    before = identities(session)
    with pytest.raises(Conflict):
        split(session, scotland, made, there[3].event_id, wanted, seen=shown)
    assert identities(session) == before
    assert session.scalar(sa.select(sa.func.count(Series.id))) == 1


def test_the_same_split_sent_twice_splits_once(session, scotland, first):
    made = repeated(session, scotland, first)
    there = series.dates(session, made)
    wanted, key = later(session, there[3].event_id, weekly(session, there[3].event_id, 3)), new_token()
    shown = splitting.seen(splitting.preview(session, made, there[3].event_id, wanted))
    new = split(session, scotland, made, there[3].event_id, wanted, shown, key)
    again = split(session, scotland, new, there[3].event_id, wanted)
    assert new != again
    assert session.scalar(sa.select(sa.func.count(Event.id))) == SIX


def test_a_date_is_skipped_when_nobody_has_registered(session, scotland, first):
    made = repeated(session, scotland, first)
    one = series.dates(session, made)[2].event_id
    service.skip(session, scotland, USUAL, made, one, "Left out", visitor(ORGANISER))
    assert row(session, one).state == "cancelled"
    places.register(session, scotland, first, visitor())
    with pytest.raises(Refused):
        service.skip(session, scotland, USUAL, made, first, "Left out", visitor(ORGANISER))
    with pytest.raises(NotFound):
        service.skip(session, scotland, USUAL, made, drafted(session, scotland), "Left out", visitor(ORGANISER))
    assert session.scalar(sa.select(sa.func.count(Registration.id)).where(Registration.state == "confirmed")) == 1


def test_a_date_that_is_over_is_not_skipped(session, scotland, first, frozen_clock):
    made = repeated(session, scotland, first)
    frozen_clock.move_to(events.find(session, first).ends_at)
    with pytest.raises(Refused, match="over"):
        service.skip(session, scotland, USUAL, made, first, "Left out", visitor(ORGANISER))
    assert row(session, first).state == "published"


def test_an_exchange_is_a_chain_of_visits_without_a_rule(session, scotland):
    one = drafted(session, scotland, kind="exchange")
    start = wall(events.find(session, one).starts_at) + timedelta(days=30)
    who, key = visitor(ORGANISER), new_token()
    two = service.add_visit(session, scotland, USUAL, one, start, "The Infirmary, Oban", who, key)
    assert service.add_visit(session, scotland, USUAL, one, start, "The Infirmary, Oban", who, key) == two
    three = service.add_visit(session, scotland, USUAL, two, start + timedelta(days=9), "Wick", who, new_token())
    chain = series.within(session, three)
    assert chain is not None
    assert (chain.rule, chain.number, chain.total) == ("", 3, 3)
    assert [d.place for d in series.dates(session, chain.series_id)] == [
        "The Bothy, Perth",
        "The Infirmary, Oban",
        "Wick",
    ]
    with pytest.raises(Invalid):
        service.add_visit(session, scotland, USUAL, one, start, "Somewhere", who, new_token())
    with pytest.raises(Refused):
        service.add_visit(session, scotland, USUAL, drafted(session, scotland), start, "Somewhere", who, new_token())


def test_members_repeat_only_what_they_run(session, scotland, first):
    with pytest.raises(Forbidden):
        service.create(
            session, scotland, USUAL, first, weekly(session, first), (), visitor(home=scotland.id), new_token()
        )


def test_who_runs_one_date_changes_that_one_alone(app, session, scotland, first):
    made = repeated(session, scotland, first)
    there = series.dates(session, made)
    ann = make_person(app, "ann@example.org", home="scotland")
    session.rollback()
    naming.add(session, scotland, there[3].event_id, "ann@example.org", visitor(ORGANISER))
    who = visitor(home=scotland.id, account_id=ann)
    wanted = later(session, there[3].event_id, weekly(session, there[3].event_id, 3))
    shown = splitting.seen(splitting.preview(session, made, there[3].event_id, wanted))
    args = (session, scotland, USUAL, made, there[3].event_id, wanted, shown, who)
    with pytest.raises(NotFound):  # the later drafts are not hers to see
        splitting.split(*args, new_token())
    page = client_of(app, ann).get(f"/scotland/events/series/{made}").text
    assert there[3].event_id in page
    assert there[4].event_id not in page
    for one in there[4:]:
        naming.add(session, scotland, one.event_id, "ann@example.org", visitor(ORGANISER))
    assert splitting.split(*args, new_token())


def test_a_series_of_sixty_is_made_in_as_many_statements_as_one_of_six(session, scotland, statements):
    counts = []
    for count in (6, 60):
        event_id = drafted(session, scotland)
        rule = weekly(session, event_id, count)
        session.rollback()
        with statements() as seen:
            made = repeated(session, scotland, event_id, rule=rule)
        counts.append(len(seen))
        session.rollback()
        with statements() as seen:
            assert len(series.dates(session, made)) == count
        assert len(seen) == 1
    assert counts[0] == counts[1]


def test_the_pages_of_a_series(app, session, scotland, first):
    client = client_of(app, make_person(app, "organiser@example.org", grants=((ORGANISER, "scotland"),)))
    path = f"/scotland/events/{first}/repeat"
    wanted = {"pattern": "weekly", "interval": "1", "ends": "count", "count": "4"}
    assert client.submit(path, {**wanted, "count": "99", "step": "preview"}).status_code == 422
    page = client.submit(path, {**wanted, "step": "preview"})
    assert page.status_code == 200
    assert "Leave these dates out" in page.text
    assert client.submit(path, {**wanted, "step": "apply"}).status_code == 303
    made = series.series_of(session, first)
    assert made is not None
    there = series.dates(session, made)
    session.rollback()
    assert len(there) == 4
    assert "4 in a series" in client.get(f"/scotland/events/{first}").text
    assert client.submit(f"/scotland/events/series/{made}", form="/publish").status_code == 303
    assert client.submit(f"/scotland/events/series/{made}", form=f"/skip/{there[3].event_id}").status_code == 303
    way = f"/scotland/events/series/{made}/from/{there[1].event_id}"
    page = client.submit(way, {"title": "Supper", "step": "preview"})
    assert page.status_code == 200
    assert "What will happen" in page.text
    assert app.test_client().get(f"/scotland/events/series/{made}").status_code == 200
    assert client.get("/scotland/events/series/nothing").status_code == 404
    assert client.get(f"/wales/events/series/{made}").status_code == 404


def test_the_form_for_later_dates_counts_those_that_were_left_out(app, session, scotland, first):
    client = client_of(app, make_person(app, "organiser@example.org", grants=((ORGANISER, "scotland"),)))
    starts = wall(events.find(session, first).starts_at)
    session.rollback()
    said = {
        "pattern": "weekly", "interval": "1", "ends": "count", "count": "5", "step": "apply",
        "without": written(starts + timedelta(days=14)),
    }  # fmt: skip
    assert client.submit(f"/scotland/events/{first}/repeat", said).status_code == 303
    made = series.series_of(session, first)
    assert made is not None
    there = series.dates(session, made)
    session.rollback()
    assert len(there) == 4
    for number, count in ((1, 4), (2, 2)):
        page = client.get(f"/scotland/events/series/{made}/from/{there[number].event_id}").text
        assert re.search(rf'<input[^>]*name="count"[^>]*value="{count}"', page)
