"""Reading certificates of attendance."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import NotFound, ScopedSession, caseless
from plugins.local_events import tickets
from plugins.local_events.models import Certificate
from plugins.local_events.queries.shapes import columns


class Proof(NamedTuple):
    """What whoever has a code may know: whose, of what, when and how long, and whether it still counts."""

    code: str
    name: str
    title: str
    starts_at: datetime
    minutes: int
    issued_at: datetime
    revoked_at: datetime | None

    @property
    def hours(self) -> str:
        """The hours, without needless digits: 2, 1.5, 0.75."""
        return hours_of(self.minutes)


class Given(NamedTuple):
    """A certificate on the organiser's list."""

    id: str
    code: str
    name: str
    minutes: int
    issued_at: datetime
    revoked_at: datetime | None
    revoked_why: str

    @property
    def hours(self) -> str:
        """The hours, as `Proof` says them."""
        return hours_of(self.minutes)


def hours_of(minutes: int) -> str:
    """Minutes as hours, without needless digits."""
    return f"{minutes / 60:.2f}".rstrip("0").rstrip(".")


def by_code(session: ScopedSession, text: str) -> Proof:
    """The certificate of a code, however it was typed. Raises NotFound."""
    row = session.execute(
        sa.select(*columns(Proof, Certificate)).where(Certificate.code == tickets.typed(text)[:16])
    ).one_or_none()
    if row is None:
        raise NotFound
    return Proof(*row)


def of_event(session: ScopedSession, event_id: str) -> list[Given]:
    """An event's certificates, by name (at most as many as there were people)."""
    query = sa.select(*columns(Given, Certificate)).where(Certificate.event_id == event_id)
    return [
        Given(*row)
        for row in session.execute(query.order_by(caseless(Certificate.name), Certificate.issued_at, Certificate.id))
    ]


def holders(session: ScopedSession, event_id: str) -> frozenset[str]:
    """Who (registration or walk-in) has a certificate that counts."""
    who = sa.func.coalesce(Certificate.registration_id, Certificate.walk_in_id)
    return frozenset(
        session.scalars(sa.select(who).where(Certificate.event_id == event_id, Certificate.revoked_at.is_(None)))
    )


def own_code(session: ScopedSession, event_id: str, account_id: str | None) -> str | None:
    """The code of a person's own certificate of an event that counts."""
    found: str | None = session.scalar(
        sa.select(Certificate.code).where(
            Certificate.event_id == event_id, Certificate.account_id == account_id, Certificate.revoked_at.is_(None)
        )
    )
    return found
