"""What happened at an event, read again from its audit trail in the order in which it was written down.

Each step is noted under the event's lock, so the trail's order is the order of the transactions: what must hold after every
step of a race can be looked at afterwards, step by step.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.data.audit import AuditEntry
from core.sdk import ScopedSession
from plugins.local_events.models import Registration

AFTER = {
    "register": None, "offer": "offered", "promote": "confirmed", "lapse": "offer_lapsed", "accept": "confirmed",
    "decline": "declined", "withdraw": "withdrawn",
}  # fmt: skip
"""The state that each step leads to; registering says itself which."""
HOLDS = ("confirmed", "offered")


def _steps(session: ScopedSession, ids: set[str]) -> Iterator[tuple[str, str, str]]:
    """(action, registration, state afterwards) of each step, in order."""
    names = [f"local_events.{name}" for name in AFTER]
    query = sa.select(AuditEntry.action, AuditEntry.subject, AuditEntry.after).where(AuditEntry.action.in_(names))
    for action, subject, after in session.execute(query.order_by(AuditEntry.seq)):
        name = action.removeprefix("local_events.")
        registration = subject if name in ("offer", "promote", "lapse") else after["registration"]
        if registration in ids:
            yield name, registration, AFTER[name] or after["state"]


def check(session: ScopedSession, event_id: str, places: int) -> int:
    """Walk through all steps of an event with a limit of `places`, each person alone, and look at I1, I2, I3, I4 and I7 after
    each; how many steps there were. The state at the end must be the rows', and so must the order in which people asked (I5)."""
    session.rollback()
    rows = {
        row.id: row
        for row in session.execute(
            sa.select(Registration.id, Registration.account_id, Registration.state, Registration.queued_at).where(
                Registration.event_id == event_id
            )
        )
    }
    states: dict[str, str] = {}
    queue: list[str] = []
    count = 0
    for name, registration, state in _steps(session, set(rows)):
        by_person = name not in ("offer", "promote", "lapse")
        if by_person:
            _nobody_waits_for_what_is_free(states, queue, places)
        if name in ("offer", "promote"):
            assert queue, f"I7: {name} without anybody waiting"
            assert queue[0] == registration, "I3: somebody was passed"
        if name == "register":
            assert registration not in states, "I2"
            assert state != "confirmed" or not queue, "I3: a newcomer passed who waits"
            if state == "waitlisted":
                queue.append(registration)
        states[registration] = state
        if state != "waitlisted" and registration in queue:
            queue.remove(registration)
        assert _held(states) <= places, f"I1 after {name}"
        _one_each(states, rows)
        count += 1
    _nobody_waits_for_what_is_free(states, queue, places)
    assert states == {row.id: row.state for row in rows.values()}
    asked = [rows[registration].queued_at for registration in states]  # a dict keeps the order of registering
    assert asked == sorted(asked), "I5: when somebody asked has changed"
    return count


def _held(states: dict[str, str]) -> int:
    return sum(state in HOLDS for state in states.values())


def _nobody_waits_for_what_is_free(states: dict[str, str], queue: list[str], places: int) -> None:
    assert not queue or _held(states) >= places, "I4: a place is free, and somebody waits"


def _one_each(states: dict[str, str], rows: dict[str, Any]) -> None:
    active = [rows[one].account_id for one, state in states.items() if state in ("waitlisted", *HOLDS)]
    assert len(active) == len(set(active)), "I2"
