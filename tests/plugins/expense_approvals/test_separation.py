"""Separation of duties: every pair of hands, and that no role and no delegation gets round it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import ROOT
from plugins.expense_approvals.separation import WORDS, Case, Task, able, conflict
from plugins.expense_approvals.states import ADJUSTMENT, CLAIM, PREAPPROVAL
from tests.support.thorough import examples

PEOPLE = ("ann", "ben", "cat", "dan")
some = st.frozensets(st.sampled_from(PEOPLE))
one = st.sampled_from([*PEOPLE, None])
cases = st.builds(Case, one, one, one, some, some, some, some, some)


@pytest.mark.parametrize(
    ("task", "case", "code"),
    [
        *((task, Case("ann", None, None), "own") for task in Task),
        *((task, Case("ben", "ann", "ben"), "own") for task in Task),  # sent for somebody else
        *((task, Case("ben", "ben", "ann"), "own") for task in Task),  # paid to somebody else (OpenCollective's gap)
        *((task, Case("ben", "ben", "ben", linked=frozenset({"ann"})), "linked") for task in Task),
        (Task.APPROVE, Case("ben", "ben", "ben", checked_by=frozenset({"ann"})), "checked"),
        (Task.CHECK, Case("ben", "ben", "ben", approved_by=frozenset({"ann"})), "approved"),
        (Task.SECOND, Case("ben", "ben", "ben", checked_by=frozenset({"ann"})), "checked"),
        (Task.SECOND, Case("ben", "ben", "ben", approved_by=frozenset({"ann"})), "first"),
        (Task.SECOND, Case("ben", "ben", "ben", preapproved_by=frozenset({"ann"})), "preapproved"),
        (Task.APPROVE, Case("ben", "ben", "ben", approved_by=frozenset({"ann"})), ""),
        (Task.RELEASE, Case("ben", "ben", "ben", prepared_by=frozenset({"ann"})), "prepared"),
        (Task.PREPARE, Case("ben", "ben", "ben", prepared_by=frozenset({"ann"})), ""),
        (Task.APPROVE, Case("ben", "ben", "ben", preapproved_by=frozenset({"ann"})), "preapproved"),
        (Task.CHECK, Case("ben", "ben", "ben", preapproved_by=frozenset({"ann"})), ""),
        (Task.PREAPPROVE, Case(None, None, None), ""),
    ],
)  # fmt: skip
def test_who_may_not(task: Task, case: Case, code: str) -> None:
    assert conflict(task, "ann", case) == code
    assert not code or code in WORDS


@examples(100)
@given(st.sampled_from(list(Task)), st.sampled_from(PEOPLE), cases, st.lists(st.sampled_from(PEOPLE)))
def test_a_delegate_has_the_conflicts_of_whom_they_decide_for(
    task: Task, who: str, case: Case, others: list[str]
) -> None:
    free = not conflict(task, who, case) and not any(conflict(task, other, case) for other in others)
    assert (conflict(task, who, case, on_behalf_of=others) == "") == free


@examples(100)
@given(st.sampled_from(list(Task)), cases)
def test_nobody_left_is_an_empty_list_and_never_somebody_with_a_conflict(task: Task, case: Case) -> None:
    left = able(task, PEOPLE, case)
    assert left == [who for who in PEOPLE if conflict(task, who, case) == ""]
    assert not set(left) & {case.claimant, case.submitter, case.payee}
    assert not set(left) & case.linked


def test_two_different_people_at_least_stand_between_asking_and_paying() -> None:
    """Whoever the four hands are: asking, checking, approving, preparing and releasing are never one person's alone."""
    for claimant, checker, approver, preparer, releaser in product("abc", repeat=5):
        case = Case(claimant, claimant, claimant, checked_by=frozenset(checker), prepared_by=frozenset(preparer))
        allowed = [
            conflict(Task.CHECK, checker, case), conflict(Task.APPROVE, approver, case),
            conflict(Task.PREPARE, preparer, case), conflict(Task.RELEASE, releaser, case),
        ]  # fmt: skip
        if not any(allowed):
            assert len({claimant, checker, approver}) == 3
            assert len({claimant, preparer, releaser}) == 3


def test_the_states_are_a_table_whose_every_step_by_a_person_says_that_they_are_apart() -> None:
    for row in (*PREAPPROVAL.transitions, *CLAIM.transitions):
        assert row.who != "expense_approvals.approve" or "other conflict" in row.guard
    assert PREAPPROVAL.events_from("declined") == PREAPPROVAL.events_from("expired") == ()
    written = (ROOT / "docs" / "expenses.md").read_text("utf-8")
    assert PREAPPROVAL.mermaid() in written
    assert ADJUSTMENT.mermaid() in written
    assert set(CLAIM.mermaid().splitlines()) <= set(written.splitlines())
