"""Severity: only inside a connected part of the design, and never at the cost of real differences between areas."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.admissions.measure.anova import components, two_way
from core.admissions.measure.design import Unlinked, design, unlinked
from core.admissions.measure.results import Caution, Mark, complete_table, units
from core.admissions.measure.severity import Difference, NotComparable, severity
from tests.unit.admissions.measure.examples import SHROUT_FLEISS, WHENEVER, marks

ISLANDS = [
    Mark("ann", "a1", 3), Mark("bob", "a1", 4), Mark("bob", "a2", 2), Mark("cat", "a2", 2), Mark("ann", "a3", 1),
    Mark("cat", "a3", 3), Mark("dan", "b1", 4), Mark("eve", "b1", 2), Mark("fay", "c1", 2), Mark("gus", "c1", None),
    Mark("hal", "a1", None),
]  # fmt: skip
MARKS = st.dictionaries(
    st.tuples(st.sampled_from("pqrst"), st.integers(0, 9)), st.sampled_from([None, 1, 2, 3, 4]), max_size=30
).map(lambda found: [Mark(who, f"a{which}", score) for (who, which), score in found.items()])


def test_a_full_table_gives_what_shrout_and_fleiss_give() -> None:
    found = severity(marks(SHROUT_FLEISS))
    table = two_way(SHROUT_FLEISS)
    assert table
    parts = components(table)
    assert found.parts
    assert found.df == 15
    assert [round(effect.effect or 0, 4) for effect in found.effects.values()] == [2.375, -2.7917, -0.9583, 1.375]
    assert found.parts.target == pytest.approx(parts.target)
    assert found.parts.judge == pytest.approx(parts.judge)
    assert found.parts.residual == pytest.approx(parts.residual)
    shrink = 6 / (6 + parts.residual / parts.judge)  # with a full table every assessor is drawn in by the same share
    for effect in found.effects.values():
        assert effect.effect is not None
        assert effect.interval is not None
        assert effect.shrunk == pytest.approx(effect.effect * shrink)
        half = 2.131449545559323 * (parts.residual / 6 * 3 / 4) ** 0.5  # t of 15 degrees of freedom
        assert effect.interval.high - effect.effect == pytest.approx(half)
        assert effect.cautions == (Caution.TOO_FEW,)
    # Everybody marked everything, so there is nothing to adjust.
    assert all(one.adjusted == pytest.approx(one.raw) for one in found.adjusted.values())


def test_components_and_what_cannot_be_compared() -> None:
    found = severity(ISLANDS)
    assert [part.assessors for part in found.design.components] == [("ann", "bob", "cat"), ("dan", "eve"), ("fay",)]
    assert not found.design.connected
    assert found.design.comparable(["ann", "cat"])
    assert found.difference(["ann"], ["dan"]) == NotComparable((0, 1))
    assert found.difference(["ann", "eve"], ["bob"]) == NotComparable((0, 1))
    alone = found.effects["fay"]
    assert (alone.effect, alone.interval, alone.shrunk, alone.cautions) == (None, None, None, (Caution.NO_PAIRS,))
    assert found.adjusted["c1"].adjusted is None
    assert found.adjusted["c1"].raw == 2
    assert "gus" not in found.effects  # "not able to score" is no mark
    assert "hal" not in found.design.of_assessor
    with pytest.raises(KeyError):
        found.difference(["gus"], ["ann"])
    with pytest.raises(ValueError, match="two sides"):
        found.difference([], ["ann"])


def test_partners_that_nothing_links_are_named() -> None:
    groups = {
        "North": ["ann", "bob"],
        "South": ["cat"],
        "East": ["dan", "eve"],
        "West": ["fay", "gus"],
        "None": ["gus"],
    }
    assert unlinked(design(ISLANDS), groups) == [
        Unlinked(("East",)), Unlinked(("North", "South")), Unlinked(("West",)),
    ]  # fmt: skip
    linked = [*ISLANDS, Mark("dan", "a1", 3), Mark("fay", "b1", 3)]
    assert unlinked(design(linked), groups) == []
    assert design(linked).connected
    assert isinstance(severity(linked).difference(["fay"], ["ann"]), Difference)


def test_a_chain_with_no_marks_to_spare_has_effects_and_no_interval() -> None:
    found = severity([Mark("ann", "a1", 3), Mark("bob", "a1", 4), Mark("bob", "a2", 2), Mark("cat", "a2", 1)])
    assert found.cautions == (Caution.NO_SPARE_MARKS,)
    assert [e.effect for e in found.effects.values()] == pytest.approx([-1 / 3, 2 / 3, -1 / 3])
    assert {e.interval for e in found.effects.values()} == {None}
    difference = found.difference(["bob"], ["ann"])
    assert isinstance(difference, Difference)
    assert difference.estimate == pytest.approx(1)
    assert difference.interval is None
    assert all(one.adjusted is None for one in found.adjusted.values())


def test_nothing_and_twice_the_same() -> None:
    empty = severity([])
    assert (empty.effects, empty.adjusted, empty.parts) == ({}, {}, None)
    with pytest.raises(ValueError, match="twice"):
        severity([Mark("ann", "a", 1), Mark("ann", "a", 1)])
    with pytest.raises(ValueError, match="reckon"):
        severity([Mark("ann", "a", float("inf"))])


def test_marks_as_tables() -> None:
    assert units(ISLANDS) == [[3, 4], [2, 2], [1, 3], [4, 2], [2]]
    assert complete_table(ISLANDS, ["bob", "ann"]) == [[3, 4]]
    assert complete_table(ISLANDS) == []


@given(MARKS, st.randoms())
@settings(WHENEVER, max_examples=60)
def test_effects_sum_to_zero_in_each_part_and_order_plays_no_part(
    given_marks: list[Mark], source: random.Random
) -> None:
    found = severity(given_marks)
    for part in found.design.components:
        effects = [found.effects[name] for name in part.assessors]
        assert sum(effect.effect or 0 for effect in effects) == pytest.approx(0, abs=1e-9)
        assert sum(effect.shrunk or 0 for effect in effects) == pytest.approx(0, abs=1e-9)
        for effect in effects:
            if effect.effect is not None and effect.shrunk is not None and effect.interval:
                assert effect.effect in effect.interval
    mixed = list(given_marks)
    source.shuffle(mixed)
    assert severity(mixed) == found


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=6), st.randoms())
@settings(WHENEVER, max_examples=40)
def test_exact_severity_is_found_exactly(effects: list[float], source: random.Random) -> None:
    names = [f"j{i}" for i in range(len(effects))]
    made = [
        Mark(names[i], f"a{app}", level + effects[i])
        for app, level in enumerate(source.uniform(0, 10) for _ in range(30))
        for i in {app % len(names), *source.sample(range(len(names)), 2)}
    ]
    found = severity(made)
    if not found.design.connected or found.parts is None:
        return
    middle = sum(effects) / len(effects)
    for name, effect in zip(names, effects, strict=True):
        assert found.effects[name].effect == pytest.approx(effect - middle, abs=1e-6)


def _correlation(one: list[float], other: list[float]) -> float:
    a, b = sum(one) / len(one), sum(other) / len(other)
    top = sum((x - a) * (y - b) for x, y in zip(one, other, strict=True))
    return top / (sum((x - a) ** 2 for x in one) * sum((y - b) ** 2 for y in other)) ** 0.5


def _round(source: random.Random, partners: int, apart: float) -> tuple[dict[str, float], dict[str, float], list[Mark]]:
    """120 applications, 12 assessors, 2 each: section 6.2's simulation, crossed or in partners whose applicants differ."""
    severities = {f"j{i:02}": source.gauss(0, 0.7) for i in range(12)}
    truth, made = {}, []
    for i in range(120):
        partner = i % partners
        truth[f"a{i:03}"] = source.gauss(apart * partner, 1)
        pool = [name for j, name in enumerate(severities) if j % partners == partner]
        made += [
            Mark(j, f"a{i:03}", truth[f"a{i:03}"] + severities[j] + source.gauss(0, 0.7))
            for j in source.sample(pool, 2)
        ]
    return truth, severities, made


@pytest.mark.parametrize(("partners", "apart"), [(1, 0.0), (2, 1.2)])
def test_adjusting_helps_and_keeps_real_differences_between_partners(partners: int, apart: float) -> None:
    source, raw, adjusted, hits, trials = random.Random(3), 0.0, 0.0, 0, 40
    for _ in range(trials):
        truth, severities, made = _round(source, partners, apart)
        found = severity(made)
        assert len(found.design.components) == partners
        names = sorted(truth)
        raw += _correlation([truth[n] for n in names], [found.adjusted[n].raw for n in names])
        adjusted += _correlation([truth[n] for n in names], [found.adjusted[n].adjusted or 0 for n in names])
        for part in found.design.components:
            middle = sum(severities[name] for name in part.assessors) / len(part.assessors)
            hits += sum(severities[n] - middle in (found.effects[n].interval or ()) for n in part.assessors)
    assert adjusted > raw + 0.02 * trials
    assert 0.92 <= hits / (12 * trials) <= 0.98


def test_variances_of_sparse_crossed_marks_are_found() -> None:
    source, sums, trials = random.Random(9), [0.0, 0.0, 0.0], 60
    for _ in range(trials):
        _, _, made = _round(source, 1, 0)
        parts = severity(made).parts
        assert parts
        sums = [s + x for s, x in zip(sums, (parts.target, parts.judge, parts.residual), strict=True)]
    assert [s / trials for s in sums] == pytest.approx([1, 0.49, 0.49], abs=0.08)


def test_a_hundred_and_fifty_assessors_take_well_under_a_second() -> None:
    source = random.Random(1)
    made = [Mark(f"j{j}", f"a{i}", source.randint(1, 4)) for i in range(2000) for j in source.sample(range(150), 2)]
    started = time.process_time()
    found = severity(made)
    assert time.process_time() - started < 1
    assert found.design.connected
