"""How long a plan of assignments takes for a large round: 500 applications, 60 assessors, three each."""

import time

import pytest

from core.admissions.assign import plan
from tests.bench.harness import table, verdict
from tests.unit.admissions.assign.cases import round_of_q

GOAL_SECONDS = 3
LIMIT_SECONDS = 10
CASES = {"room for all": (30, True), "no room to spare, no roles": (25, False), "too few lay assessors": (25, True)}


def test_a_plan_for_a_large_round() -> None:
    rows = []
    for name, (capacity, roles) in CASES.items():
        panel = round_of_q(capacity=capacity, roles=roles)
        began = time.process_time()
        plan(*panel)
        taken = time.process_time() - began
        rows.append((name, f"{taken:.2f} s CPU", "", verdict(taken, GOAL_SECONDS)))
        if taken > LIMIT_SECONDS:
            pytest.fail(f"{name}: {taken:.1f} s")
    print("\n" + table(rows))
