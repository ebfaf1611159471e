"""Registering for an event, and giving a place back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.sdk import (
    N_,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    Sealer,
    TenantRef,
    Visitor,
    clock,
    is_id,
    new_id,
    new_token,
    once,
    record_audit,
    transaction,
    upserts,
)
from plugins.local_events.models import Invitation, Registration, SealedAnswer
from plugins.local_events.queries import events
from plugins.local_events.queries.places import Own, PoolNow
from plugins.local_events.queries.shapes import columns, table
from plugins.local_events.rules import Person, audiences, eligible, person_of
from plugins.local_events.service import answering
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.counting import (
    Standing,
    Turn,
    could_hold,
    put_on_shelf,
    set_state,
    settle,
    take_turn_to_come,
    wanted_pools,
)
from plugins.local_events.service.ending import forget_answers
from plugins.local_events.states import ACTIVE, CONFIRMED, NEW, OFFERED, PUBLISHED, REGISTRATION

CHANGED = N_(
    "How one can take part in this event has changed since you opened the page. Look at it again, and send this once more if it still "
    "suits you."
)
TOO_MANY = N_("There are not so many places. Ask for fewer.")
SIGN_IN = "account.sign_in"
"""What registering needs beyond being allowed to see the event; no role gives it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. `way` is in_person, online, or "" for whichever there is."""

    way: str = ""
    or_online: bool = False
    guests: int = 0
    accepts_offers: bool = False


NO_WISH = Wish()


@dataclass(frozen=True, slots=True)
class Registered:
    """What came of registering: the registration, its state, and whether it is new (a second press changes nothing)."""

    id: str
    state: str
    new: bool


def known_to(visitor: Visitor, event_id: str) -> str:
    """The visitor's account. Raises Forbidden when nobody is signed in, NotFound for what cannot be an event's id."""
    if visitor.account_id is None:
        raise Forbidden(SIGN_IN, N_("Sign in to register."))
    if not is_id(event_id):
        raise NotFound
    return visitor.account_id


_OWN = sa.select(*columns(Own, Registration)).where(
    Registration.event_id == sa.bindparam("event_id"), Registration.account_id == sa.bindparam("account_id"),
    Registration.state.in_(ACTIVE),
)  # fmt: skip


def own_of(session: ScopedSession, event_id: str, account_id: str) -> Own | None:
    """A person's active registration at an event."""
    row = session.execute(_OWN, {"event_id": event_id, "account_id": account_id}).one_or_none()
    return Own(*row) if row is not None else None


def register(
    session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor, wish: Wish = NO_WISH,
    answers: Mapping[str, str] | None = None, seal: Sealer | None = None,
) -> Registered:  # fmt: skip
    """Take a place; where none is free, or somebody waits already, stand on the waiting list; where the event wants approval,
    ask for it. `answers` are by question; `seal` is for those that are sensitive.

    Six statements where nobody waits and nothing is asked. Raises Forbidden when nobody is signed in, NotFound for an event
    the visitor may not see, Invalid by field, and Refused when it is not open, has begun, is for others, or is full with its
    waiting list.
    """
    account_id = known_to(visitor, event_id)
    now = clock.now()
    with transaction(session):
        turn = take_turn_to_come(session, event_id, now)
        if turn is None:
            return _already(session, event_id, account_id, why_closed(session, tenant, event_id, visitor))
        standing = settle(session, turn)
        try:
            pool, state = _decide(session, tenant, turn, standing, visitor, wish, now)
            kept = answering.check(session, event_id, answers or {}) if turn.asks else {}
        except (NotFound, Refused, Invalid) as problem:
            return _already(session, event_id, account_id, problem)
        holder = Holder(account_id, visitor.name, visitor.email)
        written = insert(session, tenant, turn, holder, pool.id, state, wish=wish, notice=state)
        if written is None:
            return _already(session, event_id, account_id, NotFound())
        if kept and seal is not None:
            answering.write(session, tenant, event_id, written, kept, seal)
        put_on_shelf(session, turn, account_id, state, new=True)
        record_audit(
            session,
            actor=visitor.actor(),
            action=f"{PLUGIN}.register",
            subject=event_id,
            after={"registration": written, "state": state},
        )
    return Registered(written, state, new=True)


def _already(session: ScopedSession, event_id: str, account_id: str, problem: Exception) -> Registered:
    """The registration that is there already. Raises `problem` where there is none."""
    own = own_of(session, event_id, account_id)
    if own is None:
        raise problem
    return Registered(own.id, own.state, new=False)


def is_invited(session: ScopedSession, event_id: str, email: str) -> bool:
    """Whether an address is on the event's invitation list."""
    found = session.scalar(
        sa.select(Invitation.id).where(
            Invitation.event_id == event_id, Invitation.email == email.lower(), Invitation.withdrawn_at.is_(None)
        )
    )
    return found is not None


def _decide(
    session: ScopedSession, tenant: TenantRef, turn: Turn, standing: Standing, visitor: Visitor, wish: Wish, now: datetime
) -> tuple[PoolNow, str]:  # fmt: skip
    """Which pool the person gets into, and as what. Raises NotFound, Refused, and Invalid where the way is gone that was asked for."""
    sees = turn.audience in audiences(visitor, tenant) or turn.created_by == visitor.account_id
    asks_list = not sees or any(pool.eligibility == "invited" for pool in standing.pools)
    invited = asks_list and is_invited(session, turn.id, visitor.email)
    if not (sees or invited):
        raise NotFound
    if turn.registration_opens_at is not None and turn.registration_opens_at > now:
        raise Refused(N_("Registration has not opened yet."))
    if turn.registration_closes_at is not None and turn.registration_closes_at <= now:
        raise Refused(N_("Registration is closed."))
    if wish.way and standing.of_kind(wish.way) is None:
        raise Invalid({"way": CHANGED})
    main = standing.of_kind(wish.way) or standing.of_kind("in_person") or standing.of_kind("online")
    if main is None:
        raise Refused(N_("This event is full."))
    _check_guests(wish, turn)
    found = _candidates(standing, main, wish, person_of(visitor, tenant, invited=invited), now, tenant)
    return _best(standing, main, found, 1 + wish.guests, approval=turn.wants_approval)


def _check_guests(wish: Wish, turn: Turn) -> None:
    if not 0 <= wish.guests <= turn.guests_allowed:
        raise Invalid({"guests": N_("Bring fewer guests")})


def _candidates(
    standing: Standing, main: PoolNow, wish: Wish, person: Person, now: datetime, tenant: TenantRef
) -> list[PoolNow]:
    """The pools that would do, those for fewer people first. Raises Refused with the first reason why there is none."""
    would_do = wanted_pools(standing, main.id, wish.or_online)
    theirs = [pool for pool in would_do if eligible(pool.eligibility, person)]
    if not theirs:
        raise for_others(main.eligibility, tenant)
    begun = [pool for pool in theirs if pool.opens_at is None or pool.opens_at <= now]
    if not begun:
        raise Refused(N_("Registration has not opened yet."))
    large = [pool for pool in begun if could_hold(pool, 1 + wish.guests)]
    if not large:
        raise Refused(TOO_MANY)
    return large


def for_others(eligibility: str, tenant: TenantRef) -> Refused:
    """What to say to somebody for whom an event's places are not."""
    if eligibility == "area":
        return Refused(N_("This event is for members whose home is %(site)s."), site=tenant.name)
    if eligibility == "invited":
        return Refused(N_("This event is for people who are invited."))
    return Refused(N_("This event is for members of Q."))


def _best(
    standing: Standing, main: PoolNow, found: list[PoolNow], wanted: int, *, approval: bool
) -> tuple[PoolNow, str]:
    waits_in = main if main in found else found[0]
    if approval:
        return waits_in, REGISTRATION.target("ask", NEW)
    for pool in found:
        if standing.has_room(pool.id, wanted):
            return pool, REGISTRATION.target("register", NEW)
    if waits_in.waiting_limit is not None and waits_in.waiting >= waits_in.waiting_limit:
        if waits_in.waiting_limit:
            raise Refused(N_("This event is full, and so is its waiting list."))
        raise Refused(N_("This event is full."))
    return waits_in, REGISTRATION.target("queue", NEW)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose registration it is, with name and address as they are now."""

    account_id: str
    name: str
    email: str


def insert(
    session: ScopedSession, tenant: TenantRef, turn: Turn, holder: Holder, pool_id: str, state: str, *, notice: str,
    wish: Wish = NO_WISH, source: str = "self", override_reason: str = "",
) -> str | None:  # fmt: skip
    """Write a registration; its id, or None where the person has an active one already. Needs the event's lock."""
    now = clock.now()
    written: str | None = session.scalar(
        _INSERT(session),
        {
            "id": new_id(), "tenant_id": tenant.id, "event_id": turn.id, "pool_id": pool_id, "account_id": holder.account_id,
            "name": holder.name[:200], "email": holder.email[:320], "state": state, "queued_at": now,
            "guests": wish.guests, "or_online": wish.or_online, "accepts_offers": wish.accepts_offers, "secret": new_token(),
            "source": source, "override_reason": override_reason, "ended_why": "", "late": False, "notice": notice,
            "changed_at": now,
        },
    )  # fmt: skip
    return written


def _inserting(new: upserts.Insert) -> Any:
    active = sa.text(f"state in ({', '.join(repr(state) for state in sorted(ACTIVE))})")
    return new.on_conflict_do_nothing(
        index_elements=["tenant_id", "event_id", "account_id"], index_where=active
    ).returning(Registration.id)


_INSERT = upserts.for_each_dialect(table(Registration), _inserting)


def why_closed(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> Exception:
    """The first reason, in the order a person would ask, why an event's places cannot be changed."""
    event = events.find(session, event_id)
    if not events.visible(event, tenant, visitor):
        return NotFound()
    if event.state != PUBLISHED:
        return Refused(N_("This event is not open for registration."))
    return Refused(N_("This event has begun: registration is closed."))


def withdraw(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> str:
    """Give the place back, stop waiting or take a request back, before the event begins: the state that the registration had, ""
    when there was none (any more). Who waits longest is offered the place in the same transaction.

    After the day until which that could be planned for it is noted as late. Raises Forbidden when nobody is signed in,
    NotFound, and Refused once the event has begun or is closed.
    """
    account_id = known_to(visitor, event_id)
    now = clock.now()
    with transaction(session):
        turn = take_turn_to_come(session, event_id, now)
        own = own_of(session, event_id, account_id)
        if own is None:
            events.seen(session, tenant, visitor, event_id)
            return ""
        if turn is None:
            raise Refused(N_("This event has begun or is closed: your place can no longer be given back."))
        late = own.state == CONFIRMED and turn.withdraw_until is not None and turn.withdraw_until < now
        sources = REGISTRATION.sources("withdraw")
        target = REGISTRATION.target("withdraw", own.state)
        notice = "withdrawn" if own.state == CONFIRMED else ""
        set_state(session, turn, own.id, account_id, sources, target, notice=notice, late=late)
        forget_answers(session, SealedAnswer.registration_id == own.id)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.withdraw", subject=event_id, before={"state": own.state},
            after={"registration": own.id, "late": late},
        )  # fmt: skip
        settle(session, turn)
    return own.state


def change(
    session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor, wish: Wish, answers: Mapping[str, str],
    seal: Sealer | None = None, form_key: str = "",
) -> None:  # fmt: skip
    """Change what one asked for and what one answered, before the event begins. Fewer guests free their places for who waits;
    more need free ones that nobody waits for, while registration is open, and who waits asks for no more than could ever fit. The
    turn on the waiting list stays. The same form sent twice (`form_key`) changes once. Raises as `register` does.
    """
    account_id = known_to(visitor, event_id)
    with transaction(session):
        turn = take_turn_to_come(session, event_id, clock.now())
        if turn is None:
            raise why_closed(session, tenant, event_id, visitor)
        standing, own = settle(session, turn), own_of(session, event_id, account_id)
        if own is None:
            raise NotFound
        if form_key:
            key = once(session, form_key, f"{PLUGIN}.change:{account_id}")
            if key.result is not None:
                return
            key.keep(own.id)
        _check_guests(wish, turn)
        more = wish.guests - own.guests
        if more > 0 and turn.registration_closes_at is not None and turn.registration_closes_at <= clock.now():
            raise Invalid({"guests": N_("Registration is closed.")})
        if more > 0 and own.state in (CONFIRMED, OFFERED) and not standing.has_room(own.pool_id, more):
            raise Invalid({"guests": N_("There is no free place for another guest")})
        wanted = wanted_pools(standing, own.pool_id, wish.or_online)
        if more > 0 and not any(could_hold(pool, 1 + wish.guests) for pool in wanted):
            raise Invalid({"guests": TOO_MANY})
        kept = answering.check(session, event_id, answers) if turn.asks else {}
        session.execute(
            sa.update(Registration)
            .where(Registration.id == own.id)
            .values(guests=wish.guests, or_online=wish.or_online, accepts_offers=wish.accepts_offers)
        )
        if turn.asks and seal is not None:
            answering.write(session, tenant, event_id, own.id, kept, seal)
        record_audit(session, actor=visitor.actor(), action=f"{PLUGIN}.change_registration", subject=event_id)
        settle(session, turn)
