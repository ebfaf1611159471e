"""What assessors' marks say: agreement, reliability, severity, what discussion moves. Raw marks are read, never changed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import fsum

from core.admissions.measure.agreement import agreements
from core.admissions.measure.design import unlinked
from core.admissions.measure.planning import STEPS, assessors_needed, spearman_brown
from core.admissions.measure.reliability import ONE_WAY, Form, Icc, one_way_reliability, reliability
from core.admissions.measure.results import Interval, Mark, complete_table, units
from core.admissions.measure.severity import Difference, Severity, severity
from core.admissions.measure.spread import order_of_discussion, shift
from core.admissions.quality.facts import CASE, Facts, Scored
from core.admissions.quality.report import (
    OVERALL,
    Adjusted,
    Alpha,
    Apart,
    Correlation,
    Leniency,
    Moved,
    Needs,
    Pair,
    Scoring,
    SiteLeniency,
)
from core.admissions.rules import CRITERIA

TARGETS = (0.5, 0.6, 0.7, 0.8)
"""Reliabilities that people ask for; 0.8 is the customary mark for decisions about a person."""


def scoring(facts: Facts, *, people: bool, progress: Callable[[int], None] = lambda _: None) -> Scoring:
    """Everything about marking. With `people` also what is said of single assessors and applications: for a partner's own
    report. `progress` is told 0 to 100.

    Calibration cases count where assessors are compared with each other, not where applications are counted.
    """
    everything = [*facts.sealed, *facts.calibration]
    parts = list(_parts(everything))
    alphas: list[Alpha] = []
    one_way: list[Correlation] = []
    for place, (part, marks) in enumerate(parts):
        rows = units(marks)
        alphas += [
            Alpha(
                part=part, level=level.value, value=found.alpha, interval=_pair(found.interval), units=found.units,
                marks=found.values, cautions=found.cautions,
            )
            for level, found in agreements(rows).items()
        ]  # fmt: skip
        one_way += [_correlation(part, icc) for icc in one_way_reliability(rows).values()]
        progress(80 * (place + 1) // len(parts))
    overall = parts[-1][1]
    found = severity(overall)
    progress(90)
    single = next((icc.value for icc in one_way if (icc.part, icc.form) == (OVERALL, Form.ICC_1_1.value)), None)
    in_use = single if single is not None and single > 0 else None
    places = {one.assessor: one.site for one in everything}
    return Scoring(
        assessments=len(facts.sealed),
        calibration=len(facts.calibration),
        applications=len({one.application for one in facts.sealed}),
        assessors=len({one.assessor for one in facts.sealed}),
        not_scored=sum(score is None for one in facts.sealed for score in one.scores.values()),
        alphas=tuple(alphas),
        one_way=tuple(one_way),
        crossed=tuple(_correlation(OVERALL, icc) for icc in _crossed(overall)),
        curve=tuple((float(k), spearman_brown(in_use, k)) for k in STEPS) if in_use else (),
        needs=tuple(Needs(target=t, assessors=assessors_needed(single, t).assessors) for t in TARGETS)
        if single is not None
        else (),
        groups=sum(part.comparable for part in found.design.components),
        islands=_islands(found, places),
        sites=tuple(_sites(found, places)),
        lenient=tuple(_lenient(found, places)) if people else (),
        adjusted=tuple(_adjusted(found)) if people else (),
        moved=tuple(_moved(facts)),
        apart=tuple(_apart(facts.sealed)),
    )


def _parts(assessments: Sequence[Scored]) -> Iterator[tuple[str, list[Mark]]]:
    """The marks of each criterion, then the overall ones."""
    for criterion in CRITERIA:
        yield criterion, [Mark(one.assessor, one.application, one.scores.get(criterion)) for one in assessments]
    yield OVERALL, [Mark(one.assessor, one.application, one.overall) for one in assessments]


def _pair(interval: Interval | None) -> Pair | None:
    return None if interval is None else (interval.low, interval.high)


def _correlation(part: str, icc: Icc) -> Correlation:
    return Correlation(
        part=part, form=icc.form.value, kind=icc.form.kind, name=icc.name, value=icc.value, interval=_pair(icc.interval),
        targets=icc.targets, raters=icc.raters, cautions=icc.cautions,
    )  # fmt: skip


def _crossed(marks: Sequence[Mark]) -> list[Icc]:
    """The forms that need every application marked by the same assessors, from the largest such block there is."""
    seats: dict[str, set[str]] = defaultdict(set)
    for mark in marks:
        if mark.score is not None:
            seats[mark.application].add(mark.assessor)
    kinds = Counter(frozenset(names) for names in seats.values() if len(names) > 1)
    held = {names: sum(times for other, times in kinds.items() if names <= other) for names in kinds}
    best = max(held, key=lambda names: ((held[names] - 1) * (len(names) - 1), sorted(names)), default=None)
    if best is None:
        return []
    forms = reliability(complete_table((mark for mark in marks if mark.assessor in best), best))
    return [icc for form, icc in forms.items() if form not in ONE_WAY]


def _by_site(found: Severity, places: Mapping[str, int]) -> dict[int, list[str]]:
    result: dict[int, list[str]] = defaultdict(list)
    for name in found.design.of_assessor:
        result[places[name]].append(name)
    return dict(sorted(result.items()))


def _islands(found: Severity, places: Mapping[str, int]) -> tuple[tuple[int, ...], ...]:
    groups = {str(site): names for site, names in _by_site(found, places).items()}
    return tuple(tuple(sorted(map(int, island.groups))) for island in unlinked(found.design, groups))


def _sites(found: Severity, places: Mapping[str, int]) -> Iterator[SiteLeniency]:
    """Each site against the others of its part of the design; nothing for one whose assessors are in several parts, or alone."""
    sites = _by_site(found, places)
    for site, names in sites.items() if len(sites) > 1 else ():
        components = {found.design.of_assessor[name] for name in names}
        if len(components) > 1:
            continue
        others = [n for n in found.design.components[components.pop()].assessors if places[n] != site]
        if not others:
            continue
        difference = found.difference(names, others)
        if isinstance(difference, Difference):
            yield SiteLeniency(site=site, estimate=difference.estimate, interval=_pair(difference.interval))


def _lenient(found: Severity, places: Mapping[str, int]) -> Iterator[Leniency]:
    for name, effect in sorted(found.effects.items(), key=lambda item: (item[1].component, item[0])):
        yield Leniency(
            assessor=name, site=places[name], group=effect.component, marks=effect.marks, effect=effect.effect,
            interval=_pair(effect.interval), cautions=effect.cautions,
        )  # fmt: skip


def _adjusted(found: Severity) -> Iterator[Adjusted]:
    for one in found.adjusted.values():
        if not one.application.startswith(CASE):
            yield Adjusted(application=one.application, raw=one.raw, adjusted=one.adjusted)


def _moved(facts: Facts) -> Iterator[Moved]:
    """How discussion moved the marks of each part, over all applications that were discussed."""
    before, after = dict(_parts(facts.sealed)), dict(_parts(facts.discussed))
    for part, marks in after.items():
        sealed, discussed = _by_application(before[part]), _by_application(marks)
        shifts = [shift(sealed.get(name, {}), scores) for name, scores in discussed.items()]
        both = sum(one.both for one in shifts)
        if not both:
            continue
        yield Moved(
            part=part,
            both=both,
            mean=fsum(one.both * (one.mean or 0) for one in shifts) / both,
            size=fsum(one.both * (one.size or 0) for one in shifts) / both,
            nearer=sum(one.nearer for one in shifts),
            further=sum(one.further for one in shifts),
        )


def _by_application(marks: Iterable[Mark]) -> dict[str, dict[str, float | None]]:
    result: dict[str, dict[str, float | None]] = defaultdict(dict)
    for mark in marks:
        result[mark.application][mark.assessor] = mark.score
    return result


def _apart(sealed: Sequence[Scored]) -> Iterator[Apart]:
    """How many applications have which widest disagreement; those that one assessor scored say nothing."""
    cases: dict[str, dict[str, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    for one in sealed:
        for criterion, score in one.scores.items():
            cases[one.application][criterion].append(score)
    twice = {name: scores for name, scores in cases.items() if any(len(found) > 1 for found in scores.values())}
    counts = Counter(int(found.range) for found in order_of_discussion(twice) if found.range is not None)
    for points in range(max(counts, default=-1) + 1):
        yield Apart(points=points, applications=counts[points])
