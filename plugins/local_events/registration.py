"""Places: taking one, giving it back, and what is held about one person.

The count `taken` lives on the event's own row, and a place is taken by one conditional update of that row
(`taken < capacity`), so that the last place is sold once whatever the number of processes. Every use case writes the
registration first and the event second: one order for all, so that they cannot wait for each other in a circle.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.sdk import (
    N_,
    Forbidden,
    NotFound,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    is_id,
    new_id,
    record_audit,
    shelf,
    transaction,
)
from plugins.local_events import queries, rules
from plugins.local_events.manifest import MANIFEST, ORGANISE
from plugins.local_events.models import Event, Registration
from plugins.local_events.service import path_of
from plugins.local_events.states import PUBLISHED
from plugins.local_events.words import COMING, SHELF_COMING, WITHDRAWN

PLUGIN = MANIFEST.name
SIGN_IN = "account.sign_in"
"""What registering needs beyond being allowed to see the event; no role gives it."""


def register(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> bool:
    """Take a place: True when it is new, False when the person had one already (a second press changes nothing).

    Five statements. Raises Forbidden when nobody is signed in, NotFound for an event the visitor may not see, and
    Refused when it is not open, has begun, is for others, or is full.
    """
    if visitor.account_id is None:
        raise Forbidden(SIGN_IN, N_("Sign in to register."))
    if not is_id(event_id):
        raise NotFound
    now = clock.now()
    with transaction(session):
        if not _claim(session, tenant, event_id, visitor):
            return False
        wanted = {"wanted": event_id, "now": now, "audiences": joinable(visitor, tenant)}
        taken = session.execute(_TAKE, wanted).one_or_none()
        if taken is None:
            raise _why_not(session, tenant, event_id, visitor)
        shelf.put(
            session,
            account_id=visitor.account_id,
            plugin=PLUGIN,
            ref=event_id,
            kind="event",
            title=taken.title,
            status=SHELF_COMING,
            when=taken.starts_at,
            path=path_of(event_id),
            new=True,
        )
        record_audit(session, actor=visitor.actor(), action=f"{PLUGIN}.register", subject=event_id)
    return True


_TAKE = (
    sa.update(Event)
    .where(
        Event.id == sa.bindparam("wanted"),
        Event.state == PUBLISHED,
        Event.starts_at > sa.bindparam("now"),
        Event.audience.in_(sa.bindparam("audiences", expanding=True)),
        Event.taken < Event.capacity,
    )
    .values(taken=Event.taken + 1)
    .returning(Event.title, Event.starts_at)
    .execution_options(synchronize_session=False)
)
"""The last place is sold once: whoever comes second finds `taken < capacity` untrue."""


def _claim(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> bool:
    """Write the registration, or take up one that was withdrawn; False when the person is coming already.

    Raises NotFound when there is no such event at this tenant. A second sending waits for the first to commit.
    """
    now = clock.now()
    values = {
        "id": new_id(),
        "tenant_id": tenant.id,
        "event_id": event_id,
        "account_id": visitor.account_id,
        "name": visitor.name[:200],
        "email": visitor.email[:320],
        "state": COMING,
        "registered_at": now,
        "changed_at": now,
    }
    claim = _CLAIMS[session.get_bind().dialect.name]
    try:
        return len(session.execute(claim, values).all()) == 1
    except sa.exc.IntegrityError as error:  # the composite foreign key: missing, or another tenant's
        raise NotFound from error


def _claiming(insert: Any) -> Any:
    """The statement that writes a registration: for a person who gave the place back it changes that row, for one who is
    coming it changes nothing."""
    again = ("name", "email", "state", "registered_at", "changed_at")
    return insert.on_conflict_do_update(
        index_elements=["tenant_id", "event_id", "account_id"],
        set_={key: insert.excluded[key] for key in again},
        where=Registration.state == WITHDRAWN,
    ).returning(Registration.id)


_CLAIMS = {
    "postgresql": _claiming(postgresql.insert(Registration)),
    "sqlite": _claiming(sqlite.insert(Registration)),
}


def joinable(visitor: Visitor, tenant: TenantRef) -> tuple[str, ...]:
    """The audiences the visitor may register with: an organiser sees area events, but only a local member joins them."""
    if rules.is_local(visitor, tenant):
        return ("area", "uk", "public")
    return ("uk", "public") if visitor.is_member else ("public",)


def _why_not(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> Exception:
    """The first reason, in the order a person would ask, why the conditional update took no place."""
    event = queries.find(session, event_id)
    if not queries.visible(event, tenant, visitor):
        return NotFound()
    if event.state != PUBLISHED:
        return Refused(N_("This event is not open for registration."))
    if event.starts_at <= clock.now():
        return Refused(N_("This event has begun: registration is closed."))
    if event.audience not in joinable(visitor, tenant):
        if event.audience == "area":
            return Refused(N_("This event is for members whose home is %(site)s."), site=tenant.name)
        return Refused(N_("This event is for members of Q."))
    return Refused(N_("This event is full."))


def withdraw(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> bool:
    """Give the place back before the event begins: True when there was one, False when there was none (any more).

    Raises Forbidden when nobody is signed in and Refused once the event has begun or is closed.
    """
    if visitor.account_id is None:
        raise Forbidden(SIGN_IN, N_("Sign in to register."))
    if not is_id(event_id):
        raise NotFound
    now = clock.now()
    with transaction(session):
        given = session.execute(
            sa.update(Registration)
            .where(
                Registration.event_id == event_id,
                Registration.account_id == visitor.account_id,
                Registration.state == COMING,
            )
            .values(state=WITHDRAWN, changed_at=now)
            .returning(Registration.id)
            .execution_options(synchronize_session=False)
        ).all()
        if not given:
            queries.seen(session, tenant, visitor, event_id)
            return False
        freed = session.execute(
            sa.update(Event)
            .where(Event.id == event_id, Event.state == PUBLISHED, Event.starts_at > now, Event.taken > 0)
            .values(taken=Event.taken - 1)
            .returning(Event.id)
            .execution_options(synchronize_session=False)
        ).all()
        if not freed:
            raise Refused(N_("This event has begun or is closed: your place can no longer be given back."))
        shelf.remove(session, account_id=visitor.account_id, plugin=PLUGIN, ref=event_id)
        record_audit(session, actor=visitor.actor(), action=f"{PLUGIN}.withdraw", subject=event_id)
    return True


def attendees(
    session: ScopedSession, event_id: str, visitor: Visitor
) -> tuple[queries.Details, list[queries.Attendee]]:
    """An event and who is coming, for an organiser. Raises Forbidden and NotFound."""
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    return queries.find(session, event_id), queries.people(session, event_id)


def person_data(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """Everything held about one person at the session's tenant, as (heading, JSON value) pairs."""
    rows = session.execute(
        sa.select(
            Event.id, Event.title, Event.starts_at, Registration.name, Registration.email, Registration.state,
            Registration.registered_at,
        )
        .join(Event, sa.and_(Event.tenant_id == Registration.tenant_id, Event.id == Registration.event_id))
        .where(Registration.account_id == account_id)
        .order_by(Registration.registered_at, Registration.id)
    ).all()  # fmt: skip
    if rows:
        instants = ("starts_at", "registered_at")
        held = [dict(row._mapping) for row in rows]
        yield (N_("Event registrations"), [{**one, **{key: one[key].isoformat() for key in instants}} for one in held])
    made = session.execute(
        sa.select(Event.id, Event.title).where(Event.created_by == account_id).order_by(Event.created_at, Event.id)
    ).all()
    if made:
        yield (N_("Events created"), [{"id": row.id, "title": row.title} for row in made])


def erase_person(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """Erase one person at the session's tenant in the caller's transaction (or only say what would go), one line each.

    A place in an event that is still to come is given back; events the person created stay, without the person.
    """
    rows = session.execute(
        sa.select(Registration.event_id, Registration.state).where(Registration.account_id == account_id)
    ).all()
    made = session.scalar(sa.select(sa.func.count(Event.id)).where(Event.created_by == account_id)) or 0
    if not dry_run:
        _erase(session, account_id)
    if rows:
        yield f"{PLUGIN}: {len(rows)} registrations"
    if made:
        yield f"{PLUGIN}: creator of {made} events"


def _erase(session: ScopedSession, account_id: str) -> None:
    """Delete the registrations, free their places, take the person off the events they created."""
    quiet = {"synchronize_session": False}
    gone = session.execute(
        sa.delete(Registration)
        .where(Registration.account_id == account_id)
        .returning(Registration.event_id, Registration.state)
        .execution_options(**quiet)
    ).all()
    for event_id in sorted(row.event_id for row in gone if row.state == COMING):
        session.execute(
            sa.update(Event).where(Event.id == event_id).values(taken=Event.taken - 1).execution_options(**quiet)
        )
        shelf.remove(session, account_id=account_id, plugin=PLUGIN, ref=event_id)
    session.execute(
        sa.update(Event).where(Event.created_by == account_id).values(created_by=None).execution_options(**quiet)
    )
