"""A policy as people type it: read back as it was written, and every mistake told where it is, in both languages."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from plugins.expense_approvals.claims.evaluator import evaluate
from plugins.expense_approvals.claims.lines import Line, Trip
from plugins.expense_approvals.policy import illustrative, reading
from plugins.expense_approvals.policy.canonical import canonical, sha256
from plugins.expense_approvals.policy.history import Known
from plugins.expense_approvals.policy.local import Local, SiteVersion, standing
from plugins.expense_approvals.policy.reading import (
    WORDS,
    Mistake,
    Unread,
    policy_of,
    policy_text,
    rules_of,
    rules_text,
)
from plugins.expense_approvals.policy.rules import AnyRule, Policy
from plugins.expense_approvals.policy.tightening import ONE_RULE
from tests.plugins.expense_approvals import drawn
from tests.support.thorough import examples

NOW = illustrative.versions()[-1].policy
CATEGORY = '[[categories]]\nkey = "lunch"\ntitle = { en = "Lunch", cy = "Cinio" }\n'
CAP = (
    '[[rules]]\nkey = "most"\nkind = "cap"\ncategory = "lunch"\nper = "unit"\namounts = { "" = 800 }\nwords = { en = "At most £8.", cy = "Hyd at £8." }\n'
)  # fmt: skip


def test_the_shipped_policy_is_read_back_as_it_was_written() -> None:
    assert policy_of(policy_text(NOW)) == NOW.model_copy(update={"illustrative": False})


@examples(40)
@given(drawn.policies())
def test_every_policy_is_read_back_as_it_was_written(policy: Policy) -> None:
    assert policy_of(policy_text(policy)) == policy
    assert canonical(policy_of(policy_text(policy))) == canonical(policy)


@examples(40)
@given(drawn.additions())
def test_a_sites_rules_are_read_back_as_they_were_written(rules: list[AnyRule]) -> None:
    assert rules_of(rules_text(rules)) == tuple(rules)


@given(st.text(max_size=40))
@examples(60)
def test_words_of_any_characters_come_back(text: str) -> None:
    rule: Any = {"key": "one", "kind": "prohibited", "category": "lunch", "words": {"en": "x" + text + "x", "cy": "y"}}
    try:
        made = ONE_RULE.validate_python(rule)
    except ValidationError:  # a lone surrogate, which no form lets through
        return
    assert rules_of(rules_text([made])) == (made,)


def mistakes(text: str) -> list[tuple[str, str, tuple[str, ...], str]]:
    with pytest.raises(Unread) as caught:
        policy_of(text)
    return [(one.part, one.name, one.inside, one.code) for one in caught.value.mistakes]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rules = [", ("", "", (), "end")),
        ('[[rules]]\nkey = "one\ntwo"', ("", "", (), "line")),
        ("", ("categories", "", (), "missing")),
        ("illustrative = true\n" + CATEGORY + CAP, ("", "illustrative", (), "extra_forbidden")),
        (CATEGORY + CAP.replace("800", "8.5"), ("rules", "most", ("amounts", ""), "number")),
        (CATEGORY + CAP.replace("800", '"8"'), ("rules", "most", ("amounts", ""), "number")),
        (CATEGORY + CAP.replace("800", "-1"), ("rules", "most", ("amounts", ""), "greater_than_equal")),
        (CATEGORY + CAP.replace("800", "100000001"), ("rules", "most", ("amounts", ""), "less_than_equal")),
        (CATEGORY + CAP.replace("800", "nan"), ("rules", "most", ("amounts", ""), "number")),
        (CATEGORY + CAP.replace('"" = 800', "london = 800"), ("rules", "most", (), "no_elsewhere")),
        (CATEGORY + CAP.replace('"" = 800', '"" = 800, mars = 900'), ("", "", (), "no_region")),
        (CATEGORY + CAP.replace('kind = "cap"', 'kind = "cape"'), ("rules", "most", (), "union_tag_invalid")),
        (CATEGORY + CAP.replace('kind = "cap"\n', ""), ("rules", "most", (), "union_tag_not_found")),
        (CATEGORY + CAP.replace('cy = "Hyd at £8."', 'cy = ""'), ("rules", "most", ("words", "cy"), "string_too_short")),
        (CATEGORY + CAP.replace(', cy = "Hyd at £8."', ""), ("rules", "most", ("words", "cy"), "missing")),
        (CATEGORY + CAP + "note = 1\n", ("rules", "most", ("note",), "extra_forbidden")),
        (CATEGORY + CAP.replace('per = "unit"', 'per = "week"'), ("rules", "most", ("per",), "literal_error")),
        (CATEGORY + CAP.replace('"most"', '"The most"'), ("rules", "The most", ("key",), "string_pattern_mismatch")),
        (CATEGORY + CAP.replace('"most"', "7"), ("rules", "1", ("key",), "string_type")),
        (CATEGORY + CAP.replace('category = "lunch"', 'category = "brunch"'), ("", "", (), "no_category")),
        (CATEGORY + CAP + CAP, ("", "", (), "twice")),
        (CATEGORY + "rules = 3\n", ("categories", "lunch", ("rules",), "extra_forbidden")),
    ],
)  # fmt: skip
def test_a_mistake_is_told_where_it_is(text: str, found: tuple[str, str, tuple[str, ...], str]) -> None:
    assert found in mistakes(text)


@pytest.mark.parametrize("text", ["x = " + "[" * 50_000, "x = " + "9" * 9_000, "a" * (reading.LONGEST + 1)])
def test_what_would_exhaust_a_reader_is_refused(text: str) -> None:
    assert len(mistakes(text)) == 1


def test_a_policy_of_many_mistakes_tells_the_first_ones() -> None:
    wrong = mistakes(CATEGORY + "[[rules]]\nkind = 'cap'\n" * 30)
    assert (len(wrong), wrong[-1][3]) == (reading.MOST_PROBLEMS, "more")


@given(
    st.text(max_size=200)
    | st.sampled_from([CAP, CATEGORY]).flatmap(lambda text: st.permutations(text.split("\n")).map("\n".join))
)
@examples(80)
def test_whatever_is_typed_is_a_policy_or_has_mistakes_in_words(text: str) -> None:
    assert all(WORDS[one.code] % one.params for one in told(text))


def told(text: str) -> tuple[Mistake, ...]:
    """The mistakes of a text, none where it is a policy."""
    try:
        policy_of(text)
    except Unread as error:
        return error.mistakes
    return ()


def test_the_same_policy_has_the_same_hash_on_every_machine() -> None:
    """Also: a released version's figures never change. Other figures are another version, in a migration of its own."""
    assert [sha256(one.policy) for one in illustrative.versions()] == RELEASED


RELEASED = [
    "0342cc82f45c26e7dd0b48bcfb756120fae6bf755b46acf57628f02fe9c746c3",
    "9f549fb6cb0fe989b291e5b93dcb727dc59538b01238baa720c300d04893780f",
]


@examples(60)
@given(drawn.policies(), drawn.additions(), drawn.claims())
def test_a_site_never_covers_more_than_the_national_policy(
    policy: Policy, added: list[AnyRule], claim: tuple[list[Line], Trip]
) -> None:
    """Whatever the site once added, also rules that were checked against another national policy."""
    lines, trip = claim
    version = illustrative.versions()[0]
    at = version.published_at
    national = Known((type(version)(1, drawn.FIRST.replace(year=2020), at, policy),), at)
    local = Local(national, (SiteVersion(1, drawn.FIRST.replace(year=2021), at, tuple(added)),))
    assert evaluate(lines, trip, local).allowed <= evaluate(lines, trip, national).allowed
    assert evaluate(lines, trip, local).claimed <= evaluate(lines, trip, national).claimed


def test_a_rule_whose_category_is_gone_waits_and_the_others_hold() -> None:
    words = {"en": "x", "cy": "y"}
    rules = [
        ONE_RULE.validate_python({"key": f"site_{category}", "kind": "prohibited", "category": category, "words": words})
        for category in ("rail", "airship")
    ]  # fmt: skip
    assert [rule.key for rule in standing(NOW, rules)] == ["site_rail"]
