"""Plans of assignments: asked for, worked out in the background, looked at, applied as a whole or discarded."""

import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.admissions import assign, planning
from core.admissions.models import Assignment, AssignmentRun
from core.admissions.panel_needs import Needs
from core.admissions.queries import plans as queries
from core.admissions.queries import windows
from core.admissions.service import assigning
from core.admissions.service.windows import may_manage
from core.data import audit
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, Refused
from core.kernel.ids import new_id
from core.kernel.text import N_
from core.kernel.views import Actor
from core.work import enqueue

JOB = "core.plan_assignments"
UNDER_WAY = ("queued", "running")
CHANGED = N_(
    "Something has changed since this plan was made: an application, an assignment, a conflict of interest, the panel or "
    "the window’s rules. Discard it and ask for a new one."
)
EVERY_SECONDS = 0.5
"""So often, at most, progress is written down."""
GIVEN_UP = N_("The plan could not be worked out. The central team has been told.")


class Discarded(Exception):
    """The plan was discarded while it was being worked out."""


def ask(session: ScopedSession, actor: Actor, window_id: str, form_key: str, *, seed: int | None = None) -> str:
    """Ask for a plan for a window; its id. The same form sent twice asks once. `seed` decides between equal choices.

    Raises Forbidden, NotFound, and Refused while another plan of the window is being worked out, or for the form key.
    """
    may_manage(actor)
    windows.one(session, window_id)
    with transaction(session):
        key = once(session, form_key, f"plan.ask:{window_id}")
        if key.result is not None:
            return key.result
        run_id = new_id()
        row = {
            "id": run_id, "tenant_id": session.scope.tenant_id, "window_id": window_id, "state": "queued",
            "seed": random.randrange(2**31) if seed is None else seed, "progress": 0, "basis": "", "error": "",
            "requested_by": actor.account_id, "requested_at": clock.now(), "version": 1,
        }  # fmt: skip
        session.execute(sa.insert(AssignmentRun), [row])
        key.keep(run_id)
        enqueue(session, JOB, run_id=run_id)
        audit.record(session, actor=actor, action="plan.ask", subject=f"plan:{run_id}", after={"window": window_id})
        others = sa.select(AssignmentRun.id).where(
            AssignmentRun.window_id == window_id, AssignmentRun.state.in_(UNDER_WAY), AssignmentRun.id != run_id
        )
        if (
            session.scalar(others.limit(1)) is not None
        ):  # after the entry: of two who ask at once the second sees the first
            raise Refused(N_("A plan is being worked out already. Wait for it, or discard it."))
    return run_id


def _move(
    session: ScopedSession, run_id: str, sources: tuple[str, ...], *more: sa.ColumnElement[bool], **values: Any
) -> bool:
    """The conditional update of a run; whether it was in one of `sources`."""
    done = session.execute(
        sa.update(AssignmentRun)
        .where(AssignmentRun.id == run_id, AssignmentRun.state.in_(sources), *more)
        .values(version=AssignmentRun.version + 1, **values)
        .returning(AssignmentRun.id)
    )
    return done.one_or_none() is not None


def work_out(session: ScopedSession, run_id: str, needs_of: Callable[[str], Needs]) -> None:
    """Work a plan out and keep it: for the worker. `needs_of` says what a window needs.

    Begun again after a worker died it starts anew; one that was discarded meanwhile stays so. Nothing is locked while it is
    worked out: facts that change make it a plan that is refused.
    """
    with transaction(session):
        if not _move(session, run_id, UNDER_WAY, state="running", progress=0):
            return
    window_id = queries.one(session, run_id).window_id
    facts = queries.facts(session, window_id, needs_of(window_id))
    run = queries.one(session, run_id)
    session.rollback()  # what was read is read: a long reading transaction would hold up the database's housekeeping
    try:
        made = assign.plan(facts.assessors, facts.applications, seed=run.seed, progress=_progress(session, run_id))
    except Discarded:
        return
    with transaction(session):
        _move(
            session, run_id, ("running",), state="ready", progress=100, basis=facts.basis, finished_at=clock.now(),
            plan=planning.kept(made, facts),
        )  # fmt: skip


def _progress(session: ScopedSession, run_id: str) -> Callable[[float], None]:
    """Write the progress down now and then, each time in a transaction of its own. Raises Discarded."""
    told = time.monotonic()

    def tell(done: float) -> None:
        nonlocal told
        if time.monotonic() - told < EVERY_SECONDS:
            return
        told = time.monotonic()
        with transaction(session):
            if not _move(session, run_id, ("running",), progress=int(done * 100)):
                raise Discarded

    return tell


def give_up(session: ScopedSession, run_id: str) -> None:
    """Note that a plan could not be worked out, so that nobody waits for it."""
    with transaction(session):
        _move(session, run_id, UNDER_WAY, state="failed", error=GIVEN_UP, finished_at=clock.now())


def discard(session: ScopedSession, actor: Actor, run_id: str) -> None:
    """Discard a plan that is not applied; one that is being worked out stops. Raises Forbidden, NotFound, Refused."""
    may_manage(actor)
    queries.one(session, run_id)
    with transaction(session):
        if not _move(session, run_id, (*UNDER_WAY, "ready", "failed"), state="discarded", plan=None):
            raise Refused(N_("This plan was applied or discarded already."))
        audit.record(session, actor=actor, action="plan.discard", subject=f"plan:{run_id}")


def apply(session: ScopedSession, actor: Actor, run_id: str, due_at: datetime, needs_of: Callable[[str], Needs]) -> int:
    """Offer everything that a plan adds, until `due_at` (UTC), in one transaction; how many assignments.

    All of it or nothing. Raises Forbidden, NotFound, Invalid (a day that is past), Conflict (applied meanwhile), Refused
    (not ready, or the facts it was made from have changed).
    """
    may_manage(actor)
    if due_at <= clock.now():
        raise Invalid({"due_on": N_("Choose a day to come.")})
    run = queries.one(session, run_id)
    with transaction(session):
        now = clock.now()
        if not _move(session, run_id, ("ready",), state="applied", applied_by=actor.account_id, applied_at=now):
            raise Conflict if queries.one(session, run_id).state == "applied" else Refused(NOT_READY)
        added = (run.plan or {}).get("added", [])
        assigning.lock_in(session, {one["assessor"] for one in added})
        audit.record(
            session, actor=actor, action="plan.apply", subject=f"plan:{run_id}", after={"due_at": due_at.isoformat()}
        )  # fmt: skip
        basis = session.scalar(sa.select(AssignmentRun.basis).where(AssignmentRun.id == run_id))
        if (
            queries.facts(session, run.window_id, needs_of(run.window_id)).basis != basis
        ):  # after the entry in the trail
            raise Refused(CHANGED)
        if added:
            session.execute(
                sa.insert(Assignment),
                [
                    assigning.row_of(
                        session, one["application"], one["assessor"], due_at, actor.account_id, run_id=run_id,
                        reasons=one["reasons"],
                    )
                    for one in added
                ],
            )  # fmt: skip
    return len(added)


NOT_READY = N_("This plan is not ready, or was discarded.")
