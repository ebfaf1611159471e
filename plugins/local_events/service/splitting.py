"""Changing a series from one date on: the later dates become a series of their own, and what people rely on stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.sdk import (
    N_,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    once,
    record_audit,
    shelf,
    transaction,
    update_as_seen,
)
from plugins.local_events import following, rules
from plugins.local_events.following import ADDED, ENDS, MOVES, Line
from plugins.local_events.manifest import CREATE, ORGANISE
from plugins.local_events.models import Event, Occurrence, Series
from plugins.local_events.queries import events, organisers, series
from plugins.local_events.recurrence import Rule, check, dates, instants, moved, wall, written
from plugins.local_events.service import changes, copying, hosting, running
from plugins.local_events.service.changing import PLUGIN, change, show_on_board, turn_of
from plugins.local_events.service.counting import take_turn
from plugins.local_events.service.proposals import Post
from plugins.local_events.service.series import digest, insert_series, write_dates
from plugins.local_events.settings import Settings
from plugins.local_events.states import PUBLISHED

WORDS = ("title", "summary", "description", "place", "online_url")
"""What can be said anew for all later dates at once."""


@dataclass(frozen=True, slots=True)
class Later:
    """What an organiser wants from one date on: `start` (wall clock) is that date's new time."""

    rule: Rule
    start: datetime
    length: timedelta
    title: str
    summary: str
    description: str
    place: str
    online_url: str
    ending: str
    """What is said of a date that the new rule has no use for."""

    def check(self, mode: str) -> None:
        """Raise Invalid, by field, for what no series can say."""
        copying.check_future(self.start)
        check(self.rule, self.start)
        wrong = {}
        if not self.title.strip():
            wrong["title"] = N_("Give the event a title")
        if not timedelta(minutes=15) <= self.length <= timedelta(days=14):
            wrong["minutes"] = N_("Enter a number of minutes from 15 to 20,160")
        if mode != "online" and not self.place.strip():
            wrong["place"] = N_("Say where people should come to")
        if mode != "in_person" and not self.online_url.startswith("https://"):
            wrong["online_url"] = N_("Enter the link for joining online; it begins with https://")
        if wrong:
            raise Invalid(wrong)


def _later(session: ScopedSession, series_id: str, event_id: str) -> tuple[series.Date, list[series.Date]]:
    """The chosen date, and with it all that come after. Raises NotFound."""
    there = series.dates(session, series_id)
    position = next((number for number, one in enumerate(there) if one.event_id == event_id), None)
    if position is None:
        raise NotFound
    return there[position], there[position:]


def preview(session: ScopedSession, series_id: str, event_id: str, wanted: Later) -> list[Line]:
    """What splitting would do, date by date. Raises NotFound, Invalid by field."""
    at, later = _later(session, series_id, event_id)
    wanted.check(at.mode)
    return _plan(session, series_id, later, wanted)


def _plan(session: ScopedSession, series_id: str, later: Sequence[series.Date], wanted: Later) -> list[Line]:
    out = series.left_out(session, series_id)
    return following.plan(later, out, wanted.rule, dates(wanted.rule, wanted.start), clock.now())


def seen(lines: Sequence[Line]) -> str:
    """The name of what a preview showed."""
    return digest(line.text() for line in lines)


def split(
    session: ScopedSession, tenant: TenantRef, settings: Settings, series_id: str, event_id: str, wanted: Later,
    previewed: str, visitor: Visitor, form_key: str, post: Post | None = None,
) -> str:  # fmt: skip
    """Change a series from one date on, as `previewed` (`seen`) showed it; the id of the new series. Dates before it are left
    alone; settled ones after it keep their identity, their time and their people, and take new words alone.

    `visitor` is as the site knows them: each date is asked whether they run it. `post` tells who proposed a date that ends.
    Raises NotFound, Forbidden, Invalid by field, Refused (an exchange has no rule), and Conflict when what would happen is no
    longer what was shown.
    """
    whole = series.find(session, series_id)
    if not whole.rule:
        raise Refused(N_("The visits of an exchange are changed one by one."))
    at, later = _later(session, series_id, event_id)
    _guard(session, tenant, settings, later, visitor)
    wanted.check(at.mode)
    with transaction(session):
        key = once(session, form_key, f"{PLUGIN}.split:{series_id}")
        if key.result is not None:
            return key.result
        cut = Rule.parse(whole.rule).cut(datetime.fromisoformat(at.original_start).date()).text()
        update_as_seen(session, Series, Series.id == series_id, whole.version, rule=cut)
        for one in sorted(date.event_id for date in _later(session, series_id, event_id)[1]):
            take_turn(session, one)  # in one order: from here on nobody registers for any of them
        at, later = _later(session, series_id, event_id)
        lines = _plan(session, series_id, later, wanted)
        if seen(lines) != previewed:
            raise Conflict
        new = insert_series(session, tenant, visitor, wanted.rule.text(), wanted.start, split_from=series_id)
        _apply(session, tenant, visitor, at, later, lines, wanted, new, post)
        key.keep(new)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.split", subject=event_id,
            before={"series": series_id, "rule": whole.rule},
            after={"series": new, "rule": wanted.rule.text(), **_counted(lines)},
        )  # fmt: skip
    return new


def _guard(
    session: ScopedSession, tenant: TenantRef, settings: Settings, later: Sequence[series.Date], visitor: Visitor
) -> None:
    """Raise NotFound for who may not see every one of the dates, Forbidden for who does not run each of them."""
    known = organisers.at_events(session, tenant, [one.event_id for one in later], visitor)
    if not all(events.visible(one, tenant, known[one.event_id]) for one in later):
        raise NotFound
    if not rules.may_create(visitor, tenant, settings):
        raise Forbidden(CREATE)
    if not all(rules.may_run(known[one.event_id], tenant, settings, one.created_by, one.state) for one in later):
        raise Forbidden(ORGANISE)


def _counted(lines: Sequence[Line]) -> dict[str, int]:
    kinds = [line.what for line in lines]
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


def _apply(
    session: ScopedSession, tenant: TenantRef, visitor: Visitor, at: series.Date, later: Sequence[series.Date],
    lines: Sequence[Line], wanted: Later, new: str, post: Post | None,
) -> None:  # fmt: skip
    goes = {line.event_id: line for line in lines if line.event_id is not None}
    for one in later:
        line = goes[one.event_id]
        if line.what == ENDS:
            running.end_early(session, visitor, events.find(session, one.event_id), wanted.ending, post)
            continue
        values = _words(at, one, wanted) if one.state in following.OPEN and one.ends_at > clock.now() else {}
        if line.what == MOVES and line.after is not None:
            values |= _times(session, one, line.after, wanted.length)
            _move(session, one.event_id, new, line.after)
        if values:
            _write(session, tenant, one, values)
    added = [line.after for line in lines if line.what == ADDED and line.after is not None]
    if added:
        words = {name: _plain(getattr(wanted, name)) for name in WORDS}
        write_dates(session, tenant, at.event_id, new, added, visitor, length=wanted.length, **words)


def _words(at: series.Date, one: series.Date, wanted: Later) -> dict[str, Any]:
    """What one date says anew: the words that were changed, where it said what the chosen date said."""
    before = {name: _plain(getattr(at, name)) for name in WORDS}
    said = {name: _plain(getattr(wanted, name)) for name in WORDS}
    return {
        name: said[name] for name in WORDS if said[name] != before[name] and _plain(getattr(one, name)) == before[name]
    }


def _plain(text: str) -> str:
    """A text without what a browser does to its lines."""
    return text.replace("\r\n", "\n").strip()


def _times(session: ScopedSession, one: series.Date, start: datetime, length: timedelta) -> dict[str, Any]:
    begins, ends = instants(start, length)
    if (begins, ends) == (one.starts_at, one.ends_at):
        return {}
    event, before = events.find(session, one.event_id), wall(one.starts_at)
    return {
        "starts_at": begins,
        "ends_at": ends,
        **{name: moved(getattr(event, name), before, start) for name in copying.MOVING},
    }


def _move(session: ScopedSession, event_id: str, series_id: str, day: datetime) -> None:
    """Give an event for which nobody ever registered its place in the new series."""
    session.execute(
        sa.update(Occurrence).where(Occurrence.event_id == event_id)
        .values(series_id=series_id, original_start=written(day))
    )  # fmt: skip


def _write(session: ScopedSession, tenant: TenantRef, one: series.Date, values: dict[str, Any]) -> None:
    """Change what one date's event says; calendars, the noticeboard and people's shelves follow, and who has registered is
    told where it is now. Needs the event's lock."""
    event = events.find(session, one.event_id)
    shifts = event.state == PUBLISHED and bool(values.keys() & {"starts_at", "ends_at", "place", "online_url"})
    change(session, event, sequence=Event.sequence + int(shifts), **values)
    now = event._replace(**values)
    hosting.follow(session, event.id, now, shown=event.state == PUBLISHED)
    if event.state == PUBLISHED:
        show_on_board(session, event.id, now)
        calendar = shelf.InCalendar(event.uid, turn_of(session, event.id), now.ends_at, now.place, now.online_url)
        shelf.retitle(
            session, plugin=PLUGIN, ref=event.id, title=now.title, when=now.starts_at,
            moved=calendar if shifts else None,
        )  # fmt: skip
    if shifts:
        changes.tell(session, tenant, event)
