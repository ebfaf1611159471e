"""Reading what rules proposed, for somebody: what is in conflict with the reader is not there, in rows and in counts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import Application, Assignment, ReplayRun, RuleProposal, Window
from core.admissions.queries.rules import last_numbers
from core.admissions.queries.scores import independent
from core.admissions.queries.sight import clear_of
from core.admissions.rules import Incident, Proposal
from core.admissions.states import ACCEPTED, DECLINED, INFO_REQUESTED, SEALED, SUBMITTED
from core.data.listing import ordered
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id

SHOWN = (SUBMITTED, INFO_REQUESTED, ACCEPTED, DECLINED)
NEWEST = 50
"""So many incidents and replays are shown."""


class Said(NamedTuple):
    """One proposal: what a rule said at `at`, under hashes that lead back to what it was made from."""

    number: int
    rule: str
    outcome: str
    proposal: Proposal
    incident: Incident | None
    at: datetime
    snapshot_sha: str
    config_sha: str
    policy_sha: str


class Row(NamedTuple):
    """An application with its newest proposal, where there is one. `sealed` counts assessors."""

    application_id: str
    reference: str
    language: str
    state: str
    submitted_at: datetime | None
    sealed: int
    said: Said | None


_SAID = (
    RuleProposal.number, RuleProposal.rule, RuleProposal.outcome, RuleProposal.proposal, RuleProposal.incident,
    RuleProposal.at, RuleProposal.snapshot_sha, RuleProposal.config_sha, RuleProposal.policy_sha,
)  # fmt: skip
_SEALED = (
    sa.select(sa.func.count(Assignment.id))
    .where(Assignment.application_id == Application.id, Assignment.state == SEALED)
    .correlate(Application)
    .scalar_subquery()
    .label("sealed")
)
_APPLICATION = (
    Application.id, Application.reference, Application.locale, Application.state, Application.submitted_at, _SEALED,
)  # fmt: skip
SORTS: dict[str, Any] = {
    "reference": Application.reference,
    "submitted": Application.submitted_at,
    "outcome": RuleProposal.outcome,
    "sealed": _SEALED,
    "at": RuleProposal.at,
}


def _said(columns: Sequence[Any]) -> Said | None:
    if columns[0] is None:
        return None
    number, rule, outcome, proposal, incident, *rest = columns
    failed = Incident.model_validate(incident) if incident is not None else None
    return Said(number, rule, outcome, Proposal.model_validate_json(proposal), failed, *rest)


def _row(columns: Sequence[Any], said: Said | None) -> Row:
    application_id, reference, language, state, submitted_at, sealed = columns
    return Row(application_id, reference, language, state, submitted_at, sealed, said)


def listed(
    session: ScopedSession, window_id: str, account_id: str | None, *, outcome: str = "", sort: str, limit: int | None,
    offset: int,
) -> tuple[list[Row], int]:  # fmt: skip
    """(a page of a window's submitted applications that an account may see, how many there are), in two statements.

    `outcome` is one of a proposal, "none" for none yet, "failed" for rules that failed; `sort` a key of SORTS. Whoever is
    still to score an application finds it without its proposal.
    """
    last = last_numbers()
    base = (
        sa.select(*_APPLICATION, *_SAID)
        .outerjoin(last, last.c.application_id == Application.id)
        .outerjoin(
            RuleProposal,
            sa.and_(
                RuleProposal.application_id == Application.id,
                RuleProposal.number == last.c.number,
                independent(account_id, Application.id),
            ),
        )
        .where(Application.window_id == window_id, Application.state.in_(SHOWN), clear_of(account_id))
    )
    if outcome == "none":
        base = base.where(RuleProposal.id.is_(None))
    elif outcome == "failed":
        base = base.where(RuleProposal.incident.is_not(None))
    elif outcome:
        base = base.where(RuleProposal.outcome == outcome)
    total = int(session.scalar(sa.select(sa.func.count()).select_from(base.subquery())) or 0)
    order = ordered(SORTS, sort, Application.id, empty=("submitted", "outcome", "at"))
    rows: Any = session.execute(base.order_by(*order).limit(limit).offset(offset))
    return [_row(row[:6], _said(row[6:])) for row in rows], total


class History(NamedTuple):
    """An application with every proposal ever made for it, newest first."""

    row: Row
    proposals: list[Said]


def history(session: ScopedSession, window_id: str, application_id: str, account_id: str | None) -> History:
    """One application of a window, without its proposals for somebody who is still to score it. Raises NotFound: missing, another site's or window's, or in conflict with the account."""
    found: Any = None
    if is_id(application_id):
        query = sa.select(*_APPLICATION).where(
            Application.id == application_id, Application.window_id == window_id, Application.state.in_(SHOWN),
            clear_of(account_id),
        )  # fmt: skip
        found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound
    rows = session.execute(
        sa.select(*_SAID)
        .where(RuleProposal.application_id == application_id, independent(account_id, RuleProposal.application_id))
        .order_by(RuleProposal.number.desc())
    )
    said = [one for row in rows if (one := _said(row)) is not None]
    return History(_row(found, said[0] if said else None), said)


class Failed(NamedTuple):
    """Rules that failed on a case: where and how, not which case."""

    tenant_id: int
    window: str
    rule: str
    incident: Incident
    at: datetime


def incidents(session: ScopedSession, account_id: str | None) -> list[Failed]:
    """The newest incidents in the session's scope, of cases that an account may see."""
    rows = session.execute(
        sa.select(RuleProposal.tenant_id, Window.name, RuleProposal.rule, RuleProposal.incident, RuleProposal.at)
        .join(Application, Application.id == RuleProposal.application_id)
        .join(Window, Window.id == Application.window_id)
        .where(RuleProposal.incident.is_not(None), clear_of(account_id))
        .order_by(RuleProposal.at.desc(), RuleProposal.id.desc())
        .limit(NEWEST)
    )
    return [
        Failed(tenant, window, rule, Incident.model_validate(incident), at)
        for tenant, window, rule, incident, at in rows
    ]


class Replayed(NamedTuple):
    """One night's replay at one site: what came out otherwise, as far as its reader may see the case."""

    tenant_id: int
    at: datetime
    different: list[dict[str, Any]]


def replays(session: ScopedSession, account_id: str | None) -> list[Replayed]:
    """The newest replays in the session's scope, with the cases that an account may see; in two statements. How many were
    made again is not told: the number would have cases in it that its reader must not know of."""
    query = (
        sa.select(ReplayRun.tenant_id, ReplayRun.at, ReplayRun.different)
        .order_by(ReplayRun.at.desc(), ReplayRun.id.desc())
        .limit(NEWEST)
    )
    found = [Replayed(*row) for row in session.execute(query)]
    named = [one["proposal"] for replay in found for one in replay.different]
    seen = set(
        session.scalars(
            sa.select(RuleProposal.id)
            .join(Application, Application.id == RuleProposal.application_id)
            .where(RuleProposal.id.in_(named), clear_of(account_id))
        )
    )
    return [one._replace(different=[case for case in one.different if case["proposal"] in seen]) for one in found]
