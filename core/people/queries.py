"""Reads about people: who is signed in, who is a member here, who holds which role, what concerns one person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from core.data.audit import UK
from core.data.listing import caseless, contains_words, ordered
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.calendars import CANCELLED
from core.kernel.permissions import Role
from core.people import emails
from core.people.models import Account, Affiliation, Closure, Cohort, Membership, Profile, RoleGrant, SignIn
from core.tenancy.models import ShelfItem


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A signed-in person with every role of today: (role, tenant id) pairs, the UK site's id meaning UK-wide."""

    account_id: str
    name: str
    email: str
    locale: str
    sign_in_id: str
    seen_at: datetime
    remember: bool
    cohort: Cohort | None
    home_tenant_id: int | None
    grants: tuple[tuple[Role, int], ...]

    @property
    def is_member(self) -> bool:
        """Whether the person is a member of the community today."""
        return self.cohort is not None

    def roles_at(self, tenant_id: int) -> frozenset[Role]:
        """Roles at one tenant: those given there, UK-wide ones, and `member` for a member of the community."""
        held = {role for role, at in self.grants if at in {tenant_id, UK}}
        return frozenset(held | {Role.MEMBER}) if self.is_member else frozenset(held)


def _live(today: Any, grant: Any = RoleGrant) -> sa.ColumnElement[bool]:
    """The condition of a grant that counts on the day `today` (a date or a bind parameter)."""
    return sa.and_(
        grant.ended_at.is_(None),
        grant.starts_on <= today,
        grant.ends_on.is_(None) | (grant.ends_on >= today),
    )


def _who() -> sa.Select[Any]:
    """Rows of (seven columns of `SignedIn`, cohort, home, role, where), one for each role, by the token's hash, now and today.

    On the tables themselves, past the ORM: every page of somebody signed in asks it, and nothing in it belongs to a tenant.
    """
    tables: list[Any] = [model.__table__ for model in (Account, SignIn, Membership, Affiliation, RoleGrant)]
    account, sign_in, membership, affiliation, grant = (table.c for table in tables)
    now, today = sa.bindparam("now", type_=sign_in.expires_at.type), sa.bindparam("today", type_=grant.starts_on.type)
    member = membership.left_on.is_(None) | (membership.left_on > today)
    return (
        sa.select(
            account.id, account.name, account.email, account.locale, sign_in.id, sign_in.seen_at, sign_in.remember,
            membership.cohort, affiliation.home_tenant_id, grant.role, grant.at_tenant_id,
        )
        .join_from(tables[0], tables[1], sign_in.account_id == account.id)
        .outerjoin(tables[2], (membership.account_id == account.id) & member)
        .outerjoin(tables[3], (affiliation.account_id == account.id) & affiliation.ends_on.is_(None))
        .outerjoin(tables[4], (grant.account_id == account.id) & _live(today, grant))
        .where(
            sign_in.token_hash == sa.bindparam("token_hash"),
            sign_in.ended_at.is_(None),
            sign_in.expires_at > now,
            sign_in.idle_until > now,
            account.disabled_at.is_(None),
        )
    )  # fmt: skip


_WHO = _who()


def signed_in(session: ScopedSession, token_hash: str) -> SignedIn | None:
    """Everything the gate needs of a signed-in person, in one statement; None for an unknown, ended or expired token."""
    rows = session.execute(_WHO, {"token_hash": token_hash, "today": clock.today(), "now": clock.now()}).all()
    if not rows:
        return None
    first = rows[0]
    grants = tuple((Role(row[9]), int(row[10])) for row in rows if row[9] is not None)
    values: Any = (*first[:7], Cohort(first[7]) if first[7] else None, first[8], grants)
    return SignedIn(*values)


_ROLES = sa.select(RoleGrant.role).where(
    RoleGrant.account_id == sa.bindparam("account_id"), RoleGrant.at_tenant_id.in_(sa.bindparam("at", expanding=True)),
    _live(sa.bindparam("today")),
)  # fmt: skip
_HOLDERS = (
    sa.select(RoleGrant.account_id)
    .where(RoleGrant.role == sa.bindparam("role"), RoleGrant.at_tenant_id == sa.bindparam("at"), _live(sa.bindparam("today")))
    .distinct()
    .order_by(RoleGrant.account_id)
)  # fmt: skip


def roles_of(session: ScopedSession, account_id: str, tenant_id: int) -> frozenset[Role]:
    """The roles somebody has been given at one tenant or UK-wide, as they are today."""
    found = session.scalars(_ROLES, {"account_id": account_id, "at": [tenant_id, UK], "today": clock.today()})
    return frozenset(Role(role) for role in found)


def holders(session: ScopedSession, role: Role, tenant_id: int) -> list[str]:
    """The accounts that hold a role given at one tenant, as of today, in order."""
    return list(session.scalars(_HOLDERS, {"role": role.value, "at": tenant_id, "today": clock.today()}))


def account_by_email(session: ScopedSession, email: str) -> Account | None:
    """The account with this address, however it is written."""
    return session.scalar(sa.select(Account).where(Account.email_norm == emails.normal(email)))


@dataclass(frozen=True, slots=True)
class Own:
    """One's own details, for the account page; `version` goes into the form."""

    account_id: str
    email: str
    name: str
    locale: str
    version: int
    job_title: str
    organisation: str
    locality: str
    about: str
    sector: str
    cohort: Cohort | None
    since: date | None
    home_tenant_id: int | None


_OWN = (
    sa.select(
        Account.id, Account.email, Account.name, Account.locale, Account.version, Profile.job_title, Profile.organisation,
        Profile.locality, Profile.about, Profile.sector, Membership.cohort, Membership.since, Affiliation.home_tenant_id,
    )
    .outerjoin(Profile, Profile.account_id == Account.id)
    .outerjoin(Membership, (Membership.account_id == Account.id) & Membership.left_on.is_(None))
    .outerjoin(Affiliation, (Affiliation.account_id == Account.id) & Affiliation.ends_on.is_(None))
    .where(Account.id == sa.bindparam("account_id"))
)  # fmt: skip


def own(session: ScopedSession, account_id: str) -> Own:
    """One's own details, in one statement. Raises sqlalchemy's NoResultFound for an account that is not there."""
    row = session.execute(_OWN, {"account_id": account_id}).one()
    told = {key: getattr(row, key) or "" for key in ("job_title", "organisation", "locality", "about", "sector")}
    return Own(
        account_id=row.id, email=row.email, name=row.name, locale=row.locale, version=row.version, **told,
        cohort=Cohort(row.cohort) if row.cohort else None, since=row.since, home_tenant_id=row.home_tenant_id,
    )  # fmt: skip


def homes(session: ScopedSession, account_id: str) -> Sequence[Affiliation]:
    """Every home a member has had, the newest first."""
    return session.scalars(
        sa.select(Affiliation)
        .where(Affiliation.account_id == account_id)
        .order_by(Affiliation.starts_on.desc(), Affiliation.id.desc())
    ).all()


def devices(session: ScopedSession, account_id: str) -> Sequence[SignIn]:
    """Where an account is signed in now, the latest used first."""
    now = clock.now()
    return session.scalars(
        sa.select(SignIn)
        .where(
            SignIn.account_id == account_id, SignIn.ended_at.is_(None), SignIn.expires_at > now, SignIn.idle_until > now
        )
        .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
        .limit(100)
    ).all()  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shelf:
    """A person's items, in the groups of the page. What has no date is no appointment, and what was called off is not coming
    any more: each stands by itself. `cancelled` holds it until its time has come; then it is past like everything else."""

    needed: Sequence[ShelfItem]
    coming: Sequence[ShelfItem]
    cancelled: Sequence[ShelfItem]
    undated: Sequence[ShelfItem]
    past: Sequence[ShelfItem]

    def __bool__(self) -> bool:
        return bool(self.needed or self.coming or self.cancelled or self.undated or self.past)


_MINE = sa.select(ShelfItem).where(ShelfItem.account_id == sa.bindparam("account_id"))
_CURRENT = (
    _MINE.where(ShelfItem.needs_action | ShelfItem.when.is_(None) | (ShelfItem.when >= sa.bindparam("now")))
    .order_by(ShelfItem.needs_action.desc(), ShelfItem.when.is_(None), ShelfItem.when, ShelfItem.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_PAST = (
    _MINE.where(~ShelfItem.needs_action, ShelfItem.when < sa.bindparam("now"))
    .order_by(ShelfItem.when.desc(), ShelfItem.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


def my_items(session: ScopedSession, account_id: str, limit: int = 200) -> Shelf:
    """What concerns one person, from every site: what needs them, what is coming and what of it was cancelled (soonest first),
    what has no date, what is past (latest first, a quarter of `limit`). Two statements."""
    asked = {"account_id": account_id, "now": clock.now()}
    current = session.scalars(_CURRENT, {**asked, "most": limit}).all()
    past = session.scalars(_PAST, {**asked, "most": limit // 4}).all()
    rest = [item for item in current if not item.needs_action]
    dated = [item for item in rest if item.when]
    return Shelf(
        [item for item in current if item.needs_action],
        [item for item in dated if item.calendar_status != CANCELLED],
        [item for item in dated if item.calendar_status == CANCELLED],
        [item for item in rest if not item.when], past,
    )  # fmt: skip


_MEMBERS_BY_TENANT = (
    sa.select(Affiliation.home_tenant_id, sa.func.count())
    .join(Membership, Membership.account_id == Affiliation.account_id)
    .join(Account, Account.id == Affiliation.account_id)
    .where(Affiliation.ends_on.is_(None), Membership.left_on.is_(None), Account.disabled_at.is_(None))
    .group_by(Affiliation.home_tenant_id)
)


def members_by_tenant(session: ScopedSession) -> dict[int, int]:
    """{tenant id: members whose home it is today}, in one statement. Somebody whose account is closed does not count."""
    return {row[0]: row[1] for row in session.execute(_MEMBERS_BY_TENANT)}


MEMBER_SORTS: Mapping[str, Any] = {
    "name": caseless(Account.name), "organisation": caseless(Profile.organisation),
    "cohort": Membership.cohort, "since": Membership.since,
}  # fmt: skip
"""What a list of members can be sorted by; a leading `-` turns it round."""


def members(
    session: ScopedSession, tenant_id: int, search: str = "", page: int = 1, size: int | None = 50, *, cohort: str = "",
    sort: str = "name",
) -> Sequence[Any]:  # fmt: skip
    """One page of the members whose home is a tenant, and one row more when there is a next page. One statement.

    Rows: (id, name, email, job_title, organisation, locality, cohort, since, total), where `total` counts all that the
    filters let through. `sort` is a key of MEMBER_SORTS; `size` None gives them all, for an export.
    """
    query = (
        sa.select(
            Account.id, Account.name, Account.email, Profile.job_title, Profile.organisation, Profile.locality,
            Membership.cohort, Membership.since, sa.func.count().over().label("total"),
        )
        .join(Affiliation, (Affiliation.account_id == Account.id) & Affiliation.ends_on.is_(None))
        .join(Membership, Membership.account_id == Account.id)
        .outerjoin(Profile, Profile.account_id == Account.id)
        .where(Affiliation.home_tenant_id == tenant_id, Membership.left_on.is_(None), Account.disabled_at.is_(None))
    )  # fmt: skip
    query = query.where(*contains_words(search, Account.name, Account.email, Profile.organisation))
    if cohort:
        query = query.where(Membership.cohort == cohort)
    query = query.order_by(*ordered(MEMBER_SORTS, sort, Account.id, empty=("organisation",)))
    return session.execute(query if size is None else query.limit(size + 1).offset((page - 1) * size)).all()


def role_holders(
    session: ScopedSession, tenant_id: int | None = None, *, role: str = "", search: str = "", ended: bool = False,
    account_id: str = "",
) -> Sequence[Any]:  # fmt: skip
    """Who holds which role, or has been promised it for later: (id, account_id, name, email, role, at_tenant_id, starts_on,
    ends_on, reason, granted_by_name, ended_at); of one tenant or of all, of one account or of all. `ended` gives those
    that are over instead."""
    giver = sa.orm.aliased(Account)
    open_ones = RoleGrant.ended_at.is_(None) & (RoleGrant.ends_on.is_(None) | (RoleGrant.ends_on >= clock.today()))
    query = (
        sa.select(
            RoleGrant.id, Account.id.label("account_id"), Account.name, Account.email, RoleGrant.role, RoleGrant.at_tenant_id,
            RoleGrant.starts_on, RoleGrant.ends_on, RoleGrant.reason, giver.name.label("granted_by_name"), RoleGrant.ended_at,
        )
        .join(Account, Account.id == RoleGrant.account_id)
        .outerjoin(giver, giver.id == RoleGrant.granted_by)
        .where(~open_ones if ended else open_ones)
    )  # fmt: skip
    if tenant_id is not None:
        query = query.where(RoleGrant.at_tenant_id == tenant_id)
    if account_id:
        query = query.where(RoleGrant.account_id == account_id)
    if role:
        query = query.where(RoleGrant.role == role)
    query = query.where(*contains_words(search, Account.name, Account.email))
    order = (RoleGrant.at_tenant_id, RoleGrant.role, caseless(Account.name), RoleGrant.id)
    return session.execute(query.order_by(*order)).all()


ACCOUNT_SORTS: Mapping[str, Any] = {
    "name": caseless(Account.name), "email": Account.email_norm, "signed_in": Account.signed_in_at,
    "created": Account.created_at,
}  # fmt: skip
"""What a list of accounts can be sorted by; a leading `-` turns it round."""


def search_accounts(
    session: ScopedSession, search: str, *, offset: int = 0, limit: int | None = 25, sort: str = "name",
    closed: bool = False,
) -> Sequence[Any]:  # fmt: skip
    """Accounts by name or address, for the central team: (id, name, email, confirmed_at, disabled_at, signed_in_at,
    created_at, home_tenant_id, cohort, total); with `closed` those alone that are closed. One statement.

    `sort` is a key of ACCOUNT_SORTS; `limit` None gives them all. Erased accounts are nobody's and left out.
    """
    query = (
        sa.select(
            Account.id, Account.name, Account.email, Account.confirmed_at, Account.disabled_at, Account.signed_in_at,
            Account.created_at, Affiliation.home_tenant_id, Membership.cohort, sa.func.count().over().label("total"),
        )
        .outerjoin(Affiliation, (Affiliation.account_id == Account.id) & Affiliation.ends_on.is_(None))
        .outerjoin(Membership, (Membership.account_id == Account.id) & Membership.left_on.is_(None))
        .outerjoin(Closure, Closure.account_id == Account.id)
        .where(Closure.erased_at.is_(None))
    )  # fmt: skip
    query = query.where(*contains_words(search, Account.name, Account.email))
    if closed:
        query = query.where(Account.disabled_at.is_not(None))
    query = query.order_by(*ordered(ACCOUNT_SORTS, sort, Account.id, empty=("signed_in",))).offset(offset)
    return session.execute(query if limit is None else query.limit(limit)).all()


def person(session: ScopedSession, account_id: str) -> Any | None:
    """One account for the central team's page, in one statement: (id, name, email, locale, created_at, confirmed_at,
    signed_in_at, disabled_at, erase_after, begun_at, erased_at, cohort, since, home_tenant_id)."""
    return session.execute(
        sa.select(
            Account.id, Account.name, Account.email, Account.locale, Account.created_at, Account.confirmed_at,
            Account.signed_in_at, Account.disabled_at, Closure.erase_after, Closure.begun_at, Closure.erased_at,
            Membership.cohort, Membership.since, Affiliation.home_tenant_id,
        )
        .outerjoin(Closure, Closure.account_id == Account.id)
        .outerjoin(Membership, (Membership.account_id == Account.id) & Membership.left_on.is_(None))
        .outerjoin(Affiliation, (Affiliation.account_id == Account.id) & Affiliation.ends_on.is_(None))
        .where(Account.id == account_id)
    ).one_or_none()  # fmt: skip
