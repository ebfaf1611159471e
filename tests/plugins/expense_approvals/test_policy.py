"""A policy as data: what may stand in it, which version holds when, what a site may add, and the figures it starts with."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from plugins.expense_approvals.claims import examples as worked
from plugins.expense_approvals.policy import illustrative, tightening
from plugins.expense_approvals.policy.history import Known, Version, in_force, tax_year
from plugins.expense_approvals.policy.rules import Policy
from plugins.expense_approvals.policy.tightening import ONE_RULE, problems
from tests.plugins.expense_approvals import drawn
from tests.support.thorough import examples

BEFORE, NOW = illustrative.versions()
WORDS = {"en": "in words", "cy": "mewn geiriau"}


def rule(**what: Any) -> Any:
    return ONE_RULE.validate_python({"key": "site", "words": WORDS, **what})


def policy(**changed: Any) -> Policy:
    return Policy.model_validate({**NOW.policy.model_dump(), "examples": (), **changed})


def test_the_shipped_policy_is_illustrative_and_every_figure_has_its_source() -> None:
    for version in illustrative.versions():
        assert version.policy.illustrative
        assert all(one.sources for one in version.policy.rules)
        assert all(outcome.right for outcome in worked.run(version.policy))
        assert len(version.policy.examples) == 8


def test_an_example_that_comes_out_otherwise_is_noticed() -> None:
    wrong = NOW.policy.examples[1].model_copy(update={"allowed": 801})
    outcomes = worked.run(NOW.policy.model_copy(update={"examples": (wrong,)}))
    assert [(one.right, one.allowed) for one in outcomes] == [(False, 800)]


@examples(40)
@given(drawn.policies())
def test_a_policy_is_the_same_after_it_was_kept_as_json(policy: Policy) -> None:
    assert Policy.model_validate_json(policy.model_dump_json()) == policy


def test_a_policy_has_a_schema_that_other_tools_can_read() -> None:
    schema = Policy.model_json_schema()
    assert schema["additionalProperties"] is False
    kinds = schema["$defs"]
    assert {"Rate", "Cap", "Receipt", "Window", "TravelClass", "NeedsReason", "Agreed", "Prohibited"} <= set(kinds)


CAP = {"key": "cap", "kind": "cap", "category": "lunch", "per": "unit", "amounts": {"": 5}, "words": WORDS}
RATE = {"key": "rate", "kind": "rate", "category": "mileage", "vehicle": "van", "words": WORDS}


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ([{**CAP, "category": "helicopter"}], "no category"),
        ([{**CAP, "amounts": {"": 5, "mars": 6}}], "mars"),
        ([{**CAP, "amounts": {"london": 5}}], "everywhere else"),
        ([{**CAP, "amounts": {"": -1}}], "greater than or equal to 0"),
        ([{**CAP, "amounts": {"": 1.5}}], "valid integer"),
        ([{**CAP, "amounts": {"": "8"}}], "valid integer"),
        ([{**CAP, "amounts": {"": 10**9}}], "less than or equal"),
        ([{**CAP, "category": "all", "per": "day"}], "whole trip"),
        ([{**CAP, "severity": "warn"}], "block"),
        ([{**CAP, "words": {"en": "only English"}}], "cy"),
        ([{**CAP, "words": {"en": "", "cy": ""}}], "at least 1 character"),
        ([{**CAP, "note": "?"}], "Extra inputs"),
        ([{**CAP, "kind": "python"}], "union_tag_invalid"),
        ([{**CAP, "key": "Not a key"}], "pattern"),
        ([CAP, CAP], "there twice"),
        ([{**RATE, "tiers": []}], "at least 1 item"),
        ([{**RATE, "tiers": [{"rate": 5, "up_to": 10}]}], "no end"),
        ([{**RATE, "tiers": [{"rate": 5, "up_to": 10}, {"rate": 4, "up_to": 10}, {"rate": 3}]}], "after the one before"),
        ([{**RATE, "tiers": [{"rate": 4, "up_to": 10}, {"rate": 5}]}], "never worth more"),
        ([{**RATE, "category": "lunch", "tiers": [{"rate": 5}]}], "not counted in miles"),
        ([{**RATE, "tiers": [{"rate": 5}]}, {**RATE, "key": "two", "tiers": [{"rate": 4}]}], "there twice"),
    ],
)  # fmt: skip
def test_a_policy_that_says_what_cannot_be_is_refused_with_the_reason(rules: list[Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        policy(rules=rules)


def test_an_example_of_no_category_and_a_category_called_all_are_refused() -> None:
    with pytest.raises(ValidationError, match="not in the policy"):
        policy(examples=[{"words": WORDS, "category": "helicopter", "pence": 5, "allowed": 5}])
    with pytest.raises(ValidationError, match="stands for every category"):
        policy(categories=[{"key": "all", "title": WORDS}], rules=())


def at(day: int, month: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("on", "known_at", "number"),
    [
        (date(2026, 4, 5), at(1, 6), 1),  # the day before the new rate
        (date(2026, 4, 6), at(20, 5), 1),  # the new rate, before anybody knew of it
        (date(2026, 4, 6), at(22, 5), 2),  # and once it was known: backdated
        (date(2026, 9, 1), at(1, 9), 2),
    ],
)
def test_a_version_holds_on_a_day_as_it_was_known_at_an_instant(on: date, known_at: datetime, number: int) -> None:
    found = in_force(illustrative.versions(), on, known_at)
    assert found is not None
    assert found.number == number


def test_before_the_first_version_and_before_it_was_published_there_is_none() -> None:
    assert in_force(illustrative.versions(), date(2011, 4, 5), at(1, 6)) is None
    assert Known(illustrative.versions(), datetime(2025, 1, 1, tzinfo=UTC))(date(2020, 1, 1)) is None


def test_a_late_version_holds_until_the_next_begins_and_a_wrong_one_is_replaced_by_another_with_its_beginning() -> None:
    ahead = Version(3, date(2026, 9, 1), at(1, 3), NOW.policy)
    late = Version(4, date(2026, 4, 6), at(1, 7), NOW.policy)
    mended = Version(5, date(2026, 9, 1), at(2, 9), NOW.policy)
    every = (BEFORE, ahead, late, mended)

    def numbers(on: date, known_at: datetime) -> int | None:
        found = in_force(every, on, known_at)
        return found.number if found else None

    assert numbers(date(2026, 8, 31), at(1, 10)) == 4
    assert numbers(date(2026, 9, 1), at(1, 9)) == 3
    assert numbers(date(2026, 9, 1), at(1, 10)) == 5


@given(
    st.permutations(range(6)),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=6, max_size=6),
    st.integers(0, 9),
    st.integers(0, 9),
)
@examples(60)
def test_what_is_published_later_changes_no_answer_about_earlier(order, times, on: int, known: int) -> None:
    def day(n: int) -> date:
        return date(2026, 1, 1) + timedelta(days=n)

    def instant(n: int) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n)

    versions = [Version(n, day(since), instant(told), NOW.policy) for n, (since, told) in enumerate(times)]
    found = in_force(versions, day(on), instant(known))
    assert found == in_force([versions[n] for n in order], day(on), instant(known))
    assert found == in_force([v for v in versions if v.published_at <= instant(known)], day(on), instant(known))


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2026, 4, 5), 2025), (date(2026, 4, 6), 2026), (date(2026, 12, 31), 2026), (date(2024, 2, 29), 2023)],
)
def test_a_tax_year_begins_on_6_april(day: date, year: int) -> None:
    assert tax_year(day) == year


TIERS = [{"up_to": 10_000, "rate": 55_000}, {"rate": 25_000}]


@pytest.mark.parametrize(
    ("added", "code"),
    [
        ({"kind": "cap", "category": "lunch", "per": "unit", "amounts": {"": 700}}, None),
        ({"kind": "cap", "category": "lunch", "per": "unit", "amounts": {"": 800, "london": 900}}, None),
        ({"kind": "cap", "category": "lunch", "per": "unit", "amounts": {"": 800, "london": 1000}}, "cap"),
        ({"kind": "cap", "category": "lunch", "per": "unit", "amounts": {"": 801}}, "cap"),
        ({"kind": "cap", "category": "lunch", "per": "unit", "amounts": {"": 700, "london": 1001}}, "cap"),
        ({"kind": "cap", "category": "rail", "per": "trip", "amounts": {"": 20000}}, None),
        ({"kind": "cap", "category": "all", "per": "trip", "amounts": {"": 30000}}, None),
        ({"kind": "cap", "category": "helicopter", "per": "trip", "amounts": {"": 1}}, "unknown"),
        ({"kind": "cap", "category": "lunch", "per": "unit", "amounts": {"": 700, "moon": 1}}, "unknown"),
        ({"key": "car", "kind": "prohibited", "category": "rail"}, "key"),
        ({"kind": "rate", "category": "mileage", "vehicle": "car", "tiers": [{"rate": 20_000}]}, None),
        ({"kind": "rate", "category": "mileage", "vehicle": "car", "tiers": TIERS, "passenger": 0}, None),
        ({"kind": "rate", "category": "mileage", "vehicle": "car", "tiers": TIERS, "passenger": 5_000}, "rate"),
        ({"kind": "rate", "category": "mileage", "vehicle": "car", "tiers": [{"rate": 26_000}]}, "rate"),
        ({"kind": "rate", "category": "mileage", "vehicle": "car", "tiers": [{"up_to": 10_001, "rate": 50_000}, {"rate": 1}]}, "rate"),
        ({"kind": "rate", "category": "mileage", "vehicle": "horse", "tiers": [{"rate": 1}]}, "no_rate"),
        ({"kind": "receipt", "category": "rail", "over": 500}, None),
        ({"kind": "receipt", "category": "rail", "over": 1000}, "receipt"),
        ({"kind": "receipt", "category": "rail", "accepts": ["receipt", "bank_line"]}, "receipt"),
        ({"kind": "window", "category": "all", "measure": "claimed", "days": 60}, None),
        ({"kind": "window", "category": "all", "measure": "claimed", "days": 100}, "window"),
        ({"kind": "window", "category": "all", "measure": "incurred", "days": 1, "severity": "refer"}, "window"),
        ({"kind": "travel_class", "category": "rail", "classes": ["standard", "first"]}, "travel_class"),
        ({"kind": "travel_class", "category": "coach", "classes": ["standard"]}, None),
        ({"kind": "needs_reason", "category": "rail"}, None),
        ({"kind": "needs_reason", "category": "taxi"}, "same"),
        ({"kind": "agreed", "category": "rail"}, None),
        ({"kind": "agreed", "category": "taxi", "severity": "refer"}, "weaker"),
        ({"kind": "prohibited", "category": "taxi"}, None),
        ({"kind": "prohibited", "category": "other"}, None),
        ({"kind": "prohibited", "category": "alcohol"}, "same"),
    ],
)  # fmt: skip
def test_a_site_may_tighten_and_never_loosen(added: dict[str, Any], code: str | None) -> None:
    found = problems(NOW.policy, [rule(**added)])
    assert [one.code for one in found] == ([code] if code else [])
    assert all(one.code in tightening.WORDS for one in found)
    if code:
        with pytest.raises(ValueError, match="does not tighten"):
            tightening.tightened(NOW.policy, [rule(**added)])
    else:
        assert tightening.tightened(NOW.policy, [rule(**added)]).rules[-1].key == "site"
