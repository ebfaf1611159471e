"""Windows: planned, published, amended, cancelled, extended; each change once, with its reason and its trail."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.instants import WindowState
from core.admissions.models import Extension, Window
from core.admissions.queries import windows as queries
from core.admissions.service import extensions, windows
from core.admissions.service.windows import Plan
from core.data.audit import AuditEntry, verify
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import ROLE_PERMISSIONS, Role
from core.kernel.views import Actor
from core.tenancy import noticeboard
from tests.factories.admissions import make_application, make_form, make_window
from tests.factories.people import make_person
from tests.support.app_fixtures import FrozenClock

START = datetime(2027, 2, 1, 12, tzinfo=UTC)


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock) -> ScopedSession:
    """A session on Scotland's rows, on 1 February 2027."""
    frozen_clock.move_to(START)
    return session_for("scotland")


@pytest.fixture
def lead(app: Flask) -> Actor:
    """Scotland's lead."""
    account = make_person(app, "lead@example.org", name="Isla", grants=[(Role.PARTNER_LEAD, "scotland")])
    return Actor(account, "Isla", frozenset({Role.PARTNER_LEAD}), ROLE_PERMISSIONS[Role.PARTNER_LEAD])


@pytest.fixture
def form(session: ScopedSession) -> str:
    """A published form version."""
    return make_form(session)


def spring(form: str, **changes: Any) -> Plan:
    """From 9 March to 10 April 2027 on London's clocks, across their change."""
    usual = Plan("Spring", datetime(2027, 3, 9, tzinfo=UTC), datetime(2027, 4, 10, 22, 59, tzinfo=UTC), 1800, form)
    return replace(usual, **changes)


def planned(session: ScopedSession, lead: Actor, wanted: Plan) -> str:
    return windows.plan(session, lead, wanted, new_token())


def published(session: ScopedSession, lead: Actor, wanted: Plan) -> str:
    window_id = planned(session, lead, wanted)
    windows.publish(session, lead, window_id, 1)
    return window_id


def cards(session: ScopedSession) -> list[tuple[str, datetime, datetime, str, str]]:
    return [(c.title, c.starts_at, c.ends_at, c.path, c.audience) for c in noticeboard.windows(session)]


def actions(session: ScopedSession) -> list[str]:
    found = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)).all()
    return [action for action in found if action.startswith("window.")]


def test_a_window_from_plan_to_release(
    session: ScopedSession, lead: Actor, form: str, frozen_clock: FrozenClock
) -> None:
    window_id = planned(session, lead, spring(form))
    assert queries.one(session, window_id).now is WindowState.DRAFT
    assert queries.shown(session) is None
    assert cards(session) == []
    windows.change(session, lead, window_id, 1, spring(form, name="Spring 2027"))
    windows.publish(session, lead, window_id, 2)
    row = queries.one(session, window_id)
    assert (row.name, row.now, row.version) == ("Spring 2027", WindowState.SCHEDULED, 3)
    assert cards(session) == [("Spring 2027", row.opens_at, row.closes_at, "/apply/", "public")]
    seen = []
    for at in (row.opens_at, row.closes_at, row.closes_at + timedelta(seconds=1), row.closes_at + timedelta(hours=1)):
        frozen_clock.move_to(at)
        seen.append(queries.one(session, window_id).now.value)
    assert seen == ["open", "open", "grace", "assessing"]
    assert actions(session) == ["window.plan", "window.change", "window.publish", "window.pin"]
    assert verify(session).ok


def test_the_same_form_sent_twice_makes_one(session: ScopedSession, lead: Actor, form: str) -> None:
    key = new_token()
    assert windows.plan(session, lead, spring(form), key) == windows.plan(session, lead, spring(form), key)
    assert len(queries.listed(session, None)) == 1


def test_what_no_window_can_say(session: ScopedSession, lead: Actor, form: str) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"closes_at": datetime(2027, 3, 9, tzinfo=UTC)}, "closes_at"),
        ({"closes_at": datetime(2227, 3, 9, tzinfo=UTC)}, "closes_at"),
        ({"opens_at": datetime(27, 3, 9, tzinfo=UTC)}, "opens_at"),
        ({"grace_seconds": 86_401}, "grace_minutes"),
        ({"form_version_id": ""}, "form_version_id"),
        ({"form_version_id": new_id()}, "form_version_id"),
    ]
    for changes, field in wrong:
        with pytest.raises(Invalid) as error:
            planned(session, lead, spring(form, **changes))
        assert list(error.value.field_errors) == [field], changes
    assert queries.listed(session, None) == []


def test_only_who_may_and_only_their_own(
    session: ScopedSession, lead: Actor, form: str, session_for: Callable[[str], ScopedSession]
) -> None:
    window_id = published(session, lead, spring(form))
    nobody = Actor("x", "Nobody", frozenset({Role.ASSESSOR}), frozenset())
    calls: list[Callable[[ScopedSession, Actor], object]] = [
        lambda s, who: windows.plan(s, who, spring(form), new_token()),
        lambda s, who: windows.change(s, who, window_id, 2, spring(form)),
        lambda s, who: windows.publish(s, who, window_id, 2),
        lambda s, who: windows.amend(s, who, window_id, 2, spring(form, name="x"), "why"),
        lambda s, who: windows.cancel(s, who, window_id, 2, "why"),
        lambda s, who: extensions.extend(
            s, who, window_id, email="a@b.example", closes_at=clock.now(), why="y", key="k", post=lambda *_: None
        ),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            call(session, nobody)
    wales = session_for("wales")
    for call in calls[1:]:
        with pytest.raises(NotFound):
            call(wales, lead)
    assert ROLE_PERMISSIONS[Role.CENTRAL_TEAM] >= {"tenant.admissions.manage"}


def test_two_windows_of_an_area_never_run_at_once(session: ScopedSession, lead: Actor, form: str) -> None:
    first = published(session, lead, spring(form))
    row = queries.one(session, first)
    ends = row.closes_at + timedelta(seconds=row.grace_seconds)
    for opens in (row.opens_at, row.closes_at, ends):
        second = planned(session, lead, spring(form, opens_at=opens, closes_at=ends + timedelta(days=9)))
        with pytest.raises(Refused):
            windows.publish(session, lead, second, 1)
        assert queries.one(session, second).state == "draft"
    after = ends + timedelta(minutes=1)
    later = published(session, lead, spring(form, opens_at=after, closes_at=after + timedelta(days=9)))
    with pytest.raises(Invalid) as error:
        windows.amend(session, lead, first, 2, spring(form, closes_at=after), "longer")
    assert list(error.value.field_errors) == ["opens_at"]
    assert queries.one(session, first).closes_at == row.closes_at
    windows.cancel(session, lead, later, 2, "Not needed")
    windows.amend(session, lead, first, 2, spring(form, closes_at=after), "longer")
    assert len(cards(session)) == 1


def test_an_amendment_has_a_reason_a_history_and_a_card(session: ScopedSession, lead: Actor, form: str) -> None:
    window_id = published(session, lead, spring(form))
    longer = spring(form, closes_at=datetime(2027, 4, 12, 22, 59, tzinfo=UTC))
    for why in ("", "  ", "x" * 501):
        with pytest.raises(Invalid) as error:
            windows.amend(session, lead, window_id, 2, longer, why)
        assert list(error.value.field_errors) == ["why"]
    windows.amend(session, lead, window_id, 2, longer, " Easter ")
    [change] = queries.amendments(session, window_id)
    assert (change.by, change.why) == ("Isla", "Easter")
    assert change.before == {"closes_at": "2027-04-10T22:59:00+00:00"}
    assert change.after == {"closes_at": "2027-04-12T22:59:00+00:00"}
    assert cards(session)[0][2] == longer.closes_at
    with pytest.raises(Conflict):
        windows.amend(session, lead, window_id, 2, spring(form, name="Another"), "from an old page")
    with pytest.raises(Invalid):
        windows.amend(session, lead, window_id, 3, longer, "nothing new")
    entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "window.amend")).one()
    assert (entry.why, entry.after) == ("Easter", change.after)


def test_what_has_begun_or_is_past_stays(
    session: ScopedSession, lead: Actor, form: str, frozen_clock: FrozenClock
) -> None:
    window_id = published(session, lead, spring(form))

    def refused(field: str, **changes: Any) -> None:
        with pytest.raises(Invalid) as error:
            windows.amend(session, lead, window_id, 2, spring(form, **changes), "why")
        assert list(error.value.field_errors) == [field]

    refused("opens_at", opens_at=START - timedelta(minutes=1))
    frozen_clock.move_to(datetime(2027, 3, 20, tzinfo=UTC))
    refused("opens_at", opens_at=datetime(2027, 3, 21, tzinfo=UTC))
    refused("closes_at", closes_at=datetime(2027, 3, 19, tzinfo=UTC))
    refused("form_version_id", form_version_id=make_form(session, number=1002))
    frozen_clock.move_to(datetime(2027, 4, 10, 23, 10, tzinfo=UTC))
    refused("closes_at", closes_at=datetime(2027, 4, 10, 23, 5, tzinfo=UTC))
    windows.amend(
        session, lead, window_id, 2, spring(form, closes_at=datetime(2027, 4, 11, 22, 59, tzinfo=UTC)), "a fault"
    )
    assert queries.one(session, window_id).now is WindowState.OPEN
    frozen_clock.move_to(datetime(2027, 4, 12, tzinfo=UTC))
    with pytest.raises(Refused):
        windows.amend(
            session, lead, window_id, 3, spring(form, closes_at=datetime(2027, 4, 20, tzinfo=UTC)), "too late"
        )


def test_steps_that_the_state_does_not_have(
    session: ScopedSession, lead: Actor, form: str, frozen_clock: FrozenClock
) -> None:
    window_id = planned(session, lead, spring(form))
    with pytest.raises(Refused):
        windows.amend(session, lead, window_id, 1, spring(form, name="x"), "a draft is changed, not amended")
    with pytest.raises(Conflict):
        windows.publish(session, lead, window_id, 9)
    windows.publish(session, lead, window_id, 1)
    with pytest.raises(Refused):
        windows.publish(session, lead, window_id, 2)
    with pytest.raises(Refused):
        windows.change(session, lead, window_id, 2, spring(form, name="x"))
    late = planned(session, lead, spring(form, opens_at=START, closes_at=START + timedelta(hours=1)))
    frozen_clock.advance(hours=2)
    with pytest.raises(Refused):
        windows.publish(session, lead, late, 1)


def test_cancelling(app: Flask, session: ScopedSession, lead: Actor, form: str) -> None:
    window_id = published(session, lead, spring(form))
    with pytest.raises(Invalid):
        windows.cancel(session, lead, window_id, 2, " ")
    with pytest.raises(Conflict):
        windows.cancel(session, lead, window_id, 1, "from an old page")
    windows.cancel(session, lead, window_id, 2, "No panel")
    row = queries.one(session, window_id)
    assert (row.now, row.state_why) == (WindowState.CANCELLED, "No panel")
    assert cards(session) == []
    assert queries.shown(session) is None
    with pytest.raises(Refused):
        windows.cancel(session, lead, window_id, 3, "again")
    taken = make_window(session, form)
    applicant = make_person(app, "ann@example.org")
    make_application(session, taken, form, applicant, state="submitted", submitted_at=clock.now())
    with pytest.raises(Refused):
        windows.cancel(session, lead, taken, 1, "too late")
    assert queries.one(session, taken).state == "published"


def test_more_time_is_for_one_person(
    app: Flask, session: ScopedSession, lead: Actor, form: str, frozen_clock: FrozenClock
) -> None:
    window_id = published(session, lead, spring(form))
    ann, bob = make_person(app, "ann@example.org", name="Ann"), make_person(app, "bob@example.org")
    close = queries.one(session, window_id).closes_at
    letters: list[Any] = []

    def give(email: str = "Ann@Example.org", until: datetime = close + timedelta(days=2), why: str = "Ill") -> None:
        extensions.extend(
            session,
            lead,
            window_id,
            email=email,
            closes_at=until,
            why=why,
            key=new_token(),
            post=lambda _, letter: letters.append(letter),
        )

    wrong: list[tuple[dict[str, Any], str]] = [
        ({"email": "nobody@example.org"}, "email"),
        ({"until": close}, "closes_at"),
        ({"until": close + timedelta(days=91)}, "closes_at"),
        ({"why": ""}, "why"),
    ]
    for case, field in wrong:
        with pytest.raises(Invalid) as error:
            give(**case)
        assert list(error.value.field_errors) == [field]
    give()
    give(until=close + timedelta(days=3), why="Still ill")
    assert [(letter.account_id, letter.closes_at) for letter in letters] == [
        (ann, close + timedelta(days=2)), (ann, close + timedelta(days=3))
    ]  # fmt: skip
    [given] = queries.extensions(session, window_id)
    assert (given.name, given.why, given.by) == ("Ann", "Still ill", "Isla")
    assert session.scalar(sa.select(sa.func.count(Extension.id))) == 1
    assert queries.extended_to(session, window_id, ann) == close + timedelta(days=3)
    assert queries.extended_to(session, window_id, bob) is None
    assert actions(session)[-2:] == ["window.extend", "window.extend"]
    told = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "window.extend")).all()
    assert "example.org" not in str([(entry.before, entry.after, entry.subject) for entry in told])
    frozen_clock.move_to(close + timedelta(days=1))
    times = queries.one(session, window_id).times
    assert times.taken(clock.now(), queries.extended_to(session, window_id, ann)) == "by_extension"
    assert times.taken(clock.now(), queries.extended_to(session, window_id, bob)) is None


def test_acceptance_8_on_time_in_grace_too_late_and_an_extension_for_one_person_only(
    app: Flask, session: ScopedSession, lead: Actor, form: str, frozen_clock: FrozenClock
) -> None:
    """The source's own window: 2017-04-10 22:58Z is taken, 22:59:30Z by grace and marked, after grace nothing is."""
    frozen_clock.move_to(datetime(2017, 2, 22, tzinfo=UTC))
    close = datetime(2017, 4, 10, 22, 59, tzinfo=UTC)
    window_id = published(session, lead, spring(form, opens_at=datetime(2017, 3, 9, tzinfo=UTC), closes_at=close))
    ann = make_person(app, "ann@example.org")
    extensions.extend(
        session, lead, window_id, email="ann@example.org", closes_at=close + timedelta(days=1), why="Ill",
        key=new_token(), post=lambda *_: None,
    )  # fmt: skip
    times, longer = queries.one(session, window_id).times, queries.extended_to(session, window_id, ann)
    after_grace = close + timedelta(minutes=30, seconds=1)
    assert times.taken(close - timedelta(minutes=1)) == "on_time"
    assert times.taken(close + timedelta(seconds=30)) == "in_grace"
    assert times.taken(after_grace) is None
    assert times.taken(after_grace, longer) == "by_extension"
    assert times.taken(close + timedelta(days=1, seconds=1), longer) is None


def test_what_the_public_should_see(session: ScopedSession, form: str, frozen_clock: FrozenClock) -> None:
    def name() -> str:
        found = queries.shown(session)
        return found.name if found else ""

    assert name() == ""
    make_window(session, form, -60, -40, name="Older")
    make_window(session, form, -30, -20, name="Over")
    make_window(session, form, 5, 6, name="Draft", state="draft")
    make_window(session, form, 1, 2, name="Cancelled", state="cancelled")
    assert name() == "Over"
    make_window(session, form, 40, 50, name="Far")
    make_window(session, form, 10, 20, name="Next")
    assert name() == "Next"
    frozen_clock.advance(days=10)
    assert name() == "Next"
    frozen_clock.advance(days=10, minutes=1)
    found = queries.shown(session)
    assert found is not None
    assert (found.name, found.now) == ("Next", WindowState.GRACE)
    frozen_clock.advance(hours=1)
    assert name() == "Far"


def test_reading_takes_one_statement_each(
    session: ScopedSession, lead: Actor, form: str, statements: Callable[[], Any]
) -> None:
    window_id = published(session, lead, spring(form))
    for number in range(20):
        make_window(session, form, 100 + 10 * number, 105 + 10 * number)
    for read in (
        lambda: queries.listed(session, None),
        lambda: queries.one(session, window_id),
        lambda: queries.shown(session),
        lambda: queries.amendments(session, window_id),
        lambda: queries.extensions(session, window_id),
        lambda: queries.extended_to(session, window_id, new_id()),
        lambda: noticeboard.windows(session),
    ):
        with statements() as seen:
            read()
        assert len(seen) == 1


def test_windows_are_no_events(session: ScopedSession, lead: Actor, form: str) -> None:
    published(session, lead, spring(form))
    assert noticeboard.upcoming(session, audiences=("uk", "public"), limit=9) == []


def test_counts_in_the_list(app: Flask, session: ScopedSession, form: str) -> None:
    window_id = make_window(session, form)
    make_application(session, window_id, form, make_person(app, "a@example.org"))
    make_application(
        session, window_id, form, make_person(app, "b@example.org"), state="submitted", submitted_at=clock.now()
    )
    [row] = queries.listed(session, None)
    assert (row.begun, row.submitted) == (2, 1)
    assert queries.drafts_in(session, window_id, None) == (1, 1)


def test_the_database_keeps_the_dates_in_order(session: ScopedSession, form: str) -> None:
    window_id = make_window(session, form)
    with pytest.raises(sa.exc.IntegrityError), transaction(session):
        session.execute(
            sa.update(Window).where(Window.id == window_id).values(closes_at=clock.now() - timedelta(days=99))
        )
