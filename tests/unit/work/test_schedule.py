"""Slots are read on a London clock, through both changes of the clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel import clock
from core.work.schedule import last_slot, next_slot


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("0 8 * * *", "2026-01-10T09:00", "2026-01-11T08:00"),
        ("0 8 * * *", "2026-07-10T09:00", "2026-07-11T07:00"),
        ("0 8 * * *", "2026-07-10T07:00", "2026-07-11T07:00"),
        ("0 8 * * *", "2026-07-10T06:59", "2026-07-10T07:00"),
        ("0 8 * * *", "2026-03-28T12:00", "2026-03-29T07:00"),
        ("0 8 * * *", "2026-10-24T12:00", "2026-10-25T08:00"),
        ("30 1 * * *", "2026-03-28T12:00", "2026-03-29T01:00"),  # there is no half past one that night
        ("0 8 * * 1-5", "2026-11-20T09:00", "2026-11-23T08:00"),
        ("*/15 * * * *", "2026-10-25T00:50", "2026-10-25T01:00"),
        ("*/10 * * * * *", "2026-11-23T12:00", "2026-11-23T12:00:10"),
    ],
)
def test_the_next_slot(cron: str, after: str, expected: str) -> None:
    assert next_slot(cron, _utc(after)) == _utc(expected)


def test_the_last_slot_may_be_now() -> None:
    assert last_slot("*/5 * * * *", _utc("2026-11-23T12:05")) == _utc("2026-11-23T12:05")
    assert last_slot("*/5 * * * *", _utc("2026-11-23T12:04:59")) == _utc("2026-11-23T12:00")


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds have no zone
    st.sampled_from(["*/5 * * * *", "0 8 * * *", "15 6 1 * *", "0 12 * * 0"]),
)
def test_between_the_last_slot_and_the_next_there_is_none(at: datetime, cron: str) -> None:
    before, after = last_slot(cron, at), next_slot(cron, at)
    assert before <= at < after
    assert next_slot(cron, before) == after
    assert clock.london(after).minute in {0, 15} or cron.startswith("*/5")
    assert after - before < timedelta(days=32)
