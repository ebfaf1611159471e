"""Which partner covers a postcode: what people type, what is certain, and what must be asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.errors import Invalid
from core.tenancy.geo.areas import load_areas, load_outcodes
from core.tenancy.geo.finding import covering, outcode_of


@pytest.mark.parametrize(
    ("typed", "outcode"),
    [
        ("EH1 1YZ", "EH1"), ("eh11yz", "EH1"), (" eh1 ", "EH1"), ("EH11 2AB", "EH11"), ("eh11", "EH11"), ("W1A 1AA", "W1A"),
        ("w1a1aa", "W1A"), ("M1 1AE", "M1"), ("cr2-6xh", "CR2"), ("SW1A.2AA", "SW1A"), ("bt7 1nn", "BT7"), ("N16", "N16"), ("NPT 1AA", "NPT"),
    ],
)  # fmt: skip
def test_a_postcode_is_understood_as_people_type_it(typed: str, outcode: str) -> None:
    assert outcode_of(typed) == outcode


@pytest.mark.parametrize(
    "typed", ["", "  ", "Edinburgh", "1234", "EH", "EH1 1Y", "E" * 300, "EH1\x00", "٣٣", "<b>", "AAA1 1AA"]
)
def test_what_is_no_postcode_is_refused_with_words(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        covering(typed)
    assert set(refused.value.field_errors) == {"postcode"}


def test_a_code_that_no_list_has_is_refused_and_the_list_is_offered() -> None:
    with pytest.raises(Invalid) as refused:
        covering("QZ9 9ZZ")
    assert "list" in refused.value.field_errors["postcode"]


def test_most_are_certain() -> None:
    found = covering("EH1 1YZ")
    assert (found.certain, found.partners, found.authorities) == (True, ("scotland",), ())
    assert sum(len(slugs) == 1 for slugs in load_outcodes().values()) > 2400


def test_one_that_straddles_is_asked_about_and_never_guessed() -> None:
    found = covering("TD15 1AA")
    assert not found.certain
    assert {one.name for one in found.authorities} == {"Northumberland", "Scottish Borders"}
    by_name = {one.name: one.code for one in found.authorities}
    assert found.in_authority(by_name["Scottish Borders"]) == ("scotland",)
    assert found.in_authority(by_name["Northumberland"]) == ("north-east-north-cumbria",)
    with pytest.raises(Invalid):
        found.in_authority("W06000015")


def test_an_authority_that_is_itself_divided_leaves_the_choice_open() -> None:
    found = covering("SP1 1AA")
    wiltshire = next(one for one in found.authorities if one.name == "Wiltshire")
    assert set(found.in_authority(wiltshire.code)) == {"west-of-england", "wessex"}


@given(st.sampled_from(sorted(load_outcodes())))
def test_asking_always_leads_to_the_partners_that_the_code_names(outcode: str) -> None:
    found = covering(outcode)
    if found.certain:
        return
    assert len(found.authorities) >= 1
    assert {slug for one in found.authorities for slug in one.partners} == set(found.partners)
    assert all(one.name == load_areas().names[one.code] for one in found.authorities)
