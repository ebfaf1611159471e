"""A window's state from instants, with the dates of 2017 that the source names."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.admissions.instants import Lateness, WindowState, WindowTimes

LONDON = ZoneInfo("Europe/London")
GRACE = timedelta(minutes=30)
SPRING = WindowTimes(
    "published", datetime(2017, 3, 9, tzinfo=LONDON).astimezone(UTC),
    datetime(2017, 4, 10, 23, 59, tzinfo=LONDON).astimezone(UTC), GRACE,
)  # fmt: skip


def at(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2017, 4, 10, hour, minute, second, tzinfo=UTC)


def test_the_window_crosses_the_change_of_clocks() -> None:
    assert SPRING.opens_at == datetime(2017, 3, 9, 0, 0, tzinfo=UTC)
    assert SPRING.closes_at == at(22, 59)


def test_deadline_grace_and_extension() -> None:
    """Acceptance test 8 of the anchors: taken, taken late, refused; an extension is one person's."""
    assert SPRING.taken(at(22, 58)) is Lateness.ON_TIME
    assert SPRING.taken(at(22, 59)) is Lateness.ON_TIME
    assert SPRING.taken(at(22, 59, 30)) is Lateness.IN_GRACE
    after = at(22, 59) + GRACE + timedelta(seconds=1)
    assert SPRING.taken(after) is None
    extended_to = after + timedelta(days=2)
    assert SPRING.taken(after, extended_to) is Lateness.BY_EXTENSION
    assert SPRING.taken(extended_to + timedelta(seconds=1), extended_to) is None
    assert SPRING.shown_close() == SPRING.closes_at
    assert SPRING.shown_close(extended_to) == extended_to
    assert SPRING.shown_close(SPRING.closes_at - timedelta(days=1)) == SPRING.closes_at


@pytest.mark.parametrize(
    ("when", "state"),
    [
        (datetime(2017, 3, 8, 23, 59, 59, tzinfo=UTC), WindowState.SCHEDULED), (datetime(2017, 3, 9, tzinfo=UTC), WindowState.OPEN),
        (at(22, 59), WindowState.OPEN), (at(22, 59, 1), WindowState.GRACE), (at(23, 29), WindowState.GRACE),
        (at(23, 29, 1), WindowState.ASSESSING),
    ],
)  # fmt: skip
def test_each_state_has_its_instants(when: datetime, state: WindowState) -> None:
    assert SPRING.state(when) is state


def test_released_and_what_was_never_published() -> None:
    released = WindowTimes("published", SPRING.opens_at, SPRING.closes_at, GRACE, datetime(2017, 6, 1, tzinfo=UTC))
    assert released.state(datetime(2017, 5, 31, tzinfo=UTC)) is WindowState.ASSESSING
    assert released.state(datetime(2017, 6, 1, tzinfo=UTC)) is WindowState.RELEASED
    for stored in ("draft", "cancelled"):
        never = WindowTimes(stored, SPRING.opens_at, SPRING.closes_at, GRACE)
        assert never.state(at(12, 0)).value == stored
        assert never.taken(at(12, 0), at(23, 0)) is None


instants = st.integers(0, 61 * 86400).map(lambda seconds: datetime(2017, 3, 1, tzinfo=UTC) + timedelta(seconds=seconds))


@given(instants, st.none() | instants)
def test_work_is_taken_only_between_opening_and_the_last_instant(now: datetime, extended_to: datetime | None) -> None:
    last = max(SPRING.closes_at + GRACE, extended_to or SPRING.closes_at)
    assert (SPRING.taken(now, extended_to) is not None) == (SPRING.opens_at <= now <= last)


@given(instants, instants)
def test_time_never_takes_a_window_back(one: datetime, other: datetime) -> None:
    order = list(WindowState)
    first, second = sorted((one, other))
    assert order.index(SPRING.state(first)) <= order.index(SPRING.state(second))
