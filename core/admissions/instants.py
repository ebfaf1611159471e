"""A window's state, worked out from instants: nothing is stored that the clock could make wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class WindowState(StrEnum):
    """Where a window stands. `open` includes the hidden grace for nobody: grace is a state of its own, shown as closed."""

    DRAFT = "draft"
    CANCELLED = "cancelled"
    SCHEDULED = "scheduled"
    OPEN = "open"
    GRACE = "grace"
    ASSESSING = "assessing"
    RELEASED = "released"


class Lateness(StrEnum):
    """How an application that is taken stands to the closing instant."""

    ON_TIME = "on_time"
    IN_GRACE = "in_grace"
    BY_EXTENSION = "by_extension"


LONGEST_GRACE = timedelta(hours=24)
ANSWER_GRACE = timedelta(hours=1)
"""For so long after its instant the answer to what more was asked is still taken; then the request lapses."""


@dataclass(frozen=True, slots=True)
class WindowTimes:
    """The instants of a window (UTC). `closes_at` is the last instant at which people are told they can submit; for
    `grace` longer a submission is still taken, and marked. `released_at` is when its decisions were released."""

    stored: str
    opens_at: datetime
    closes_at: datetime
    grace: timedelta = timedelta(0)
    released_at: datetime | None = None

    def state(self, now: datetime) -> WindowState:
        """The state at `now`: opens at `opens_at` itself, closes just after `closes_at`."""
        if self.stored != "published":
            return WindowState.CANCELLED if self.stored == "cancelled" else WindowState.DRAFT
        if now < self.opens_at:
            return WindowState.SCHEDULED
        if now <= self.closes_at:
            return WindowState.OPEN
        if now <= self.closes_at + self.grace:
            return WindowState.GRACE
        released = self.released_at is not None and self.released_at <= now
        return WindowState.RELEASED if released else WindowState.ASSESSING

    def taken(self, now: datetime, extended_to: datetime | None = None) -> Lateness | None:
        """Whether this person's work (a saved answer, a submission) is taken at `now`, and how; None when it is not.

        `extended_to` is the person's own closing instant where they were given one; it has no grace.
        """
        state = self.state(now)
        if state is WindowState.OPEN:
            return Lateness.ON_TIME
        if self.stored == "published" and extended_to is not None and self.opens_at <= now <= extended_to:
            return Lateness.BY_EXTENSION
        return Lateness.IN_GRACE if state is WindowState.GRACE else None

    def shown_close(self, extended_to: datetime | None = None) -> datetime:
        """The closing instant that this person is told: never the grace."""
        return max(self.closes_at, extended_to) if extended_to is not None else self.closes_at
