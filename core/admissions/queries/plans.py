"""Reading plans of assignments, and the facts they are made from."""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions import assign
from core.admissions.models import Application, Assessor, Assignment, AssignmentRun, Conflict
from core.admissions.panel_needs import Needs
from core.admissions.planning import Facts
from core.admissions.queries.panels import TO_ASSESS
from core.admissions.queries.sight import clear_of
from core.admissions.states import HELD_BY_ASSESSOR, RECUSED, SUBMITTED, TURNED_DOWN
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account

NEWEST = 10


class Run(NamedTuple):
    """One plan: asked for, being worked out, ready, applied, failed or discarded. Instants are UTC."""

    id: str
    window_id: str
    state: str
    progress: int
    requested_at: datetime
    by: str
    finished_at: datetime | None
    applied_at: datetime | None
    version: int
    seed: int = 0
    plan: dict[str, Any] | None = None
    error: str = ""


_RUN: list[Any] = [
    AssignmentRun.id, AssignmentRun.window_id, AssignmentRun.state, AssignmentRun.progress, AssignmentRun.requested_at,
    sa.func.coalesce(Account.name, ""), AssignmentRun.finished_at, AssignmentRun.applied_at, AssignmentRun.version,
]  # fmt: skip


def newest(session: ScopedSession, window_id: str) -> list[Run]:
    """The latest plans of a window without what they say, the newest first."""
    query: Any = (
        sa.select(*_RUN)
        .outerjoin(Account, Account.id == AssignmentRun.requested_by)
        .where(AssignmentRun.window_id == window_id)
        .order_by(AssignmentRun.requested_at.desc(), AssignmentRun.id.desc())
        .limit(NEWEST)
    )
    return [Run(*row) for row in session.execute(query)]


_ONE = (
    sa.select(*_RUN, AssignmentRun.seed, AssignmentRun.plan, AssignmentRun.error)
    .outerjoin(Account, Account.id == AssignmentRun.requested_by)
    .where(AssignmentRun.id == sa.bindparam("wanted"))
)


def one(session: ScopedSession, run_id: str) -> Run:
    """One plan, whole: `planning.seen` says what of it somebody gets to see. Raises NotFound."""
    row = session.execute(_ONE, {"wanted": run_id}).one_or_none() if is_id(run_id) else None
    if row is None:
        raise NotFound
    return Run(*row)


class Named(NamedTuple):
    """An application as a plan's page names it."""

    reference: str
    name: str


def visible(session: ScopedSession, account_id: str | None, window_id: str) -> dict[str, Named]:
    """The submitted applications of a window that an account may see, by id."""
    query = (
        sa.select(Application.id, Application.reference, Account.name)
        .join(Account, Account.id == Application.account_id)
        .where(Application.window_id == window_id, Application.submitted_at.is_not(None), clear_of(account_id))
    )
    return {row[0]: Named(row[1], row[2]) for row in session.execute(query)}


def names(session: ScopedSession) -> dict[str, str]:
    """{assessor: name} of everybody who is or was on the panel."""
    query = sa.select(Assessor.id, Account.name).join(Account, Account.id == Assessor.account_id)
    return {row[0]: row[1] for row in session.execute(query)}


_TO_ASSESS = (
    sa.select(
        Application.id, Application.account_id, Application.locale, Application.organisation_norm, Application.state
    )
    .where(Application.window_id == sa.bindparam("window"), Application.state.in_(TO_ASSESS))
    .order_by(Application.id)
)
_PANEL = sa.select(
    Assessor.id, Assessor.account_id, Assessor.roles, Assessor.capacity, Assessor.workplace_norm, Assessor.state
).order_by(Assessor.id)
_ASSIGNMENTS = (
    sa.select(Assignment.application_id, Assignment.assessor_id, Assignment.state)
    .join(Application, (Assignment.tenant_id == Application.tenant_id) & (Assignment.application_id == Application.id))
    .where(
        Application.window_id == sa.bindparam("window"), Application.state.in_(TO_ASSESS),
        Assignment.state.in_((*HELD_BY_ASSESSOR, RECUSED, TURNED_DOWN)),
    )
)  # fmt: skip
_CONFLICTS = (
    sa.select(Conflict.application_id, Conflict.account_id)
    .join(Application, (Application.tenant_id == Conflict.tenant_id) & (Application.id == Conflict.application_id))
    .where(Application.window_id == sa.bindparam("window"), Conflict.ended_at.is_(None))
)


def facts(session: ScopedSession, window_id: str, needs: Needs) -> Facts:
    """What a plan for a window is made from, all of it whoever asks: four statements.

    Whoever is not active takes nothing more. An application of which more is asked keeps whom it has and gets nobody. Nobody
    is offered again what they turned down or were recused from.
    """
    of_window = {"window": window_id}
    applications = session.execute(_TO_ASSESS, of_window).all()
    panel = session.execute(_PANEL).all()
    held, never = _assignments(session, window_id)
    by_account = {row.account_id: row.id for row in panel}
    for application_id, account_id in session.execute(_CONFLICTS, of_window):
        if account_id in by_account:
            never.setdefault(application_id, set()).add(by_account[account_id])
    for row in applications:
        if row.account_id in by_account:
            never.setdefault(row.id, set()).add(by_account[row.account_id])
    holders = {assessor for team in held.values() for assessor in team}
    return Facts(
        tuple(
            assign.Assessor(
                row.id, row.capacity if row.state == "active" else 0, frozenset(row.roles), row.workplace_norm
            )
            for row in panel
            if row.state == "active" or row.id in holders
        ),
        tuple(
            assign.Application(
                row.id,
                needs.wanted if row.state == SUBMITTED else len(held.get(row.id, ())),
                needs.roles_for(row.locale) if row.state == SUBMITTED else {},
                frozenset(never.get(row.id, ())) - frozenset(held.get(row.id, ())),
                frozenset(held.get(row.id, ())),
                row.organisation_norm,
            )
            for row in applications
        ),
    )


def _assignments(session: ScopedSession, window_id: str) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """({application: who has it}, {application: who had it and must not get it again})."""
    held: dict[str, set[str]] = {}
    never: dict[str, set[str]] = {}
    for application_id, assessor_id, state in session.execute(_ASSIGNMENTS, {"window": window_id}):
        into = held if state in HELD_BY_ASSESSOR else never
        into.setdefault(application_id, set()).add(assessor_id)
    return held, never
