"""From what the database holds of a case to the snapshot that a rule may see: names and ids stay behind.

Which sealed assessments count is decided here, in one place: those of the newest submission, by assessors who still have
the application; of each assessor what they sealed after the discussion, where they did, else what they sealed alone; of
several such the last.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median_low
from typing import Literal

from core.admissions.rules import reckoning
from core.admissions.rules.canonical import sha256, written
from core.admissions.rules.policy import NationalPolicy
from core.admissions.rules.ruleset import RuleConfig
from core.admissions.rules.snapshot import Assessment, Score, Snapshot, WindowFigures

INDEPENDENT, POST_DISCUSSION = "independent", "post_discussion"
Language = Literal["en", "cy"]
View = Literal["accept", "decline", "unsure"] | None
PSEUDONYM = 32
"""Hex digits: as many bits as an id has, and no less hard to guess than the secret."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One sealed assessment of a case's newest submission. `assigned_at` is when its assessor got the application."""

    id: str
    assessor_id: str
    phase: str
    number: int
    sealed_at: datetime
    assigned_at: datetime
    roles: tuple[str, ...]
    recommendation: View
    scores: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One application as far as its rules go. `translated_at` is when a translation of the newest submission was logged."""

    application_id: str
    language: Language
    form_version: int
    translated_at: datetime | None
    marks: tuple[Mark, ...]


def counting(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Of each assessor the one assessment that counts, in the order of their ids."""
    best: dict[str, Mark] = {}
    for mark in marks:
        other = best.get(mark.assessor_id)
        if other is None or _rank(mark) > _rank(other):
            best[mark.assessor_id] = mark
    return tuple(best[key] for key in sorted(best))


def _rank(mark: Mark) -> tuple[bool, int]:
    return mark.phase == POST_DISCUSSION, mark.number


def basis(pin: str, case: Case) -> str:
    """The hash of all whose change asks for another proposal: the pinned rules (`pin`), and the assessments that count."""
    return sha256(written([pin, [mark.id for mark in counting(case.marks)]]))


def pseudonym(secret: str, kind: str, *ids: str) -> str:
    """A name for a case, or for an assessor within one, that nobody without the window's secret can lead back."""
    text = written([kind, *ids])
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:PSEUDONYM]


def case_name(secret: str, application_id: str) -> str:
    """The pseudonym of a case."""
    return pseudonym(secret, "case", application_id)


def snapshot_of(case: Case, *, secret: str, area: str, now: datetime, figures: WindowFigures) -> Snapshot:
    """What a rule may see of `case` at `now`. `area` is the key of the area, `secret` the window's."""
    marks = counting(case.marks)
    return Snapshot(
        case=case_name(secret, case.application_id),
        now=now,
        language=case.language,
        area=area,
        form_version=case.form_version,
        assessments=tuple(_assessment(mark, secret, case.application_id) for mark in marks),
        translation=_translation(case, marks),
        draw=reckoning.draw(secret.encode(), case.application_id),
        window=figures,
    )


def _assessment(mark: Mark, secret: str, application_id: str) -> Assessment:
    return Assessment(
        assessor=pseudonym(secret, "assessor", application_id, mark.assessor_id),
        scores=tuple(Score(criterion=criterion, value=value) for criterion, value in mark.scores),
        roles=mark.roles,
        recommendation=mark.recommendation,
    )


def _translation(case: Case, marks: Sequence[Mark]) -> Literal["none", "all", "some"]:
    """For whom a translation was there before they got the application."""
    if case.translated_at is None:
        return "none"
    before = sum(case.translated_at <= mark.assigned_at for mark in marks)
    if before == len(marks):
        return "all"
    return "some" if before else "none"


def window_figures(
    cases: Iterable[Case], config: RuleConfig, policy: NationalPolicy, days: Iterable[tuple[str, int]]
) -> WindowFigures:
    """The figures of a window's `cases`; `days` are (language, whole days from submission to the signed decision).

    A first mark is clear when it scores every criterion, no score is below the floor, its mean is above the threshold by
    the borderline at least, and its assessor does not recommend otherwise. Marks that were sealed alone are compared: a
    discussion brings scores together. All second marks count, drawn or not: while every case is marked twice, they say
    the same and say it sooner.
    """
    marked = disagreed = 0
    for case in cases:
        alone = counting(mark for mark in case.marks if mark.phase == INDEPENDENT)
        in_order = sorted(alone, key=lambda mark: (mark.sealed_at, mark.id))
        if len(in_order) > 1 and _clear(in_order[0], config, policy):
            marked += 1
            disagreed += not _clear(in_order[1], config, policy)
    waits: dict[str, list[int]] = {"en": [], "cy": []}
    for language, number in days:
        waits[language].append(number)
    return WindowFigures(
        double_marked=marked,
        disagreed=disagreed,
        median_days_en=median_low(waits["en"]) if waits["en"] else None,
        median_days_cy=median_low(waits["cy"]) if waits["cy"] else None,
    )


def _clear(mark: Mark, config: RuleConfig, policy: NationalPolicy) -> bool:
    given = dict(mark.scores)
    values = [value for criterion in policy.criteria if (value := given.get(criterion)) is not None]
    if len(values) < len(policy.criteria) or mark.recommendation in {"decline", "unsure"}:
        return False
    mean = reckoning.mean_of(values) or 0
    enough = reckoning.exact(config.threshold) + reckoning.exact(config.borderline)
    return mean >= enough and (config.floor is None or min(values) >= config.floor)
