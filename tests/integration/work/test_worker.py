"""The worker as real processes: what was committed runs, what was not never does, whoever is killed."""

import contextlib
import functools
import os
import re
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from core.data.db import db
from core.data.session import ScopedSession, transaction
from core.kernel.views import SYSTEM
from core.work import enqueue, registry
from core.work.models import DONE, FAILED, SKIPPED, OutboxItem, WorkerBeat, WorkFailure
from core.work.service import run_again
from tests.integration.work import rig
from tests.integration.work.conftest import Bench
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.slow


class Undone(Exception):
    """Ends a business transaction."""


def test_work_asked_for_in_a_transaction_that_is_rolled_back_never_runs(bench: Bench, worker: object) -> None:
    for number in range(20):
        tag = f"rollback-{number}"
        with bench.session() as session, contextlib.suppress(Undone), transaction(session):
            rig.business(session, tag)
            enqueue(session, "probe.note", tag=tag)
            if number % 2:
                raise Undone
    bench.ask("probe.note", tag="rollback-last")
    bench.until(lambda: bench.told("note", "rollback-last"))
    time.sleep(0.3)
    ran = {entry["tag"] for entry in bench.told("note") if entry["tag"].startswith("rollback-")}
    assert ran - {"rollback-last"} == bench.committed("rollback-") == {f"rollback-{n}" for n in range(0, 20, 2)}


def test_asked_for_in_another_transaction_it_would_have_run(bench: Bench, worker: object) -> None:
    """Negative control of the test above: the same with the job outside the business transaction."""
    with bench.session() as session:
        bench.ask("probe.note", tag="control")  # before, so that it holds on SQLite too, which has one writer at a time
        with contextlib.suppress(Undone), transaction(session):
            rig.business(session, "control")
            raise Undone
    bench.until(lambda: bench.told("note", "control"))
    assert not bench.committed("control")


def test_a_web_process_killed_after_its_commits_loses_nothing(bench: Bench, worker: object) -> None:
    web = bench.start("ask", "50")
    assert web.wait(PATIENCE) == -signal.SIGKILL

    def tags() -> set[str]:
        return {entry["tag"] for entry in bench.told("note") if entry["tag"].startswith("web-")}

    bench.until(lambda: len(tags()) >= 50)
    time.sleep(0.3)
    assert tags() == bench.committed("web-") == {f"web-{n}" for n in range(50)}


def test_the_work_of_a_killed_worker_runs_again_on_another(bench_alone: Bench, worker: object) -> None:
    bench = bench_alone
    second = bench.worker()
    bench.until(lambda: len(bench.rows(WorkerBeat, WorkerBeat.seen_at > datetime.now(UTC) - timedelta(seconds=2))) >= 2)
    bench.ask("probe.slow", tag="killed", seconds=2 * PATIENCE)
    began = bench.until(lambda: bench.told("begin", "killed"))[0]["pid"]
    os.kill(began, signal.SIGKILL)
    bench.until(lambda: len(bench.told("begin", "killed")) == 2)
    bench.let_end("killed")
    bench.until(lambda: bench.told("end", "killed"))
    assert [e["pid"] for e in bench.told("begin", "killed")][1:] == [e["pid"] for e in bench.told("end", "killed")]
    assert bench.told("end", "killed")[0]["pid"] != began
    if began != second.pid:
        second.kill()


def test_sigterm_lets_what_runs_end_begins_nothing_more_and_leaves_the_rest_to_others(bench_alone: Bench) -> None:
    bench = bench_alone
    bench.stop_all()
    first = bench.worker(TIMES='{"grace": 5}')
    bench.ask("probe.slow", tag="short", seconds=2 * PATIENCE)
    bench.ask("probe.slow", tag="long", seconds=2 * PATIENCE)
    bench.until(lambda: bench.told("begin", "short") and bench.told("begin", "long"))
    first.send_signal(signal.SIGTERM)
    bench.until(lambda: re.search(rf"-{first.pid}-\w* is stopping", bench.worker_log()))
    time.sleep(0.3)
    bench.ask("probe.note", tag="for-the-next")
    bench.let_end("short")
    assert first.wait(PATIENCE) == 1  # not 0: something was left
    assert len(bench.told("end", "short")) == 1
    assert not bench.told("end", "long")
    assert not bench.told("note", "for-the-next")
    assert not bench.rows(WorkerBeat, WorkerBeat.id.contains(f"-{first.pid}-"))
    second = bench.worker()
    bench.until(lambda: bench.told("note", "for-the-next"))
    bench.until(lambda: len(bench.told("begin", "long")) == 2)
    assert bench.told("begin", "long")[1]["pid"] == second.pid
    assert len(bench.told("begin", "short")) == 1
    bench.let_end("long")
    bench.until(lambda: bench.told("end", "long"))  # no worker of another test runs it


def test_each_slot_comes_round_once_however_many_workers_there_are(bench_alone: Bench, worker: object) -> None:
    bench = bench_alone
    second = bench.worker()
    bench.until(lambda: bench.rows(WorkerBeat, WorkerBeat.id.contains(f"-{second.pid}-")))
    began = datetime.now(UTC)

    def slots(event: str) -> list[datetime]:
        return [at for e in bench.told(event) if (at := datetime.fromisoformat(e["slot"])) > began]

    bench.until(lambda: len(set(slots("tick"))) >= 4 and len(slots("tenant-tick")) >= 18)
    assert bench.stop(second) == 0, bench.worker_log()[-4000:]
    whole = slots("tick")
    assert [b - a for a, b in pairwise(whole)] == [timedelta(seconds=2)] * (len(whole) - 1)
    told = [(e["slot"], e["tenant"]) for e in bench.told("tenant-tick") if datetime.fromisoformat(e["slot"]) > began]
    assert len(told) == len(set(told))
    assert {tenant for _, tenant in told} == set(range(1, 20)) - {rig.OFF_AT}


def test_a_schedule_that_thinks_for_long_keeps_nobody_waiting(bench_alone: Bench) -> None:
    bench_alone.worker(DOUBT="1")
    bench_alone.until(lambda: bench_alone.told("doubt"))
    bench_alone.ask("probe.note", tag="meanwhile")
    bench_alone.until(lambda: bench_alone.told("note", "meanwhile"))  # it still thinks
    bench_alone.log.with_name(bench_alone.log.name + ".thought").touch()


def test_a_failing_job_is_tried_again_later_and_later_and_survives_a_kill(bench_alone: Bench, worker: object) -> None:
    bench = bench_alone
    bench.ask("probe.flaky", tag="flaky", failures=3)
    tries = bench.until(lambda: bench.told("flaky", "flaky") if len(bench.told("flaky", "flaky")) == 4 else None)
    gaps = [b["at"] - a["at"] for a, b in pairwise(tries)]
    assert [e["attempt"] for e in tries] == [1, 2, 3, 4]
    # Twice as long each time; a busy machine adds to any of them.
    assert [gap >= 0.4 * 2**before for before, gap in enumerate(gaps)] == [True] * 3, gaps
    bench.ask("probe.flaky", tag="patient", failures=3)
    bench.until(lambda: len(bench.told("flaky", "patient")) == 3)
    time.sleep(0.3)
    os.kill(bench.told("flaky", "patient")[0]["pid"], signal.SIGKILL)
    bench.worker()
    bench.until(lambda: len(bench.told("flaky", "patient")) == 4)
    time.sleep(0.5)
    assert [e["attempt"] for e in bench.told("flaky", "patient")] == [1, 2, 3, 4]
    assert not bench.rows(WorkFailure, WorkFailure.name == "probe.flaky")


def test_a_job_sees_its_own_tenant_and_no_other(bench: Bench, worker: object) -> None:
    for tenant_id in (1, 2, 3):
        with bench.session(tenant_id) as session, transaction(session):
            rig.business(session, f"scope-{tenant_id}")
    for number, tenant_id in enumerate((2, 3, 2)):
        with bench.session(tenant_id) as session, transaction(session):
            session.info["request_id"] = f"request-{number}"
            enqueue(session, "probe.scope", tag=f"scope-{number}")
            if number == 2:
                enqueue(session, "probe.platform", tag="scope-all")
    for number, tenant_id in enumerate((2, 3, 2)):
        told = bench.until(functools.partial(bench.told, "scope", f"scope-{number}"))[0]
        assert (told["tenant"], told["sees"], told["fresh"]) == (tenant_id, [tenant_id], True)
        bench.until(functools.partial(bench.told, "note", f"scope-{number}-child"))
    told = bench.until(lambda: bench.told("scope", "scope-all"))[0]
    assert (told["tenant"], told["sees"]) == (None, [1, 2, 3])
    lines = [line for line in bench.worker_log().splitlines() if "looked around" in line]
    for number, tenant_id in enumerate((2, 3, 2)):
        mine = [line for line in lines if f'"request-{number}"' in line]
        assert len(mine) == 1
        assert f'"tenant_id": {tenant_id}' in mine[0]
        assert '"job": "probe.scope"' in mine[0]


def _failure(bench: Bench, name: str, state: str) -> WorkFailure | None:
    found = bench.rows(WorkFailure, WorkFailure.name == name, WorkFailure.state == state)
    return found[0] if found else None


def test_a_job_that_failed_for_good_is_listed_and_can_be_run_again(bench: Bench, worker: object) -> None:
    bench.ask("probe.broken", tenant_id=2, tag="broken")
    failed = bench.until(lambda: _failure(bench, "probe.broken", FAILED))
    assert (failed.attempts, failed.at_tenant_id, failed.args) == (2, 2, {"tag": "broken"})
    assert failed.error == "RuntimeError: not mended"
    assert failed.place.startswith("tests/integration/work/rig.py:")
    with bench.session(2) as session:
        run_again(session, failed.id, SYSTEM)
    bench.until(lambda: len(bench.told("broken", "broken")) == 4)
    again = bench.until(lambda: _failure(bench, "probe.broken", FAILED))
    assert (again.id, again.attempts) == (failed.id, 4)
    bench.log.with_name(bench.log.name + ".mended").touch()
    with bench.session(2) as session:
        run_again(session, failed.id, SYSTEM)
    done = bench.until(lambda: _failure(bench, "probe.broken", DONE))
    assert done.resolved_at is not None


def test_giving_up_and_carelessness_are_failures_at_once(bench: Bench, worker: object) -> None:
    bench.ask("probe.hopeless", tag="hopeless")
    bench.ask("probe.careless")
    assert bench.until(lambda: _failure(bench, "probe.hopeless", FAILED)).error == "GiveUp: it never can"
    assert "outside a transaction" in bench.until(lambda: _failure(bench, "probe.careless", FAILED)).error
    assert len(bench.told("hopeless", "hopeless")) == 1


def test_a_job_whose_plugin_is_off_is_skipped_and_noted(bench: Bench, worker: object) -> None:
    bench.ask("absent.note", tenant_id=2, tag="on")
    bench.ask("absent.note", tenant_id=rig.OFF_AT, tag="off")
    bench.until(lambda: bench.told("absent", "on"))
    skipped = bench.until(lambda: _failure(bench, "absent.note", SKIPPED))
    assert (skipped.at_tenant_id, skipped.args) == (rig.OFF_AT, {"tag": "off"})
    assert not bench.told("absent", "off")


def test_a_job_that_newer_code_asked_for_waits_for_a_newer_worker(bench: Bench, worker: object) -> None:
    registry.JOBS["newer.job"] = registry.Job("newer.job", rig.note, "default", 6, 0.5, None)
    try:
        item_id = bench.ask("newer.job", tag="newer")
    finally:
        del registry.JOBS["newer.job"]
    item = bench.until(lambda: bench.rows(OutboxItem, OutboxItem.id == item_id, OutboxItem.turn == 2))[0]
    assert (item.attempt, item.args) == (1, {"tag": "newer"})
    with bench.session() as session, transaction(session):
        session.execute(sa.delete(OutboxItem).where(OutboxItem.id == item_id))


def _newer_note(session: ScopedSession, tag: str, since: float = 0.0, more: str = "") -> None:
    """`probe.note` as a newer release has it: with an argument more."""


def test_what_newer_code_gives_a_job_that_this_worker_knows_waits_for_a_newer_worker_too(
    bench: Bench, worker: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(registry.JOBS, "probe.note", registry.Job("probe.note", _newer_note, "default", 6, 0.5, None))
        item_id = bench.ask("probe.note", tag="given more", more="x")
    item = bench.until(lambda: bench.rows(OutboxItem, OutboxItem.id == item_id, OutboxItem.turn == 2))[0]
    assert (item.attempt, item.args) == (1, {"tag": "given more", "more": "x"})
    assert not bench.told("note", "given more")
    assert not bench.rows(WorkFailure, WorkFailure.id == item_id)
    with bench.session() as session, transaction(session):
        session.execute(sa.delete(OutboxItem).where(OutboxItem.id == item_id))


def test_a_key_makes_it_one_run(bench: Bench, worker: object) -> None:
    for _ in range(2):
        bench.ask("probe.note", key="once", tag="keyed")
        bench.ask("probe.note", tenant_id=2, key="once", tag="keyed")
    bench.until(lambda: len(bench.told("note", "keyed")) == 2)
    bench.ask("probe.note", key="once", tag="keyed")
    bench.ask("probe.note", tag="after-keyed")
    bench.until(lambda: bench.told("note", "after-keyed"))
    time.sleep(0.3)
    assert len(bench.told("note", "keyed")) == 2


def test_a_delay_is_kept(bench: Bench, worker: object) -> None:
    bench.ask("probe.note", delay=timedelta(hours=1), tag="much-later")
    bench.ask("probe.note", delay=timedelta(seconds=1), tag="later", since=time.time())
    assert bench.until(lambda: bench.told("note", "later"))[0]["late"] >= 1
    assert not bench.told("note", "much-later")


def test_work_that_kills_its_workers_is_given_up(bench_alone: Bench, worker: object) -> None:
    bench = bench_alone
    bench.ask("probe.slow", tag="deadly", seconds=30)
    bench.until(lambda: bench.told("begin", "deadly"))
    for process in bench.started:
        if process.poll() is None:
            process.kill()
            process.wait()
    table = "dbos.workflow_status" if bench.database.engine == "postgres" else "workflow_status"
    owner = sa.create_engine(bench.database.owner_url)
    with owner.begin() as connection:
        connection.exec_driver_sql(f"update {table} set recovery_attempts = 50 where status = 'PENDING'")
    owner.dispose()
    bench.worker()
    given_up = (WorkFailure.name == "probe.slow", WorkFailure.state == FAILED)
    (failed,) = bench.until(lambda: [row for row in bench.rows(WorkFailure, *given_up) if row.args["tag"] == "deadly"])
    assert "died of it" in failed.error


@pytest.mark.only("postgres")
def test_a_database_that_drops_every_connection_costs_no_job_a_try(bench: Bench, worker: object) -> None:
    bench.ask("probe.note", tag="before-the-drop")
    bench.until(lambda: bench.told("note", "before-the-drop"))
    admin = sa.create_engine(bench.database.superuser_url)
    with admin.begin() as connection:
        connection.exec_driver_sql(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
    admin.dispose()
    with bench.app.app_context():
        db.engine.dispose()
    bench.ask("probe.scope", tag="after-the-drop")
    bench.until(lambda: bench.told("scope", "after-the-drop"))
    assert not _failure(bench, "probe.scope", FAILED)


@contextlib.contextmanager
def _out_of_reach(bench: Bench) -> Iterator[None]:
    """Nobody is connected to the bench's database in the block, and nobody can connect."""
    here = sa.make_url(bench.database.superuser_url)
    admin = sa.create_engine(here.set(database="postgres"), isolation_level="AUTOCOMMIT")

    def allow(word: str) -> None:
        with admin.connect() as connection:
            connection.exec_driver_sql(f'alter database "{here.database}" allow_connections {word}')

    allow("false")
    with admin.connect() as connection:
        connection.exec_driver_sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (here.database,)
        )
    try:
        yield
    finally:
        allow("true")
        admin.dispose()
        with bench.app.app_context():
            db.engine.dispose()


@pytest.mark.only("postgres")
@pytest.mark.parametrize("busy", [False, True])
def test_a_worker_stops_when_asked_while_the_database_is_out_of_reach(bench_alone: Bench, busy: bool) -> None:
    bench = bench_alone
    bench.stop_all()
    worker, tag = bench.worker(TIMES='{"grace": 2}'), f"cut-off-{busy}"
    bench.ask("probe.slow", tag=tag, seconds=2 * PATIENCE)
    bench.until(lambda: bench.told("begin", tag))
    if not busy:
        bench.let_end(tag)
        bench.until(lambda: bench.told("end", tag))
        time.sleep(1)
    with _out_of_reach(bench):
        bench.let_end(tag)
        bench.until(lambda: bench.told("end", tag))
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 1  # what ran last may not be noted: another worker runs it again
    told = bench.worker_log().rpartition(f"-{worker.pid}-")[2]
    assert "the others could not be told of the end: the database does not serve" in told
    assert "Traceback" not in told
