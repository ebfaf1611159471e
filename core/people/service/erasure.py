"""When a closed account is erased: asked for, called off, begun, done. Each step is one conditional statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
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


def overdue(session: ScopedSession, at: datetime) -> tuple[int, datetime | None]:
    """How many accounts `due` gives at that moment, and since when the longest of them waits."""
    row = session.execute(
        sa.select(sa.func.count(), sa.func.min(Closure.erase_after)).where(
            Closure.erased_at.is_(None), Closure.erase_after <= at
        )
    ).one()
    return row[0], row[1]


def wanted(session: ScopedSession, account_id: str) -> bool:
    """Whether an account is closed, its grace period over, and not erased: `claim` will take it."""
    return session.scalar(sa.select(Closure.account_id).where(_ready(account_id))) is not None


def _ready(account_id: str) -> sa.ColumnElement[bool]:
    closed = sa.exists().where(Account.id == Closure.account_id, Account.disabled_at.is_not(None))
    return sa.and_(
        Closure.account_id == account_id, Closure.erased_at.is_(None), Closure.erase_after <= clock.now(), closed
    )


def claim(session: ScopedSession, account_id: str) -> bool:
    """Begin (or go on) to erase: False for an account that is open, not due or erased. From here there is no way back."""
    with transaction(session):
        begun = session.execute(
            sa.update(Closure)
            .where(_ready(account_id))
            .values(begun_at=sa.func.coalesce(Closure.begun_at, clock.now(), type_=Closure.begun_at.type))
            .returning(Closure.account_id)
        ).one_or_none()
    return begun is not None


def finish_in(session: ScopedSession, account_id: str, not_asked: Collection[str]) -> bool:
    """Note that an account is erased, in the transaction that takes the last of it, but for what plugins hold that could not be
    asked (`not_asked`); False when another run has done it."""
    finished = session.execute(
        sa.update(Closure)
        .where(Closure.account_id == account_id, Closure.begun_at.is_not(None), Closure.erased_at.is_(None))
        .values(erased_at=clock.now(), not_asked=sorted(not_asked) or None)
        .returning(Closure.account_id)
    ).one_or_none()
    return finished is not None


@dataclass(frozen=True, slots=True)
class Owed:
    """An account that is erased, but for what `plugins` hold: they were not installed then."""

    account_id: str
    erased_at: datetime
    plugins: frozenset[str]


def owed(session: ScopedSession, account_id: str | None = None) -> list[Owed]:
    """What plugins still have to erase, of one account or of all, the longest waiting first."""
    query = sa.select(Closure.account_id, Closure.erased_at, Closure.not_asked).where(
        Closure.not_asked.is_not(None), Closure.erased_at.is_not(None)
    )
    if account_id is not None:
        query = query.where(Closure.account_id == account_id)
    rows = session.execute(query.order_by(Closure.erased_at, Closure.account_id))
    return [Owed(row.account_id, row.erased_at, frozenset(row.not_asked)) for row in rows]


def note_asked_in(session: ScopedSession, account_id: str, rest: Collection[str]) -> None:
    """Note which plugins still have to be asked, in the caller's transaction. One that is noted once too often is asked again."""
    session.execute(sa.update(Closure).where(Closure.account_id == account_id).values(not_asked=sorted(rest) or None))
