"""Declaring jobs: names, queues, pauses, and what may be an argument."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from core.work import registry
from core.work.registry import every, job


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "JOBS", dict(registry.JOBS))
        patch.setattr(registry, "SCHEDULES", dict(registry.SCHEDULES))
        yield


def test_a_job_is_found_by_its_name() -> None:
    @job("try.this", tries=3, base=2.0, queue="mail")
    def handler(session: Any) -> None:
        """Do nothing."""

    found = registry.find("try.this")
    assert (found.handler, found.tries, found.queue, found.owner, found.platform) == (handler, 3, "mail", "try", None)
    with pytest.raises(registry.UnknownJob, match=r"try\.that"):
        registry.find("try.that")


@pytest.mark.parametrize("name", ["", "one", "One.two", "one two", "one.", ".two", "one.two;", "a." + "b" * 80])
def test_a_name_says_whose_it_is(name: str) -> None:
    with pytest.raises(ValueError, match="no name for a job"):
        job(name)(lambda session: None)


def test_two_handlers_cannot_share_a_name_but_one_may_come_twice() -> None:
    def one(session: Any) -> None:
        """Do nothing."""

    def two(session: Any) -> None:
        """Do nothing."""

    job("try.this")(one)
    job("try.this")(one)
    with pytest.raises(ValueError, match="two jobs are called"):
        job("try.this")(two)


def test_queue_and_tries_are_checked() -> None:
    with pytest.raises(ValueError, match="no queue 'fast'"):
        job("try.this", queue="fast")(lambda session: None)
    with pytest.raises(ValueError, match="at least one try"):
        job("try.this", tries=0)(lambda session: None)


def test_pauses_double_up_to_an_hour_and_are_spread() -> None:
    made = registry.Job("try.this", lambda session: None, "default", 6, 30.0, None)
    for attempt, least in ((1, 30), (2, 60), (3, 120), (8, 3600), (5000, 3600)):
        pauses = [made.pause(attempt) for _ in range(50)]
        assert least <= min(pauses)
        assert max(pauses) <= least * 1.2
        assert len(set(pauses)) > 40


def test_a_schedule_hands_its_slot_as_an_instant() -> None:
    seen = []

    @every("*/5 * * * *", name="try.often", once=True)
    def often(session: Any, at: datetime) -> None:
        """Remember the slot."""
        seen.append(at)

    registry.find("try.often").handler(None, at="2026-11-23T12:05:00+00:00")
    assert seen == [datetime(2026, 11, 23, 12, 5, tzinfo=UTC)]
    assert registry.SCHEDULES["try.often"] == registry.Schedule("try.often", "*/5 * * * *", True)
    with pytest.raises(ValueError, match="five fields"):
        every("* * *", name="try.wrong")
    with pytest.raises(ValueError, match="whether it is needed"):
        every("* * * * *", name="try.wrong", platform="figures", needed=lambda session: True)


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "é", [], [1, ["x"]], {"a": {"b": [None]}}])
def test_plain_json_may_be_an_argument(value: object) -> None:
    assert registry.as_json({"value": value}) == {"value": value}


@pytest.mark.parametrize(
    "value",
    [
        b"x",
        object(),
        {1: 2},
        (1, 2),
        {1, 2},
        float("inf"),
        float("nan"),
        [datetime(2026, 1, 1, tzinfo=UTC)],
        {"a": {"b": b""}},
    ],
)
def test_anything_else_may_not(value: object) -> None:
    with pytest.raises(TypeError, match="'value' is not plain JSON"):
        registry.as_json({"value": value})
