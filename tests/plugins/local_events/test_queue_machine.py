"""Any order of registering, leaving, changing capacity, waiting, answering and sweeping keeps the invariants after each step."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from core.data.audit import verify
from core.kernel import clock
from core.sdk import DomainError, Refused, Visitor
from core.tenancy.models import ShelfItem
from plugins.local_events.models import Registration
from plugins.local_events.queries import places as counting
from plugins.local_events.service import deciding, offers, places
from tests.plugins.local_events.helpers import ORGANISER, USUAL, published, resize, visitor
from tests.support.thorough import examples

PEOPLE = 5
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WHO = st.integers(0, PEOPLE - 1)


class Row(NamedTuple):
    """A registration after a step."""

    id: str
    account_id: str
    state: str
    queued_at: datetime
    guests: int
    offer_expires_at: datetime | None
    override_reason: str

    @property
    def places(self) -> int:
        """How many places it takes."""
        return 1 + self.guests


class Queue(RuleBasedStateMachine):
    """One event with few places, and people who may each bring a guest."""

    def __init__(self, session: Any, tenant: Any) -> None:
        super().__init__()
        self.session, self.tenant, self.organiser = session, tenant, visitor(ORGANISER)
        self.people = [visitor() for _ in range(PEOPLE)]
        self.now, self.capacity, self.settled = NOON, 2, True
        with clock.frozen(self.now):
            self.event_id = published(
                session, tenant, self.organiser, capacity=2, guests_allowed=1, starts_at=NOON + timedelta(days=40)
            )
        self.before: dict[str, Row] = {}
        self.after: dict[str, Row] = {}
        self.ceiling = self.capacity
        """What may be held: the capacity, or what was held already when it was cut."""

    def _do(self, step: Any) -> bool:
        """One step at its own minute; False where it was refused and so changed nothing."""
        self.now += timedelta(minutes=1)
        with clock.frozen(self.now), suppress(DomainError):
            step()
            self.settled = True
            return True
        return False

    def _of(self, person: Visitor) -> Row | None:
        return next((row for row in self.after.values() if row.account_id == person.account_id and _active(row)), None)

    @rule(who=WHO, guests=st.integers(0, 1), unasked=st.booleans())
    def register(self, who: int, guests: int, unasked: bool) -> None:
        """Somebody registers."""
        wish = places.Wish(guests=guests, accepts_offers=unasked)
        self._do(lambda: places.register(self.session, self.tenant, self.event_id, self.people[who], wish))

    @rule(who=WHO)
    def withdraw(self, who: int) -> None:
        """Somebody gives a place back, or stops waiting."""
        self._do(lambda: places.withdraw(self.session, self.tenant, self.event_id, self.people[who]))

    @rule(who=WHO)
    def accept(self, who: int) -> None:
        """I6: an offer is taken before its time is over, and not a moment later."""
        row = self._of(self.people[who])
        done = self._do(lambda: offers.accept(self.session, self.tenant, self.event_id, self.people[who]))
        if done and row is not None and row.state == "offered":
            assert row.offer_expires_at is not None
            assert row.offer_expires_at > self.now

    @rule(who=WHO)
    def decline(self, who: int) -> None:
        """Somebody leaves an offer to the next."""
        self._do(lambda: offers.decline(self.session, self.tenant, self.event_id, self.people[who]))

    @rule(to=st.integers(1, 4))
    def resize(self, to: int) -> None:
        """The organiser gives the event more places, or fewer."""
        if self._do(lambda: resize(self.session, self.tenant, self.event_id, to)):
            self.capacity = to

    @rule(hours=st.sampled_from([1, 30, 60]))
    def tick(self, hours: int) -> None:
        """Time passes, and offers with it; nothing else happens."""
        self.now += timedelta(hours=hours)
        self.settled = False

    @rule()
    def sweep(self) -> None:
        """The job comes round."""
        self._do(lambda: offers.sweep(self.session, USUAL))

    @rule(who=WHO)
    def force(self, who: int) -> None:
        """The organiser gives a place beside the order."""
        if (row := self._of(self.people[who])) is not None:
            self._do(lambda: deciding.force(self.session, self.event_id, row.id, "A speaker.", self.organiser))

    @invariant()
    def what_always_holds(self) -> None:
        """I1 to I7, from the rows before and after the step."""
        self.session.rollback()
        self.before, self.after = self.after, self._rows()
        rows = list(self.after.values())
        held = [row for row in rows if self._holds(row)]
        total, forced = sum(r.places for r in held), sum(r.places for r in held if r.override_reason)
        self.ceiling = max(self.capacity, min(self.ceiling, total - forced))
        assert total - forced <= self.ceiling, "I1"
        with clock.frozen(self.now):
            assert counting.of_event(self.session, self.event_id).held == total
        active = [row.account_id for row in rows if _active(row)]
        assert len(active) == len(set(active)), "I2"
        waiting = sorted((row for row in rows if row.state == "waitlisted"), key=lambda row: (row.queued_at, row.id))
        fits = [row for row in waiting if row.places <= self.capacity]
        for row in held:
            new = row.id not in self.before or self.before[row.id].state == "waitlisted"
            if new and not row.override_reason:
                assert all(row.queued_at < other.queued_at for other in fits), "I3"
        if self.settled and fits:
            assert total + fits[0].places > self.capacity, "I4"
        assert all(row.queued_at == self.before[row.id].queued_at for row in rows if row.id in self.before), "I5"

    def _rows(self) -> dict[str, Row]:
        query = sa.select(*(getattr(Registration, name) for name in Row._fields))
        return {row.id: Row(*row) for row in self.session.execute(query.where(Registration.event_id == self.event_id))}

    def _holds(self, row: Row) -> bool:
        offered = row.state == "offered" and row.offer_expires_at is not None and row.offer_expires_at > self.now
        return row.state == "confirmed" or offered

    def teardown(self) -> None:
        """Everybody's shelf says what the rows say, and the audit trail hangs together."""
        self.session.rollback()
        shelf = set(self.session.scalars(sa.select(ShelfItem.account_id).where(ShelfItem.ref == self.event_id)))
        assert shelf == {row.account_id for row in self._rows().values() if _active(row)}
        assert verify(self.session).ok


def _active(row: Row) -> bool:
    return row.state in ("pending", "waitlisted", "offered", "confirmed")


def test_the_invariants_hold_after_each_of_any_steps(session, scotland):
    few = settings(
        examples(6), stateful_step_count=20, suppress_health_check=list(HealthCheck), report_multiple_bugs=False
    )
    run_state_machine_as_test(partial(Queue, session, scotland), settings=few)  # type: ignore[arg-type]  # takes any maker of one


def test_the_machine_would_notice_a_place_given_out_of_turn(session, scotland):
    """The control: with the order turned round, the machine fails."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("plugins.local_events.service.counting.ORDER", (Registration.queued_at.desc(), Registration.id))
        machine = Queue(session, scotland)
        for who in range(4):
            machine.register(who, 0, unasked=False)
            machine.what_always_holds()
        machine.withdraw(0)
        with pytest.raises(AssertionError, match="I3"):
            machine.what_always_holds()


def test_a_lapsed_offer_cannot_be_accepted_by_way_of_a_stale_page(session, scotland):
    machine = Queue(session, scotland)
    for who in range(3):
        machine.register(who, 0, unasked=False)
    machine.withdraw(0)
    machine.tick(60)
    with clock.frozen(machine.now), pytest.raises(Refused):
        offers.accept(session, scotland, machine.event_id, machine.people[2])
