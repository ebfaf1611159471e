"""A kept plan, and what somebody sees of it: no figure tells that something was left out."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from core.admissions import planning
from core.admissions.assign import Application, Assessor, plan
from core.admissions.planning import Facts
from tests.unit.admissions.assign.cases import panels


def _facts() -> Facts:
    return Facts(
        (Assessor("a", 3), Assessor("b", 3, frozenset({"lay"}))),
        (Application("p", 2), Application("q", 1, {"lay": 1}, frozenset({"a"}))),
    )


def test_the_basis_moves_with_every_fact_and_not_with_the_order() -> None:
    facts = _facts()
    assert Facts(facts.assessors[::-1], facts.applications[::-1]).basis == facts.basis
    changed = [
        replace(facts, assessors=(replace(facts.assessors[0], capacity=4), facts.assessors[1])),
        replace(facts, assessors=facts.assessors[:1]),
        replace(
            facts, applications=(replace(facts.applications[0], conflicts=frozenset({"a"})), facts.applications[1])
        ),
        replace(facts, applications=(replace(facts.applications[0], existing=frozenset({"a"})), facts.applications[1])),
    ]
    assert len({facts.basis, *(one.basis for one in changed)}) == 5


@given(panels(people=6, applications=6), st.data())
@settings(max_examples=60, deadline=None)
def test_a_plan_with_a_hidden_application_looks_like_one_without_it(
    panel: tuple[list[Assessor], list[Application]], data: st.DataObject
) -> None:
    assessors, applications = panel
    facts = Facts(tuple(assessors), tuple(applications))
    whole = json.loads(json.dumps(planning.kept(plan(assessors, applications), facts)))
    ids = [one.id for one in applications]
    hidden = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    visible = set(ids) - hidden
    without = {
        **whole,
        **{
            part: [one for one in whole[part] if one["application"] not in hidden]
            for part in ("added", "kept", "shortfalls")
        },
        "wanted": {key: value for key, value in whole["wanted"].items() if key not in hidden},
    }
    seen = planning.seen(whole, visible)
    assert seen == planning.seen(without, visible)
    assert not hidden & {pair.application for pair in seen.pairs}
    if not hidden:
        made = plan(assessors, applications)
        assert (seen.seats, seen.filled, seen.groups) == (
            made.measures.seats,
            made.measures.filled,
            made.measures.groups,
        )
