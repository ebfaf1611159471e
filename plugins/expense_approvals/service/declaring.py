"""Saying that one is not in paid employment on the days of an activity, and taking it back."""

import sqlalchemy as sa

from core.sdk import (
    N_,
    Forbidden,
    NotFound,
    Refused,
    ScopedSession,
    Visitor,
    clock,
    is_id,
    new_id,
    record_audit,
    transaction,
)
from plugins.expense_approvals.models import Activity, Declaration

STATEMENT = 1
"""The version of the words that are declared (`words.STATEMENTS`): new words, new number, and nobody has declared them yet.

New words are for who asks from then on. What was asked on the words before stands on those, as long as they are not taken back."""
GONE = N_(
    "You have taken back your declaration that you are not in paid employment on these days. Declare it again, if it is true."
)
GONE_OF_THEIRS = N_(
    "The person has taken back their declaration that they are not in paid employment on these days. Nothing can be agreed or "
    "approved unless they declare it again."
)


# Statements are written once: SQLAlchemy works out the key and the SQL of each for the first declaration alone.
_ACTIVITY = sa.select(Activity.id).where(Activity.id == sa.bindparam("wanted"))
_STANDING = sa.select(Declaration.id).where(
    Declaration.activity_id == sa.bindparam("of_activity"),
    Declaration.account_id == sa.bindparam("of_person"),
    Declaration.statement == sa.bindparam("in_words"),
    Declaration.withdrawn_at.is_(None),
)
_OF_PERSON = sa.update(Declaration).where(
    Declaration.activity_id == sa.bindparam("of_activity"),
    Declaration.account_id == sa.bindparam("of_person"),
    Declaration.withdrawn_at.is_(None),
)
_HOLD = _OF_PERSON.values(declared_at=Declaration.declared_at).returning(Declaration.id)
_END = _OF_PERSON.values(withdrawn_at=sa.bindparam("at")).returning(Declaration.id)


def declare(session: ScopedSession, activity_id: str, visitor: Visitor) -> None:
    """Declare it; again is the same. Raises Forbidden for who is no member, NotFound."""
    account_id = _member(visitor)
    with transaction(session):
        if not is_id(activity_id) or session.scalar(_ACTIVITY, {"wanted": activity_id}) is None:
            raise NotFound
        values = {
            "id": new_id(), "tenant_id": session.scope.tenant_id, "activity_id": activity_id, "account_id": account_id,
            "statement": STATEMENT, "declared_at": clock.now(), "withdrawn_at": None,
        }  # fmt: skip
        standing = {"of_activity": activity_id, "of_person": account_id, "in_words": STATEMENT}
        if session.scalar(_STANDING, standing) is not None:
            return
        record_audit(
            session,
            actor=visitor.actor(),
            action="expense_approvals.declare",
            subject=activity_id,
            after={"statement": STATEMENT},
        )
        _end(session, activity_id, account_id)
        session.add(Declaration(**values))
        session.flush()


def take_back(session: ScopedSession, activity_id: str, visitor: Visitor) -> None:
    """Take it back: nothing can be asked for, agreed, claimed or approved on it any more. Raises Forbidden, NotFound where there
    is none."""
    account_id = _member(visitor)
    if not is_id(activity_id):
        raise NotFound
    with transaction(session):
        record_audit(session, actor=visitor.actor(), action="expense_approvals.take_back", subject=activity_id)
        if not _end(session, activity_id, account_id):
            raise NotFound  # and nothing is recorded


def must_stand(session: ScopedSession, activity_id: str, account_id: str | None, gone: str) -> None:
    """Raises Refused with `gone` where a person's declaration for an activity does not stand.

    Called in the transaction that relies on it, after its entry in the audit trail: everybody locks the trail before the
    declaration, or two would wait for each other. The row stays locked until the end, so taking it back comes before, and
    is seen, or after.
    """
    held = session.execute(_HOLD, {"of_activity": activity_id, "of_person": account_id or ""})
    if not held.all():
        raise Refused(gone)


def _member(visitor: Visitor) -> str:
    if visitor.account_id is None or not visitor.is_member:
        raise Forbidden("expense_approvals.declare")
    return visitor.account_id


def _end(session: ScopedSession, activity_id: str, account_id: str) -> int:
    done = session.execute(_END, {"of_activity": activity_id, "of_person": account_id, "at": clock.now()})
    return len(done.all())
