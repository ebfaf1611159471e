"""Periodic work: each slot of each schedule is given out once, whoever asks first. For the worker process."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from croniter import croniter
from flask import Flask

from core.data import audit, upserts
from core.data.db import db, tenant_session
from core.kernel import clock
from core.tenancy.models import Tenant
from core.work import registry
from core.work.models import OutboxItem, Slot
from core.work.outbox import item
from core.work.runner import MayRun, writing

log = logging.getLogger("q.work")
AHEAD = timedelta(hours=1)
"""A slot that lies further in the future was given out by a clock that was wrong; clocks of several machines differ by less."""


def next_slot(cron: str, after: datetime) -> datetime:
    """The first slot of `cron` later than `after`, as a UTC instant; `cron` is read on a London clock."""
    slot: datetime = _cron(cron, after).get_next(datetime)
    return slot.astimezone(UTC)


def last_slot(cron: str, at: datetime) -> datetime:
    """The last slot of `cron` not later than `at`."""
    before: datetime = _cron(cron, at).get_prev(datetime)
    slot = before.astimezone(UTC)
    following = next_slot(cron, slot)  # `get_prev` leaves out a slot that is just now
    return following if following <= at else slot


def _cron(cron: str, start: datetime) -> croniter:
    return croniter(cron, clock.london(start), second_at_beginning=True)


class Timetable:
    """Gives out the slots that are due. Any number of workers may hold one: the row of the schedule decides."""

    def __init__(
        self, app: Flask, may_run: MayRun, schedules: Mapping[str, registry.Schedule] = registry.SCHEDULES
    ) -> None:
        self._app, self._may_run, self._schedules = app, may_run, schedules
        with app.app_context():
            self._engine = db.engine
        self._due: dict[str, datetime] = {}
        self._looked_at = datetime.min.replace(tzinfo=UTC)

    def tick(self) -> int:
        """Give out what is due; how many jobs were asked for. A schedule that cannot be read is logged and left alone."""
        now, given = clock.now(), 0
        if now + AHEAD < self._looked_at:
            self._due.clear()  # the clock was set right
        self._looked_at = now
        for schedule in list(self._schedules.values()):
            if self._due.get(schedule.name, now) > now:
                continue
            try:
                given += self._give_out(schedule, last_slot(schedule.cron, now), now)
                self._due[schedule.name] = next_slot(schedule.cron, now)
            except (ValueError, KeyError):
                log.exception("the schedule %s cannot be read: %r", schedule.name, schedule.cron)
                self._due[schedule.name] = datetime.max.replace(tzinfo=UTC)
        return given

    def _give_out(self, schedule: registry.Schedule, slot: datetime, now: datetime) -> int:
        """Ask for the jobs of `slot` unless another worker did. A new schedule begins with its next slot, and so does one whose last
        slot was given out by a clock that was ahead."""
        job = registry.find(schedule.name)
        with self._engine.connect() as connection:
            last = connection.scalar(sa.select(Slot.last_at).where(Slot.name == schedule.name))
        ahead = last is not None and last > now + AHEAD
        if last is not None and last >= slot and not ahead:
            return 0
        tenants = self._tenants(schedule) if last is not None and not ahead else []
        with writing(self._engine) as connection:
            known = upserts.insert(connection, Slot).values(name=schedule.name, last_at=slot).on_conflict_do_nothing()
            if connection.execute(known).rowcount == 1:
                return 0
            open_ = (Slot.last_at < slot) | (Slot.last_at > now + AHEAD)
            moved = sa.update(Slot).where(Slot.name == schedule.name, open_).values(last_at=slot)
            if connection.execute(moved).rowcount != 1:
                return 0
            rows = [item(job, {"at": slot.isoformat()}, tenant) for tenant in tenants]
            if rows:
                connection.execute(sa.insert(OutboxItem), rows)
            return len(rows)

    def _tenants(self, schedule: registry.Schedule) -> list[int]:
        if schedule.once:
            ids = [audit.UK]
        else:
            with self._engine.connect() as connection:
                ids = list(connection.scalars(sa.select(Tenant.id).order_by(Tenant.position)))
        with self._app.app_context():
            return [one for one in ids if self._may_run(one, schedule.name) and _needed(schedule, one)]


def _needed(schedule: registry.Schedule, tenant_id: int) -> bool:
    """Whether the tenant has something for the job to do. Where that cannot be told, the job runs: if it fails, people see it."""
    if schedule.needed is None:
        return True
    try:
        with tenant_session(tenant_id) as session:
            return schedule.needed(session)
    except Exception:
        log.exception("whether %s is needed cannot be told", schedule.name)
        return True
