"""What every plan keeps to, whatever the panel and the applications."""

import dataclasses
import random
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.admissions.assign import Application, Assessor, plan
from tests.support.thorough import examples
from tests.unit.admissions.assign.cases import Panel, pairs, panels, parts

whenever = examples(40)
NOBODY: Panel = ([], [])


@whenever
@given(panels(), st.integers(0, 99))
@example(NOBODY, 0)
def test_no_plan_breaks_a_hard_rule(panel: Panel, seed: int) -> None:
    assessors, applications = panel
    made = plan(assessors, applications, seed=seed)
    assigned = pairs(made)
    assert len(set(assigned)) == len(assigned), "nobody is twice on one application"
    conflicts = {(p.id, a) for p in applications for a in p.conflicts}
    assert not conflicts & set(assigned)
    load = Counter(a for _, a in assigned)
    new = {x.assessor for x in made.added}
    for a in assessors:
        assert made.loads[a.id] == a.already + load[a.id]
        assert made.loads[a.id] <= a.capacity or a.id not in new, "nobody over capacity gets more"
    size = Counter(p for p, _ in assigned)
    grown = {x.application for x in made.added}
    assert all(size[p.id] <= p.wanted or p.id not in grown for p in applications)


@whenever
@given(panels(), st.integers(0, 99))
def test_what_lacks_is_exactly_what_is_said_to_lack(panel: Panel, seed: int) -> None:
    assessors, applications = panel
    made = plan(assessors, applications, seed=seed)
    roles = {a.id: a.roles for a in assessors}
    said = {(x.application, x.role): x.missing for x in made.shortfalls}
    assert len(said) == len(made.shortfalls)
    assert made.complete == (not said)
    for p in applications:
        team = made.assessors_of(p.id)
        by_role = 0
        for role, count in p.required_roles.items():
            lacking = max(0, count - sum(role in roles[a] for a in team))
            by_role += lacking
            assert said.get((p.id, role), 0) == lacking
        assert said.get((p.id, ""), 0) == max(0, p.wanted - len(team) - by_role)


@whenever
@given(panels(), st.integers(0, 99))
def test_the_difference_from_before_is_whole(panel: Panel, seed: int) -> None:
    made = plan(*panel, seed=seed)
    before = {(p.id, a) for p in panel[1] for a in p.existing}
    conflicted = {(p.id, a) for p in panel[1] for a in p.existing & p.conflicts}
    assert {(x.application, x.assessor) for x in made.kept} == before - conflicted
    assert {(x.application, x.assessor) for x in made.ended} == conflicted
    assert not {(x.application, x.assessor) for x in made.added} & before


@whenever
@given(panels(), st.integers(0, 99), st.randoms(use_true_random=False))
def test_the_same_seed_gives_the_same_plan_in_any_order(panel: Panel, seed: int, draw: random.Random) -> None:
    first = plan(*panel, seed=seed)
    assessors, applications = list(panel[0]), list(panel[1])
    draw.shuffle(assessors)
    draw.shuffle(applications)
    assert plan(assessors, applications, seed=seed) == first


@whenever
@given(panels(), st.integers(0, 99))
def test_everything_said_has_its_values_and_everybody_a_reason(panel: Panel, seed: int) -> None:
    made = plan(*panel, seed=seed)
    given_to = (*made.added, *made.kept, *made.ended)
    assert all(x.reasons for x in given_to)
    said = [*made.notes, *(x.why for x in made.shortfalls), *(words for x in given_to for words in x.reasons)]
    for words in said:
        assert words.code
        assert "%(" not in words.message % words.values
    assert "not_found" not in {x.why.code for x in made.shortfalls}


@whenever
@given(panels(), st.integers(0, 99))
def test_the_measures_are_those_of_the_plan(panel: Panel, seed: int) -> None:
    assessors, applications = panel
    made = plan(assessors, applications, seed=seed)
    assigned = pairs(made)
    measures = made.measures
    assert measures.seats == sum(p.wanted for p in applications)
    assert measures.filled == len(assigned)
    assert measures.groups == parts(assigned)
    teams = [set(made.assessors_of(p.id)) for p in applications]
    ids = [a.id for a in assessors]
    shared = Counter(sum({a, b} <= team for team in teams) for i, a in enumerate(ids) for b in ids[:i])
    assert measures.overlaps == shared
    at = {a.id: a.workplace for a in assessors}
    own = sum(bool(p.workplace) and at[a] == p.workplace for p in applications for a in made.assessors_of(p.id))
    assert measures.own_workplace == own


@whenever
@given(panels(), st.integers(0, 99))
def test_a_plan_that_was_carried_out_changes_no_more(panel: Panel, seed: int) -> None:
    assessors, applications = panel
    made = plan(assessors, applications, seed=seed)
    done = [dataclasses.replace(p, existing=frozenset(made.assessors_of(p.id))) for p in applications]
    again = plan(assessors, done, seed=seed + 1)
    assert len(again.added) == 0
    assert {(x.application, x.role, x.missing) for x in again.shortfalls} == {
        (x.application, x.role, x.missing) for x in made.shortfalls
    }


def test_progress_goes_from_nothing_to_all_and_never_back() -> None:
    told: list[float] = []
    assessors = [Assessor(f"a{i}", 30) for i in range(10)]
    plan(assessors, [Application(f"p{i}", 3) for i in range(80)], progress=told.append)
    assert told[0] == 0
    assert told[-1] == 1
    assert told == sorted(set(told))
    assert len(told) > 5


def test_the_work_can_be_stopped_from_its_progress() -> None:
    class Stopped(Exception):
        pass

    def stop(done: float) -> None:
        if done > 0:
            raise Stopped

    with pytest.raises(Stopped):
        plan([Assessor("a", 9), Assessor("b", 9)], [Application(f"p{i}", 2) for i in range(9)], progress=stop)


@pytest.mark.parametrize(
    ("assessors", "applications"),
    [
        ([Assessor("a", 1), Assessor("a", 2)], []),
        ([], [Application("p", 1), Application("p", 1)]),
        ([Assessor("a", -1)], []),
        ([Assessor("a", 1, already=-1)], []),
        ([], [Application("p", -1)]),
        ([], [Application("p", 1, {"lay": -1})]),
        ([Assessor("a", 1)], [Application("p", 1, existing=frozenset({"b"}))]),
    ],
)
def test_what_cannot_be_planned_is_refused(assessors: list[Assessor], applications: list[Application]) -> None:
    with pytest.raises(ValueError, match=r"twice|negative|not on the list"):
        plan(assessors, applications)
