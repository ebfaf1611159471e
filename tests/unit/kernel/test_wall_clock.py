"""London's clock as people type it: the hour that spring leaves out, the hour that autumn has twice."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel import wall_clock


def test_the_source_s_window() -> None:
    assert wall_clock.instant(datetime.fromisoformat("2017-03-09T00:00")) == datetime(2017, 3, 9, 0, 0, tzinfo=UTC)
    assert wall_clock.instant(datetime.fromisoformat("2017-04-10T23:59")) == datetime(2017, 4, 10, 22, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2017-03-26T01:00", wall_clock.NO_SUCH_TIME),
        ("2017-03-26T01:30", wall_clock.NO_SUCH_TIME),
        ("2017-10-29T01:00", wall_clock.TWICE),
        ("2017-10-29T01:59", wall_clock.TWICE),
    ],
)
def test_a_time_that_tells_too_little_is_said(text: str, message: str) -> None:
    with pytest.raises(wall_clock.Unclear) as error:
        wall_clock.instant(datetime.fromisoformat(text))
    assert error.value.message == message


@pytest.mark.parametrize("text", ["2017-03-26T00:59", "2017-03-26T02:00", "2017-10-29T00:59", "2017-10-29T02:00"])
def test_the_minutes_around_are_clear(text: str) -> None:
    typed = datetime.fromisoformat(text)
    assert wall_clock.typed(wall_clock.instant(typed)) == typed


@given(st.datetimes())
def test_any_time_is_an_instant_or_unclear(typed: datetime) -> None:
    with contextlib.suppress(wall_clock.Unclear):
        assert wall_clock.typed(wall_clock.instant(typed)) == typed
