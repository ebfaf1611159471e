"""Whole numbers out of addresses and hidden fields."""

import pytest

from core.kernel.numbers import whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7), ("999999999", 999_999_999)])
def test_a_number_is_read(text: str, number: int) -> None:
    assert whole_number(text, -1) == number


@pytest.mark.parametrize(
    "text", [None, "", " 7", "-1", "+1", "1e3", "1.0", "\u0667", "\u00b2", "0x1", "1000000000", "\x00"]
)
def test_anything_else_is_none(text: str | None) -> None:
    assert whole_number(text) == 0
    assert whole_number(text, -1) == -1
