"""All figures of a quality page over 5,000 assessments, within two seconds of processor time."""

import random
import time

from core.admissions.measure.agreement import agreements
from core.admissions.measure.design import unlinked
from core.admissions.measure.planning import assessors_needed, decision_curve
from core.admissions.measure.rates import Rate, four_fifths, funnel
from core.admissions.measure.reliability import Form, one_way_reliability, reliability
from core.admissions.measure.results import Caution, Mark, complete_table, units
from core.admissions.measure.severity import Difference, NotComparable, severity
from core.admissions.measure.spread import order_of_discussion
from core.admissions.measure.suppression import protected_table

CRITERIA = ("experience", "knowledge", "commitment", "collaboration", "contribution")
PARTNERS = {f"p{p:02}": [f"p{p:02}-{j}" for j in range(5)] for p in range(18)}
CALIBRATION = [f"c{i}" for i in range(10)]


def _score(source: random.Random, level: float, leniency: float) -> float | None:
    if source.random() < 0.03:
        return None
    return min(4, max(1, round(level + leniency + source.gauss(0, 0.6))))


def _assessments(source: random.Random, *, calibrated: bool) -> list[tuple[str, str, dict[str, float | None]]]:
    """About 5,000 assessments by 90 assessors of 18 partners: two or three for each application of the partner's own, and
    where `calibrated` ten applications that two assessors of every partner mark."""
    leniency = {name: source.gauss(0, 0.4) for names in PARTNERS.values() for name in names}
    given = [
        (name, f"{partner}/{i}", level)
        for partner, names in PARTNERS.items()
        for i, level in enumerate(source.gauss(2.6, 0.8) for _ in range(112))
        for name in source.sample(names, source.choice((2, 2, 3)))
    ]
    if calibrated:
        levels = {anchor: source.gauss(2.5, 0.8) for anchor in CALIBRATION}
        given += [(name, a, level) for names in PARTNERS.values() for name in names[:2] for a, level in levels.items()]
    return [(name, a, {c: _score(source, level, leniency[name]) for c in CRITERIA}) for name, a, level in given]


def test_every_figure_of_the_quality_page_in_two_seconds() -> None:
    made = _assessments(random.Random(2), calibrated=True)
    assert len(made) >= 5000
    started = time.process_time()
    for criterion in CRITERIA:
        marks = [Mark(name, application, scores[criterion]) for name, application, scores in made]
        rows = units(marks)
        for agreement in agreements(rows).values():
            assert agreement.alpha is not None
            assert agreement.interval is not None
            assert not agreement.cautions
        single = one_way_reliability(rows)[Form.ICC_1_1]
        assert single.value is not None
        assert single.cautions == (Caution.UNBALANCED,)
        assert assessors_needed(single.value, 0.8).assessors
        found = severity(marks)
        assert found.parts
        assert decision_curve(found.parts)
        assert unlinked(found.design, PARTNERS) == []
        assert isinstance(found.difference(PARTNERS["p00"], PARTNERS["p17"]), Difference)
        firsts = [names[0] for names in PARTNERS.values()]
        anchors = [mark for mark in marks if mark.application in CALIBRATION and mark.score is not None]
        assert len(reliability(complete_table(anchors, firsts))) == 6
    cases: dict[str, dict[str, list[float | None]]] = {}
    for _, application, scores in made:
        for criterion, score in scores.items():
            cases.setdefault(application, {}).setdefault(criterion, []).append(score)
    assert len(order_of_discussion(cases)) == len(cases)
    rates = {partner: Rate(60 + place, 112) for place, partner in enumerate(PARTNERS)}
    assert len(four_fifths(rates)) == len(funnel(rates)) == 18
    assert protected_table([[(i * 5 + j * 3) % 17 for j in range(8)] for i in range(18)]).hidden
    assert time.process_time() - started < 2


def test_without_calibration_partners_are_not_comparable_and_every_one_is_named() -> None:
    made = _assessments(random.Random(4), calibrated=False)
    found = severity(Mark(name, application, scores["experience"]) for name, application, scores in made)
    assert len(found.design.components) == 18
    assert [island.groups for island in unlinked(found.design, PARTNERS)] == [(name,) for name in PARTNERS]
    assert isinstance(found.difference(PARTNERS["p00"], PARTNERS["p17"]), NotComparable)
    assert isinstance(found.difference(PARTNERS["p00"][:2], PARTNERS["p00"][2:]), Difference)
