"""What the presses at the door say of one person: plain folding, no database.

The order in which presses reach us does not matter: two devices that were offline may send theirs in any order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

ALLOWANCE = timedelta(minutes=15)
"""Whoever leaves so shortly before the end was there to the end: coats and trains."""
OPENS_BEFORE = timedelta(hours=24)
"""So long before its event a check-in list opens: rooms are set up, and lists tried, the day before."""
CLOSES_AFTER = timedelta(days=14)
"""So long after its event presses are taken: for lists kept on paper and phones that were off. Later it is a correction."""
QUARTER = 15
IN, OUT, UNDO = "in", "out", "undo"
EXPECTED, ATTENDED, PARTIAL, NO_SHOW = "expected", "attended", "partial", "no_show"


class Press(Protocol):
    """One press, as the table has it."""

    @property
    def direction(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def nonce(self) -> str: ...
    @property
    def undoes(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Presence:
    """What stands after everything that was taken back is left out. `nonces` are the presses that count."""

    inside: bool = False
    came_at: datetime | None = None
    left_at: datetime | None = None
    spells: tuple[tuple[datetime, datetime | None], ...] = ()
    nonces: tuple[str, ...] = ()


def presence(presses: Iterable[Press]) -> Presence:
    """Fold one person's presses. Several presses in, from several devices, are one coming: the first of them."""
    known = list(presses)
    undone = {press.undoes for press in known if press.direction == UNDO}
    standing = sorted(
        (press for press in known if press.direction != UNDO and press.nonce not in undone),
        key=lambda press: (press.at, press.nonce),
    )
    spells: list[tuple[datetime, datetime | None]] = []
    for press in standing:
        inside = bool(spells) and spells[-1][1] is None
        if press.direction == IN and not inside:
            spells.append((press.at, None))
        elif press.direction == OUT and inside:
            spells[-1] = (spells[-1][0], press.at)
    nonces = tuple(press.nonce for press in standing)
    if not spells:
        return Presence(nonces=nonces)
    return Presence(spells[-1][1] is None, spells[0][0], spells[-1][1], tuple(spells), nonces)


def attendance(found: Presence, ends_at: datetime, now: datetime) -> str:
    """`attended`, `partial` for who left early, and for who never came `expected` until the event is over, then `no_show`."""
    if not found.spells:
        return NO_SHOW if now > ends_at else EXPECTED
    left_early = found.left_at is not None and found.left_at < ends_at - ALLOWANCE
    return PARTIAL if left_early else ATTENDED


def minutes(found: Presence, starts_at: datetime, ends_at: datetime) -> int:
    """How long somebody was there while the event went on, in whole quarters of an hour, rounded down."""
    spans = ((max(came, starts_at), min(left or ends_at, ends_at)) for came, left in found.spells)
    seconds = sum(max(0.0, (until - since).total_seconds()) for since, until in spans)
    return int(seconds // 60) // QUARTER * QUARTER
