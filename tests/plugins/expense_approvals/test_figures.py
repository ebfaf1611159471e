"""What figures of expenses are made of: forecasts, warnings, waits and what rules cost, by hand and at random; no database."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.expense_approvals import years
from plugins.expense_approvals.figures import Cost, Movements, Timed, Warn, by_month, by_rule, standing, to_pay, waits
from tests.support.thorough import examples

DAY, LAST = date(2026, 10, 1), date(2027, 3, 31)
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
pence = st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("moved", "forecast", "used", "warn"),
    [
        (Movements(1000_00, 0, 0, 0, 0), 0, 0, Warn.NOTHING),
        (
            Movements(1000_00, 100_00, 200_00, 250_00, 0),
            280_00,
            30,
            Warn.NOTHING,
        ),  # four fifths of what is agreed is claimed
        (Movements(1000_00, 100_00, 200_00, 0, 0), 300_00, 30, Warn.NOTHING),  # nothing has ended: all of it
        (
            Movements(1000_00, 100_00, 200_00, 250_00, 900_00),
            1728_00,
            30,
            Warn.AHEAD,
        ),  # £10 a day for 181 days, four fifths
        (Movements(1000_00, 300_00, 500_00, 500_00, 0), 800_00, 80, Warn.NEARLY),
        (Movements(1000_00, 400_00, 600_00, 600_00, 0), 1000_00, 100, Warn.USED),
    ],
)
def test_a_budget_is_forecast_and_warned_of(moved: Movements, forecast: int, used: int, warn: Warn) -> None:
    found = standing(moved, DAY, LAST)
    assert (found.forecast, found.used_percent, found.warn) == (forecast, used, warn)


@examples(40)
@given(pence, pence, pence, pence, st.integers(0, 400))
def test_a_forecast_is_at_least_what_is_spent_and_at_most_all_that_is_agreed_at_this_pace(
    committed: int, actual: int, ended: int, recent: int, ahead: int
) -> None:
    found = standing(Movements(2 * 10**9, committed, actual, ended, recent), LAST - timedelta(days=ahead), LAST)
    assert actual <= found.forecast <= actual + committed + -(-recent * ahead // 90)
    assert standing(Movements(1, 0, 0, 0, 0), LAST + timedelta(days=5), LAST).forecast == 0


def test_waits_are_told_for_half_and_for_nine_in_ten() -> None:
    assert (waits([]).half, waits([]).nine_in_ten) == (None, None)
    ten = waits([float(n) for n in range(1, 11)])
    assert (ten.claims, ten.half, ten.nine_in_ten) == (10, 5.5, 9.0)
    assert waits([3.14]) == waits([3.06])


def test_a_claim_that_is_not_paid_counts_for_decisions_alone_and_months_are_of_london() -> None:
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # half past midnight in July there
    claims = [Timed(AT, AT + timedelta(days=2), None), Timed(late - timedelta(days=4), late, late)]
    assert to_pay(claims) == [4.0]
    assert {month: found.half for month, found in by_month(claims).items()} == {date(2026, 7, 1): 4.0}


def one(rule: str, effect: str, code: str = "cap_unit") -> dict[str, str]:
    return {"rule": rule, "code": code, "effect": effect}


def test_which_rule_costs_people_what_adds_up_to_all_that_was_not_allowed() -> None:
    costs = [
        Cost("ann", 1_000, 800, [one("lunch", "cut")]),
        Cost("bea", 500, 0, [one("late", "referred"), one("proof", "refused"), one("lunch", "cut")]),
        Cost(None, 900, 900, [one("late", "referred")]),
        Cost("ann", 300, 0, [one("", "refused", "no_policy")]),
        Cost("ann", 300, 300, []),
    ]
    found = by_rule(costs)
    assert [(rule.rule, rule.refused, rule.cut, rule.referred, rule.pence, rule.people) for rule in found] == [
        ("proof", 1, 0, 0, 500, 1), ("", 1, 0, 0, 300, 1), ("lunch", 0, 2, 0, 200, 2), ("late", 0, 0, 2, 0, 1),
    ]  # fmt: skip
    assert sum(rule.pence for rule in found) == sum(cost.claimed - cost.allowed for cost in costs)
    assert all(rule.few for rule in found)


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 3, 31), 2025), (date(2026, 4, 1), 2026), (date(2026, 12, 31), 2026)]
)
def test_a_financial_year_begins_on_1_april_and_records_are_kept_six_years_after_its_end(day: date, year: int) -> None:
    assert years.year_of(day) == year
    first, last = years.bounds(year)
    assert first <= day <= last
    assert years.called(2099) == "2099/00"
    kept = years.kept_since(day)
    assert years.year_of(kept) == kept.year == year - 6
    gone = kept - timedelta(days=1)  # the last day of a year that ended six years before this one began
    assert years.bounds(years.year_of(gone))[1] == gone
    assert gone.replace(year=gone.year + 6) < first
