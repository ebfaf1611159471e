"""Arithmetic on sealed scores, in exact fractions: a missing score leaves the sum, it never becomes a number."""

import hashlib
import hmac
from collections.abc import Iterable
from fractions import Fraction
from math import comb, floor

from core.admissions.rules.policy import NationalPolicy
from core.admissions.rules.snapshot import Snapshot

DRAWS = 10_000


def exact(value: float) -> Fraction:
    """A configured number as written: 2.25 is nine quarters, 0.1 is a tenth."""
    return Fraction(str(value))


def values(snapshot: Snapshot, criterion: str) -> tuple[int, ...]:
    """The scores of one criterion that are numbers, lowest first."""
    found = (s.value for one in snapshot.assessments for s in one.scores if s.criterion == criterion)
    return tuple(sorted(value for value in found if value is not None))


def mean_of(numbers: Iterable[int | Fraction]) -> Fraction | None:
    """The mean, or None of nothing."""
    known = tuple(numbers)
    return Fraction(sum(known)) / len(known) if known else None


def median_of(numbers: Iterable[int]) -> Fraction | None:
    """The middle value, or None of nothing."""
    known = sorted(numbers)
    if not known:
        return None
    half = len(known) // 2
    return Fraction(known[half]) if len(known) % 2 else Fraction(known[half - 1] + known[half], 2)


def unscored(snapshot: Snapshot, policy: NationalPolicy) -> tuple[str, ...]:
    """The national criteria that no assessor could score."""
    return tuple(criterion for criterion in policy.criteria if not values(snapshot, criterion))


def mean_score(snapshot: Snapshot, policy: NationalPolicy) -> Fraction | None:
    """The mean over the criteria of each criterion's mean, None where nothing is scored.

    Each criterion weighs the same however many assessors could score it; so a criterion on which all agree counts what
    they say, also when one of them could not score it.
    """
    means = (mean_of(values(snapshot, criterion)) for criterion in policy.criteria)
    return mean_of(mean for mean in means if mean is not None)


def spread(snapshot: Snapshot, policy: NationalPolicy) -> int:
    """The widest difference between two scores of one criterion."""
    found = (values(snapshot, criterion) for criterion in policy.criteria)
    return max((scores[-1] - scores[0] for scores in found if scores), default=0)


def shown(number: Fraction) -> str:
    """Two decimals, halves up, as people see it: "2.67"."""
    hundredths = floor(number * 100 + Fraction(1, 2))
    sign, hundredths = ("-", -hundredths) if hundredths < 0 else ("", hundredths)
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"


def may_exceed(events: int, trials: int, percent: int) -> bool:
    """Whether the rate behind `events` of `trials` may, with 95 % confidence, be more than `percent` per cent.

    The upper bound of Clopper and Pearson's one-sided interval lies above p exactly when seeing so few events has a
    probability of more than 5 % at p; in whole numbers, so that nothing is rounded. Nothing tried may be anything.
    """
    if not 0 <= percent <= 100:
        raise ValueError(percent)
    hit, miss = percent, 100 - percent
    seen: int = sum(comb(trials, k) * hit**k * miss ** (trials - k) for k in range(events + 1))
    return bool(seen * 20 > 100**trials)


def draw(secret: bytes, case: str) -> int:
    """The case's number from 0 to 9999, which nobody without the window's secret can foresee or bend."""
    digest = hmac.new(secret, case.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") % DRAWS
