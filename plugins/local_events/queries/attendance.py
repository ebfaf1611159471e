"""Reading the day itself: who was expected, who came, what was corrected; always worked out from the presses."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import NotFound, ScopedSession, clock, is_id
from plugins.local_events import attendance, tickets
from plugins.local_events.attendance import ATTENDED, NO_SHOW, PARTIAL, Presence
from plugins.local_events.models import CheckIn, Correction, Pool, Registration, WalkIn
from plugins.local_events.queries.events import Details
from plugins.local_events.queries.shapes import columns
from plugins.local_events.states import CONFIRMED

REGISTERED, WALKED_IN = "registration", "walk_in"


class Scan(NamedTuple):
    """One press, as it is kept."""

    who: str
    direction: str
    at: datetime
    received_at: datetime
    device: str
    nonce: str
    undoes: str


class Fix(NamedTuple):
    """What an organiser said of somebody's attendance."""

    who: str
    attendance: str
    minutes: int | None
    why: str
    made_at: datetime


class Attendee(NamedTuple):
    """One person of an event's day. `kind` is registration or walk_in; `attendance` counts corrections, `minutes` too."""

    id: str
    kind: str
    account_id: str | None
    name: str
    email: str
    pool: str
    guests: int
    code: str
    presence: Presence
    attendance: str
    minutes: int
    fix: Fix | None

    @property
    def came(self) -> bool:
        """Whether they were there, for all of it or a part."""
        return self.attendance in (ATTENDED, PARTIAL)


class Counts(NamedTuple):
    """An event's day in figures: people who hold a place, who are there now, who came at all, and of those without a place."""

    expected: int
    inside: int
    came: int
    walk_ins: int


def _who(model: Any) -> Any:
    return sa.func.coalesce(model.registration_id, model.walk_in_id)


_SCAN = [getattr(CheckIn, name) for name in Scan._fields if name != "who"]
_SCANS = sa.select(_who(CheckIn), *_SCAN).where(CheckIn.event_id == sa.bindparam("event_id"))
_FIXES = (
    sa.select(_who(Correction), *(getattr(Correction, name) for name in Fix._fields if name != "who"))
    .where(Correction.event_id == sa.bindparam("event_id"))
    .order_by(Correction.made_at, Correction.id)
)


def _scans(session: ScopedSession, event_id: str) -> dict[str, list[Scan]]:
    found: dict[str, list[Scan]] = {}
    for row in session.execute(_SCANS, {"event_id": event_id}):
        found.setdefault(row[0], []).append(Scan(*row))
    return found


def _fixes(session: ScopedSession, event_id: str) -> dict[str, Fix]:
    return {row[0]: Fix(*row) for row in session.execute(_FIXES, {"event_id": event_id})}


_PRESSED = sa.select(CheckIn.registration_id).where(
    CheckIn.event_id == sa.bindparam("event_id"), CheckIn.registration_id.is_not(None)
)
_WITH_A_PLACE = (
    sa.select(
        Registration.id, sa.literal(REGISTERED), Registration.account_id, Registration.name, Registration.email,
        Pool.kind, Registration.guests, Registration.secret,
    )
    .join(Pool, sa.and_(Pool.tenant_id == Registration.tenant_id, Pool.id == Registration.pool_id))
    .where(
        Registration.event_id == sa.bindparam("event_id"),
        sa.or_(Registration.state == CONFIRMED, Registration.id.in_(_PRESSED)),
    )
)  # fmt: skip
_WITHOUT = sa.select(
    WalkIn.id, sa.literal(WALKED_IN), WalkIn.account_id, WalkIn.name, WalkIn.email, sa.literal(""), sa.literal(0),
    sa.literal(""),
).where(WalkIn.event_id == sa.bindparam("event_id"))  # fmt: skip


def people(session: ScopedSession, event: Details) -> list[Attendee]:
    """Everybody of an event's day, by name: who has a place, whoever was checked in, and who came without. Four statements."""
    scans, fixes = _scans(session, event.id), _fixes(session, event.id)
    registered = session.execute(_WITH_A_PLACE, {"event_id": event.id}).all()
    walked_in = session.execute(_WITHOUT, {"event_id": event.id}).all()
    now = clock.now()
    found = [_attendee(event, row, scans.get(row[0], ()), fixes.get(row[0]), now) for row in (*registered, *walked_in)]
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def _attendee(event: Details, row: Any, scans: Iterable[Scan], fix: Fix | None, now: datetime) -> Attendee:
    *facts, secret = row
    code = tickets.code_of(secret) if secret else ""
    presence = attendance.presence(scans)
    said = attendance.attendance(presence, event.ends_at, now) if fix is None else fix.attendance
    return Attendee._make((*facts, code, presence, said, _minutes(event, presence, said, fix), fix))


def _minutes(event: Details, presence: Presence, said: str, fix: Fix | None) -> int:
    """How long they were there: all of it for who attended, the presses' time or the organiser's for who left early."""
    if said == ATTENDED:
        return int((event.ends_at - event.starts_at).total_seconds() // 60)
    if said != PARTIAL:
        return 0
    return fix.minutes or 0 if fix is not None else attendance.minutes(presence, event.starts_at, event.ends_at)


def counts(found: Sequence[Attendee]) -> Counts:
    """The figures of `people`."""
    return Counts(
        expected=sum(one.kind == REGISTERED for one in found),
        inside=sum(one.presence.inside for one in found),
        came=sum(one.came for one in found),
        walk_ins=sum(one.kind == WALKED_IN and one.attendance != NO_SHOW for one in found),
    )


def find(session: ScopedSession, event: Details, attendee_id: str) -> Attendee:
    """One of them. Raises NotFound."""
    found = next((one for one in people(session, event) if one.id == attendee_id), None) if is_id(attendee_id) else None
    if found is None:
        raise NotFound
    return found


def scans_of(session: ScopedSession, attendee: Attendee) -> list[Scan]:
    """Every press of one person, as they were made: those taken back as well."""
    column = CheckIn.registration_id if attendee.kind == REGISTERED else CheckIn.walk_in_id
    query = sa.select(column, *_SCAN).where(column == attendee.id).order_by(CheckIn.at, CheckIn.received_at, CheckIn.id)
    return [Scan(*row) for row in session.execute(query)]


class Ticket(NamedTuple):
    """A registration as its ticket names it."""

    id: str
    name: str
    state: str
    secret: str


def ticket(session: ScopedSession, event_id: str, secret: str) -> Ticket | None:
    """Whose ticket of one event has this secret; None for what can be nobody's, of which the database is not asked."""
    if not tickets.SECRET.fullmatch(secret):
        return None
    query = sa.select(*columns(Ticket, Registration)).where(
        Registration.event_id == event_id, Registration.secret == secret
    )
    row = session.execute(query).one_or_none()
    return Ticket(*row) if row is not None else None


def ticket_by_code(session: ScopedSession, event_id: str, text: str) -> Ticket | None:
    """Whose ticket of one event has the code that was typed; None for nobody's, and for one that two people share."""
    wanted = tickets.typed(text)
    query = sa.select(*columns(Ticket, Registration)).where(
        Registration.event_id == event_id, Registration.state == CONFIRMED
    )
    found = [Ticket(*row) for row in session.execute(query) if tickets.code_of(row.secret) == wanted]
    return found[0] if len(found) == 1 else None
