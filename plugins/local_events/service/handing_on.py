"""Handing a place on to another member."""

from core.sdk import (
    N_,
    Invalid,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    person_by_email,
    record_audit,
    transaction,
)
from plugins.local_events.models import SealedAnswer
from plugins.local_events.queries import hosting
from plugins.local_events.rules import Person, eligible, is_of_area
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.counting import put_on_shelf, set_state, settle, take_turn_to_come
from plugins.local_events.service.ending import forget_answers
from plugins.local_events.service.places import Holder, insert, is_invited, known_to, own_of, why_closed
from plugins.local_events.states import CONFIRMED, REGISTRATION

NOBODY = N_("We found nobody with that address who can take your place")
"""One answer for an address without an account, somebody for whom the event is not, and who is registered already (as oneself
is): whose address it is, nobody can find out here."""


def hand_on(session: ScopedSession, tenant: TenantRef, event_id: str, email: str, visitor: Visitor) -> None:
    """Give one's confirmed place to the person with that address, who gets a registration and a secret of their own. Guests do
    not go along: their places go to who waits.

    Raises Forbidden when nobody is signed in, NotFound, Refused without a place or once the event has begun, and Invalid for
    an address of nobody who can take it.
    """
    account_id = known_to(visitor, event_id)
    person = person_by_email(session, email)
    now = clock.now()
    with transaction(session):
        turn = take_turn_to_come(session, event_id, now)
        if turn is None:
            raise why_closed(session, tenant, event_id, visitor)
        own = own_of(session, event_id, account_id)
        if own is None:
            raise Refused(N_("You have no place in this event."))
        target = REGISTRATION.target("hand_on", own.state)
        pool = next(pool for pool in settle(session, turn).pools if pool.id == own.pool_id)
        hosts = hosting.hosts_of(session, tenant.id, event_id)
        if person is None or person.account_id == account_id or not eligible(
            pool.eligibility,
            Person(
                person.is_member, is_of_area(person.home_tenant_id, tenant.id, hosts),
                is_invited(session, event_id, person.email),
            ),
        ):  # fmt: skip
            raise Invalid({"email": NOBODY})
        set_state(session, turn, own.id, account_id, (CONFIRMED,), target, notice="withdrawn")
        forget_answers(session, SealedAnswer.registration_id == own.id)
        holder = Holder(person.account_id, person.name, person.email)
        written = insert(session, tenant, turn, holder, own.pool_id, CONFIRMED, source="transfer", notice="handed_on")
        if written is None:
            raise Invalid({"email": NOBODY})
        put_on_shelf(session, turn, person.account_id, CONFIRMED, new=True)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.hand_on", subject=event_id, before={"registration": own.id},
            after={"registration": written},
        )  # fmt: skip
        settle(session, turn)
