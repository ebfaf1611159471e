"""Reading the compact: its versions, who accepted which, who is asked to accept a newer one. One statement each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions import compact
from core.admissions.compact import CompactText
from core.admissions.models import CompactAcceptance, CompactRefusal, CompactVersion
from core.admissions.queries import versions as versions_of
from core.data.listing import caseless, ordered
from core.data.session import ScopedSession
from core.kernel import clock
from core.people.models import Account, Affiliation, Membership

IS_PUBLISHED = CompactVersion.state == "published"


@dataclass(frozen=True, slots=True)
class Version(versions_of.Written):
    """One version of the compact without its content."""

    asks_again: bool


class Whole(NamedTuple):
    """A version with its content."""

    version: Version
    text: CompactText


_VERSIONS = versions_of.reading(CompactVersion, CompactVersion.asks_again)
_WHOLE = _VERSIONS.add_columns(CompactVersion.content)
_ONE = _WHOLE.where(CompactVersion.number == sa.bindparam("wanted"))
_NEWEST = _WHOLE.where(IS_PUBLISHED).limit(1)


def _whole(row: Any) -> Whole:
    *columns, content = row
    return Whole(Version(*columns), compact.read(content))


def versions(session: ScopedSession) -> list[Version]:
    """Every version, newest first."""
    return [Version(*row) for row in session.execute(_VERSIONS)]


def one(session: ScopedSession, number: int) -> Whole:
    """A version by its number. Raises NotFound."""
    return _whole(versions_of.numbered(session, _ONE, number))


def newest(session: ScopedSession) -> Whole | None:
    """The version that people accept now; None before the first is published."""
    row = session.execute(_NEWEST).one_or_none()
    return _whole(row) if row is not None else None


def before(session: ScopedSession, number: int) -> Whole | None:
    """The published version before `number`, with which it is compared."""
    earlier = _WHOLE.where(IS_PUBLISHED, CompactVersion.number < number)
    row = session.execute(earlier.limit(1)).one_or_none()
    return _whole(row) if row is not None else None


def draft_number(session: ScopedSession) -> int | None:
    """The number of the one draft, where there is one."""
    return versions_of.draft_number(session, CompactVersion)


def is_newest(version_id: str) -> sa.ColumnElement[bool]:
    """The condition that `version_id` is the newest published version: for the first statement of whoever accepts it."""
    wanted = sa.select(CompactVersion.id).where(IS_PUBLISHED).order_by(CompactVersion.number.desc()).limit(1)
    return wanted.scalar_subquery() == version_id


ASKED = (
    sa.select(sa.func.max(CompactVersion.number)).where(IS_PUBLISHED, CompactVersion.asks_again.is_(True)).scalar_subquery()
)  # fmt: skip
"""The number of the latest version that asks members anew; null where none does."""
_SINCE = sa.func.coalesce(ASKED, 0)


def is_member() -> sa.ColumnElement[bool]:
    """The condition of a row of Membership that counts today."""
    return Membership.left_on.is_(None) | (Membership.left_on > clock.today())


def has_accepted(account_id: sa.SQLColumnExpression[str]) -> sa.ColumnElement[bool]:
    """The condition that an account accepted the latest version that asks anew, or a later one; any, where none asks."""
    return sa.exists().where(
        CompactAcceptance.account_id == account_id, CompactAcceptance.compact_version_id == CompactVersion.id,
        CompactVersion.number >= _SINCE,
    )  # fmt: skip


def _has_refused(account_id: sa.SQLColumnExpression[str]) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        CompactRefusal.account_id == account_id, CompactRefusal.compact_version_id == CompactVersion.id,
        CompactVersion.number >= _SINCE,
    )  # fmt: skip


_IS_ASKED = sa.select(Membership.account_id).where(
    Membership.account_id == sa.bindparam("account"),
    Membership.left_on.is_(None) | (Membership.left_on > sa.bindparam("today")),
    ASKED.is_not(None),
    ~has_accepted(Membership.account_id),
    ~_has_refused(Membership.account_id),
)


def is_asked(session: ScopedSession, account_id: str) -> bool:
    """Whether somebody is a member who is asked to accept a newer version, and has said neither yes nor no."""
    return session.scalar(_IS_ASKED, {"account": account_id, "today": clock.today()}) is not None


class Accepted(NamedTuple):
    """A version that somebody accepted, and when."""

    number: int
    at: datetime


_ACCEPTED = (
    sa.select(CompactVersion.number, CompactAcceptance.at)
    .join(CompactVersion, CompactVersion.id == CompactAcceptance.compact_version_id)
    .where(CompactAcceptance.account_id == sa.bindparam("account"))
    .order_by(CompactVersion.number.desc())
)


def accepted(session: ScopedSession, account_id: str) -> list[Accepted]:
    """What somebody accepted, the newest version first."""
    return [Accepted(*row) for row in session.execute(_ACCEPTED, {"account": account_id})]


class Refused(NamedTuple):
    """A version that somebody does not accept, with their words."""

    number: int
    words: str
    at: datetime


_REFUSED = (
    sa.select(CompactVersion.number, CompactRefusal.words, CompactRefusal.at)
    .join(CompactVersion, CompactVersion.id == CompactRefusal.compact_version_id)
    .where(CompactRefusal.account_id == sa.bindparam("account"))
    .order_by(CompactVersion.number.desc())
)


def refused(session: ScopedSession, account_id: str) -> list[Refused]:
    """What somebody did not accept, the newest version first."""
    return [Refused(*row) for row in session.execute(_REFUSED, {"account": account_id})]


ACCEPTED, REFUSED, NOT_YET = "accepted", "refused", "not_yet"
STANDINGS = (NOT_YET, REFUSED, ACCEPTED)
"""How a member stands to the latest version that asks anew, what needs somebody first."""
SORTS: Mapping[str, Any] = {"name": caseless(Account.name), "since": Membership.since}
"""What the list of members can be sorted by; a leading `-` turns it round."""


class Standing(NamedTuple):
    """A member and how they stand. `number` and `accepted_at` are of the newest version that they accepted."""

    account_id: str
    name: str
    email: str
    home_tenant_id: int | None
    since: Any
    standing: str
    number: int | None
    accepted_at: datetime | None
    words: str | None
    refused_at: datetime | None
    total: int


def _standing() -> sa.Case[Any]:
    return sa.case(
        (has_accepted(Membership.account_id), ACCEPTED), (_has_refused(Membership.account_id), REFUSED), else_=NOT_YET
    )


def figures(session: ScopedSession) -> dict[str, int]:
    """How many members stand how, by standing. Where no version asks anew, whoever accepted any counts as accepted."""
    standing = _standing().label("standing")
    query = (
        sa.select(standing, sa.func.count())
        .select_from(Membership)
        .join(Account, Account.id == Membership.account_id)
        .where(is_member(), Account.disabled_at.is_(None))
        .group_by(standing)
    )
    return {**dict.fromkeys(STANDINGS, 0), **{row[0]: int(row[1]) for row in session.execute(query)}}


def members(
    session: ScopedSession, *, standing: str = "", home: int | None = None, sort: str = "name", limit: int | None = 50, offset: int = 0
) -> Sequence[Standing]:  # fmt: skip
    """Members with how they stand; each row carries the total that the filters let through. `limit` None gives them all."""
    newest_number = (
        sa.select(CompactAcceptance.account_id, sa.func.max(CompactVersion.number).label("number"), sa.func.max(CompactAcceptance.at).label("at"))
        .join(CompactVersion, CompactVersion.id == CompactAcceptance.compact_version_id)
        .group_by(CompactAcceptance.account_id)
        .subquery()
    )  # fmt: skip
    said_no = (
        sa.select(
            CompactRefusal.account_id, CompactRefusal.words, CompactRefusal.at,
            sa.func.row_number().over(partition_by=CompactRefusal.account_id, order_by=CompactVersion.number.desc()).label("place"),
        )
        .join(CompactVersion, CompactVersion.id == CompactRefusal.compact_version_id)
        .where(CompactVersion.number >= _SINCE)
        .subquery()
    )  # fmt: skip
    how = _standing()
    query = (
        sa.select(
            Account.id, Account.name, Account.email, Affiliation.home_tenant_id, Membership.since, how.label("standing"),
            newest_number.c.number, newest_number.c.at, said_no.c.words, said_no.c.at, sa.func.count().over(),
        )
        .join(Membership, Membership.account_id == Account.id)
        .outerjoin(Affiliation, (Affiliation.account_id == Account.id) & Affiliation.ends_on.is_(None))
        .outerjoin(newest_number, newest_number.c.account_id == Account.id)
        .outerjoin(said_no, (said_no.c.account_id == Account.id) & (said_no.c.place == 1))
        .where(is_member(), Account.disabled_at.is_(None))
    )  # fmt: skip
    if standing:
        query = query.where(how == standing)
    if home is not None:
        query = query.where(Affiliation.home_tenant_id == home)
    query = query.order_by(*ordered(SORTS, sort, Account.id)).offset(offset)
    return [Standing(*row) for row in session.execute(query if limit is None else query.limit(limit))]
