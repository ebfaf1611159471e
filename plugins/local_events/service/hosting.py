"""Hosting an event together with other sites: asked by the event's own site, answered by the other, ended by either."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.sdk import (
    N_,
    STATE_CHANGED,
    Forbidden,
    NotFound,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    is_id,
    new_id,
    record_audit,
    transaction,
)
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Hosting
from plugins.local_events.queries import events
from plugins.local_events.queries.events import Details
from plugins.local_events.service.changing import PLUGIN, change
from plugins.local_events.states import ACCEPTED, ASKABLE, HOSTING, INVITED, PUBLISHED

_SHOWN = ("kind", "title", "summary", "mode", "place", "starts_at", "ends_at", "audience")


def card(event: Any) -> dict[str, Any]:
    """What the other site sees of an event (its `Details`, or the `Draft` that changes it): never its joining link."""
    return {name: getattr(event, name) for name in _SHOWN}


def invite(session: ScopedSession, tenant: TenantRef, event_id: str, host_tenant_id: int, visitor: Visitor) -> str:
    """Ask another site to host an event together; the card's id. Raises NotFound, Forbidden, Refused (asked already, oneself,
    an event that is closed), Conflict."""
    event = events.seen(session, tenant, visitor, event_id)
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    if host_tenant_id == tenant.id:
        raise Refused(N_("This is your own site."))
    if event.state not in ASKABLE:
        raise Refused(N_("This event is closed and cannot be changed."))
    row = {
        "id": new_id(), "origin_tenant_id": tenant.id, "host_tenant_id": host_tenant_id, "event_ref": event.id,
        "state": INVITED, "shown": event.state == PUBLISHED, "invited_at": clock.now(), **card(event),
    }  # fmt: skip
    try:
        with transaction(session):
            change(session, event)
            session.execute(sa.insert(Hosting), [row])
            _record(session, visitor, "invite_host", event.id, {"host": host_tenant_id})
    except IntegrityError:
        raise Refused(N_("This site has been asked already.")) from None
    return str(row["id"])


def answer(session: ScopedSession, tenant: TenantRef, hosting_id: str, step: str, visitor: Visitor) -> None:
    """Say yes (`accept`) or no (`decline`) at the site that was asked. Raises Forbidden, NotFound (also for another site's),
    Refused (it has been answered or taken back)."""
    _move(session, hosting_id, step, visitor, Hosting.host_tenant_id == tenant.id)


def end(session: ScopedSession, tenant: TenantRef, hosting_id: str, visitor: Visitor) -> None:
    """End hosting together, or take the invitation back, at either site. Who has a place keeps it. Raises as `answer` does."""
    mine = sa.or_(Hosting.host_tenant_id == tenant.id, Hosting.origin_tenant_id == tenant.id)
    _move(session, hosting_id, "end", visitor, mine)


def _move(
    session: ScopedSession,
    hosting_id: str,
    step: str,
    visitor: Visitor,
    mine: sa.ColumnElement[bool],
) -> None:
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    if not is_id(hosting_id):
        raise NotFound
    sources = HOSTING.sources(step)
    with transaction(session):
        row = session.execute(
            sa.update(Hosting).where(Hosting.id == hosting_id, mine, Hosting.state.in_(sources))
            .values(state=HOSTING.target(step, sources[0]), answered_at=clock.now())
            .returning(Hosting.event_ref, Hosting.origin_tenant_id, Hosting.host_tenant_id)
        ).one_or_none()  # fmt: skip
        if row is None:
            if session.scalar(sa.select(Hosting.id).where(Hosting.id == hosting_id, mine)) is None:
                raise NotFound
            raise Refused(STATE_CHANGED)
        _record(
            session, visitor, f"host_{step}", row.event_ref,
            {"origin": row.origin_tenant_id, "host": row.host_tenant_id},
        )  # fmt: skip


def _record(session: ScopedSession, visitor: Visitor, action: str, event_id: str, after: dict[str, Any]) -> None:
    record_audit(session, actor=visitor.actor(), action=f"{PLUGIN}.{action}", subject=event_id, after=after)


_CARDS = (
    sa.update(Hosting)
    .where(
        Hosting.origin_tenant_id == sa.bindparam("origin"),
        Hosting.event_ref == sa.bindparam("wanted"),
        Hosting.state.in_((INVITED, ACCEPTED)),
    )
    .values({name: sa.bindparam(f"new_{name}") for name in ("shown", *_SHOWN)})
)


def follow(session: ScopedSession, event_id: str, event: Details | Any, *, shown: bool) -> None:
    """Bring the other sites' cards in step with an event, in the caller's transaction: what it says, and whether it is
    published. Cards of a site are written by that site alone."""
    new = {f"new_{name}": value for name, value in {"shown": shown, **card(event)}.items()}
    session.execute(_CARDS, {"origin": session.scope.tenant_id, "wanted": event_id, **new})
