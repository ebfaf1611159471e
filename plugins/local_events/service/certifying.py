"""Certificates of attendance: given to everybody who was there, and revoked where that turns out wrong."""

import secrets
from collections.abc import Sequence
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
    is_id,
    new_id,
    record_audit,
    transaction,
)
from plugins.local_events.attendance import ATTENDED
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Certificate, Event
from plugins.local_events.queries import attendance, certificates, events
from plugins.local_events.service import deliveries
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.counting import take_turn
from plugins.local_events.states import COMPLETED, PUBLISHED
from plugins.local_events.tickets import ALPHABET

CODE_LENGTH = 16
"""80 random bits: nobody finds a code by trying."""
MOST_MINUTES = 14 * 24 * 60


def new_code() -> str:
    """A code that no other certificate has, and nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def issue(session: ScopedSession, tenant: TenantRef, event_id: str, minutes: int, visitor: Visitor) -> int:
    """Give a certificate to everybody who was there and has none; how many were given. Again gives only what is missing.

    `minutes` is what the whole event counts for; who left early gets what they were there for, at most as much. Each with
    an account is written to. Raises Forbidden, NotFound, Invalid, and Refused while the event is not over, or
    where it gives none.
    """
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    if not 1 <= minutes <= MOST_MINUTES:
        raise Invalid({"hours": N_("Enter the hours that the event counts for")})
    event, now = events.find(session, event_id), clock.now()
    if not event.certificate:
        raise Refused(N_("No certificates are given for this event: that is ticked where it is edited."))
    with transaction(session):
        turn = take_turn(session, event.id, Event.state.in_((PUBLISHED, COMPLETED)), Event.ends_at <= now)
        if turn is None:
            raise Refused(N_("Certificates are given once the event is over."))
        have = certificates.holders(session, event.id)
        due = [one for one in attendance.people(session, event) if one.came and one.id not in have]
        rows = [row for one in due if (row := _row(tenant, event, one, minutes, visitor))["minutes"] > 0]
        if rows:
            session.execute(sa.insert(Certificate), rows)
            told = {row["account_id"]: {"code": row["code"]} for row in rows if row["account_id"] is not None}
            deliveries.ask(session, tenant, event.id, deliveries.CERTIFICATE, _slots(rows), told)
            record_audit(
                session, actor=visitor.actor(), action=f"{PLUGIN}.certify", subject=event.id, after={"given": len(rows)}
            )
    return len(rows)


def _row(
    tenant: TenantRef, event: events.Details, one: attendance.Attendee, minutes: int, visitor: Visitor
) -> dict[str, Any]:
    return {
        "id": new_id(), "tenant_id": tenant.id, "event_id": event.id,
        "registration_id": one.id if one.kind == attendance.REGISTERED else None,
        "walk_in_id": one.id if one.kind == attendance.WALKED_IN else None, "account_id": one.account_id,
        "name": one.name, "title": event.title, "starts_at": event.starts_at,
        "minutes": minutes if one.attendance == ATTENDED else min(minutes, one.minutes),
        "code": new_code(), "issued_by": visitor.account_id,
        "issued_at": clock.now(), "revoked_at": None, "revoked_why": "",
    }  # fmt: skip


def _slots(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """A certificate is told of once: the slot is its own id."""
    return {row["account_id"]: row["id"] for row in rows if row["account_id"] is not None}


def revoke(session: ScopedSession, event_id: str, certificate_id: str, why: str, visitor: Visitor) -> None:
    """Take a certificate back for a stated reason: its code proves nothing from now on. Whoever was there after all can be
    given another one.

    Raises Forbidden, NotFound, Invalid without a reason, Refused for one that is revoked already.
    """
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    if not why.strip() or len(why.strip()) > 500:
        raise Invalid({"why": N_("Say why, in at most 500 characters")})
    if not is_id(certificate_id):
        raise NotFound
    mine = (Certificate.id == certificate_id, Certificate.event_id == event_id)
    with transaction(session):
        done = session.execute(
            sa.update(Certificate)
            .where(*mine, Certificate.revoked_at.is_(None))
            .values(revoked_at=clock.now(), revoked_why=why.strip())
            .returning(Certificate.id)
        ).all()
        if not done:
            if session.scalar(sa.select(Certificate.id).where(*mine)) is None:
                raise NotFound
            raise Refused(N_("This certificate is revoked already."))
        record_audit(session, actor=visitor.actor(), action=f"{PLUGIN}.revoke_certificate", subject=certificate_id)
