"""Settings between a plugin's model and the JSON in which they are kept."""

import tomllib
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from pydantic import BaseModel, ValidationError

from core.tenancy.settings import kept, read
from tests.integration.plugins.kinds.plugin import Colour, Lax, Strict

FILE = """
day = 2027-02-28
at = 18:45:00
instant = 2027-02-28T18:45:00Z
exact = "2.25"
colour = "blue"
days = [2027-02-28]
"""


@pytest.mark.parametrize("model", [Lax, Strict])
def test_a_tenants_file_says_them_as_toml_has_them(model: type[Lax]) -> None:
    found = read(model, tomllib.loads(FILE))
    assert (found.day, found.at) == (date(2027, 2, 28), time(18, 45))
    assert found.instant == datetime(2027, 2, 28, 18, 45, tzinfo=UTC)
    assert (found.exact, found.colour, found.days) == (Decimal("2.25"), Colour.BLUE, (date(2027, 2, 28),))


@pytest.mark.parametrize("model", [Lax, Strict])
def test_what_is_kept_is_read_again_as_it_was(model: type[Lax]) -> None:
    settings = model.model_validate({"perhaps_day": date(2027, 2, 28)})
    assert read(model, kept(settings)) == settings


def test_a_number_that_json_has_not_is_none() -> None:
    with pytest.raises(ValidationError, match="part"):
        read(Lax, {"part": float("inf")})


def test_what_could_not_be_read_again_is_not_kept() -> None:
    class Endless(BaseModel, extra="forbid"):
        """JSON has nothing for infinity but null."""

        part: float = 1.5

    with pytest.raises(ValidationError, match="part"):
        kept(Endless(part=float("nan")))
