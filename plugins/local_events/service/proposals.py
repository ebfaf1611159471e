"""A member's proposal on its way: submitted, sent back, approved, rejected, withdrawn. Each step is told to whom it concerns."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from core.sdk import (
    N_,
    Forbidden,
    Invalid,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    new_id,
    people_by_id,
    shelf,
    transaction,
)
from plugins.local_events import rules
from plugins.local_events.manifest import CREATE, PUBLISH, PUBLISH_WIDER
from plugins.local_events.models import Event, ProposalStep
from plugins.local_events.queries import events
from plugins.local_events.queries.events import Details
from plugins.local_events.service.changing import PLUGIN, change, path_of, record_step
from plugins.local_events.settings import Settings
from plugins.local_events.states import APPROVED, CANCELLED, CHANGES_REQUESTED, EVENT, REJECTED, SUBMITTED
from plugins.local_events.words import STATES

LONGEST_WHY = 500


@dataclass(frozen=True, slots=True)
class News:
    """What a proposer is told: the step, in their language where it is known ("" is the site's own)."""

    step: str
    account_id: str
    email: str
    locale: str
    event_id: str
    title: str
    why: str


Post = Callable[[ScopedSession, News], None]
"""What writes the letter, in the caller's transaction."""


def submit(
    session: ScopedSession, tenant: TenantRef, settings: Settings, event_id: str, visitor: Visitor, post: Post
) -> None:
    """Give one's own draft, or what was sent back, to the organisers; the proposer has a letter that says so.

    Raises NotFound, Forbidden, Refused (it has begun, or is not in the proposer's hands), Conflict.
    """
    event = events.seen(session, tenant, visitor, event_id)
    if not rules.may_submit(visitor, tenant, settings, event.created_by):
        raise Forbidden(CREATE)
    if event.starts_at <= clock.now():
        raise Refused(N_("This event has already begun. Give it a later date first."))
    with transaction(session):
        _step(session, tenant, visitor, event, "submit", "", post)


def withdraw(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor, post: Post) -> None:
    """Take one's own proposal back before it is published. Raises NotFound, Forbidden, Refused, Conflict."""
    event = events.seen(session, tenant, visitor, event_id)
    if visitor.account_id is None or event.created_by != visitor.account_id:
        raise Forbidden(CREATE)
    with transaction(session):
        _step(session, tenant, visitor, event, "withdraw", "", post)


def request_changes(
    session: ScopedSession, tenant: TenantRef, event_id: str, why: str, visitor: Visitor, post: Post
) -> None:
    """Send a proposal back and say what should change. Raises NotFound, Forbidden, Invalid (nothing said), Refused, Conflict."""
    event = _to_decide(session, tenant, event_id, visitor)
    said = _said(why, N_("Say what should change, in at most 500 characters"))
    with transaction(session):
        _step(session, tenant, visitor, event, "request_changes", said, post)


def reject(session: ScopedSession, tenant: TenantRef, event_id: str, why: str, visitor: Visitor, post: Post) -> None:
    """Turn a proposal down, for a reason the proposer reads. Raises NotFound, Forbidden, Invalid, Refused, Conflict."""
    event = _to_decide(session, tenant, event_id, visitor)
    said = _said(why, N_("Say why, in at most 500 characters"))
    with transaction(session):
        _step(session, tenant, visitor, event, "reject", said, post)


def approve(
    session: ScopedSession,
    tenant: TenantRef,
    settings: Settings,
    event_id: str,
    version: int,
    visitor: Visitor,
    post: Post,
) -> None:
    """Say yes to a proposal as it is at `version`: its proposer may publish it from now on, and nobody but organisers change it.

    Raises NotFound, Forbidden (also for an audience that the visitor may not publish for), Refused, Conflict.
    """
    event = _to_decide(session, tenant, event_id, visitor)
    if not rules.may_publish_for(visitor, settings, event.audience):
        raise Forbidden(PUBLISH_WIDER)
    with transaction(session):
        _step(session, tenant, visitor, event._replace(version=version), "approve", "", post)


def _to_decide(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> Details:
    event = events.seen(session, tenant, visitor, event_id)
    if not visitor.can(PUBLISH):
        raise Forbidden(PUBLISH)
    return event


def _said(why: str, wrong: str) -> str:
    if not 0 < len(why.strip()) <= LONGEST_WHY:
        raise Invalid({"why": wrong})
    return why.strip()


def _step(
    session: ScopedSession, tenant: TenantRef, visitor: Visitor, event: Details, step: str, why: str, post: Post
) -> None:
    target = EVENT.target(step, event.state)
    in_time = [Event.starts_at > clock.now()] if step == "submit" else []
    change(session, event, *in_time, sources=EVENT.sources(step), state=target, state_why=why)
    note(session, tenant, visitor, event, step, why, post)
    record_step(session, visitor, event, step, target)


def note(
    session: ScopedSession, tenant: TenantRef, visitor: Visitor, event: Details, step: str, why: str, post: Post
) -> None:
    """Keep a step of a proposal, write to its proposer and bring the proposer's own list in step, in the caller's transaction."""
    row = {
        "id": new_id(), "tenant_id": tenant.id, "event_id": event.id, "step": step, "why": why, "by": visitor.account_id,
        "at": clock.now(),
    }  # fmt: skip
    session.execute(sa.insert(ProposalStep), [row])
    person = people_by_id(session, [event.created_by]).get(event.created_by) if event.created_by else None
    if person is not None:
        _put_on_shelf(session, person.account_id, event, EVENT.target(step, event.state))
        post(session, News(step, person.account_id, person.email, person.locale, event.id, event.title, why))


def tell_cancelled(session: ScopedSession, visitor: Visitor, event: Details, why: str, post: Post | None) -> None:
    """Say on its proposer's own list that an approved proposal is cancelled, and why in a letter by `post`, in the caller's
    transaction. Who cancels their own needs no letter."""
    person = people_by_id(session, [event.created_by]).get(event.created_by) if event.created_by else None
    if person is None:
        return
    _put_on_shelf(session, person.account_id, event, CANCELLED)
    if post is not None and person.account_id != visitor.account_id:
        post(session, News("cancel", person.account_id, person.email, person.locale, event.id, event.title, why))


def _put_on_shelf(session: ScopedSession, account_id: str, event: Details, state: str) -> None:
    """What a proposer's own list says of the proposal, until it is published or withdrawn."""
    if state not in (SUBMITTED, CHANGES_REQUESTED, APPROVED, REJECTED, CANCELLED):
        shelf.remove(session, account_id=account_id, plugin=PLUGIN, ref=event.id)
        return
    over = state in (REJECTED, CANCELLED)  # no appointment: it stands at the day on which it was told
    shelf.put(
        session, account_id=account_id, plugin=PLUGIN, ref=event.id, kind="event", title=event.title, status=STATES[state],
        when=clock.now() if over else event.starts_at, path=path_of(event.id), needs_action=state in (CHANGES_REQUESTED, APPROVED),
    )  # fmt: skip
