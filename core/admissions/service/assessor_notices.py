"""Telling assessors: what was offered since the last letter, in one, with a card for each; and once before it is due."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.admissions.models import Application, Assessor, Assignment
from core.admissions.queries import panels
from core.admissions.queries.panels import Due
from core.admissions.service.assigned import show_card
from core.admissions.states import ASSESSING, DECLARED, OFFERED
from core.data.locks import hold_in_order
from core.data.session import ScopedSession, transaction

REMINDED_BEFORE = timedelta(days=5)
Post = Callable[[ScopedSession, Due], None]
"""Writes one letter, in the transaction in which it is noted."""


def tell_offered(session: ScopedSession, at: datetime, post: Post) -> int:
    """Write to everybody to whom something was offered of which they were not told yet, one letter each, and put its cards on
    their shelves; how many letters. For the session's tenant. What is due follows from what was told: slots that were missed lose nobody."""
    return _write(session, at, "told_at", post, Assignment.state == OFFERED, Assignment.told_at.is_(None))


def remind(session: ScopedSession, at: datetime, post: Post) -> int:
    """Write once about assignments that are due within five days, or are over, and that are not sealed; how many letters.
    Whoever was not told of an assignment yet hears of it by the other letter first."""
    return _write(
        session, at, "reminded_at", post, Assignment.state.in_((OFFERED, DECLARED, ASSESSING)),
        Assignment.told_at.is_not(None), Assignment.told_at < at - timedelta(days=1), Assignment.reminded_at.is_(None),
        Assignment.due_at <= at + REMINDED_BEFORE,
    )  # fmt: skip


def _write(session: ScopedSession, at: datetime, column: str, post: Post, *where: sa.ColumnElement[bool]) -> int:
    if not panels.due(session, *where)[0]:
        return 0
    with transaction(session):
        found, _ = panels.due(session, *where)
        hold_in_order(session, Assignment, Assignment.id.in_(found))
        done = session.scalars(
            sa.update(Assignment)
            .where(Assignment.id.in_(found), getattr(Assignment, column).is_(None))
            .values({column: at})
            .returning(Assignment.id)
        ).all()
        _, people = panels.due(session, Assignment.id.in_(done))
        for one in people:
            post(session, one)
        if column == "told_at":
            _put_up(session, done)
    return len(people)


def _put_up(session: ScopedSession, assignment_ids: Collection[str]) -> None:
    rows = session.execute(
        sa.select(Assessor.account_id, Assignment.id, Assignment.state, Assignment.due_at, Application.reference)
        .join(Assessor, (Assessor.tenant_id == Assignment.tenant_id) & (Assessor.id == Assignment.assessor_id))
        .join(
            Application, (Application.tenant_id == Assignment.tenant_id) & (Application.id == Assignment.application_id)
        )
        .where(Assignment.id.in_(assignment_ids))
    )
    for row in rows:
        show_card(session, *row)
