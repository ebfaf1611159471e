"""Reading messages: whom one would reach, what was sent, and what became of each letter."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import NotFound, ScopedSession, is_id, mail_states, people_by_id
from plugins.local_events.models import Delivery, Message, Pool, Registration
from plugins.local_events.queries import attendance
from plugins.local_events.queries.events import Details
from plugins.local_events.queries.shapes import columns
from plugins.local_events.states import ACTIVE, CONFIRMED
from plugins.local_events.words import POOL_KINDS

CAME, STAYED_AWAY = "came", "stayed_away"
COMING = (CONFIRMED,)


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom an organiser writes to: registrations in `states` and `pools` (empty: all of them), and of those who came, or did
    not, where `attendance` says so. Who came without a place belongs to those who came."""

    states: tuple[str, ...] = COMING
    pools: tuple[str, ...] = ()
    attendance: str = ""

    def facts(self) -> dict[str, Any]:
        """As it is kept."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def usable(audience: Audience) -> bool:
    """Whether an audience names what there is."""
    return (
        bool(audience.states)
        and set(audience.states) <= set(ACTIVE)
        and set(audience.pools) <= set(POOL_KINDS)
        and audience.attendance in ("", CAME, STAYED_AWAY)
    )


def recipients(session: ScopedSession, event: Details, audience: Audience) -> tuple[str, ...]:
    """The accounts that a message would reach: each once, open accounts alone. At most six statements."""
    query = (
        sa.select(Registration.id, Registration.account_id)
        .join(Pool, sa.and_(Pool.tenant_id == Registration.tenant_id, Pool.id == Registration.pool_id))
        .where(Registration.event_id == event.id, Registration.state.in_(audience.states))
    )
    if audience.pools:
        query = query.where(Pool.kind.in_(audience.pools))
    chosen = {row.id: row.account_id for row in session.execute(query)}
    if audience.attendance:
        people = attendance.people(session, event)
        wanted = {one.id for one in people if one.came is (audience.attendance == CAME)}
        chosen = {who: account for who, account in chosen.items() if who in wanted}
        if audience.attendance == CAME and not audience.pools:
            chosen |= {one.id: one.account_id for one in people if one.came and one.kind == attendance.WALKED_IN}
    accounts = {account for account in chosen.values() if account is not None}
    return tuple(sorted(people_by_id(session, accounts)))


class Sent(NamedTuple):
    """A message that was sent."""

    id: str
    subject: str
    text: str
    subject_cy: str
    text_cy: str
    recipients: int
    written_at: datetime


def sent(session: ScopedSession, event_id: str) -> list[Sent]:
    """An event's messages, the newest first."""
    query = sa.select(*columns(Sent, Message)).where(Message.event_id == event_id)
    return [Sent(*row) for row in session.execute(query.order_by(Message.written_at.desc(), Message.id.desc()))]


def find(session: ScopedSession, event_id: str, message_id: str) -> Sent:
    """One message of an event. Raises NotFound."""
    query = sa.select(*columns(Sent, Message)).where(Message.id == message_id, Message.event_id == event_id)
    row = session.execute(query).one_or_none() if is_id(message_id) else None
    if row is None:
        raise NotFound
    return Sent(*row)


class Told(NamedTuple):
    """What became of one letter to one person. `status` is a key of words.STATUSES, `error` what a mail server said."""

    name: str
    email: str
    status: str
    at: datetime | None
    error: str


def deliveries(session: ScopedSession, *where: sa.ColumnElement[bool]) -> list[Told]:
    """What became of the letters that `where` names, by name. Three statements, however many there are."""
    rows = session.execute(
        sa.select(Delivery.account_id, Delivery.state, Delivery.mail_id).where(*where).order_by(Delivery.id)
    ).all()
    people = people_by_id(session, {row.account_id for row in rows})
    mails = mail_states(session, [row.mail_id for row in rows if row.mail_id is not None])
    found = []
    for row in rows:
        person, mail = people.get(row.account_id), mails.get(row.mail_id)
        status = row.state if row.mail_id is None else mail.state if mail is not None else "gone"
        found.append(
            Told(
                person.name if person is not None else "", person.email if person is not None else "", status,
                mail.sent_at if mail is not None else None, mail.error if mail is not None else "",
            )
        )  # fmt: skip
    return sorted(found, key=lambda told: (told.name.casefold(), told.email))


def told_of(session: ScopedSession, message: Sent) -> list[Told]:
    """What became of a message for each of its recipients."""
    return deliveries(session, Delivery.message_id == message.id)


def told_of_kind(session: ScopedSession, event_id: str, kind: str) -> list[Told]:
    """What became of the letters of one kind about an event: one entry for each letter."""
    return deliveries(session, Delivery.event_id == event_id, Delivery.kind == kind)


def told_by_kind(session: ScopedSession, event_id: str) -> dict[str, int]:
    """How many people have been told each kind of news about an event, letters that are still to be written included."""
    rows = session.execute(
        sa.select(Delivery.kind, sa.func.count(sa.distinct(Delivery.account_id)))
        .where(Delivery.event_id == event_id, Delivery.state != "dropped")
        .group_by(Delivery.kind)
    )
    return {row[0]: row[1] for row in rows}


_WITH_A_PLACE = sa.select(Registration.account_id).where(
    Registration.event_id == sa.bindparam("event_id"), Registration.state.in_(sa.bindparam("states", expanding=True))
)


def with_a_place(session: ScopedSession, event_id: str, states: Sequence[str] = ACTIVE) -> tuple[str, ...]:
    """The accounts that are registered for an event in one of `states`."""
    return tuple(session.scalars(_WITH_A_PLACE, {"event_id": event_id, "states": states}))
