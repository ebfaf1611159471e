"""What a report is made from: scores, outcomes and what applicants said, without a name or a word of anybody's."""

from collections.abc import Mapping
from typing import NamedTuple

INDEPENDENT, DISCUSSED = "independent", "post_discussion"
CASE = "case:"
"""What stands before the id of a calibration case where the ids of applications stand."""


class Scored(NamedTuple):
    """One sealed assessment, of an application or of a calibration case. `site` is the assessor's; None is "not able to score"."""

    site: int
    assessor: str
    application: str
    scores: Mapping[str, int | None]

    @property
    def overall(self) -> float | None:
        """The mean of the criteria that were scored; None where none was."""
        given = [score for score in self.scores.values() if score is not None]
        return sum(given) / len(given) if given else None


class Applied(NamedTuple):
    """One submitted application. `accepted` is None until a decision is released, and so is `days`, its time from
    submission to the first release. `sector` and `learnt` are keys of the form's options, empty where nothing was said."""

    id: str
    site: int
    locale: str
    sector: str
    learnt: tuple[str, ...]
    accepted: bool | None
    days: float | None


class Felt(NamedTuple):
    """What an applicant said of a released decision."""

    accepted: bool
    understood: int
    again: bool | None


class Facts(NamedTuple):
    """Everything a report is made from."""

    sealed: list[Scored]
    discussed: list[Scored]
    calibration: list[Scored]
    applications: list[Applied]
    feedback: list[Felt]
