"""What happens by itself about panels: letters to assessors, and plans that are worked out."""

from collections.abc import Callable
from datetime import datetime

from flask import current_app

from core.admissions.jobs.applications import site
from core.admissions.letters import panels as panel_letters
from core.admissions.panel_needs import Needs, needs_of
from core.admissions.queries import panels
from core.admissions.service import assessor_notices, plans
from core.data.session import ScopedSession
from core.kernel.text import N_
from core.work import GiveUp, every, job


def needs_in(session: ScopedSession) -> Callable[[str], Needs]:
    """What a window of the session's tenant needs, by its id."""

    def find(window_id: str) -> Needs:
        pinned = panels.pinned(session, window_id)
        return needs_of(pinned.rule, pinned.config, current_app.extensions["q.rulebook"].catalogue())

    return find


@every("*/5 * * * *", name="core.tell_assessors", title=N_("Letters to assessors about what there is to score"))
def tell_assessors(session: ScopedSession, at: datetime) -> None:
    """Write to assessors: one letter for all that was offered within five minutes, and one before it is due."""
    tenant = site(session)
    assessor_notices.tell_offered(session, at, panel_letters.offered(tenant))
    assessor_notices.remind(session, at, panel_letters.reminder(tenant))


@job(plans.JOB, title=N_("A plan of who assesses what is worked out"), tries=3)
def plan_assignments(session: ScopedSession, run_id: str) -> None:
    """Work out a plan that somebody asked for."""
    try:
        plans.work_out(session, run_id, needs_in(session))
    except ValueError as wrong:
        plans.give_up(session, run_id)
        raise GiveUp(f"the plan {run_id} could not be worked out: {type(wrong).__name__}") from wrong
