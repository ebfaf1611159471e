"""A worker of the whole platform that is quick to try again, whose clock may be moved, and that does only what it is asked.

It finds the database in QP_DATABASE_URL; AHEAD is how many seconds its clock is ahead of everybody else's.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.app import create_app
from core.kernel import clock
from core.work import delivery, registry
from core.work.worker import Worker
from plugins.local_events.service import posting

AHEAD = timedelta(seconds=float(os.environ.get("AHEAD", "0")))


def _moved() -> datetime:
    return datetime.now(UTC) + AHEAD


def main(_: Sequence[str]) -> int:
    """Work until told to stop."""
    clock.now = _moved
    app = create_app()
    registry.SCHEDULES.clear()
    registry.JOBS["core.mail"] = replace(registry.JOBS["core.mail"], base=0.1)
    delivery.CLAIM = timedelta(seconds=2)
    posting.AT_ONCE = 3
    return Worker(app, lambda tenant_id, name: True, beat=0.3, dead=2.0, grace=5.0, rarely=1.0).run()
