"""What became of applications: rates with intervals, partners in a funnel, time, and what applicants say. Released alone."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from core.admissions.measure.rates import Rate, four_fifths, funnel, wilson
from core.admissions.quality.facts import Applied, Facts, Felt
from core.admissions.quality.report import OVERALL, Funnelled, Outcomes, Pair, RateOf, Voices, Waited

UNSAID = ""
"""The key of those who did not answer the question that a group comes from."""


def outcomes(facts: Facts) -> Outcomes:
    """Everything about outcomes."""
    decided = [one for one in facts.applications if one.accepted is not None]
    by_site = _rates(decided, lambda one: (str(one.site),))
    everybody = Rate(sum(bool(one.accepted) for one in decided), len(decided))
    found = funnel({row.key: Rate(row.accepted, row.decided) for row in by_site}) if len(by_site) > 1 else []
    return Outcomes(
        submitted=len(facts.applications),
        overall=RateOf(
            key=OVERALL, accepted=everybody.selected, decided=everybody.total,
            interval=wilson(everybody.selected, everybody.total),
        ),
        by_site=tuple(by_site),
        by_sector=tuple(_rates(decided, lambda one: (one.sector,))),
        by_learnt=tuple(_rates(decided, lambda one: one.learnt or (UNSAID,))),
        funnel=tuple(
            Funnelled(
                site=int(one.name), accepted=one.rate.selected, decided=one.rate.total, narrow=(one.limits[0].low, one.limits[0].high),
                wide=(one.limits[1].low, one.limits[1].high), outside=one.outside,
            )
            for one in found
        ),
        waited_by_site=tuple(_waited(decided, lambda one: str(one.site))),
        waited_by_locale=tuple(_waited(decided, lambda one: one.locale)),
        voices=tuple(_voices(facts.feedback)),
    )  # fmt: skip


def _rates(decided: Sequence[Applied], keys: Callable[[Applied], Iterable[str]]) -> list[RateOf]:
    """The rate of each group with its interval, and the four-fifths screen, in the order of the keys."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in decided:
        for key in keys(one):
            counts[key][0] += bool(one.accepted)
            counts[key][1] += 1
    return screened({key: Rate(*counts[key]) for key in sorted(counts)})


def screened(rates: dict[str, Rate]) -> list[RateOf]:
    """Rates as the report has them, each held against the highest."""
    result = []
    for one in four_fifths(rates):
        spread: Pair | None = one.ratio.interval
        result.append(
            RateOf(
                key=one.group, accepted=one.rate.selected, decided=one.rate.total,
                interval=wilson(one.rate.selected, one.rate.total),
                ratio=None if one.ratio.value is None else float(one.ratio.value), ratio_interval=spread,
                flagged=one.flagged,
            )
        )  # fmt: skip
    return result


def _waited(decided: Sequence[Applied], key: Callable[[Applied], str]) -> list[Waited]:
    days: dict[str, list[float]] = defaultdict(list)
    for one in decided:
        if one.days is not None:
            days[key(one)].append(one.days)
    return [
        Waited(key=name, decided=len(found), median=_quantile(found, 0.5), ninth=_quantile(found, 0.9))
        for name, found in sorted(days.items())
    ]


def _quantile(days: Sequence[float], share: float) -> float:
    """The quantile by straight lines between the values in order."""
    ordered = sorted(days)
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def _voices(feedback: Sequence[Felt]) -> list[Voices]:
    result = []
    for accepted in (False, True):
        said = [one for one in feedback if one.accepted is accepted]
        if not said:
            continue
        counts = [sum(one.understood == n for one in said) for n in range(1, 6)]
        result.append(
            Voices(
                accepted=accepted, understood=(counts[0], counts[1], counts[2], counts[3], counts[4]),
                again=sum(one.again is True for one in said), not_again=sum(one.again is False for one in said),
            )
        )  # fmt: skip
    return result
