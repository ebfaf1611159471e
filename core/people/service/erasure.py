"""When a closed account is erased: asked for, called off, begun, done. Each step is one conditional statement."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.data import upserts
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Refused
from core.kernel.text import N_
from core.people.models import Account, Closure

GRACE = timedelta(days=30)
"""How long a closed account can be opened again: enough for a holiday, and inside the month that the law gives us."""


def schedule_in(session: ScopedSession, account_id: str) -> datetime:
    """Have a closed account erased when the grace period is over, in the caller's transaction. Returns when that is."""
    now = clock.now()
    values = {"asked_at": now, "erase_after": now + GRACE}
    session.execute(
        upserts.insert(session, Closure)
        .values(account_id=account_id, begun_at=None, erased_at=None, **values)
        .on_conflict_do_update(index_elements=["account_id"], set_=values, where=Closure.begun_at.is_(None))
    )
    return values["erase_after"]


def call_off_in(session: ScopedSession, account_id: str) -> None:
    """Keep the account after all, in the caller's transaction. Raises Refused once the erasing has begun."""
    session.execute(sa.delete(Closure).where(Closure.account_id == account_id, Closure.begun_at.is_(None)))
    if session.scalar(sa.select(Closure.account_id).where(Closure.account_id == account_id)) is not None:
        raise Refused(N_("This account has been erased. It cannot be opened again; the person can create a new one."))


def due(session: ScopedSession, at: datetime) -> Sequence[str]:
    """The accounts whose grace period is over and that are not erased yet, the longest waiting first."""
    return session.scalars(
        sa.select(Closure.account_id)
        .where(Closure.erased_at.is_(None), Closure.erase_after <= at)
        .order_by(Closure.erase_after, Closure.account_id)
    ).all()


def claim(session: ScopedSession, account_id: str) -> bool:
    """Begin (or go on) to erase: False for an account that is open, not due or erased. From here there is no way back."""
    now = clock.now()
    closed = sa.exists().where(Account.id == Closure.account_id, Account.disabled_at.is_not(None))
    with transaction(session):
        begun = session.execute(
            sa.update(Closure)
            .where(
                Closure.account_id == account_id, Closure.erased_at.is_(None), Closure.erase_after <= now, closed
            )
            .values(begun_at=sa.func.coalesce(Closure.begun_at, now, type_=Closure.begun_at.type))
            .returning(Closure.account_id)
        ).one_or_none()  # fmt: skip
    return begun is not None


def finish_in(session: ScopedSession, account_id: str) -> bool:
    """Note that an account is erased, in the transaction that takes the last of it; False when another run has done it."""
    finished = session.execute(
        sa.update(Closure)
        .where(Closure.account_id == account_id, Closure.begun_at.is_not(None), Closure.erased_at.is_(None))
        .values(erased_at=clock.now())
        .returning(Closure.account_id)
    ).one_or_none()
    return finished is not None
