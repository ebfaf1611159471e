"""Copying an event: its words, questions, pools and topics; never who is registered, invited or waiting."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.sdk import (
    N_,
    Forbidden,
    Invalid,
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
from plugins.local_events.manifest import CREATE, ORGANISE
from plugins.local_events.models import Event, Organiser, Pool, Question, Tag
from plugins.local_events.queries import events
from plugins.local_events.queries.events import Details
from plugins.local_events.recurrence import instants, moved, wall
from plugins.local_events.service import asking
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.settings import Settings
from plugins.local_events.states import DRAFT

_OWN = frozenset({
    "id", "uid", "sequence", "state", "state_why", "version", "turn", "created_by", "created_at", "modified_at",
    "published_at", "cancelled_at", "starts_at", "ends_at",
})  # fmt: skip
"""What each event has for itself. Every other column is what it says, and is copied."""
_COPIED = [column for column in sa.inspect(Event).columns if column.key not in _OWN]
FARTHEST = timedelta(days=3653)
MOVING = ("registration_opens_at", "registration_closes_at", "withdraw_until")
"""What moves with an event's beginning."""


@dataclass(frozen=True, slots=True)
class Source:
    """An event with all that a copy takes over."""

    start: datetime
    """When it begins on a London clock."""
    length: timedelta
    values: dict[str, Any]
    pools: Sequence[Any]
    questions: Sequence[Any]
    tags: Sequence[Any]


def read(session: ScopedSession, event_id: str) -> Source:
    """What copies of an event are made from, in four statements."""
    row = session.execute(sa.select(*_COPIED, Event.starts_at, Event.ends_at).where(Event.id == event_id)).one()
    start = wall(row.starts_at)
    return Source(
        start=start,
        length=wall(row.ends_at) - start,
        values={column.key: getattr(row, column.key) for column in _COPIED},
        pools=session.execute(
            sa.select(Pool.kind, Pool.capacity, Pool.waiting_limit, Pool.eligibility, Pool.opens_at)
            .where(Pool.event_id == event_id).order_by(Pool.kind)
        ).all(),
        questions=session.execute(
            sa.select(*(getattr(Question, name) for name in asking.WORDS))
            .where(Question.event_id == event_id, Question.withdrawn_at.is_(None)).order_by(Question.position)
        ).all(),
        tags=session.execute(sa.select(Tag.kind, Tag.value).where(Tag.event_id == event_id)).all(),
    )  # fmt: skip


def write(
    session: ScopedSession, tenant: TenantRef, source: Source, starts: Iterable[datetime], visitor: Visitor,
    organisers: Iterable[str] = (), *, length: timedelta | None = None, **changes: Any,
) -> list[str]:  # fmt: skip
    """One draft for each wall-clock start, in the caller's transaction and as many statements for sixty as for one; their ids.
    They last `length`, or as long as the source; `changes` are columns that all of them have otherwise than it."""
    now = clock.now()
    rows: dict[type[Any], list[dict[str, Any]]] = {model: [] for model in (Event, Pool, Question, Tag, Organiser)}
    for start in starts:
        event_id = new_id()
        of = {"tenant_id": tenant.id, "event_id": event_id}
        begins, ends = instants(start, source.length if length is None else length)
        rows[Event].append({
            **source.values, **changes, "id": event_id, "tenant_id": tenant.id, "starts_at": begins, "ends_at": ends,
            **{name: moved(source.values[name], source.start, start) for name in MOVING},
            "state": DRAFT, "version": 1, "created_by": visitor.account_id, "created_at": now, "modified_at": now,
        })  # fmt: skip
        rows[Pool] += [
            {**of, **pool._mapping, "id": new_id(), "opens_at": moved(pool.opens_at, source.start, start), "version": 1}
            for pool in source.pools
        ]
        rows[Question] += asking.written(tenant, event_id, [question._mapping for question in source.questions])
        rows[Tag] += [{**of, "id": new_id(), "kind": tag.kind, "value": tag.value} for tag in source.tags]
        rows[Organiser] += [
            {**of, "id": new_id(), "account_id": account_id, "added_by": visitor.account_id, "added_at": now}
            for account_id in organisers
        ]
    for model, written in rows.items():
        if written:
            session.execute(sa.insert(model), written)
    return [row["id"] for row in rows[Event]]


def of(session: ScopedSession, tenant: TenantRef, settings: Settings, event_id: str, visitor: Visitor) -> Details:
    """The event that the visitor may make others from. Raises NotFound and Forbidden."""
    event = events.seen(session, tenant, visitor, event_id)
    if not rules.may_create(visitor, tenant, settings):
        raise Forbidden(CREATE)
    if not rules.may_run(visitor, tenant, settings, event.created_by, event.state):
        raise Forbidden(ORGANISE)
    return event


def copy(
    session: ScopedSession, tenant: TenantRef, settings: Settings, event_id: str, start: datetime, visitor: Visitor,
    form_key: str,
) -> str:  # fmt: skip
    """A draft that says what the event says, beginning at the wall-clock time `start`; its id. The same form sent twice makes
    one. Raises NotFound, Forbidden, Invalid (a time that is over), Refused for a form key that is missing."""
    event = of(session, tenant, settings, event_id, visitor)
    check_future(start)
    with transaction(session):
        key = once(session, form_key, f"{PLUGIN}.copy:{event.id}")
        if key.result is not None:
            return key.result
        own = (visitor.account_id,) if visitor.account_id is not None else ()
        source = read(session, event.id)
        copied = write(session, tenant, source, [start], visitor, own, origin=rules.origin_of(visitor, tenant))[0]
        key.keep(copied)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.copy", subject=copied, after={"from": event.id, "state": DRAFT}
        )  # fmt: skip
    return copied


def check_future(start: datetime) -> None:
    """Raise Invalid for a wall-clock time that is over, or too far away for anybody to plan."""
    if not clock.now() < clock.from_london(start) <= clock.now() + FARTHEST:
        raise Invalid({"starts_at": N_("Choose a time that is still to come, within ten years")})
