"""Dates and times as people in the UK type them, as instants; the two nights on which a clock tells too little are said."""

from datetime import UTC, datetime

from core.kernel.clock import LONDON
from core.kernel.text import N_

NO_SUCH_TIME = N_("There is no such time: the clocks go forward that night. Choose a time before 1:00 or from 2:00.")
TWICE = N_("This time comes twice: the clocks go back that night. Choose a time before 1:00 or from 2:00.")


class Unclear(ValueError):
    """A wall-clock time that is no instant, or two. `message` is a msgid."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def instant(typed: datetime) -> datetime:
    """The UTC instant of a time (naive) on a London clock. Raises Unclear in the hour that spring leaves out and in the
    hour that autumn has twice: guessing there would open or close a window an hour off."""
    first, second = (typed.replace(tzinfo=LONDON, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    if first.astimezone(LONDON).replace(tzinfo=None) != typed:
        raise Unclear(NO_SUCH_TIME)
    raise Unclear(TWICE)


def typed(at: datetime) -> datetime:
    """An instant as somebody would type it: London's clock, without a zone."""
    return at.astimezone(LONDON).replace(tzinfo=None)
