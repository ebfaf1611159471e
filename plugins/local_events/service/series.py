"""Series: an event repeated by a rule, or followed by more visits. Each date is an event of its own."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.sdk import (
    N_,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    new_id,
    once,
    record_audit,
    transaction,
)
from plugins.local_events import rules
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Occurrence, Series
from plugins.local_events.queries import events, organisers, series
from plugins.local_events.queries.events import Details
from plugins.local_events.recurrence import Rule, check, dates, wall, written
from plugins.local_events.service import copying, running
from plugins.local_events.service.changing import PLUGIN, change
from plugins.local_events.service.counting import take_turn
from plugins.local_events.service.proposals import Post
from plugins.local_events.settings import Settings
from plugins.local_events.states import APPROVED, DRAFT, PUBLISHED
from plugins.local_events.words import MOST_DATES

REPEATABLE = (DRAFT, APPROVED, PUBLISHED)
CHAINED_KINDS = ("exchange", "site_visit")


def digest(lines: Iterable[str]) -> str:
    """A short name for what a preview showed: what is made must be what was seen."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def preview(event: Details, rule: Rule) -> list[datetime]:
    """The wall-clock dates that repeating an event would give, its own first. Raises Invalid by field."""
    first = wall(event.starts_at)
    check(rule, first)
    found = dates(rule, first)
    if len(found) < 2:
        raise Invalid({"until": N_("This gives no date after the first")})
    return found


def create(
    session: ScopedSession, tenant: TenantRef, settings: Settings, event_id: str, rule: Rule, without: Collection[str],
    visitor: Visitor, form_key: str,
) -> str:  # fmt: skip
    """Repeat an event: a draft for each date of the rule after the event's own, but for those `without` (wall-clock times);
    the series' id. The same form sent twice makes one series.

    Raises NotFound, Forbidden, Invalid by field, Refused (also for an event that is in a series already), Conflict.
    """
    event = copying.of(session, tenant, settings, event_id, visitor)
    found = preview(event, rule)
    with transaction(session):
        key = once(session, form_key, f"{PLUGIN}.repeat:{event.id}")
        if key.result is not None:
            return key.result
        _hold(session, event)
        wanted = [day for day in found[1:] if written(day) not in without]
        if not wanted:
            raise Invalid({"without": N_("Leave at least one date besides the first")})
        series_id = _begin(session, tenant, visitor, event, rule.text())
        made = write_dates(session, tenant, event.id, series_id, wanted, visitor)
        missing = [day for day in found[1:] if written(day) in without]
        if missing:
            session.execute(sa.insert(Occurrence), [occurrence(tenant, series_id, day, None) for day in missing])
        key.keep(series_id)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.repeat", subject=event.id,
            after={"series": series_id, "rule": rule.text(), "dates": len(made) + 1, "left_out": len(missing)},
        )  # fmt: skip
    return series_id


def _hold(session: ScopedSession, event: Details) -> None:
    """Hold the event that others are made from. Raises NotFound, Refused for one that is closed, Conflict when it changed."""
    change(session, event, sources=REPEATABLE, closed=N_("This event is closed: copy it instead."))


def _begin(session: ScopedSession, tenant: TenantRef, visitor: Visitor, event: Details, rule: str) -> str:
    """A new series with `event` as its first date. Raises Refused where the event is in one already."""
    if series.series_of(session, event.id) is not None:
        raise Refused(N_("This event belongs to a series already."))
    first = wall(event.starts_at)
    series_id = insert_series(session, tenant, visitor, rule, first)
    session.execute(sa.insert(Occurrence), [occurrence(tenant, series_id, first, event.id)])
    return series_id


def insert_series(
    session: ScopedSession,
    tenant: TenantRef,
    visitor: Visitor,
    rule: str,
    first: datetime,
    split_from: str | None = None,
) -> str:
    """A new series without dates, in the caller's transaction; its id."""
    row = {
        "id": new_id(), "tenant_id": tenant.id, "rule": rule, "first_start": written(first), "version": 1,
        "split_from": split_from, "created_by": visitor.account_id, "created_at": clock.now(),
    }  # fmt: skip
    session.execute(sa.insert(Series), [row])
    return str(row["id"])


def occurrence(tenant: TenantRef, series_id: str, day: datetime, event_id: str | None) -> dict[str, Any]:
    """The row of one date."""
    return {
        "id": new_id(), "tenant_id": tenant.id, "series_id": series_id, "original_start": written(day), "event_id": event_id,
    }  # fmt: skip


def write_dates(
    session: ScopedSession, tenant: TenantRef, event_id: str, series_id: str, days: Sequence[datetime], visitor: Visitor,
    **changes: Any,
) -> list[str]:  # fmt: skip
    """A draft like the event for each wall-clock day, as dates of the series and with the event's organisers, in the caller's
    transaction; their ids. `changes` as for `copying.write`."""
    named = [one.account_id for one in organisers.of_event(session, event_id)]
    source = copying.read(session, event_id)
    made = copying.write(session, tenant, source, days, visitor, named, **changes)
    if made:
        rows = [occurrence(tenant, series_id, day, one) for day, one in zip(days, made, strict=True)]
        session.execute(sa.insert(Occurrence), rows)
    return made


def add_visit(
    session: ScopedSession, tenant: TenantRef, settings: Settings, event_id: str, start: datetime, place: str,
    visitor: Visitor, form_key: str,
) -> str:  # fmt: skip
    """One more visit of an exchange, at another place: a draft like the event, in the same chain; its id. The first visit makes
    the event itself the first of the chain. The same form sent twice makes one.

    Raises NotFound, Forbidden, Invalid by field, Refused for an event of another kind, or one that repeats by a rule.
    """
    event = copying.of(session, tenant, settings, event_id, visitor)
    if event.kind not in CHAINED_KINDS:
        raise Refused(N_("Only exchanges and site visits are made of several visits."))
    copying.check_future(start)
    if event.mode != "online" and not place.strip():
        raise Invalid({"place": N_("Say where people should come to")})
    with transaction(session):
        key = once(session, form_key, f"{PLUGIN}.add_visit:{event.id}")
        if key.result is not None:
            return key.result
        _hold(session, event)
        series_id = series.series_of(session, event.id)
        if series_id is None:
            series_id = _begin(session, tenant, visitor, event, "")
        _take(session, series_id, start)
        added = write_dates(session, tenant, event.id, series_id, [start], visitor, place=place.strip())[0]
        key.keep(added)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.add_visit", subject=added, after={"series": series_id}
        )
    return added


def _take(session: ScopedSession, series_id: str, start: datetime) -> None:
    """Lock a chain for one more date. Raises Refused for a series with a rule, and for one that is full; Invalid for a time
    that the chain has already."""
    held = session.execute(
        sa.update(Series).where(Series.id == series_id, Series.rule == "").values(version=Series.version + 1)
        .returning(Series.id)
    ).all()  # fmt: skip
    if not held:
        raise Refused(N_("This event repeats by a rule: it cannot be one of an exchange’s visits."))
    there = set(session.scalars(sa.select(Occurrence.original_start).where(Occurrence.series_id == series_id)))
    if len(there) >= MOST_DATES:
        raise Refused(N_("An exchange has at most 60 visits."))
    if written(start) in there:
        raise Invalid({"starts_at": N_("Another visit of this exchange begins at that time")})


def skip(
    session: ScopedSession,
    tenant: TenantRef,
    settings: Settings,
    series_id: str,
    event_id: str,
    why: str,
    visitor: Visitor,
    post: Post | None = None,
) -> None:
    """Leave out one date for which nobody has registered: its event is cancelled (`post` tells who proposed it), and the date
    stays in the series so that nothing makes it anew. Raises NotFound, Forbidden, Refused (it is over; people have registered:
    cancelling needs a word to them)."""
    event = events.seen(session, tenant, visitor, event_id)
    if not rules.may_run(visitor, tenant, settings, event.created_by, event.state):
        raise Forbidden(ORGANISE)
    with transaction(session):
        take_turn(session, event.id)  # from here on nobody registers
        found = next((one for one in series.dates(session, series_id) if one.event_id == event.id), None)
        if found is None:
            raise NotFound
        if found.registered:
            raise Refused(N_("People have registered for this date. Cancel it on its own page, and say why."))
        running.end_early(session, visitor, event, why, post)


def publish_all(
    session: ScopedSession,
    tenant: TenantRef,
    settings: Settings,
    series_id: str,
    visitor: Visitor,
    checked: running.Check,
) -> int:
    """Publish every draft of a series that is still to come, each in a transaction of its own; how many. Raises what
    `running.publish` raises at the first that cannot be; those before it are published. Again goes on from there."""
    series.find(session, series_id)
    drafts = [
        one for one in series.dates(session, series_id) if one.state == DRAFT and one.starts_at > clock.now()
    ]  # fmt: skip
    for one in drafts:
        running.publish(session, tenant, settings, one.event_id, visitor, checked)
    return len(drafts)
