"""Money as people type it, as they read it, and as it is rounded."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel import money
from core.kernel.errors import Invalid
from core.kernel.money import MOST_PENCE, pence_typed, plain_pounds, pounds, rounded, thousandths_typed


@pytest.mark.parametrize(
    ("typed", "pence"),
    [
        ("12", 1200), ("12.5", 1250), ("12.50", 1250), (" £12.50 ", 1250), ("£ 3", 300), ("1,234.50", 123450),
        ("0.01", 1), ("1000000", MOST_PENCE), ("1,000,000.00", MOST_PENCE), ("007", 700),
    ],
)  # fmt: skip
def test_amounts_as_people_type_them(typed: str, pence: int) -> None:
    assert pence_typed(typed) == pence


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", money.EMPTY), ("   ", money.EMPTY), ("1e3", money.UNCLEAR), ("NaN", money.UNCLEAR), ("inf", money.UNCLEAR),
        ("-0", money.UNCLEAR), ("-5", money.UNCLEAR), ("+5", money.UNCLEAR), ("\u22125", money.UNCLEAR), ("\uff11\uff12", money.UNCLEAR),
        ("١٢", money.UNCLEAR), ("£1,000.005", money.TOO_FINE), ("0.001", money.TOO_FINE), ("1" + "0" * 18, money.TOO_MUCH),
        ("1000000.01", money.TOO_MUCH), ("9" * 10_000, money.UNCLEAR), ("12,50", money.UNCLEAR), ("1,23.00", money.UNCLEAR),
        ("12.", money.UNCLEAR), (".5", money.UNCLEAR), ("0x10", money.UNCLEAR), ("1_000", money.UNCLEAR), ("$5", money.UNCLEAR),
        ("££5", money.UNCLEAR), ("5\n6", money.UNCLEAR), ("0", money.NOT_POSITIVE), ("0.00", money.NOT_POSITIVE),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused_with_what_to_do(typed: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        pence_typed(typed, "line-0-amount")
    assert refused.value.field_errors == {"line-0-amount": why}


def test_nothing_may_be_typed_as_nothing_where_that_makes_sense() -> None:
    assert pence_typed("0.00", zero=True) == 0


@given(st.text(max_size=50))
def test_whatever_is_typed_is_an_amount_in_bounds_or_refused_in_words(typed: str) -> None:
    try:
        found = pence_typed(typed)
    except Invalid:
        return
    assert 0 < found <= MOST_PENCE


@given(st.integers(1, MOST_PENCE))
def test_what_is_shown_can_be_typed_again(pence: int) -> None:
    assert pence_typed(pounds(pence)) == pence_typed(plain_pounds(pence)) == pence


def test_less_than_nothing_is_shown_with_a_minus_sign_and_never_put_into_a_file() -> None:
    assert pounds(-123456) == f"{money.MINUS}£1,234.56"
    with pytest.raises(ValueError, match="no amount"):
        plain_pounds(-1)


@pytest.mark.parametrize(("typed", "milli"), [("12.4", 12_400), ("0.001", 1), ("1,000", 1_000_000)])
def test_miles_as_people_type_them(typed: str, milli: int) -> None:
    assert thousandths_typed(typed, "miles", most=1000, unclear="unclear", too_many="too many") == milli


@pytest.mark.parametrize("typed", ["", "0", "-1", "1e3", "\uff11", "1.0001", "NaN", "1000.001"])
def test_what_are_no_miles_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        thousandths_typed(typed, "miles", most=1000, unclear="unclear", too_many="too many")
    assert refused.value.field_errors == {"miles": "too many" if typed == "1000.001" else "unclear"}


@given(st.integers(0, 10**15), st.integers(1, 10**9))
def test_rounding_is_half_up_as_decimal_has_it(value: int, divisor: int) -> None:
    exact = (Decimal(value) / Decimal(divisor)) if value % divisor else Decimal(value // divisor)
    if exact.as_tuple().exponent != -28:  # where Decimal itself did not have to round
        assert rounded(value, divisor) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize(("value", "divisor"), [(-1, 2), (1, 0)])
def test_only_amounts_are_rounded(value: int, divisor: int) -> None:
    with pytest.raises(ValueError, match="from 0"):
        rounded(value, divisor)
