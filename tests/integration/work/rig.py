"""The programs of these tests: a web process and workers, each a process of its own on a real database.

They find the database in QP_DATABASE_URL. Jobs tell what they do in the file PROBE_LOG, a JSON object a line.
"""

import json
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from core.config import Config
from core.data import audit
from core.data.audit import AuditEntry
from core.data.db import db, open_session
from core.data.engine import engine_options, prepare
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.kernel.views import SYSTEM
from core.tenancy import models
from core.web import logs
from core.work import GiveUp, enqueue, every, job, registry
from core.work.runner import this_run
from tests.support.patience import PATIENCE

OFF_AT = 3
"""The tenant at which the plugin `absent` is off."""
TABLES = models.Tenant.metadata.tables
_log: list[int] = []


def tell(event: str, **more: Any) -> None:
    """Append one line to the probe log; whole lines whoever writes."""
    if not _log:
        _log.append(os.open(os.environ["PROBE_LOG"], os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o644))
    line = json.dumps({"event": event, "at": time.time(), "pid": os.getpid(), **more}) + "\n"
    os.write(_log[0], line.encode())


def seen() -> list[dict[str, Any]]:
    """What has been told so far."""
    log = Path(os.environ["PROBE_LOG"])
    lines = log.read_text().splitlines() if log.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


@job("probe.note")
def note(session: ScopedSession, tag: str, since: float = 0.0) -> None:
    """Say that it ran, and how long after `since`."""
    tell("note", tag=tag, late=time.time() - since)


@job("probe.slow", tries=2)
def slow(session: ScopedSession, tag: str, seconds: float) -> None:
    """Take a while, or until a file says that it is over."""
    tell("begin", tag=tag)
    end, over = time.monotonic() + seconds, Path(f"{os.environ['PROBE_LOG']}.{tag}")
    while time.monotonic() < end and not over.exists():
        time.sleep(0.02)
    tell("end", tag=tag)


@job("probe.flaky", tries=6, base=0.4)
def flaky(session: ScopedSession, tag: str, failures: int) -> None:
    """Fail `failures` times, then succeed."""
    before = sum(entry["event"] == "flaky" and entry["tag"] == tag for entry in seen())
    tell("flaky", tag=tag, attempt=this_run().attempt)
    if before < failures:
        raise RuntimeError(f"failure {before + 1}")


@job("probe.broken", tries=2, base=0.1)
def broken(session: ScopedSession, tag: str) -> None:
    """Fail until a file says that it was mended."""
    tell("broken", tag=tag)
    if not Path(os.environ["PROBE_LOG"] + ".mended").exists():
        raise RuntimeError("not mended")


@job("probe.hopeless")
def hopeless(session: ScopedSession, tag: str) -> None:
    """Give up at once."""
    tell("hopeless", tag=tag)
    raise GiveUp("it never can")


@job("probe.scope")
def scope(session: ScopedSession, tag: str) -> None:
    """Say in which scope it runs and whose audit entries it sees, and log a line."""
    found = sorted(set(session.scalars(sa.select(AuditEntry.tenant_id).where(AuditEntry.action == "probe"))))
    logging.getLogger("probe").info("looked around")
    tell("scope", tag=tag, tenant=session.scope.tenant_id, sees=found, fresh=not session.info.get("used"))
    session.info["used"] = True
    with transaction(session):
        enqueue(session, "probe.note", tag=f"{tag}-child")


@job("probe.platform", platform="to see whether it reaches every tenant")
def everywhere(session: ScopedSession, tag: str) -> None:
    """The same across all tenants."""
    found = sorted(set(session.scalars(sa.select(AuditEntry.tenant_id).where(AuditEntry.action == "probe"))))
    tell("scope", tag=tag, tenant=session.scope.tenant_id, sees=found)


@job("probe.careless", tries=1)
def careless(session: ScopedSession) -> None:
    """Change rows and forget the transaction."""
    session.add(audit.AuditHead(seq=1, hash="0" * 64))


@job("absent.note")
def absent(session: ScopedSession, tag: str) -> None:
    """A job of a plugin that is off at one tenant."""
    tell("absent", tag=tag, tenant=session.scope.tenant_id)


@every("*/2 * * * * *", name="probe.tick", once=True)
def tick(session: ScopedSession, at: datetime) -> None:
    """Come round every other second."""
    tell("tick", slot=at.isoformat(), tenant=session.scope.tenant_id)


@every("*/6 * * * * *", name="absent.tick")
def absent_tick(session: ScopedSession, at: datetime) -> None:
    """Come round for every tenant where the plugin is on."""
    tell("tenant-tick", slot=at.isoformat(), tenant=session.scope.tenant_id)


def doubt(session: ScopedSession) -> bool:
    """Think about whether there is something to do at the first tenant, until a file says that one has thought enough."""
    if session.scope.tenant_id == 1:
        tell("doubt")
        while not Path(os.environ["PROBE_LOG"] + ".thought").exists():
            time.sleep(0.1)
    return False


@every("*/3 * * * * *", name="probe.doubt", needed=doubt)
def doubtful(session: ScopedSession, at: datetime) -> None:
    """What is never needed."""


def may_run(tenant_id: int, name: str) -> bool:
    """As the application would answer."""
    return not (name.startswith("absent.") and tenant_id == OFF_AT)


def application() -> Flask:
    """As much of the application as jobs need."""
    config = Config.from_env()
    app = Flask("rig")
    app.config.update(
        Q=config,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.database_url),
    )
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
    return app


def business(session: ScopedSession, tag: str) -> None:
    """A change that belongs together with the job."""
    audit.record(session, actor=SYSTEM, action="probe", subject=tag)


def ask(count: int) -> None:
    """A web process: `count` business transactions with a job each, one left open, then killed."""
    app = application()
    with app.app_context():
        for number in range(count):
            with open_session(Scope.tenant(1 + number % 3)) as session, transaction(session):
                business(session, f"web-{number}")
                enqueue(session, "probe.note", tag=f"web-{number}")
        with open_session(Scope.tenant(1)) as session, transaction(session):
            business(session, "web-open")
            enqueue(session, "probe.note", tag="web-open")
            os.kill(os.getpid(), 9)


def work() -> int:
    """A worker."""
    from core.work.worker import Worker  # only this process pays for the engine

    for name in ("core.mail",):
        registry.JOBS[name] = replace(registry.JOBS[name], base=0.3, tries=6)
    logs.install()
    if "DOUBT" not in os.environ:
        del registry.SCHEDULES["probe.doubt"]
    for name in list(registry.SCHEDULES):
        if "QUIET" in os.environ or not name.startswith(("probe.", "absent.")):
            del registry.SCHEDULES[name]  # the platform's own, which this process forked with, cannot run in the rig
    times = {
        "beat": 0.5,
        "dead": 3.0,
        "grace": PATIENCE / 2,
        "rarely": 1.0,
        **json.loads(os.environ.get("TIMES", "{}")),
    }
    return Worker(application(), may_run, **times).run()


def main(words: Sequence[str]) -> int:
    """`worker`, or `ask` and how often."""
    if words[0] == "ask":
        ask(int(words[1]))
    return work()
