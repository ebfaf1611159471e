"""Cases for rule packs: whatever a snapshot can hold, near enough to real ones that every outcome is met often.

Each case has a number, and all of it is drawn from that, so it is always the same one. The numbers are few, so that the
checks of a kit share their cases: building one takes longer than asking a rule about it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any, Literal

from core.admissions.rules import Assessment, NationalPolicy, RuleConfig, RuleSet, Score, Snapshot, WindowFigures

ROLES = ("cy_reader", "external", "lay")
View = Literal["accept", "decline", "unsure"] | None
VIEWS: tuple[tuple[View, ...], ...] = ((None,), (None,), ("accept",), ("accept", "accept", "decline", "unsure", None))
JITTER = (0, 0, 0, 0, 0, 1, -1)
MOST = 5
"""Assessors of one case."""
POOL = 600
"""Cases to draw from, for each number of assessors that a check asks for."""


def roles_of(rules: RuleSet[Any], config: RuleConfig) -> tuple[str, ...]:
    """Every role that could matter to a rule pack."""
    asked = {role for language in ("en", "cy") for role in rules.required_roles(config, language)}
    return tuple(sorted(asked | set(ROLES)))


def _levels(chance: Random, policy: NationalPolicy, assessors: int) -> list[list[int | None]]:
    """Scores for each assessor and criterion: alike, near to each other or quite free; all there or with gaps."""
    scale = range(policy.lowest, policy.highest + 1)
    style, gaps = chance.choice(("alike", "near", "near", "free")), chance.random() < 0.3
    # Real applications are mostly good throughout or weak throughout.
    about = chance.choice(scale)
    nobody_knows = chance.choice(range(len(policy.criteria))) if gaps and chance.random() < 0.4 else None
    middle = [about if chance.random() < 0.6 else chance.choice(scale) for _ in policy.criteria]
    found: list[list[int | None]] = []
    for _ in range(assessors):
        near = (min(scale[-1], max(scale[0], centre + chance.choice(JITTER))) for centre in middle)
        row = {"alike": middle, "near": list(near), "free": chance.choices(scale, k=len(middle))}[style]
        gone = (n == nobody_knows or (gaps and chance.random() < 0.25) for n in range(len(row)))
        found.append([None if missing else value for missing, value in zip(gone, row, strict=True)])
    return found


def _assessments(chance: Random, policy: NationalPolicy, roles: Sequence[str], count: int) -> tuple[Assessment, ...]:
    everybody = chance.random() < 0.5
    views = chance.choice(VIEWS)
    return tuple(
        Assessment(
            assessor=f"a{number}",
            scores=tuple(Score(criterion=c, value=v) for c, v in zip(policy.criteria, row, strict=True)),
            roles=tuple(role for role in roles if everybody or chance.random() < 0.5),
            recommendation=chance.choice(views),
        )
        for number, row in enumerate(_levels(chance, policy, count))
    )


def _figures(chance: Random) -> WindowFigures:
    marked = chance.choice((0, 5, 40, 120))
    days = (None, *range(1, 60, 7))
    return WindowFigures(
        double_marked=marked,
        disagreed=min(marked, chance.choice((0, 0, 1, 20))),
        median_days_en=chance.choice(days),
        median_days_cy=chance.choice(days),
    )


@lru_cache(maxsize=8 * POOL)
def case_of(policy: NationalPolicy, roles: tuple[str, ...], least: int, most: int, number: int) -> Snapshot:
    """The case of that number with from `least` to `most` assessors; every input that a rule pack can declare varies."""
    chance = Random(f"{least} {most} {number}")
    return Snapshot(
        case=chance.choice(("case-1", "case-2", "0f3a")),
        now=datetime(2026, 3, 29, tzinfo=UTC) + timedelta(hours=chance.randrange(24 * 400)),
        language=chance.choice(("en", "cy")),
        area=chance.choice(("scotland", "wales", "west-midlands")),
        form_version=chance.randint(1, 9),
        assessments=_assessments(chance, policy, roles, chance.randint(least, most)),
        translation=chance.choice(("none", "all", "some")),
        draw=chance.randrange(10_000),
        window=_figures(chance),
    )
