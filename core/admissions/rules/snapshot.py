"""Everything that a rule may see of a case: pseudonyms and numbers. No name, no free text, no equality data."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from core.admissions.rules.canonical import Frozen, Key

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Input(StrEnum):
    """What a rule pack can ask to see beside the scores. What it does not declare is blank when it is called."""

    ROLES = "roles"
    RECOMMENDATION = "recommendation"
    LANGUAGE = "language"
    TRANSLATION = "translation"
    AREA = "area"
    DRAW = "draw"
    WINDOW = "window"
    NOW = "now"
    FORM_VERSION = "form_version"


class Score(Frozen):
    """One sealed score. None means "not able to score" and is never a number."""

    criterion: Key
    value: int | None


class Assessment(Frozen):
    """What one assessor sealed. `assessor` is a pseudonym made for this case alone."""

    assessor: Key
    scores: tuple[Score, ...] = ()
    roles: tuple[Key, ...] = ()
    recommendation: Literal["accept", "decline", "unsure"] | None = None

    @field_validator("scores")
    @classmethod
    def _each_once(cls, scores: tuple[Score, ...]) -> tuple[Score, ...]:
        if len({score.criterion for score in scores}) != len(scores):
            raise ValueError("a criterion is scored twice")
        return tuple(sorted(scores, key=lambda score: score.criterion))

    @field_validator("roles")
    @classmethod
    def _roles_in_order(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(roles)))

    @property
    def scored(self) -> bool:
        """Whether there is any number in it: an assessor who could score nothing has not assessed."""
        return any(score.value is not None for score in self.scores)


class WindowFigures(Frozen):
    """Counts over the cases of the same window.

    `double_marked` counts cases whose first sealed mark alone was a clear acceptance and that have a second mark,
    `disagreed` those of them whose second mark was none (`casework.window_figures` says what is clear). The medians are
    whole days from submission to the signed decision, None while nothing is decided.
    """

    double_marked: int = Field(default=0, ge=0)
    disagreed: int = Field(default=0, ge=0)
    median_days_en: int | None = None
    median_days_cy: int | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.disagreed > self.double_marked:
            raise ValueError("more disagreements than second marks")
        return self


class Snapshot(Frozen):
    """A case at one moment.

    `case` is a pseudonym. `translation` says for whom a translation was logged before assignment: nobody, all assessors, or
    some of them. `draw` is a number from 0 to 9999 that nobody can foresee (see `draw` in this package).
    """

    case: Key
    now: datetime
    language: Literal["en", "cy"] = "en"
    area: Key = "none"
    form_version: int = Field(default=1, ge=1)
    assessments: tuple[Assessment, ...] = ()
    translation: Literal["none", "all", "some"] = "none"
    draw: int = Field(default=0, ge=0, le=9999)
    window: WindowFigures = WindowFigures()

    @field_validator("now")
    @classmethod
    def _in_utc(cls, now: datetime) -> datetime:
        if now.tzinfo is None:
            raise ValueError("an instant has a time zone")
        return now.astimezone(UTC)

    @field_validator("assessments")
    @classmethod
    def _each_assessor_once(cls, found: tuple[Assessment, ...]) -> tuple[Assessment, ...]:
        if len({one.assessor for one in found}) != len(found):
            raise ValueError("an assessor is there twice")
        return tuple(sorted(found, key=lambda one: one.assessor))

    @property
    def scored(self) -> tuple[Assessment, ...]:
        """The assessments that have a number in them: the only ones that count."""
        return tuple(one for one in self.assessments if one.scored)

    def seen_by(self, inputs: frozenset[Input]) -> "Snapshot":
        """What a rule pack with these declared inputs gets: the rest is blank."""
        blank = {name for name in Input if name not in inputs}
        kept: dict[str, object] = {
            name.value: BLANK[name] for name in blank if name not in {Input.ROLES, Input.RECOMMENDATION}
        }
        hidden = {name.value: BLANK[name] for name in blank & {Input.ROLES, Input.RECOMMENDATION}}
        if hidden:
            kept["assessments"] = tuple(one.model_copy(update=hidden) for one in self.assessments)
        return self.model_copy(update={"case": "case", **kept})


BLANK: dict[Input, object] = {
    Input.ROLES: (),
    Input.RECOMMENDATION: None,
    Input.LANGUAGE: "en",
    Input.TRANSLATION: "none",
    Input.AREA: "none",
    Input.DRAW: 0,
    Input.WINDOW: WindowFigures(),
    Input.NOW: NEVER,
    Input.FORM_VERSION: 1,
}
