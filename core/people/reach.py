"""People as plugins may know them: by id or address, with what is needed to write to them and to tell who may join."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.data.listing import caseless, contains_words
from core.data.session import ScopedSession
from core.kernel import clock
from core.people import emails
from core.people.models import Account, Affiliation, Membership, Profile
from core.people.sectors import UNTOLD


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody with an account that is open. `home_tenant_id` is a member's home today; None for who is no member."""

    account_id: str
    name: str
    email: str
    locale: str
    is_member: bool
    home_tenant_id: int | None


_PEOPLE = (
    sa.select(
        Account.id, Account.name, Account.email, Account.locale, Membership.account_id, Affiliation.home_tenant_id
    )
    .outerjoin(
        Membership,
        (Membership.account_id == Account.id)
        & (Membership.left_on.is_(None) | (Membership.left_on > sa.bindparam("today"))),
    )
    .outerjoin(Affiliation, (Affiliation.account_id == Account.id) & Affiliation.ends_on.is_(None))
    .where(Account.disabled_at.is_(None))
)
_BY_ID = _PEOPLE.where(Account.id.in_(sa.bindparam("account_ids", expanding=True)))
_BY_EMAIL = _PEOPLE.where(Account.email_norm == sa.bindparam("email"), Account.confirmed_at.is_not(None))


def _known(row: Any) -> Known:
    account_id, name, email, locale, member, home = row
    return Known(account_id, name, email, locale, member is not None, home if member is not None else None)


def people_by_id(session: ScopedSession, account_ids: Collection[str]) -> dict[str, Known]:
    """Those of the accounts that are open, by id, in one statement."""
    if not account_ids:
        return {}
    rows = session.execute(_BY_ID, {"account_ids": sorted(account_ids), "today": clock.today()})
    return {row[0]: _known(row) for row in rows}


def person_by_email(session: ScopedSession, email: str) -> Known | None:
    """Whoever's account has this address, confirmed by its owner; None for nobody, in one statement."""
    row = session.execute(_BY_EMAIL, {"email": emails.normal(email), "today": clock.today()}).one_or_none()
    return _known(row) if row is not None else None


def address_of(account_id: str | sa.BindParameter[str]) -> sa.ScalarSelect[str]:
    """The address of an account, open or closed, as addresses are compared: to compare a column with. Null for none."""
    return sa.select(Account.email_norm).where(Account.id == account_id).scalar_subquery()


def is_closed(account_id: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    """The condition that the account which a column names is closed."""
    return sa.exists().where(Account.id == account_id, Account.disabled_at.is_not(None))


def members_named(session: ScopedSession, tenant_id: int, search: str, limit: int = 20) -> list[Known]:
    """Members whose home is `tenant_id` today and whose name or address has every word of `search`, by name; of those
    elsewhere only who has exactly that address. Nobody for an empty search. One statement."""
    words = contains_words(search, Account.name, Account.email)
    if not words:
        return []
    here = sa.and_(Affiliation.home_tenant_id == tenant_id, *words)
    rows = session.execute(
        _PEOPLE.where(Membership.account_id.is_not(None), sa.or_(here, Account.email_norm == emails.normal(search)))
        .order_by(caseless(Account.name), Account.id)
        .limit(limit),
        {"today": clock.today()},
    )
    return [_known(row) for row in rows]


def members_today() -> sa.Subquery:
    """Every member today, to join with: columns `account_id`, `home_tenant_id` and `sector` (see `sectors`). Whose account is
    closed, or who has left, is in it no more."""
    return (
        sa.select(
            Affiliation.account_id, Affiliation.home_tenant_id, sa.func.coalesce(Profile.sector, UNTOLD).label("sector")
        )
        .join(Account, Account.id == Affiliation.account_id)
        .join(Membership, Membership.account_id == Affiliation.account_id)
        .outerjoin(Profile, Profile.account_id == Affiliation.account_id)
        .where(
            Affiliation.ends_on.is_(None), Account.disabled_at.is_(None),
            Membership.left_on.is_(None) | (Membership.left_on > clock.today()),
        )
        .subquery("member_today")
    )  # fmt: skip
