"""Putting somebody's attendance right: another row that says why, never a changed one."""

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
    once,
    record_audit,
    transaction,
)
from plugins.local_events.attendance import PARTIAL
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Correction
from plugins.local_events.queries import attendance, events
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.states import COMPLETED, PUBLISHED
from plugins.local_events.words import CORRECTIONS

LONGEST_MINUTES = 14 * 24 * 60


def correct(
    session: ScopedSession, tenant: TenantRef, event_id: str, attendee_id: str, said: str, minutes: int | None, why: str,
    visitor: Visitor, form_key: str,
) -> None:  # fmt: skip
    """Say what somebody's attendance was. `minutes` goes with `partial` alone. The same form sent twice is one correction.

    Raises Forbidden, NotFound, Invalid by field, Refused for an event that has not begun or was cancelled.
    """
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    event = events.find(session, event_id)
    attendee = attendance.find(session, event, attendee_id)
    if event.state not in (PUBLISHED, COMPLETED) or event.starts_at > clock.now():
        raise Refused(N_("There is no attendance to correct: the event has not taken place."))
    wrong = {}
    if said not in CORRECTIONS:
        wrong["attendance"] = N_("Choose one of the list")
    if said == PARTIAL and (minutes is None or not 1 <= minutes <= LONGEST_MINUTES):
        wrong["hours"] = N_("Say how long they were there")
    if not why.strip() or len(why.strip()) > 500:
        wrong["why"] = N_("Say why, in at most 500 characters")
    if wrong:
        raise Invalid(wrong)
    with transaction(session):
        key = once(session, form_key, f"{PLUGIN}.correct:{attendee.id}")
        if key.result is not None:
            return
        correction_id = new_id()
        values = {
            "id": correction_id, "tenant_id": tenant.id, "event_id": event.id,
            "registration_id": attendee.id if attendee.kind == attendance.REGISTERED else None,
            "walk_in_id": attendee.id if attendee.kind == attendance.WALKED_IN else None, "attendance": said,
            "minutes": minutes if said == PARTIAL else None, "why": why.strip(), "made_by": visitor.account_id,
            "made_at": clock.now(),
        }  # fmt: skip
        session.execute(sa.insert(Correction), [values])
        key.keep(correction_id)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.correct", subject=attendee.id,
            before={"attendance": attendee.attendance}, after={"attendance": said},
        )  # fmt: skip
