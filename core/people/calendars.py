"""Reading for calendar programs: whose token it is, which addresses somebody has, what stands in somebody's calendar."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.calendars import Entry
from core.people.models import Account, Affiliation, CalendarKey, Membership
from core.people.service.sign_ins import token_hash
from core.tenancy import shelf
from core.tenancy.models import ShelfItem

LONGEST_TOKEN = 100
SHOWN_BACK = timedelta(days=365)
"""How far back a person's calendar goes."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever's token it is. `home_tenant_id` is a member's home today; None for who is no member."""

    account_id: str
    locale: str
    is_member: bool
    home_tenant_id: int | None


_READER = (
    sa.select(Account.id, Account.locale, Membership.account_id, Affiliation.home_tenant_id)
    .join(CalendarKey, CalendarKey.account_id == Account.id)
    .outerjoin(
        Membership,
        (Membership.account_id == Account.id)
        & (Membership.left_on.is_(None) | (Membership.left_on > sa.bindparam("today"))),
    )
    .outerjoin(Affiliation, (Affiliation.account_id == Account.id) & Affiliation.ends_on.is_(None))
    .where(
        CalendarKey.token_hash == sa.bindparam("token_hash"),
        CalendarKey.scope == sa.bindparam("scope"),
        Account.disabled_at.is_(None),
        ~CalendarKey.as_member | Membership.account_id.is_not(None),
    )
)


def reader_of(session: ScopedSession, token: str, scope: str) -> Reader | None:
    """Whose calendar program asks with `token`, in one statement; None for a token that is unknown, renewed, ended or for
    something else, of an account that is closed, or of a membership that is over."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    asked = {"token_hash": token_hash(token), "scope": scope, "today": clock.today()}
    row = session.execute(_READER, asked).one_or_none()
    if row is None:
        return None
    member = row[2] is not None
    return Reader(row[0], row[1], member, row[3] if member else None)


def made_at(session: ScopedSession, account_id: str) -> Mapping[str, datetime]:
    """Since when somebody has an address, by scope."""
    rows = session.execute(
        sa.select(CalendarKey.scope, CalendarKey.made_at).where(CalendarKey.account_id == account_id)
    )
    return {row.scope: row.made_at for row in rows}


def entries(session: ScopedSession, account_id: str, entry: Callable[[ShelfItem], Entry]) -> Sequence[Entry]:
    """What stands in a person's calendar, from every site: `entry` writes one card. One statement."""
    found = shelf.in_calendar(session, account_id, clock.now() - SHOWN_BACK)
    return [entry(item) for item in found]
