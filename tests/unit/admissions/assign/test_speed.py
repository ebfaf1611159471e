"""A large round within its time, and well done."""

import time

import pytest

from core.admissions.assign import plan
from tests.unit.admissions.assign.cases import round_of_q

SECONDS = 10


@pytest.mark.parametrize(
    ("capacity", "roles", "complete"),
    [(30, True, True), (25, False, True), (25, True, False), (20, True, False)],
    ids=["roles", "exact capacity", "too few lay", "too little capacity"],
)
def test_five_hundred_applications_and_sixty_assessors(capacity: int, roles: bool, complete: bool) -> None:
    panel = round_of_q(capacity=capacity, roles=roles)
    began = time.process_time()
    made = plan(*panel, seed=7)
    assert time.process_time() - began < SECONDS
    assert made.complete == complete
    assert made.measures.groups == 1
    assert made.measures.own_workplace == 0 or not complete
    assert max(made.measures.overlaps) <= 2
    if not roles:
        assert made.measures.highest_load - made.measures.lowest_load <= 1


def test_an_application_for_everybody_is_planned_too() -> None:
    """Calibration: a few applications go to the whole panel beside the usual ones."""
    assessors, applications = round_of_q(people=40, applications=60, roles=False)
    everybody = [type(applications[0])(f"x{i}", len(assessors)) for i in range(5)]
    made = plan(assessors, [*applications, *everybody])
    assert made.complete
    assert all(len(made.assessors_of(p.id)) == 40 for p in everybody)
