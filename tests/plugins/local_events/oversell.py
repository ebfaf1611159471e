"""The control of the race over HTTP: `qplatform`, which registers people the naive way.

It looks whether there is room, thinks, then writes what it remembers. Everything else is as in the product.
"""

import time
from collections.abc import Sequence
from typing import Any

from core import cli
from core.kernel import clock
from core.sdk import ScopedSession, TenantRef, Visitor, record_audit, transaction
from plugins.local_events.queries import places as counting
from plugins.local_events.service import places
from plugins.local_events.service.counting import put_on_shelf, take_turn_to_come
from plugins.local_events.service.places import Holder, Registered, insert, known_to

THINKING = 0.05


def register(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor, _wish: Any) -> Registered:
    """The plugin's `register` with the counting done before the lock is taken."""
    account_id = known_to(visitor, event_id)
    pool = counting.of_event(session, event_id).pools[0]
    state = "waitlisted" if pool.left == 0 else "confirmed"
    session.rollback()
    time.sleep(THINKING)
    with transaction(session):
        turn = take_turn_to_come(session, event_id, clock.now())
        assert turn is not None
        holder = Holder(account_id, visitor.name, visitor.email)
        written = insert(session, tenant, turn, holder, pool.id, state, notice=state)
        assert written is not None
        put_on_shelf(session, turn, account_id, state, new=True)
        record_audit(
            session, actor=visitor.actor(), action="local_events.register", subject=event_id,
            after={"registration": written, "state": state},
        )  # fmt: skip
    return Registered(written, state, new=True)


def main(words: Sequence[str]) -> None:
    """Run a command; the web processes that fork from this one have the exchanged function too."""
    places.register = register  # type: ignore[assignment]  # as its only caller calls it
    cli.main(words)
