"""An event's life: published, cancelled, completed."""

from collections.abc import Callable, Iterable
from typing import Any

from core.sdk import (
    N_,
    EventRef,
    Finding,
    Forbidden,
    Invalid,
    Refused,
    ScopedSession,
    TenantRef,
    Verdict,
    Visitor,
    clock,
    noticeboard,
    shelf,
    transaction,
    worst,
)
from plugins.local_events import rules
from plugins.local_events.manifest import ORGANISE, PUBLISH, PUBLISH_REFERRED, PUBLISH_WIDER
from plugins.local_events.models import Event
from plugins.local_events.queries import events, places
from plugins.local_events.service import ending, hosting, organisers, proposals
from plugins.local_events.service.changing import (
    PLUGIN,
    SHARED_AUDIENCES,
    change,
    in_calendars,
    record_step,
    show_on_board,
    turn_of,
)
from plugins.local_events.settings import Settings
from plugins.local_events.states import APPROVED, CANCELLED, COMPLETED, EVENT, PUBLISHED
from plugins.local_events.words import STATES

Check = Callable[[EventRef], Iterable[Finding]]


def publish(
    session: ScopedSession, tenant: TenantRef, settings: Settings, event_id: str, visitor: Visitor, check: Check,
    post: proposals.Post | None = None,
) -> None:  # fmt: skip
    """Publish a draft, or an approved proposal, whose proposer is written to by `post`. `check` asks the other plugins
    (`q_event_publish_check`) before any lock is taken.

    A denial refuses; a referral needs `local_events.publish_referred`. Raises NotFound, Forbidden, Refused, Conflict.
    """
    event = events.seen(session, tenant, visitor, event_id)
    approved = event.state == APPROVED
    if not rules.may_publish(visitor, tenant, settings, event.created_by, approved=approved):
        raise Forbidden(PUBLISH)
    settled = approved and event.created_by == visitor.account_id  # the approval was for this audience
    if not (settled or rules.may_publish_for(visitor, settings, event.audience)):
        raise Forbidden(PUBLISH_WIDER)
    EVENT.row("publish", event.state)
    if event.starts_at <= clock.now():
        raise Refused(N_("This event has already begun. Give it a later date first."))
    findings = list(check(events.as_others_see(event, places.of_event(session, event.id).capacity)))
    verdict = worst(findings)
    if verdict is Verdict.DENY:
        raise Refused(next(finding.message for finding in findings if finding.verdict is Verdict.DENY))
    if verdict is Verdict.REFER and not visitor.can(PUBLISH_REFERRED):
        raise Forbidden(PUBLISH_REFERRED)
    now = clock.now()
    with transaction(session):
        sources, target = EVENT.sources("publish"), EVENT.target("publish", event.state)
        change(session, event, Event.starts_at > now, sources=sources, state=target, published_at=now)
        if event.state == APPROVED and post is not None:
            proposals.note(session, tenant, visitor, event, "publish", "", post)
        organisers.name_first(session, tenant, event.id, event.created_by or visitor.account_id)
        hosting.follow(session, event.id, event, shown=True)
        if event.audience in SHARED_AUDIENCES:
            show_on_board(session, event_id, event)
        codes = [f"{finding.plugin}:{finding.code}" for finding in findings]
        record_step(session, visitor, event, "publish", target, findings=codes)


def cancel(
    session: ScopedSession, tenant: TenantRef, settings: Settings, event_id: str, why: str, visitor: Visitor,
    post: proposals.Post | None = None,
) -> None:  # fmt: skip
    """Cancel a draft, an approved proposal, whose proposer is written to by `post`, or a published event that is not over, for
    a stated reason that those coming can read. Every registration ends with it.

    Raises NotFound, Forbidden, Invalid (no reason), Refused, Conflict.
    """
    event = events.seen(session, tenant, visitor, event_id)
    if not rules.may_run(visitor, tenant, settings, event.created_by, event.state):
        raise Forbidden(ORGANISE)
    EVENT.row("cancel", event.state)
    if not why.strip() or len(why.strip()) > 500:
        raise Invalid({"why": N_("Say why the event is cancelled, in at most 500 characters")})
    with transaction(session):
        end_early(session, visitor, event, why, post)


def end_early(
    session: ScopedSession, visitor: Visitor, event: events.Details, why: str, post: proposals.Post | None = None
) -> None:
    """Cancel an event in the caller's transaction: its registrations end, its card comes down, and who proposed it hears of it
    (`post`). Raises NotFound, Refused (also for a published one that is over), Conflict."""
    target = EVENT.target("cancel", event.state)
    if event.state == PUBLISHED and event.ends_at <= clock.now():
        raise Refused(N_("This event is over. Mark it as completed."))
    values: dict[str, Any] = {"state": target, "state_why": why.strip(), "cancelled_at": clock.now()}
    change(session, event, sources=EVENT.sources("cancel"), sequence=Event.sequence + 1, **values)
    ending.end_all(session, event.id)
    _close(session, event, CANCELLED)
    if event.state == APPROVED:
        proposals.tell_cancelled(session, visitor, event, why.strip(), post)
    record_step(session, visitor, event, "cancel", target)


def complete(session: ScopedSession, tenant: TenantRef, settings: Settings, event_id: str, visitor: Visitor) -> None:
    """Close a published event that is over. Raises NotFound, Forbidden, Refused, Conflict."""
    event = events.seen(session, tenant, visitor, event_id)
    if not rules.may_run(visitor, tenant, settings, event.created_by, event.state):
        raise Forbidden(ORGANISE)
    target = EVENT.target("complete", event.state)
    now = clock.now()
    if event.ends_at > now:
        raise Refused(N_("This event is not over yet."))
    with transaction(session):
        change(session, event, Event.ends_at <= now, sources=EVENT.sources("complete"), state=target)
        _close(session, event, COMPLETED)
        record_step(session, visitor, event, "complete", target)


def _close(session: ScopedSession, event: events.Details, status: str) -> None:
    """Take the cards down and say so on the shelf of everybody who has a place."""
    hosting.follow(session, event.id, event, shown=False)
    if event.state != PUBLISHED:
        return
    cancelled = in_calendars(session, event.id)[1] if status == CANCELLED else None
    noticeboard.close(session, plugin=PLUGIN, ref=event.id, cancelled=cancelled)
    if status == CANCELLED:
        shelf.cancel_all(
            session, plugin=PLUGIN, ref=event.id, title=event.title, status=STATES[status],
            sequence=turn_of(session, event.id),
        )  # fmt: skip
        return
    shelf.change_all(
        session, plugin=PLUGIN, ref=event.id, title=event.title, status=STATES[status], when=event.starts_at
    )
