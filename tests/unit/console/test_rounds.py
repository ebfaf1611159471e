"""A schedule's fields, in words."""

import importlib
from typing import Any

import pytest

from core.config import ROOT
from core.console import rounds
from core.hooks.registry import discover
from core.work.registry import JOBS, SCHEDULES, Job


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    def say(message: str, values: dict[str, Any] | None = None) -> str:
        return message % values if values else message

    monkeypatch.setattr(rounds, "say", say)


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("* * * * *", "every minute"),
        ("*/1 * * * *", "every minute"),
        ("*/10 * * * *", "every 10 minutes"),
        ("55 * * * *", "each hour, at minute 55"),
        ("7,37 * * * *", "each hour, at minute 7, 37"),
        ("10 3 * * *", "every day at 03:10"),
        ("10 3 * * 1", "once a week"),
        ("10 3 1 * *", "10 3 1 * *"),
        ("0-30 * * * *", "0-30 * * * *"),
        ("*/2 * * * * *", "*/2 * * * * *"),
        ("5 */2 * * *", "5 */2 * * *"),
    ],
)
def test_a_schedule_is_told_in_words_and_an_unusual_one_by_its_fields(cron: str, words: str) -> None:
    assert rounds.comes(cron) == words


def _ours() -> list[Job]:
    """The jobs of the core and of the plugins here; those that other tests have made in this process meanwhile are not ours."""
    for module in (
        "core.app",
        *(f"{package}.plugin" for package in discover(ROOT / "plugins", installed=False).values()),
    ):
        importlib.import_module(module)
    return [one for one in JOBS.values() if one.handler.__module__.startswith(("core.", "plugins."))]


def test_every_schedule_of_ours_has_words() -> None:
    ours = [SCHEDULES[one.name] for one in _ours() if one.name in SCHEDULES]
    assert len(ours) > 15
    assert [one.name for one in ours if rounds.comes(one.cron) == one.cron] == []


def test_every_job_of_ours_says_what_it_does() -> None:
    ours = _ours()
    assert len(ours) > 30
    assert [one.name for one in ours if rounds.called(one.name) == one.name] == []


def test_a_job_without_title_goes_by_its_name() -> None:
    made = Job("try.this", lambda session: None, "default", 6, 30.0, None)
    assert rounds.called("try.this") == "try.this"
    assert rounds.told(made) == "try.this (when it is asked for)"
