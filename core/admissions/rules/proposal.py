"""What a rule answers: an outcome that people confirm, with reasons that can be said in both languages."""

from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator

from core.admissions.rules.canonical import Frozen, Key

Param = str | int


class Outcome(StrEnum):
    """What is proposed. People decide."""

    ACCEPT = "accept"
    DECLINE = "decline"
    PANEL = "panel"
    MORE_ASSESSORS = "more_assessors"

    @property
    def final(self) -> bool:
        """Whether it says yes or no to the applicant."""
        return self in {Outcome.ACCEPT, Outcome.DECLINE}


class Reason(Frozen):
    """One reason: a code, and what fills the places of its words. Numbers with decimals are texts ("2.67")."""

    code: Key
    params: tuple[tuple[str, Param], ...] = ()

    @field_validator("params")
    @classmethod
    def _in_order(cls, params: tuple[tuple[str, Param], ...]) -> tuple[tuple[str, Param], ...]:
        if len({name for name, _ in params}) != len(params):
            raise ValueError("a place is filled twice")
        return tuple(sorted(params, key=lambda pair: pair[0]))

    @classmethod
    def of(cls, code: str, **params: Param) -> Self:
        """`Reason.of("too_few", have=1, need=2)`."""
        return cls(code=code, params=tuple(params.items()))


class Proposal(Frozen):
    """`sign_off` are the roles that must confirm, in order. `notices` are facts that did not sway the outcome."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = Field(min_length=1)
    sign_off: tuple[Key, ...] = Field(min_length=1)
    notices: tuple[Reason, ...] = ()
