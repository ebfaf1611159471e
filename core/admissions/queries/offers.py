"""Reading offers of membership: one's own, and a partner's list of them. One statement each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import Application, MembershipOffer
from core.admissions.queries.sight import clear_of
from core.admissions.states import ACCEPTED, OFFERED
from core.data.listing import caseless, contains_words, ordered
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account


class Mine(NamedTuple):
    """One's own offer. `lapses_at` and `ended_at` are UTC."""

    application_id: str
    reference: str
    state: str
    offered_at: datetime
    lapses_at: datetime
    ended_at: datetime | None

    @property
    def stands(self) -> bool:
        """Whether it can be answered."""
        return self.state == OFFERED


_IS_ACCEPTED = Application.state == ACCEPTED
_OF = (Application.tenant_id == MembershipOffer.tenant_id) & (Application.id == MembershipOffer.application_id)


def mine(session: ScopedSession, application_id: str, account_id: str) -> Mine:
    """The offer that one's application led to. Raises NotFound: none, another person's, another tenant's, or corrected since."""
    query = (
        sa.select(
            Application.id, Application.reference, MembershipOffer.state, MembershipOffer.offered_at, MembershipOffer.lapses_at,
            MembershipOffer.ended_at,
        )
        .join(Application, _OF)
        .where(Application.id == application_id, MembershipOffer.account_id == account_id, _IS_ACCEPTED)
    )  # fmt: skip
    row = session.execute(query).one_or_none() if is_id(application_id) else None
    if row is None:
        raise NotFound
    return Mine(*row)


class Listed(NamedTuple):
    """An offer in a partner's list; `why` is the reason for which it was renewed last."""

    id: str
    reference: str
    name: str
    email: str
    state: str
    offered_at: datetime
    lapses_at: datetime
    reminded_at: datetime | None
    ended_at: datetime | None
    why: str
    version: int
    total: int


SORTS: Mapping[str, Any] = {
    "lapses": MembershipOffer.lapses_at, "offered": MembershipOffer.offered_at, "name": caseless(Account.name),
    "state": MembershipOffer.state,
}  # fmt: skip
"""What the list can be sorted by; a leading `-` turns it round."""


def _list(account_id: str | None) -> Any:
    return (
        sa.select(
            MembershipOffer.id, Application.reference, Account.name, Account.email, MembershipOffer.state,
            MembershipOffer.offered_at, MembershipOffer.lapses_at, MembershipOffer.reminded_at, MembershipOffer.ended_at,
            MembershipOffer.state_why, MembershipOffer.version, sa.func.count().over(),
        )
        .join(Application, _OF)
        .join(Account, Account.id == MembershipOffer.account_id)
        .where(_IS_ACCEPTED, clear_of(account_id, MembershipOffer.application_id))
    )  # fmt: skip


def listed(
    session: ScopedSession, account_id: str | None, *, state: str = "", search: str = "", sort: str = "lapses",
    limit: int | None = 50, offset: int = 0,
) -> Sequence[Listed]:  # fmt: skip
    """The offers of the session's tenant that an account may see; each row carries the total that the filters let through.
    `limit` None gives them all."""
    query = _list(account_id)
    if state:
        query = query.where(MembershipOffer.state == state)
    query = query.where(*contains_words(search, Account.name, Account.email, Application.reference))
    query = query.order_by(*ordered(SORTS, sort, MembershipOffer.id)).offset(offset)
    return [Listed(*row) for row in session.execute(query if limit is None else query.limit(limit))]


def one(session: ScopedSession, account_id: str | None, offer_id: str) -> Listed:
    """One offer that an account may see. Raises NotFound."""
    wanted = _list(account_id).where(MembershipOffer.id == offer_id)
    row = session.execute(wanted).one_or_none() if is_id(offer_id) else None
    if row is None:
        raise NotFound
    return Listed(*row)
