"""The one thing that applicants are told: what a page, a letter, an export or a card says of an application comes from here.

Nothing of assessments and proposals comes in, and of decisions only those that are released go further: with any other
the answer is the same as with none. A property test keeps it so, over every page that an applicant has.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from core.admissions.states import DRAFT, INFO_REQUESTED, NOT_SUBMITTED, RELEASED, TRANSFERRED, WITHDRAWN
from core.kernel import clock

USUAL_ASSESS_DAYS, USUAL_APPEAL_DAYS = 42, 28
"""For a window that pins no rules: as long as its rules would say by default (28 days to appeal is what DfE gives)."""


class Stage(StrEnum):
    """Where an application stands, as its applicant may know it."""

    DRAFT = "draft"
    ASKED = "info_requested"
    SUBMITTED = "submitted"
    ASSESSING = "assessing"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    NOT_SUBMITTED = "not_submitted"
    TRANSFERRED = "transferred"


BEFORE_AND_BESIDE = {
    DRAFT: Stage.DRAFT,
    INFO_REQUESTED: Stage.ASKED,
    WITHDRAWN: Stage.WITHDRAWN,
    NOT_SUBMITTED: Stage.NOT_SUBMITTED,
    TRANSFERRED: Stage.TRANSFERRED,
}
"""States that the applicant brought about, or was told of when they came."""


class AnyDecision(Protocol):
    """A decision in whatever state."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def number(self) -> int:
        """The how-manieth about this application."""

    @property
    def state(self) -> str:
        """A state of `states.DECISION`."""

    @property
    def outcome(self) -> str:
        """`accept` or `decline`."""

    @property
    def released_at(self) -> datetime | None:
        """When it was released (UTC)."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What is known of the application itself. `closes_at` (UTC) is the closing instant this person was told."""

    state: str
    closes_at: datetime
    assess_days: int = USUAL_ASSESS_DAYS
    appeal_days: int = USUAL_APPEAL_DAYS


@dataclass(frozen=True, slots=True)
class Appealed:
    """An appeal of the applicant's own, by the decision that it is about."""

    decision_id: str
    state: str


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """What may be said. Only a released decision gives `decision_id`, `outcome` ("" for none) and `decided_at`.

    `expected_by` is the day by which people are told to expect an answer. `appeal` is `open` (can be made until
    `appeal_until`), `received`, `dismissed`, or "" where there is none. `corrected`: an earlier decision was replaced.
    """

    stage: Stage
    expected_by: datetime | None = None
    decision_id: str = ""
    outcome: str = ""
    decided_at: datetime | None = None
    appeal: str = ""
    appeal_until: datetime | None = None
    corrected: bool = False


def appeal_until(released_at: datetime, days: int) -> datetime:
    """The last instant (UTC) at which a decision released then can be appealed: the end of that day in London."""
    day = clock.london(released_at).date() + timedelta(days=days)
    return clock.from_london(datetime.combine(day, time(23, 59, 59)))


def public_status(
    applied: Applied, decisions: Iterable[AnyDecision], now: datetime, appeals: Iterable[Appealed] = ()
) -> PublicStatus:
    """What an applicant may know at `now`. Decisions that are not released change nothing of it, whatever they say."""
    if (known := BEFORE_AND_BESIDE.get(applied.state)) is not None:
        return PublicStatus(known)
    released = next((one for one in decisions if one.state == RELEASED and one.released_at is not None), None)
    if released is None or released.released_at is None:
        stage = Stage.SUBMITTED if now <= applied.closes_at else Stage.ASSESSING
        return PublicStatus(stage, expected_by=applied.closes_at + timedelta(days=applied.assess_days))
    until = appeal_until(released.released_at, applied.appeal_days)
    made = next((one.state for one in appeals if one.decision_id == released.id), "")
    # An appeal that is upheld tells the new decision: until that is released it is being looked at.
    appeal = {"received": "received", "upheld": "received", "dismissed": "dismissed"}.get(made, "")
    if not made and released.outcome == "decline" and now <= until:
        appeal = "open"
    return PublicStatus(
        Stage.DECIDED, None, released.id, released.outcome, released.released_at, appeal, until, released.number > 1
    )
