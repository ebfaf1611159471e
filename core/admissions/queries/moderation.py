"""Reading decisions across partners, for the central team's moderation (platform scope, or one partner's).

What a reader is in conflict with is not there, counts included.
"""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import Application, Decision, Window
from core.admissions.queries.deciding import assessed_by
from core.admissions.queries.sight import clear_of
from core.admissions.states import SIGNED
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account

DRAWN = ("0", "8", "g", "r")
"""A decision whose id ends so is drawn for a close look: one in eight. The end of an id is random, so nobody chooses it."""


class Signed(NamedTuple):
    """A signed decision that waits to be moderated. `mine`: its reader signed it, or assessed the application."""

    id: str
    tenant_id: int
    application_id: str
    window_id: str
    window_name: str
    reference: str
    outcome: str
    override_code: str
    drawn: bool
    signed_by: str
    signed_at: datetime
    version: int
    mine: bool


def _signed(account_id: str | None) -> tuple[Any, sa.ColumnElement[bool]]:
    """(the statement, its condition of being drawn)."""
    drawn = sa.func.substr(Decision.id, 26, 1).in_(DRAWN)
    mine = Decision.signed_by.is_not_distinct_from(account_id) | assessed_by(account_id)
    query = (
        sa.select(
            Decision.id, Decision.tenant_id, Application.id, Window.id, Window.name, Application.reference, Decision.outcome,
            Decision.override_code, drawn, sa.func.coalesce(Account.name, ""), Decision.signed_at, Decision.version, mine,
        )
        .join(Application, (Application.tenant_id == Decision.tenant_id) & (Application.id == Decision.application_id))
        .join(Window, (Window.tenant_id == Application.tenant_id) & (Window.id == Application.window_id))
        .outerjoin(Account, Account.id == Decision.signed_by)
        .where(Decision.state == SIGNED, clear_of(account_id))
    )  # fmt: skip
    return query, drawn


def waiting(
    session: ScopedSession, account_id: str | None, *, tenant_id: int | None = None, closely: bool = False,
    limit: int | None = None, offset: int = 0,
) -> tuple[list[Signed], int]:  # fmt: skip
    """(one page of what waits, how many): overrides first, then those drawn, then the rest, each the oldest first; in two
    statements. `closely`: overrides and those drawn alone."""
    query, drawn = _signed(account_id)
    override = Decision.override_code != ""
    if tenant_id is not None:
        query = query.where(Decision.tenant_id == tenant_id)
    if closely:
        query = query.where(override | drawn)
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    rank = sa.case((override, 0), (drawn, 1), else_=2)
    rows = session.execute(query.order_by(rank, Decision.signed_at, Decision.id).limit(limit).offset(offset))
    return [Signed(*row) for row in rows], total


def by_partner(session: ScopedSession, account_id: str | None) -> dict[int, int]:
    """{tenant: how many of its decisions wait}; in one statement."""
    query, _ = _signed(account_id)
    inner = query.subquery()
    rows = session.execute(sa.select(inner.c.tenant_id, sa.func.count()).group_by(inner.c.tenant_id))
    return {row[0]: row[1] for row in rows}


def some(session: ScopedSession, account_id: str | None, ids: list[str]) -> list[Signed]:
    """Those of these decisions that wait, by reference; in one statement."""
    query, _ = _signed(account_id)
    wanted = [one for one in ids if is_id(one)]
    return [
        Signed(*row) for row in session.execute(query.where(Decision.id.in_(wanted)).order_by(Application.reference))
    ]


def of(session: ScopedSession, account_id: str | None, decision_id: str) -> tuple[str, str]:
    """(application, window) of a decision in whatever state. Raises NotFound: missing, or one's own conflict."""
    query = (
        sa.select(Application.id, Application.window_id)
        .join(Decision, Decision.application_id == Application.id)
        .where(Decision.id == decision_id, clear_of(account_id))
    )
    row = session.execute(query).one_or_none() if is_id(decision_id) else None
    if row is None:
        raise NotFound
    return row[0], row[1]
