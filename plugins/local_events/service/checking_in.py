"""At the door: presses are kept once each, whichever device sent them, whenever they arrive."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

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
    is_id,
    new_id,
    record_audit,
    transaction,
    upserts,
)
from plugins.local_events import attendance
from plugins.local_events.attendance import IN, OUT, UNDO
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import CheckIn, Registration, WalkIn
from plugins.local_events.queries import events
from plugins.local_events.queries.attendance import REGISTERED, WALKED_IN
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.states import COMPLETED, CONFIRMED, PUBLISHED

MOST_AT_ONCE = 500
"""Presses in one sending: a phone that was away the whole day sends them in pieces."""
LONGEST_NONCE, MOST_UNDONE = 60, 20
UNREADABLE = N_("This press cannot be read.")
NOBODY = N_("This person is not on the list of this event.")
NO_PLACE = N_("This person has no place any more. Add them as somebody who came without one.")
USED = N_("This press was kept for somebody else. Press again.")


@dataclass(frozen=True, slots=True)
class Press:
    """One press as a device sends it. `kind` and `who` name the person; `at` is by the device's clock.

    `undoes` names the presses that an undo takes back: none means all that stand. A `walk_in` who is new is named by
    `name`, and by `account_id` where it is a member; `who` is then empty.
    """

    nonce: str
    direction: str
    kind: str
    who: str
    at: datetime
    device: str = ""
    undoes: tuple[str, ...] = ()
    name: str = ""
    account_id: str | None = None
    email: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one press: whose it is, and why it was not kept (msgid), "" where it was. The same nonce gets the same
    again."""

    nonce: str
    who: str = ""
    problem: str = ""


def press(
    session: ScopedSession, tenant: TenantRef, event_id: str, presses: Sequence[Press], visitor: Visitor
) -> list[Kept]:
    """Keep presses, in one transaction; one answer for each, in their order. One that cannot be kept does not stop the rest.

    Raises Forbidden, NotFound, Invalid for more than MOST_AT_ONCE, and Refused while the event has no check-in: it is a
    draft or cancelled, not before a day before it begins, and not more than 14 days after it.
    """
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    if len(presses) > MOST_AT_ONCE:
        raise Invalid({"": N_("Too many presses at once.")})
    event, now = open_event(session, event_id)
    answers, new = [], 0
    with transaction(session):
        for one in presses:
            try:
                who, written = _keep(session, tenant, event, one, visitor, now)
            except Refused as error:
                answers.append(Kept(one.nonce, problem=error.message))
            else:
                answers.append(Kept(one.nonce, who))
                new += written
        if new:
            record_audit(
                session, actor=visitor.actor(), action=f"{PLUGIN}.check_in", subject=event.id, after={"presses": new}
            )
    return answers


def open_event(session: ScopedSession, event_id: str) -> tuple[events.Details, datetime]:
    """An event at which people can be checked in, and the present instant. Raises NotFound, Refused."""
    event, now = events.find(session, event_id), clock.now()
    if event.state not in (PUBLISHED, COMPLETED):
        raise Refused(N_("Nobody can be checked in: this event is not published."))
    if now < event.starts_at - attendance.OPENS_BEFORE:
        raise Refused(N_("Check-in opens 24 hours before the event begins."))
    if now > event.ends_at + attendance.CLOSES_AFTER:
        raise Refused(N_("Check-in is closed: the event was more than 14 days ago. Correct the attendance instead."))
    return event, now


def _keep(
    session: ScopedSession, tenant: TenantRef, event: events.Details, one: Press, visitor: Visitor, now: datetime
) -> tuple[str, int]:
    """Keep one press: whose it is, and how many rows of it are new. Raises Refused."""
    names = (one.nonce, one.device or "-", *one.undoes)
    plain = all(1 <= len(name) <= LONGEST_NONCE and name.isascii() and name.isprintable() for name in names)
    if (
        not plain
        or len(one.undoes) > MOST_UNDONE
        or one.direction not in (IN, OUT, UNDO)
        or one.kind not in (REGISTERED, WALKED_IN)
    ):
        raise Refused(UNREADABLE)
    who = one.who or _walk_in(session, tenant, event, one, visitor, now)
    _look(session, event, replace(one, who=who))
    rows = _rows(session, tenant, event, replace(one, who=who), visitor, now)
    return who, sum(_insert(session, row) for row in rows)


_KNOWN = sa.select(WalkIn.id).where(WalkIn.id == sa.bindparam("wanted"), WalkIn.event_id == sa.bindparam("event_id"))
_STATE = sa.select(Registration.state).where(
    Registration.id == sa.bindparam("wanted"), Registration.event_id == sa.bindparam("event_id")
)


def _look(session: ScopedSession, event: events.Details, one: Press) -> None:
    """Raise Refused where the person is not on the event's list. Who gave the place back while a phone was offline is told
    apart from who never had one; taking a press back is always possible."""
    if not is_id(one.who):
        raise Refused(NOBODY)
    asked = {"wanted": one.who, "event_id": event.id}
    if one.kind == WALKED_IN:
        if session.scalar(_KNOWN, asked) is None:
            raise Refused(NOBODY)
        return
    state = session.scalar(_STATE, asked)
    if state is None:
        raise Refused(NOBODY)
    if state != CONFIRMED and one.direction == IN:
        raise Refused(NO_PLACE)


def _rows(
    session: ScopedSession, tenant: TenantRef, event: events.Details, one: Press, visitor: Visitor, now: datetime
) -> list[dict[str, Any]]:
    """The rows of one press: one, or for an undo one for each press that it takes back."""
    same = {
        "tenant_id": tenant.id, "event_id": event.id, "direction": one.direction, "received_at": now, "device": one.device,
        "registration_id": one.who if one.kind == REGISTERED else None,
        "walk_in_id": one.who if one.kind == WALKED_IN else None,
        # a device's clock may be wrong: nothing was pressed in the future, or before the list was open
        "at": max(min(one.at, now), event.starts_at - attendance.OPENS_BEFORE), "pressed_by": visitor.account_id,
    }  # fmt: skip
    if one.direction != UNDO:
        return [{**same, "id": new_id(), "nonce": one.nonce, "undoes": ""}]
    undone = one.undoes or _standing(session, one)
    return [
        {**same, "id": new_id(), "nonce": one.nonce if not number else f"{one.nonce}.{number}", "undoes": nonce}
        for number, nonce in enumerate(undone)
    ]


def _standing(session: ScopedSession, one: Press) -> tuple[str, ...]:
    """The presses of a person that stand, for an undo that names none."""
    column = CheckIn.registration_id if one.kind == REGISTERED else CheckIn.walk_in_id
    rows = session.execute(
        sa.select(CheckIn.direction, CheckIn.at, CheckIn.nonce, CheckIn.undoes).where(column == one.who)
    )
    return attendance.presence(list(rows)).nonces


def _insert(session: ScopedSession, row: dict[str, Any]) -> bool:
    """Write a press unless it is there already; whether it was new. Raises Refused where its nonce is another person's."""
    if session.scalar(_INSERT(session), row) is not None:
        return True
    same = ("event_id", "registration_id", "walk_in_id", "direction", "undoes")
    kept = session.execute(sa.select(*(getattr(CheckIn, name) for name in same)).where(CheckIn.nonce == row["nonce"]))
    if tuple(kept.one()) != tuple(row[name] for name in same):
        raise Refused(USED)
    return False


def _walk_in(
    session: ScopedSession, tenant: TenantRef, event: events.Details, one: Press, visitor: Visitor, now: datetime
) -> str:
    """Whoever came without a place, written down once: by the press's nonce, and a member by their account."""
    name = " ".join(one.name.split())[:200]
    if one.kind != WALKED_IN or one.direction != IN or not name or "\x00" in name:
        raise Refused(N_("Enter a name"))
    if one.account_id is not None and _has_place(session, event.id, one.account_id):
        raise Refused(N_("This member has a place: check them in from the list."))
    row = {
        "id": new_id(), "tenant_id": tenant.id, "event_id": event.id, "account_id": one.account_id, "name": name,
        "email": one.email[:320], "nonce": one.nonce, "added_by": visitor.account_id, "added_at": now,
    }  # fmt: skip
    written: str | None = session.scalar(_WALK_IN(session), row)
    if written is not None:
        return written
    same = WalkIn.nonce == one.nonce if one.account_id is None else WalkIn.account_id == one.account_id
    found = session.execute(sa.select(WalkIn.id, WalkIn.name).where(WalkIn.event_id == event.id, same)).one_or_none()
    if found is None or (one.account_id is None and found.name != name):
        raise Refused(USED)
    return str(found.id)


def _has_place(session: ScopedSession, event_id: str, account_id: str) -> bool:
    held = sa.select(Registration.id).where(
        Registration.event_id == event_id, Registration.account_id == account_id, Registration.state == CONFIRMED
    )
    return session.scalar(held) is not None


_INSERT = upserts.for_each_dialect(CheckIn, lambda new: new.on_conflict_do_nothing().returning(CheckIn.id))
_WALK_IN = upserts.for_each_dialect(WalkIn, lambda new: new.on_conflict_do_nothing().returning(WalkIn.id))
