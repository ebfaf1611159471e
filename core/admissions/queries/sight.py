"""Who may see which application: the one condition that every reading page, count, search, export and letter goes through.

Most leaks of conflicts of interest are in aggregates, counts, mails and exports (anchors, section 5), not on the record's
own page: whoever is in conflict with an application gets the figures and the lists of a site that does not have it.
"""

import sqlalchemy as sa

from core.admissions.models import (
    Appeal,
    Application,
    Assessment,
    Assignment,
    Conflict,
    Decision,
    PanelItem,
)
from core.data.base import another
from core.data.session import ScopedSession
from core.kernel.ids import ID_LENGTH

HANGING = (Assignment, Assessment, PanelItem, Decision, Appeal, Conflict)
"""What belongs to one application."""

READER: sa.SQLColumnExpression[str] = sa.bindparam("reader", type_=sa.String())
"""Whoever reads, in a statement that its module keeps: given as `reader` when it is executed. Of nobody that is "", not None: a
comparison with NULL holds for no row, nor does its opposite."""

# Of their own: the statement around a condition may read conflicts and applications itself.
_AGAINST, _MINE = another(Conflict), another(Application)


def clear_of(
    account_id: str | sa.SQLColumnExpression[str] | None, application_id: sa.SQLColumnExpression[str] | None = None
) -> sa.ColumnElement[bool]:
    """The condition that an account has no standing conflict with the application, and did not write it.

    `application_id` is the column that names it, by default that of the statement's own `Application`. Put it into the
    WHERE of every statement whose answer the account gets to see, counts included.
    """
    column = Application.id if application_id is None else application_id
    standing = (
        sa.select(_AGAINST.id)
        .where(_AGAINST.application_id == column, _AGAINST.account_id == account_id, _AGAINST.ended_at.is_(None))
        .exists()
    )
    own = Application.account_id == account_id if application_id is None else _own(account_id, column)
    return sa.and_(~standing, ~own)


def clear_of_subject(account_id: str, subject: sa.SQLColumnExpression[str]) -> sa.ColumnElement[bool]:
    """The condition that an entry of the audit trail is not about an application that the account may not see.

    `subject` ends with an id, of an application or of something that hangs on one, perhaps after a word and a colon.
    """
    named = sa.func.substr(subject, sa.func.length(subject) - ID_LENGTH + 1)
    in_conflict = sa.select(_AGAINST.application_id).where(
        _AGAINST.account_id == account_id, _AGAINST.ended_at.is_(None)
    )
    own = sa.select(Application.id).where(Application.account_id == account_id)
    hanging = (
        sa.select(model.id).where(model.application_id.in_(in_conflict) | model.application_id.in_(own))
        for model in HANGING
    )
    return sa.and_(*(named.not_in(ids) for ids in (in_conflict, own, *hanging)))


def _own(
    account_id: str | sa.SQLColumnExpression[str] | None, column: sa.SQLColumnExpression[str]
) -> sa.ColumnElement[bool]:
    return sa.select(_MINE.id).where(_MINE.id == column, _MINE.account_id == account_id).exists()


def may_see(session: ScopedSession, account_id: str | None, application_id: str) -> bool:
    """Whether an account may see one application of the session's tenant: it is there, and nothing stands in the way."""
    found = session.scalar(sa.select(Application.id).where(Application.id == application_id, clear_of(account_id)))
    return found is not None
