"""What a plan reaches, against every plan there is on small panels, and against a maximum flow."""

import dataclasses
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.admissions.assign import Application, Assessor, plan
from tests.support.thorough import examples
from tests.unit.admissions.assign.cases import Panel, all_plans, most_seats, pairs, panels, parts

few = examples(40)
small = panels(people=5, applications=4, seats=3)
separate = panels(most_roles=1, existing=False)
NO_WORKPLACE = st.just("")


def anywhere(panel: Panel) -> Panel:
    """The same without workplaces, so that nothing is weighed against even loads."""
    return panel[0], [dataclasses.replace(p, workplace="") for p in panel[1]]


def uneven(loads: Iterable[int]) -> int:
    """Lowest when the loads are as even as can be."""
    return sum(load * load for load in loads)


@few
@given(small, st.integers(0, 9))
def test_where_a_complete_plan_exists_one_is_found(panel: Panel, seed: int) -> None:
    whole = all_plans(*panel)
    assert plan(*panel, seed=seed).complete == bool(whole)


@few
@given(panels(people=7, applications=4, seats=3, most_roles=3, existing=False), st.integers(0, 9))
def test_a_complete_plan_is_found_where_people_hold_several_roles(panel: Panel, seed: int) -> None:
    assessors, applications = panel
    narrow = [dataclasses.replace(a, capacity=min(a.capacity, 2), already=0) for a in assessors]
    asking = [dataclasses.replace(p, required_roles=dict.fromkeys(p.required_roles, 1)) for p in applications]
    assert plan(narrow, asking, seed=seed).complete == bool(all_plans(narrow, asking))


@few
@given(separate, st.integers(0, 9))
def test_as_many_seats_are_filled_as_can_be(panel: Panel, seed: int) -> None:
    assessors = [dataclasses.replace(a, capacity=max(a.capacity, a.already)) for a in panel[0]]
    applications = [p for p in panel[1] if sum(p.required_roles.values()) <= p.wanted]
    assert plan(assessors, applications, seed=seed).measures.filled == most_seats(assessors, applications)


@few
@given(small, st.integers(0, 9))
def test_no_complete_plan_has_more_even_loads(panel: Panel, seed: int) -> None:
    assessors, applications = anywhere(panel)
    whole = all_plans(assessors, applications)
    assume(whole)
    made = plan(assessors, applications, seed=seed)
    before = {a.id: a.already for a in assessors}
    assert uneven(made.loads.values()) <= min(
        uneven((Counter(before) + Counter(a for _, a in x)).values()) for x in whole
    )


@few
@given(small, st.integers(0, 9))
def test_no_plan_as_even_and_complete_is_better_connected(panel: Panel, seed: int) -> None:
    assessors, applications = anywhere(panel)
    whole = all_plans(assessors, applications)
    assume(whole)
    made = plan(assessors, applications, seed=seed)
    as_even = [x for x in whole if Counter(a for _, a in x) == Counter(a for _, a in pairs(made))]
    assert made.measures.groups <= min(parts(x) for x in as_even)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("people", "applications", "wanted"), [(7, 30, 3), (60, 40, 2), (13, 101, 2), (9, 12, 4), (5, 3, 3)]
)
def test_loads_differ_by_one_at_most_where_nothing_prevents_it(
    people: int, applications: int, wanted: int, seed: int
) -> None:
    assessors = [Assessor(f"a{i}", 99, already=i % 2) for i in range(people)]
    made = plan(assessors, [Application(f"p{i}", wanted) for i in range(applications)], seed=seed)
    assert made.complete
    assert made.measures.highest_load - made.measures.lowest_load <= 1


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("people", "applications", "wanted"), [(7, 30, 3), (20, 19, 2), (40, 39, 2), (13, 101, 2), (12, 6, 3)]
)
def test_everything_hangs_together_where_it_can(people: int, applications: int, wanted: int, seed: int) -> None:
    asked = [Application(f"p{i}", wanted) for i in range(applications)]
    made = plan([Assessor(f"a{i}", 99) for i in range(people)], asked, seed=seed)
    assert made.measures.groups == 1
    assert "groups" not in {note.code for note in made.notes}


def test_two_halves_that_were_assigned_apart_are_linked() -> None:
    """Two areas, each with its own assessors so far; what is still to be assigned joins them."""
    assessors = [Assessor(f"a{i}", 20) for i in range(6)]
    existing = [frozenset({f"a{i % 3}", f"a{(i + 1) % 3}"}) for i in range(6)]
    existing += [frozenset({f"a{3 + i % 3}", f"a{3 + (i + 1) % 3}"}) for i in range(6)]
    asked = [Application(f"p{i:02}", 2, existing=have) for i, have in enumerate(existing)]
    apart = plan(assessors, asked)
    assert apart.measures.groups == 2
    assert [(note.code, note.values) for note in apart.notes] == [("groups", {"groups": 2})]
    linked = plan(assessors, [*asked, Application("p12", 2), Application("p13", 2)])
    assert linked.measures.groups == 1


@pytest.mark.parametrize(
    ("people", "applications", "wanted", "expected"),
    [(7, 7, 3, {1: 21}), (9, 12, 3, {1: 36}), (10, 45, 2, {1: 45}), (6, 30, 2, {2: 15}), (13, 13, 4, {1: 78})],
)
def test_pairs_overlap_as_evenly_as_they_can(
    people: int, applications: int, wanted: int, expected: dict[int, int]
) -> None:
    """Sizes for which a plan exists in which every pair shares equally much: at most one pair in four is off."""
    asked = [Application(f"p{i}", wanted) for i in range(applications)]
    overlaps = plan([Assessor(f"a{i}", 99) for i in range(people)], asked).measures.overlaps
    ((each, count),) = expected.items()
    assert set(overlaps) <= {each - 1, each, each + 1}
    assert overlaps[each] >= count * 3 / 4


def test_an_own_workplace_is_avoided_up_to_three_applications_of_difference() -> None:
    here, elsewhere = Assessor("here", 99, workplace="x"), Assessor("there", 99, workplace="y")
    some = [Application(f"p{i}", 1, workplace="x") for i in range(3)]
    assert plan([here, elsewhere], some).loads == {"here": 0, "there": 3}
    many = plan([here, elsewhere], [Application(f"p{i:02}", 1, workplace="x") for i in range(20)])
    assert many.loads["there"] - many.loads["here"] in (3, 4)
    assert {note.code for note in many.notes} >= {"own_workplaces"}
    assert any(words.code == "own_workplace" for x in many.added for words in x.reasons)


def test_a_shortage_is_shared_out() -> None:
    made = plan([Assessor(f"a{i}", 2) for i in range(5)], [Application(f"p{i}", 2) for i in range(8)])
    assert sorted(len(made.assessors_of(f"p{i}")) for i in range(8)) == [1] * 6 + [2] * 2
