"""Offers of membership: accepted with the compact, refused, lapsed with notice, renewed; and no limit to how many."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core.admissions.models import (
    Application,
    CompactAcceptance,
    Decision,
    MembershipOffer,
    ReleaseBatch,
    Window,
    WindowRules,
)
from core.admissions.queries import offers as queries
from core.admissions.service import offers
from core.admissions.service.offers import LEAST_NOTICE, REMINDED_BEFORE, STANDS_FOR, Person
from core.admissions.states import OFFER
from core.data.audit import AuditEntry, verify
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_id
from core.kernel.permissions import ROLE_PERMISSIONS, Role
from core.kernel.views import SYSTEM, Actor, TenantRef
from core.people.models import Affiliation, Membership
from tests.factories.admissions import make_form, make_window
from tests.factories.joining import make_accepted, make_compact, make_offer
from tests.factories.people import make_person
from tests.support.app_fixtures import FrozenClock

START = datetime(2027, 6, 30, 23, 30, tzinfo=UTC)
"""Half past midnight of 1 July in London."""
SCOTLAND = TenantRef(2, "scotland", "Scotland", "nation")
LEAD = Actor(None, "Isla", frozenset({Role.PARTNER_LEAD}), ROLE_PERMISSIONS[Role.PARTNER_LEAD])


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock) -> ScopedSession:
    """A session on Scotland's rows."""
    frozen_clock.move_to(START)
    return session_for("scotland")


@pytest.fixture
def case(app: Flask, session: ScopedSession) -> Any:
    """Ann's accepted application with its offer, a compact to accept, and the letters that were written."""
    compact_id = make_compact(session)
    account, application = make_accepted(app, session)
    letters: list[Person] = []
    return SimpleNamespace(
        session=session, account=account, application=application, compact=compact_id, actor=Actor(account, "Ann"),
        offer=make_offer(session, application, account), letters=letters, post=lambda _, person: letters.append(person),
    )  # fmt: skip


def accept(case: Any, shown: str = "", actor: Actor | None = None) -> None:
    offers.accept(
        case.session, actor or case.actor, application_id=case.application, home=SCOTLAND, shown=shown or case.compact,
        post=case.post,
    )  # fmt: skip


def renew(case: Any, version: int, days: float = 30, why: str = "Was on leave", actor: Actor = LEAD) -> None:
    offers.renew(
        case.session, actor, offer_id=case.offer, version=version, until=clock.now() + timedelta(days=days), why=why,
        post=case.post,
    )  # fmt: skip


def state(case: Any) -> tuple[str, int]:
    row = case.session.execute(
        sa.select(MembershipOffer.state, MembershipOffer.version).where(MembershipOffer.id == case.offer)
    ).one()
    return row.state, row.version


def count(session: ScopedSession, model: Any) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def row_of(session: ScopedSession, model: Any) -> dict[str, Any]:
    """The columns of the one row there is."""
    row = session.scalars(sa.select(model)).one()
    return {column.name: getattr(row, column.name) for column in model.__table__.columns}


def test_accepting_the_offer_with_the_compact_makes_a_member_from_today_in_london(case: Any) -> None:
    session = case.session
    accept(case)
    member = session.scalars(sa.select(Membership)).one()
    home = session.scalars(sa.select(Affiliation)).one()
    assert (member.account_id, member.cohort, member.since, member.left_on) == (case.account, "later", date(2027, 7, 1), None)  # fmt: skip
    assert (home.home_tenant_id, home.starts_on) == (SCOTLAND.id, date(2027, 7, 1))
    accepted = session.scalars(sa.select(CompactAcceptance)).one()
    assert (accepted.account_id, accepted.compact_version_id, accepted.at) == (case.account, case.compact, START)
    assert state(case) == ("joined", 2)
    assert [letter.account_id for letter in case.letters] == [case.account]
    actions = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)).all()
    assert actions[-2:] == ["member.join", "offer.join"]
    told = session.scalars(sa.select(AuditEntry)).all()
    assert "example.org" not in str([(entry.before, entry.after, entry.subject, entry.why) for entry in told])
    assert verify(session).ok


def test_accepting_twice_is_refused_and_makes_one_membership(case: Any) -> None:
    accept(case)
    with pytest.raises(Refused):
        accept(case)
    assert (count(case.session, Membership), count(case.session, CompactAcceptance), len(case.letters)) == (1, 1, 1)


def test_membership_never_starts_without_acceptance_of_the_newest_compact(case: Any) -> None:
    newer = make_compact(case.session, 2, promise="Another promise")
    for shown in (case.compact, new_id(), "nonsense"):
        with pytest.raises(Conflict):
            accept(case, shown)
        assert state(case) == ("offered", 1)
        assert (count(case.session, Membership), count(case.session, CompactAcceptance)) == (0, 0)
    accept(case, newer)
    assert case.session.scalars(sa.select(CompactAcceptance.compact_version_id)).all() == [newer]


def test_there_is_nothing_to_accept_before_a_compact_is_published(app: Flask, session: ScopedSession) -> None:
    account, application = make_accepted(app, session)
    make_offer(session, application, account)
    with pytest.raises(Conflict):
        offers.accept(
            session, Actor(account, ""), application_id=application, home=SCOTLAND, shown="", post=lambda *_: None
        )


def test_nobody_accepts_anothers_offer(app: Flask, case: Any) -> None:
    other = Actor(make_person(app, "bob@example.org"), "Bob")
    with pytest.raises(NotFound):
        accept(case, actor=other)
    with pytest.raises(NotFound):
        offers.refuse(case.session, other, application_id=case.application)
    with pytest.raises(NotFound):
        queries.mine(case.session, case.application, str(other.account_id))
    assert state(case) == ("offered", 1)


def test_somebody_who_is_a_member_already_stays_one_and_can_close_the_offer(app: Flask, case: Any) -> None:
    accept(case)
    again = make_offer_of_another_window(app, case)
    with pytest.raises(Refused, match="member already"):
        offers.accept(case.session, case.actor, application_id=again, home=SCOTLAND, shown=case.compact, post=case.post)
    assert count(case.session, Membership) == 1
    assert queries.mine(case.session, again, case.account).stands
    offers.refuse(case.session, case.actor, application_id=again)
    assert queries.mine(case.session, again, case.account).state == "refused"


def make_offer_of_another_window(app: Flask, case: Any) -> str:
    form = case.session.scalar(sa.select(Application.form_version_id))
    window = make_window(case.session, form, -20, -10)
    row = row_of(case.session, Application)
    again = new_id()
    with transaction(case.session):
        case.session.execute(
            sa.insert(Application), [{**row, "id": again, "reference": again[-12:], "window_id": window}]
        )
    make_offer(case.session, again, case.account)
    return again


def test_an_offer_whose_decision_was_corrected_cannot_be_accepted_and_is_not_written_about(case: Any) -> None:
    with transaction(case.session):
        case.session.execute(sa.update(Application).values(state="declined"))
    with pytest.raises(Refused):
        accept(case)
    later = clock.now() + STANDS_FOR + timedelta(days=9)
    assert offers.remind(case.session, later, case.post) == 0
    assert offers.lapse(case.session, later, case.post) == 0
    with pytest.raises(NotFound):
        queries.mine(case.session, case.application, case.account)


def test_an_offer_that_is_turned_down_stays_down(case: Any) -> None:
    offers.refuse(case.session, case.actor, application_id=case.application)
    assert (state(case), case.letters) == (("refused", 2), [])
    for again in (
        lambda: accept(case),
        lambda: offers.refuse(case.session, case.actor, application_id=case.application),
    ):
        with pytest.raises(Refused):
            again()
    with pytest.raises(Refused):
        renew(case, 2)


def test_an_offer_lapses_with_notice_and_each_letter_is_written_once(case: Any, frozen_clock: FrozenClock) -> None:
    session, end = case.session, START + STANDS_FOR

    def tick() -> tuple[int, int]:
        return (
            offers.remind(session, clock.now(), case.post), offers.lapse(session, clock.now(), case.post)
        )  # fmt: skip

    frozen_clock.move_to(end - REMINDED_BEFORE - timedelta(minutes=1))
    assert tick() == (0, 0)
    frozen_clock.move_to(end - REMINDED_BEFORE)
    assert (tick(), tick()) == ((1, 0), (0, 0))
    assert case.letters[0].at == end
    frozen_clock.move_to(end + timedelta(minutes=1))
    assert (tick(), tick()) == ((0, 1), (0, 0))
    assert (state(case)[0], len(case.letters)) == ("lapsed", 2)
    with pytest.raises(Refused):
        accept(case)


def test_a_reminder_that_comes_late_leaves_three_days(case: Any, frozen_clock: FrozenClock) -> None:
    """A worker that stood still over the end: nobody's offer lapses without notice."""
    frozen_clock.move_to(START + STANDS_FOR + timedelta(days=5))
    now = clock.now()
    assert offers.lapse(case.session, now, case.post) == 0
    assert offers.remind(case.session, now, case.post) == 1
    assert offers.lapse(case.session, now, case.post) == 0
    assert case.letters[0].at == now + LEAST_NOTICE
    assert case.session.scalar(sa.select(MembershipOffer.lapses_at)) == now + LEAST_NOTICE
    accept(case)
    assert state(case)[0] == "joined"


def test_a_closed_account_gets_no_letter_and_its_offer_ends_all_the_same(case: Any, frozen_clock: FrozenClock) -> None:
    from core.people.models import Account

    with transaction(case.session):
        case.session.execute(sa.update(Account).where(Account.id == case.account).values(disabled_at=clock.now()))
    frozen_clock.move_to(START + STANDS_FOR)
    assert offers.remind(case.session, clock.now(), case.post) == 0
    frozen_clock.advance(days=4)
    assert offers.lapse(case.session, clock.now(), case.post) == 1
    assert (state(case)[0], case.letters) == ("lapsed", [])


def lapsed(case: Any, frozen_clock: FrozenClock) -> int:
    frozen_clock.move_to(START + STANDS_FOR - timedelta(days=1))
    offers.remind(case.session, clock.now(), case.post)
    frozen_clock.advance(days=4)
    assert offers.lapse(case.session, clock.now(), case.post) == 1
    case.letters.clear()
    return state(case)[1]


def test_a_lapsed_offer_is_renewed_for_a_reason_and_lapses_with_new_notice(
    case: Any, frozen_clock: FrozenClock
) -> None:
    version = lapsed(case, frozen_clock)
    with pytest.raises(Forbidden):
        renew(case, version, actor=Actor(None, ""))
    for days, why, field in ((30, " ", "why"), (30, "x" * 501, "why"), (1, "y", "until"), (200, "y", "until")):
        with pytest.raises(Invalid) as wrong:
            renew(case, version, days, why)
        assert list(wrong.value.field_errors) == [field]
    with pytest.raises(Conflict):
        renew(case, version - 1)
    renew(case, version)
    with pytest.raises(Refused):
        renew(case, version + 1)
    assert (state(case), len(case.letters)) == (("offered", version + 1), 1)
    assert case.session.scalar(sa.select(AuditEntry.why).where(AuditEntry.action == "offer.renew")) == "Was on leave"
    frozen_clock.advance(days=24)
    assert offers.remind(case.session, clock.now(), case.post) == 1
    accept(case)
    assert state(case)[0] == "joined"


def test_an_offer_whose_decision_was_corrected_is_not_renewed(case: Any, frozen_clock: FrozenClock) -> None:
    version = lapsed(case, frozen_clock)
    with transaction(case.session):
        case.session.execute(sa.update(Application).values(state="declined"))
    with pytest.raises(Refused, match="not accepted any more"):
        renew(case, version)
    assert state(case) == ("lapsed", version)


def test_a_renewal_of_less_than_a_week_is_its_own_notice(case: Any, frozen_clock: FrozenClock) -> None:
    renew(case, lapsed(case, frozen_clock), days=4)
    assert offers.remind(case.session, clock.now(), case.post) == 0
    frozen_clock.advance(days=5)
    assert offers.lapse(case.session, clock.now(), case.post) == 1


def test_whoever_is_in_conflict_sees_and_renews_no_such_offer(app: Flask, case: Any, frozen_clock: FrozenClock) -> None:
    version = lapsed(case, frozen_clock)
    own = Actor(case.account, "", LEAD.roles, LEAD.permissions)
    with pytest.raises(NotFound):
        renew(case, version, actor=own)
    assert queries.listed(case.session, case.account) == []
    assert [row.total for row in queries.listed(case.session, None)] == [1]


def test_a_thousand_offers_stand_and_one_more_is_accepted(app: Flask, case: Any) -> None:
    session = case.session
    application, offer, window = (row_of(session, model) for model in (Application, MembershipOffer, Window))
    ids = [new_id() for _ in range(1000)]
    apart = {"state": "accepted", "account_id": case.account}
    with transaction(session):
        windows = [new_id() for _ in ids]
        session.execute(sa.insert(Window), [{**window, "id": one} for one in windows])
        session.execute(
            sa.insert(Application),
            [{**application, **apart, "id": one, "reference": one[-12:], "window_id": place} for one, place in zip(ids, windows, strict=True)],
        )  # fmt: skip
        session.execute(
            sa.insert(MembershipOffer),
            [{**offer, "id": new_id(), "application_id": one, "state": "joined", "ended_at": START} for one in ids],
        )
    accept(case)
    assert state(case)[0] == "joined"
    assert queries.listed(session, None, limit=1)[0].total == 1001


def test_no_table_has_a_column_that_could_cap_numbers() -> None:
    for model in (Window, WindowRules, Application, Decision, ReleaseBatch, MembershipOffer):
        names = {column.name for column in model.__table__.columns}
        assert not [n for n in names if any(word in n for word in ("cap", "limit", "quota", "places", "most", "max"))]


def test_reading_takes_one_statement_at_one_row_and_at_fifty(
    app: Flask, case: Any, statements: Callable[[], Any]
) -> None:
    form = make_form(case.session, number=1002)
    window = make_window(case.session, form, -60, -30)

    def counted() -> list[int]:
        found = []
        for read in (
            lambda: queries.listed(case.session, None), lambda: queries.mine(case.session, case.application, case.account),
            lambda: queries.one(case.session, None, case.offer),
        ):  # fmt: skip
            with statements() as seen:
                read()
            found.append(len(seen))
        return found

    assert counted() == [1, 1, 1]
    for number in range(50):
        account, application = make_accepted(
            app, case.session, f"p{number}@example.org", form_id=form, window_id=window
        )
        make_offer(case.session, application, account)
    assert counted() == [1, 1, 1]


class Machine(RuleBasedStateMachine):
    """Whatever happens in whatever order, an offer goes only where its table of states lets it."""

    case: Any
    frozen: FrozenClock

    @initialize()
    def begin(self) -> None:
        with transaction(self.case.session):
            for model in (CompactAcceptance, Affiliation, Membership):
                self.case.session.execute(sa.delete(model))
            self.case.session.execute(
                sa.update(MembershipOffer)
                .where(MembershipOffer.id == self.case.offer)
                .values(
                    state="offered", lapses_at=clock.now() + STANDS_FOR, offered_at=clock.now(), reminded_at=None, ended_at=None
                )
            )  # fmt: skip
        self.case.letters.clear()
        self.before = "offered"

    def attempt(self, event: str, step: Callable[[], object]) -> None:
        before = state(self.case)[0]
        try:
            step()
        except DomainError:
            assert state(self.case)[0] == before
        self.before = before
        after = state(self.case)[0]
        assert after == before or OFFER.target(event, before) == after

    @rule()
    def accepted(self) -> None:
        self.attempt("join", lambda: accept(self.case))

    @rule()
    def refused(self) -> None:
        self.attempt(
            "refuse", lambda: offers.refuse(self.case.session, self.case.actor, application_id=self.case.application)
        )

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        self.frozen.advance(days=days)
        offers.remind(self.case.session, clock.now(), self.case.post)
        self.attempt("lapse", lambda: offers.lapse(self.case.session, clock.now(), self.case.post))

    @rule(stale=st.booleans())
    def renewed(self, stale: bool) -> None:
        self.attempt("renew", lambda: renew(self.case, state(self.case)[1] - stale))

    @invariant()
    def a_member_has_accepted_the_compact(self) -> None:
        joined = state(self.case)[0] == "joined"
        members = count(self.case.session, Membership)
        assert (members, count(self.case.session, CompactAcceptance)) == ((1, 1) if joined else (0, 0))


def test_an_offer_moves_as_its_table_says(case: Any, frozen_clock: FrozenClock) -> None:
    made = type("Case", (Machine,), {"case": case, "frozen": frozen_clock})
    run_state_machine_as_test(
        made,
        settings=settings(
            max_examples=8, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
        ),
    )  # fmt: skip


def test_the_clock_is_the_systems(case: Any, frozen_clock: FrozenClock) -> None:
    lapsed(case, frozen_clock)
    entry = case.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "offer.lapse")).one()
    assert (entry.actor_id, entry.subject) == (SYSTEM.account_id, case.application)
