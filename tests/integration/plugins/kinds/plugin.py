"""Settings of every kind; `Strict` are the same ones where pydantic takes nothing for what it is not."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from core.sdk import hookimpl


class Colour(Enum):
    """Some choices."""

    RED = "red"
    BLUE = "blue"


class Size(IntEnum):
    """Choices that are numbers."""

    SMALL = 1
    LARGE = 2


class Lax(BaseModel, extra="forbid"):
    """One setting of each kind, and of each that may be None."""

    whole: int = Field(3, ge=1, title="Whole")
    part: float = Field(1.5, title="Part")
    exact: Decimal = Field(Decimal("1.50"), ge=Decimal("0.5"), decimal_places=2, title="Exact")
    yes: bool = Field(True, title="Yes")
    words: str = Field("some", title="Words")
    day: date = Field(date(2026, 1, 31), ge=date(2020, 1, 1), title="Day")
    at: time = Field(time(9, 30), title="At")
    moment: datetime = Field(datetime(2026, 1, 31, 9, 30), title="Moment")  # noqa: DTZ001 - a time on a clock, without a zone
    instant: datetime = Field(datetime(2026, 1, 31, 9, 30, tzinfo=UTC), title="Instant")
    long: timedelta = Field(timedelta(hours=1), title="Long")
    colour: Colour = Field(Colour.RED, title="Colour")
    size: Size = Field(Size.SMALL, title="Size")
    number: Literal[5, 10] = Field(5, title="Number")
    lines: list[str] = Field(["one", "two"], min_length=1, max_length=3, title="Lines")
    numbers: list[Annotated[int, Field(ge=1)]] = Field([1, 2], title="Numbers")
    days: tuple[date, ...] = Field((date(2026, 1, 31),), title="Days")
    colours: list[Colour] = Field(
        [Colour.RED], min_length=1, title="Colours", json_schema_extra={"labels": {"blue": "Sky blue"}}
    )
    order: list[Colour] = Field([Colour.BLUE, Colour.RED], title="Order", json_schema_extra={"widget": "textarea"})
    perhaps_whole: StrictInt | None = Field(None, title="Perhaps whole")
    perhaps_part: float | None = Field(None, title="Perhaps part")
    perhaps_exact: Decimal | None = Field(None, title="Perhaps exact")
    perhaps_yes: bool | None = Field(None, title="Perhaps yes")
    perhaps_words: str | None = Field(None, title="Perhaps words")
    perhaps_day: date | None = Field(None, title="Perhaps day")
    perhaps_at: time | None = Field(None, title="Perhaps at")
    perhaps_long: timedelta | None = Field(None, title="Perhaps long")
    perhaps_colour: Colour | None = Field(None, title="Perhaps colour")
    perhaps_number: Literal[5, 10] | None = Field(None, title="Perhaps number")
    perhaps_lines: list[int] | None = Field(None, title="Perhaps lines")


class Strict(Lax):
    """The same, strictly."""

    model_config = ConfigDict(strict=True)


SETTINGS = Lax
BREAKS: set[str] = set()
"""The hooks that fail for now."""


def _fail(hook: str) -> None:
    if hook in BREAKS:
        raise SystemExit(3) if hook == "q_tenant_enabled" else RuntimeError(f"{hook} was broken on purpose")


@hookimpl
def q_tenant_enabled() -> None:
    """Fails where a test says so."""
    _fail("q_tenant_enabled")


@hookimpl
def q_settings_problems() -> None:
    """Fails where a test says so."""
    _fail("q_settings_problems")
