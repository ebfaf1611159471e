"""One assessor's scores while they are typed, and when they are sealed: what is whole, what lacks, and the sum of it all.

A draft is a handful of fields: for each criterion the level (or that it cannot be scored) and the reason, and the
recommendation. "Not able to score" never becomes a number.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.admissions.content.shapes import CRITERIA, LEVELS
from core.admissions.form.answers import LONGEST_TEXT, Problem, tidy
from core.kernel.text import N_

UNABLE = "unable"
"""The choice of somebody who is not able to score a criterion."""
CHOICES = (*(str(level) for level in LEVELS), UNABLE)
RECOMMENDATIONS = ("accept", "decline", "unsure")
RECOMMENDATION = "recommendation"
LONGEST_WORDS, LONGEST_NOT_SCORED = 4000, 500


def reason_of(criterion: str) -> str:
    """The name of the field that holds the reason for a criterion's score."""
    return f"{criterion}_why"


FIELDS = (*(name for key in CRITERIA for name in (key, reason_of(key))), RECOMMENDATION)
"""The fields of a draft, in the order of the page."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One criterion as it is sealed: a level, or None with the reason in `not_scored`."""

    criterion: str
    value: int | None
    words: str
    not_scored: str


def read(field: str, sent: Sequence[str]) -> str:
    """What was sent for a field; what makes no sense is nothing. Reasons are kept however long they are."""
    first = sent[0] if sent else ""
    if field == RECOMMENDATION:
        return first if first in RECOMMENDATIONS else ""
    if field in CRITERIA:
        return first if first in CHOICES else ""
    return tidy(first)[:LONGEST_TEXT]


def verdicts(draft: Mapping[str, str]) -> list[Verdict]:
    """The criteria of a draft without problems, as they are sealed."""
    found = []
    for criterion in CRITERIA:
        choice, words = draft.get(criterion, ""), draft.get(reason_of(criterion), "")
        unable = choice == UNABLE
        found.append(
            Verdict(criterion, None if unable else int(choice), "" if unable else words, words if unable else "")
        )
    return found


def problems(draft: Mapping[str, str]) -> dict[str, Problem]:
    """What stands in the way of sealing a draft, by field."""
    wrong: dict[str, Problem] = {}
    for criterion in CRITERIA:
        choice, why = draft.get(criterion, ""), draft.get(reason_of(criterion), "")
        most = LONGEST_NOT_SCORED if choice == UNABLE else LONGEST_WORDS
        if choice not in CHOICES:
            wrong[criterion] = Problem(N_("Choose a level, or say that you are not able to score."), {})
        if not why.strip():
            wrong[reason_of(criterion)] = Problem(N_("Say why."), {})
        elif len(why) > most:
            wrong[reason_of(criterion)] = Problem(
                N_("Use at most %(most)d characters: you have %(count)d."), {"most": most, "count": len(why)}
            )
    return wrong


def digest(draft: Mapping[str, str], submission_id: str | None) -> str:
    """SHA-256 (hex) of a draft and of the version that was read: what was checked is what is sealed."""
    said = {name: draft[name] for name in FIELDS if draft.get(name)}
    text = json.dumps(
        {"scores": said, "submission": submission_id}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def as_draft(found: Sequence[Verdict], recommendation: str | None) -> dict[str, str]:
    """Sealed scores as the draft they came from."""
    draft = {RECOMMENDATION: recommendation} if recommendation else {}
    for one in found:
        draft[one.criterion] = UNABLE if one.value is None else str(one.value)
        draft[reason_of(one.criterion)] = one.words or one.not_scored
    return draft
