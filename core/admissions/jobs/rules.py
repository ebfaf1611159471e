"""What the rules of assessment do by themselves: asking for proposals, making them again at night, trying others on past cases."""

from datetime import datetime

from flask import current_app

from core.admissions.rulebook import rulebook
from core.admissions.rules import Incident
from core.admissions.service import pinning, proposing, replaying, shadowing
from core.data.session import ScopedSession
from core.kernel.errors import Refused
from core.kernel.text import N_
from core.tenancy.directory import TenantDirectory
from core.work import GiveUp, every, job


def _area(session: ScopedSession) -> str:
    directory: TenantDirectory = current_app.extensions["q.directory"]
    return directory.current(session, session.scope.tenant_id or 0).slug


@every("*/5 * * * *", name="core.propose", title=N_("Proposals for decisions are made by the rules"), tries=2)
def propose(session: ScopedSession, _at: datetime) -> None:
    """Make what proposals are due at this site. Rules that failed are told as a failed job, which the central team sees among
    what is out of order; the case waits for a person, and asking once more would change nothing."""
    told: list[str] = []

    def report(rule: str, incident: Incident) -> None:
        told.append(f"a case waits for a person: {rule}: {incident.kind}: {incident.detail}")
        rulebook().report(rule, incident)

    try:
        pinning.pin_missing(session)
    except Refused as refused:
        told.append(f"a window has no rules: {refused}")
    proposing.propose_due(session, rulebook().catalogue(), area=_area(session), report=report)
    if told:
        raise GiveUp("; ".join(told[:5]))


@every(
    "40 3 * * *",
    name="core.replay_proposals",
    title=N_("Every proposal is made again, to see that it comes out the same"),
    tries=2,
)
def replay_proposals(session: ScopedSession, _at: datetime) -> None:
    """Make every stored proposal of this site again. One that comes out otherwise is told as a failed job."""
    found = replaying.replay_all(session, rulebook().catalogue())
    if found.different:
        raise GiveUp(f"{found.different} of {found.checked} stored proposals come out otherwise: see the rules page")


@job(shadowing.JOB, title=N_("Rules are tried on past cases"), tries=3)
def shadow_run(session: ScopedSession, run_id: str) -> None:
    """Try rules on past cases, as somebody asked."""
    shadowing.work_out(session, rulebook().catalogue(), run_id)
