"""Making and running events: each use case is one transaction that begins with its conditional write."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.sdk import (
    N_,
    Conflict,
    EventRef,
    Finding,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    TenantRef,
    Verdict,
    Visitor,
    clock,
    new_id,
    noticeboard,
    once,
    record_audit,
    shelf,
    transaction,
    worst,
)
from plugins.local_events import queries, rules
from plugins.local_events.manifest import CREATE, MANIFEST, ORGANISE, PUBLISH, PUBLISH_REFERRED
from plugins.local_events.models import Event
from plugins.local_events.settings import Settings
from plugins.local_events.states import CANCELLED, COMPLETED, DRAFT, EDITABLE, EVENT, PUBLISHED
from plugins.local_events.words import AUDIENCES, KINDS, LONGEST_DAYS, MODES, MOST_PLACES, SHELF_COMING, STATES

PLUGIN = MANIFEST.name
SHARED_AUDIENCES = ("uk", "public")
Check = Callable[[EventRef], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Draft:
    """What an event says, as typed. Instants are aware UTC."""

    kind: str
    title: str
    summary: str
    description: str
    mode: str
    place: str
    online_url: str
    starts_at: datetime
    ends_at: datetime
    audience: str
    capacity: int


def path_of(event_id: str) -> str:
    """Where an event is, inside its site."""
    return f"/{MANIFEST.url_name}/{event_id}"


def _check(draft: Draft) -> None:
    """Raise Invalid, by field, for what no event can say."""
    wrong: dict[str, str] = {}
    if not draft.title.strip():
        wrong["title"] = N_("Give the event a title")
    for name, closed in (("kind", KINDS), ("mode", MODES), ("audience", AUDIENCES)):
        if getattr(draft, name) not in closed:
            wrong[name] = N_("Choose one of the list")
    if draft.ends_at <= draft.starts_at:
        wrong["ends_at"] = N_("The end must be after the start")
    elif draft.ends_at - draft.starts_at > timedelta(days=LONGEST_DAYS):
        wrong["ends_at"] = N_("An event lasts at most 14 days")
    if not 1 <= draft.capacity <= MOST_PLACES:
        wrong["capacity"] = N_("Enter a number of places from 1 to 5,000")
    if draft.mode in ("in_person", "both") and not draft.place.strip():
        wrong["place"] = N_("Say where people should come to")
    if draft.mode in ("online", "both") and not draft.online_url.startswith("https://"):
        wrong["online_url"] = N_("Enter the link for joining online; it begins with https://")
    if wrong:
        raise Invalid(wrong)


def _words(draft: Draft) -> dict[str, Any]:
    """The columns of a draft: what its mode has no use for is left empty."""
    values = asdict(draft)
    values["place"] = "" if draft.mode == "online" else draft.place
    values["online_url"] = "" if draft.mode == "in_person" else draft.online_url
    return values


def create(
    session: ScopedSession, tenant: TenantRef, settings: Settings, draft: Draft, visitor: Visitor, form_key: str
) -> str:
    """A new draft; returns its id. The same form sent twice makes one event.

    Raises Forbidden, Invalid by field, and Refused for a form key that is missing or was used for something else.
    """
    if visitor.account_id is None or not rules.may_create(visitor, tenant, settings):
        raise Forbidden(CREATE)
    _check(draft)
    with transaction(session):
        key = once(session, form_key, f"{PLUGIN}.create:{visitor.account_id}")
        if key.result is not None:
            return key.result
        event_id = new_id()
        values = {"id": event_id, "tenant_id": tenant.id, **_words(draft), "state": DRAFT, "taken": 0, "version": 1}
        values |= {"created_by": visitor.account_id, "created_at": clock.now(), "state_why": ""}
        session.execute(sa.insert(Event), [values])
        key.keep(event_id)
        after = {"state": DRAFT, "kind": draft.kind, "audience": draft.audience, "capacity": draft.capacity}
        record_audit(session, actor=visitor.actor(), action=f"{PLUGIN}.create", subject=event_id, after=after)
    return event_id


def _change(
    session: ScopedSession, event: queries.Details, *more: sa.ColumnElement[bool], sources: Iterable[str], **values: Any
) -> bool:
    """The conditional update that every change begins with: this version, one of these states, and `more`."""
    done = session.execute(
        sa.update(Event)
        .where(Event.id == event.id, Event.version == event.version, Event.state.in_(tuple(sources)), *more)
        .values(version=Event.version + 1, **values)
        .returning(Event.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all()) == 1


def _why_not(session: ScopedSession, event: queries.Details, action: str = "") -> Exception:
    """What to say when the conditional update changed no row: another version, or a state that does not allow it."""
    row = session.execute(sa.select(Event.state, Event.version).where(Event.id == event.id)).one_or_none()
    if row is None:
        return NotFound()
    if action and action not in EVENT.events_from(row.state):
        return Refused(N_("This cannot be done now: its state has changed."))
    return Conflict()


def _show(session: ScopedSession, event_id: str, draft: Draft | queries.Details) -> None:
    """Bring the noticeboard in step with a published event: area events are never on it."""
    if draft.audience not in SHARED_AUDIENCES:
        noticeboard.withdraw(session, plugin=PLUGIN, ref=event_id)
        return
    noticeboard.publish(
        session,
        plugin=PLUGIN,
        ref=event_id,
        kind=draft.kind,
        title=draft.title,
        summary=draft.summary,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        place=draft.place if draft.mode != "online" else "",
        path=path_of(event_id),
        audience=draft.audience,
    )


def edit(
    session: ScopedSession,
    tenant: TenantRef,
    settings: Settings,
    event_id: str,
    draft: Draft,
    version: int,
    visitor: Visitor,
) -> None:
    """Change what an event says, if it is still at `version`; the noticeboard and everybody's shelf follow.

    Raises NotFound, Forbidden, Invalid (also for fewer places than are taken), Conflict, Refused.
    """
    event = queries.seen(session, tenant, visitor, event_id)
    if not rules.may_run(visitor, tenant, settings, event.created_by, event.state):
        raise Forbidden(ORGANISE)
    if event.state not in EDITABLE:
        raise Refused(N_("This event is closed and cannot be changed."))
    _check(draft)
    at = event._replace(version=version)
    with transaction(session):
        if not _change(session, at, Event.taken <= draft.capacity, sources=(event.state,), **_words(draft)):
            taken = session.scalar(sa.select(Event.taken).where(Event.id == event_id, Event.version == version))
            if taken is not None and taken > draft.capacity:
                raise Invalid({"capacity": N_("More people than that are coming already")})
            raise Conflict
        if event.state == PUBLISHED:
            _show(session, event_id, draft)
            shelf.change_all(
                session, plugin=PLUGIN, ref=event_id, title=draft.title, status=SHELF_COMING, when=draft.starts_at
            )
        before, after = _facts(event), _facts(draft)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.edit", subject=event_id, before=before, after=after
        )


def _facts(event: Draft | queries.Details) -> dict[str, Any]:
    """What the audit trail keeps of an event's words: what others rely on, and no free text."""
    return {
        "kind": event.kind,
        "mode": event.mode,
        "audience": event.audience,
        "capacity": event.capacity,
        "starts_at": event.starts_at.isoformat(),
        "ends_at": event.ends_at.isoformat(),
    }


def publish(
    session: ScopedSession, tenant: TenantRef, settings: Settings, event_id: str, visitor: Visitor, check: Check
) -> None:
    """Publish a draft. `check` asks the other plugins (`q_event_publish_check`) before any lock is taken.

    A denial refuses; a referral needs `local_events.publish_referred`. Raises NotFound, Forbidden, Refused, Conflict.
    """
    event = queries.seen(session, tenant, visitor, event_id)
    if not rules.may_publish(visitor, tenant, settings, event.created_by):
        raise Forbidden(PUBLISH)
    EVENT.row("publish", event.state)
    if event.starts_at <= clock.now():
        raise Refused(N_("This event has already begun. Give it a later date first."))
    ref = EventRef(
        event.id, event.kind, event.title, event.starts_at, event.ends_at, event.mode, event.audience, event.capacity
    )
    findings = list(check(ref))
    verdict = worst(findings)
    if verdict is Verdict.DENY:
        raise Refused(next(finding.message for finding in findings if finding.verdict is Verdict.DENY))
    if verdict is Verdict.REFER and not visitor.can(PUBLISH_REFERRED):
        raise Forbidden(PUBLISH_REFERRED)
    now = clock.now()
    with transaction(session):
        sources, target = EVENT.sources("publish"), EVENT.target("publish", event.state)
        if not _change(session, event, Event.starts_at > now, sources=sources, state=target, published_at=now):
            raise _why_not(session, event, "publish")
        if event.audience in SHARED_AUDIENCES:
            _show(session, event_id, event)
        codes = [f"{finding.plugin}:{finding.code}" for finding in findings]
        _record(session, visitor, event, "publish", target, findings=codes)


def _record(
    session: ScopedSession,
    visitor: Visitor,
    event: queries.Details,
    action: str,
    state: str,
    findings: Sequence[str] = (),
) -> None:
    record_audit(
        session,
        actor=visitor.actor(),
        action=f"{PLUGIN}.{action}",
        subject=event.id,
        before={"state": event.state},
        after={"state": state, **({"findings": list(findings)} if findings else {})},
    )


def cancel(
    session: ScopedSession, tenant: TenantRef, settings: Settings, event_id: str, why: str, visitor: Visitor
) -> None:
    """Cancel a draft, or a published event that is not over, for a stated reason that those coming can read.

    Raises NotFound, Forbidden, Invalid (no reason), Refused, Conflict.
    """
    event = queries.seen(session, tenant, visitor, event_id)
    if not rules.may_run(visitor, tenant, settings, event.created_by, event.state):
        raise Forbidden(ORGANISE)
    target = EVENT.target("cancel", event.state)
    if not why.strip() or len(why.strip()) > 500:
        raise Invalid({"why": N_("Say why the event is cancelled, in at most 500 characters")})
    if event.state == PUBLISHED and event.ends_at <= clock.now():
        raise Refused(N_("This event is over. Mark it as completed."))
    with transaction(session):
        values = {"state": target, "state_why": why.strip()}
        if not _change(session, event, sources=EVENT.sources("cancel"), **values):
            raise _why_not(session, event, "cancel")
        _close(session, event, CANCELLED)
        _record(session, visitor, event, "cancel", target)


def complete(session: ScopedSession, tenant: TenantRef, settings: Settings, event_id: str, visitor: Visitor) -> None:
    """Close a published event that is over. Raises NotFound, Forbidden, Refused, Conflict."""
    event = queries.seen(session, tenant, visitor, event_id)
    if not rules.may_run(visitor, tenant, settings, event.created_by, event.state):
        raise Forbidden(ORGANISE)
    target = EVENT.target("complete", event.state)
    now = clock.now()
    if event.ends_at > now:
        raise Refused(N_("This event is not over yet."))
    with transaction(session):
        if not _change(session, event, Event.ends_at <= now, sources=EVENT.sources("complete"), state=target):
            raise _why_not(session, event, "complete")
        _close(session, event, COMPLETED)
        _record(session, visitor, event, "complete", target)


def _close(session: ScopedSession, event: queries.Details, status: str) -> None:
    """Take the card down and say so on the shelf of everybody who has a place."""
    if event.state != PUBLISHED:
        return
    noticeboard.withdraw(session, plugin=PLUGIN, ref=event.id)
    shelf.change_all(
        session, plugin=PLUGIN, ref=event.id, title=event.title, status=STATES[status], when=event.starts_at
    )
