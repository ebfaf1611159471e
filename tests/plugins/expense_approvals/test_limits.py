"""Limits of authority as a rule: more money never finds more people, and a tighter limit never lets more through."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.sdk import Role
from plugins.expense_approvals.limits import APPROVERS, SITE, Authority, Limits, above, authority, needed
from plugins.expense_approvals.separation import Task
from plugins.expense_approvals.settings import Settings
from tests.support.thorough import examples

LIMITS = Limits(preapproval_p=500_00, claim_p=300_00, lead_p=2_000_00)
ROLES = (Role.MEMBER, Role.EXPENSE_APPROVER, Role.PARTNER_LEAD, Role.CENTRAL_TEAM)
pence = st.integers(0, 100_000_000)
limit = st.one_of(st.just(0), st.integers(1, 100_000_000))
limits = st.builds(Limits, limit, limit, limit)
tasks = st.sampled_from(list(Task))
held = st.frozensets(st.sampled_from(ROLES))


@pytest.mark.parametrize(
    ("task", "pence", "least"),
    [
        (Task.PREAPPROVE, 500_00, Authority.APPROVER),
        (Task.PREAPPROVE, 500_01, Authority.LEAD),
        (Task.APPROVE, 300_00, Authority.APPROVER),
        (Task.APPROVE, 300_01, Authority.LEAD),
        (Task.PREAPPROVE, 2_000_00, Authority.LEAD),
        (Task.PREAPPROVE, 2_000_01, Authority.CENTRAL),
        (Task.APPROVE, 2_000_01, Authority.CENTRAL),
        (Task.SECOND, 300_00, Authority.APPROVER),
        (Task.SECOND, 300_01, Authority.LEAD),
        (Task.SECOND, 2_000_01, Authority.CENTRAL),
        *((task, 10_000_00, Authority.APPROVER) for task in (Task.CHECK, Task.PREPARE, Task.RELEASE)),
    ],
)
def test_a_limit_is_the_last_penny_that_somebody_may_agree_to(task: Task, pence: int, least: Authority) -> None:
    assert needed(task, pence, LIMITS) is least


@given(tasks, pence)
def test_nought_is_no_limit(task: Task, amount: int) -> None:
    assert needed(task, amount, Limits(0, 0, 0)) is Authority.APPROVER


@examples(100)
@given(tasks, pence, pence, limits)
def test_raising_an_amount_never_makes_more_people_able(task: Task, one: int, other: int, held_to: Limits) -> None:
    assert needed(task, min(one, other), held_to) <= needed(task, max(one, other), held_to)


@examples(100)
@given(tasks, pence, limits, st.sampled_from(["preapproval_p", "claim_p", "lead_p"]), st.integers(1, 100_000_000))
def test_tightening_a_limit_never_lets_more_through(
    task: Task, amount: int, held_to: Limits, which: str, typed: int
) -> None:
    now = getattr(held_to, which)
    lowered: dict[str, Any] = {which: min(typed, now) if now else typed}
    tighter = replace(held_to, **lowered)
    assert needed(task, amount, tighter) >= needed(task, amount, held_to)


@examples(100)
@given(held, st.lists(held, max_size=3))
def test_a_stand_in_has_no_more_than_who_they_stand_in_for_and_nothing_of_the_central_team(own, others) -> None:
    most = max((min(authority(one), Authority.LEAD) for one in others), default=Authority.NOBODY)
    assert authority(own, others) == max(authority(own), most)
    assert authority((), others) == most < Authority.CENTRAL


def test_who_is_above_their_limit_is_told_who_decides() -> None:
    found = above(Task.PREAPPROVE, 500_01, LIMITS, Authority.APPROVER)
    assert found == (APPROVERS, {"sum": "£500.01", "most": "£500.00"})
    found = above(Task.APPROVE, 2_500_00, LIMITS, Authority.LEAD)
    assert found == (SITE, {"sum": "£2,500.00", "most": "£2,000.00"})
    assert above(Task.PREAPPROVE, 500_01, LIMITS, Authority.LEAD) is None
    assert above(Task.APPROVE, 100_000_000, LIMITS, Authority.CENTRAL) is None


def test_settings_are_whole_pounds_within_bounds() -> None:
    assert Settings().limits == Limits(500_00, 500_00, 2_000_00)
    names = ("approver_preapproval_pounds", "approver_claim_pounds", "lead_pounds")
    assert Settings.model_validate(dict.fromkeys(names, 0)).limits == Limits(0, 0, 0)
    most = 1_000_000_00
    assert Settings.model_validate(dict.fromkeys(names, 1_000_000)).limits == Limits(most, most, most)
    for name in names:
        for wrong in (-1, 1_000_001, "12.50", "1e3", "£12", "NaN", ""):
            with pytest.raises(ValidationError):
                Settings.model_validate({name: wrong})
