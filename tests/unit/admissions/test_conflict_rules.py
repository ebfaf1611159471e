"""Which conflicts follow from what is known, and how names are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.admissions import conflict_rules
from core.admissions.conflict_rules import FLOOR, OWN, SAME_EMPLOYER, Applicant, Known


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Guy's and St Thomas' NHS Foundation Trust", "GUYS & ST THOMAS"),
        ("NHS Lothian", "Lothian Health Board"),
        ("The Health Foundation", "health foundation"),
        ("Bwrdd Iechyd  Caerdydd a’r Fro", "bwrdd iechyd caerdydd ar fro"),
        ("Université de Montréal", "universite de montreal"),
        ("Acme Ltd.", "ACME Limited"),
    ],
)
def test_the_same_organisation_written_twice_is_one(one: str, other: str) -> None:
    assert conflict_rules.normal(one) == conflict_rules.normal(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("National Trust", "National"), ("The Health Foundation", "Health"), ("NHS England", "NHS Wales")],
)
def test_different_organisations_stay_apart(one: str, other: str) -> None:
    assert conflict_rules.normal(one) != conflict_rules.normal(other)


def test_a_name_that_is_nothing_but_a_form_stays() -> None:
    assert conflict_rules.normal("NHS") == "nhs"
    assert conflict_rules.normal("  ") == ""


@given(st.text(max_size=300))
def test_any_text_can_be_compared(text: str) -> None:
    once = conflict_rules.normal(text)
    assert len(once) <= conflict_rules.LONGEST
    assert conflict_rules.normal(f"  {text}, ") == once


def _applicant(**changes: str) -> Applicant:
    values = {
        "application_id": "p",
        "account_id": "ann",
        "organisation": "lothian",
        "name": "Ann Smith",
        "email": "ann@x.org",
    }
    return Applicant(**{**values, **changes})


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        (Known("ann", ""), OWN),
        (Known("bo", "lothian"), SAME_EMPLOYER),
        (Known("bo", "", frozenset({("employer", "lothian")})), SAME_EMPLOYER),
        (Known("bo", "", frozenset({("organisation", "lothian")})), "organisation"),
        (Known("bo", "", frozenset({("family", "ann smith")})), "family"),
        (Known("bo", "", frozenset({("co_author", "ann@x.org")})), "co_author"),
        (Known("bo", "", frozenset({("other", "lothian")})), "other"),
        (Known("bo", "", frozenset({("person", "lothian"), ("organisation", "ann smith")})), ""),
        (Known("bo", "fife"), ""),
    ],
)
def test_what_follows(known: Known, kind: str) -> None:
    assert conflict_rules.conflict(known, _applicant()) == kind


def test_who_says_nothing_is_tied_to_nobody() -> None:
    silent = _applicant(organisation="", name="", email="")
    assert (
        conflict_rules.conflict(Known("bo", "", frozenset({("employer", ""), ("person", ""), ("other", "")})), silent)
        == ""
    )


def test_the_floor_comes_before_everything_else() -> None:
    known = Known("bo", "lothian", frozenset({("family", "ann smith")}))
    assert conflict_rules.conflict(known, _applicant()) in FLOOR


def test_addresses_are_compared_as_addresses() -> None:
    assert conflict_rules.normal_target(" Ann@X.org ") == "ann@x.org"
    assert conflict_rules.normal_target("Ann Smith") == "ann smith"
