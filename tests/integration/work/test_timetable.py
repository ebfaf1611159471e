"""Slots of schedules: a new one begins with its next, a missed one is made up for, and two workers give out one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.db import db
from core.data.session import ScopedSession
from core.kernel import clock
from core.work import registry
from core.work.models import OutboxItem, Slot
from core.work.schedule import Timetable
from tests.support.app_fixtures import FrozenClock

SCHEDULES = {
    "try.hourly": registry.Schedule("try.hourly", "0 * * * *", once=True),
    "try.daily": registry.Schedule("try.daily", "0 8 * * *", once=False),
}


@pytest.fixture
def timetables(app: Flask, monkeypatch: pytest.MonkeyPatch) -> tuple[Timetable, Timetable]:
    """Two workers' timetables. The daily job's plugin is off at tenant 3."""
    jobs = {name: registry.Job(name, lambda session, at: None, "default", 6, 0.5, None) for name in SCHEDULES}
    monkeypatch.setattr(registry, "JOBS", {**registry.JOBS, **jobs})

    def may_run(tenant_id: int, name: str) -> bool:
        return tenant_id != 3

    return Timetable(app, may_run, SCHEDULES), Timetable(app, may_run, SCHEDULES)


def test_slots(
    timetables: tuple[Timetable, Timetable], session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock
) -> None:
    one, two = timetables
    session = session_for("uk")

    def asked() -> list[tuple[str, int | None, str]]:
        session.rollback()
        found = [(i.name, i.at_tenant_id, i.args["at"]) for i in session.scalars(sa.select(OutboxItem))]
        return sorted(found, key=str)

    assert one.tick() == two.tick() == 0  # noon: new schedules begin with their next slot
    frozen_clock.advance(minutes=59)
    assert one.tick() == two.tick() == 0
    frozen_clock.advance(minutes=1)
    assert (two.tick(), one.tick()) == (1, 0)
    assert asked() == [("try.hourly", 1, "2026-11-23T13:00:00+00:00")]
    frozen_clock.advance(hours=50)  # nobody worked for two days: of each schedule, the last slot is made up for
    assert (one.tick(), two.tick()) == (1 + 18, 0)
    late = [entry for entry in asked() if not entry[2].startswith("2026-11-23")]
    assert {(name, at) for name, _, at in late} == {
        ("try.hourly", "2026-11-25T15:00:00+00:00"),
        ("try.daily", "2026-11-25T08:00:00+00:00"),
    }
    assert {tenant for name, tenant, _ in late if name == "try.daily"} == set(range(1, 20)) - {3}
    assert one.tick() == two.tick() == 0


def test_a_schedule_that_cannot_be_read_stops_no_other(
    app: Flask, timetables: tuple[Timetable, Timetable], frozen_clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {
        "try.daily": registry.Schedule("try.daily", "61 * * * *", once=True),
        "try.hourly": SCHEDULES["try.hourly"],
    }
    timetable = Timetable(app, lambda tenant_id, name: True, wrong)
    timetable.tick()
    frozen_clock.advance(hours=1)
    assert timetable.tick() == 1
    assert caplog.text.count("the schedule try.daily cannot be read: '61 * * * *'") == 1
    with app.app_context(), db.engine.connect() as connection:
        assert connection.scalars(sa.select(Slot.name)).all() == ["try.hourly"]


def test_a_slot_in_which_a_site_has_nothing_to_do_is_passed_over(
    app: Flask,
    timetables: tuple[Timetable, Timetable],
    session_for: Callable[[str], ScopedSession],
    frozen_clock: FrozenClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[int | None] = []

    def needed(session: ScopedSession) -> bool:
        seen.append(session.scope.tenant_id)
        if session.scope.tenant_id == 5:
            raise RuntimeError("out of order")
        return session.scope.tenant_id in {2, 3}

    timetable = Timetable(
        app, lambda tenant_id, name: tenant_id != 3, {"try.daily": replace(SCHEDULES["try.daily"], needed=needed)}
    )
    assert timetable.tick() == 0
    assert seen == []
    frozen_clock.advance(days=1)
    assert timetable.tick() == 2
    assert set(seen) == set(range(1, 20)) - {3}  # where the job may not run, nobody asks
    found = session_for("uk").scalars(sa.select(OutboxItem.at_tenant_id)).all()
    assert set(found) == {2, 5}  # where it cannot be told, the job runs
    assert caplog.text.count("whether try.daily is needed cannot be told") == 1
    assert timetable.tick() == 0
    frozen_clock.advance(days=1)
    assert timetable.tick() == 2  # a slot passed over is no slot missed


def test_a_clock_that_was_ahead_keeps_no_slot_back(
    timetables: tuple[Timetable, Timetable], frozen_clock: FrozenClock
) -> None:
    """A machine that wakes up with a wrong clock gives out slots of that time, until its clock is set right."""
    one, two = timetables
    now = clock.now()
    assert one.tick() == two.tick() == 0
    frozen_clock.advance(days=400)
    assert one.tick() == 1 + 18
    frozen_clock.move_to(now + timedelta(minutes=1))
    assert one.tick() == two.tick() == 0, "the slots of this hour and this day were given out before"
    frozen_clock.advance(hours=1)
    assert (one.tick(), two.tick()) == (1, 0)
    frozen_clock.advance(days=1)
    assert (two.tick(), one.tick()) == (1 + 18, 0)


def test_of_two_workers_whose_clocks_differ_a_little_one_gives_out_a_slot(
    timetables: tuple[Timetable, Timetable], frozen_clock: FrozenClock
) -> None:
    one, two = timetables
    assert one.tick() == two.tick() == 0
    frozen_clock.advance(hours=1)
    assert one.tick() == 1
    frozen_clock.advance(minutes=-5)
    assert two.tick() == 0
    frozen_clock.advance(minutes=5)
    assert (two.tick(), one.tick()) == (0, 0)
