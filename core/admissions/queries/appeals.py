"""Reading appeals, for those who look at them. What a reader is in conflict with is not there."""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import Appeal, Application, Decision, Window
from core.admissions.queries.deciding import assessed_by
from core.admissions.queries.sight import clear_of
from core.admissions.states import RELEASED
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account

RECEIVED, REPLACED = "received", "replaced"
"""States in which an appeal waits for an answer, and in which nobody can give it one any more: no row says the latter."""


class Row(NamedTuple):
    """An appeal with the decision that it is about. `state` is REPLACED where that decision was corrected before anybody answered.
    `part`: its reader signed or moderated that decision, or assessed the application, and so cannot look at the appeal."""

    id: str
    application_id: str
    decision_id: str
    window_id: str
    window_name: str
    reference: str
    name: str
    locale: str
    grounds: str
    state: str
    answer: str
    at: datetime
    ended_at: datetime | None
    version: int
    outcome: str
    part: bool


def had_part(account_id: str | sa.SQLColumnExpression[str | None] | None) -> sa.ColumnElement[bool]:
    """The condition that an account was in the chain of the statement's `Decision`: signer, moderator or assessor."""
    signed = Decision.signed_by.is_not_distinct_from(account_id)
    moderated = Decision.moderated_by.is_not_distinct_from(account_id)
    return signed | moderated | assessed_by(account_id)


_WAITS = (Appeal.state == RECEIVED) & (Decision.state == RELEASED)
_STATE: Any = sa.case(((Appeal.state == RECEIVED) & ~_WAITS, REPLACED), else_=Appeal.state)


def _rows(account_id: str | None) -> Any:
    return (
        sa.select(
            Appeal.id, Appeal.application_id, Appeal.decision_id, Window.id, Window.name, Application.reference, Account.name,
            Application.locale, Appeal.grounds, _STATE, Appeal.answer, Appeal.at, Appeal.ended_at, Appeal.version,
            Decision.outcome, had_part(account_id),
        )
        .join(Decision, Decision.id == Appeal.decision_id)
        .join(Application, Application.id == Appeal.application_id)
        .join(Window, Window.id == Application.window_id)
        .join(Account, Account.id == Application.account_id)
        .where(clear_of(account_id))
    )  # fmt: skip


def listed(session: ScopedSession, account_id: str | None) -> list[Row]:
    """Every appeal of the site: those that wait first, the oldest first; in one statement."""
    first = sa.case((_WAITS, 0), else_=1)
    return [Row(*row) for row in session.execute(_rows(account_id).order_by(first, Appeal.at, Appeal.id))]


def one(session: ScopedSession, account_id: str | None, appeal_id: str) -> Row:
    """One appeal. Raises NotFound: missing, another site's, or one's own conflict."""
    query = _rows(account_id).where(Appeal.id == appeal_id)
    row = session.execute(query).one_or_none() if is_id(appeal_id) else None
    if row is None:
        raise NotFound
    return Row(*row)
