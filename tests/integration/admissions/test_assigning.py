"""Assigning by hand: to whom, how many, told once, taken back; and what the panel's page shows of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Application, Assignment
from core.admissions.panel_needs import Needs, needs_of
from core.admissions.queries import applying
from core.admissions.queries import assessors as assessor_queries
from core.admissions.queries import panels as queries
from core.admissions.queries.panels import Due
from core.admissions.service import assessor_notices, assessors, assigning, conflicts, submitting
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_id, new_token
from core.kernel.views import Actor
from core.tenancy.models import ShelfItem
from tests.factories.assessing import make_assessment, make_assignment, make_policy, make_rules
from tests.integration.admissions.panel_cases import Panel, make_panel
from tests.support.app_fixtures import FrozenClock
from tests.support.statements import Counter

Sessions = Callable[[str], ScopedSession]


@pytest.fixture
def panel(app: Flask, session_for: Sessions, frozen_clock: FrozenClock) -> Panel:
    return make_panel(app, session_for("scotland"))


def assign(panel: Panel, application: str, assessor: str, key: str = "") -> str:
    return assigning.assign(panel.session, panel.lead, application, assessor, panel.due, key or new_token())


def test_an_application_is_offered_once(panel: Panel) -> None:
    bo, application, key = panel.assessor("Bo"), panel.application("Ann Smith"), new_token()
    made = assign(panel, application, bo, key)
    assert assign(panel, application, bo, key) == made
    with pytest.raises(Refused):
        assign(panel, application, bo)
    [row] = queries.on_panel(panel.session, panel.lead.account_id, panel.window, Needs())
    assert [(seat.name, seat.state) for seat in row.seats] == [("Bo", "offered")]
    assert (row.missing, row.complete) == (1, False)


def test_nobody_gets_more_than_they_can_hold(panel: Panel) -> None:
    bo = panel.assessor("Bo", capacity=2)
    first, second, third = (panel.application(f"Ann {n}") for n in range(3))
    assign(panel, first, bo)
    sealed = make_assignment(panel.session, second, bo, "assessing")
    make_assessment(panel.session, sealed)
    with pytest.raises(Refused):
        assign(panel, third, bo)
    assigning.take_back(
        panel.session, panel.lead, panel.session.scalars(sa.select(Assignment.id).where(Assignment.application_id == first)).one(),
        1, "Too much",
    )  # fmt: skip
    assign(panel, third, bo)


def test_who_cannot_get_it(panel: Panel) -> None:
    application = panel.application("Ann Smith", "NHS Lothian")
    paused, ended = panel.assessor("Pau", state="paused"), panel.assessor("En", state="ended")
    tied, own = panel.assessor("Ti"), panel.assessor("Ow")
    mine = panel.application("Ow")
    conflicts.put_down(panel.session, panel.lead, application, panel.accounts["Ti"], "person", "why")
    for assessor in (paused, ended, new_id(), "x"):
        with pytest.raises(Invalid):
            assign(panel, application, assessor)
    for pair in ((application, tied), (mine, own)):
        with pytest.raises(Refused):
            assign(panel, *pair)
    names = [one.name for one in queries.candidates(panel.session, panel.lead.account_id, panel.window, application)]
    assert names == ["Ow"]
    asked = panel.application("Di")
    with transaction(panel.session):
        panel.session.execute(sa.update(Application).where(Application.id == asked).values(state="info_requested"))
    with pytest.raises(Refused):
        assign(panel, asked, own)
    with pytest.raises(Invalid):
        assigning.assign(panel.session, panel.lead, application, own, clock.now(), new_token())
    nobody = Actor(panel.person("No Body"), "")
    with pytest.raises(Forbidden):
        assigning.assign(panel.session, nobody, application, own, panel.due, new_token())
    assert panel.session.scalar(sa.select(sa.func.count(Assignment.id))) == 0


def test_those_with_room_come_first_and_those_at_their_limit_last(panel: Panel) -> None:
    full, busy, free = panel.assessor("Al", capacity=1), panel.assessor("Bo", capacity=9), panel.assessor("Cy")
    for name, assessor in (("Ann", full), ("Ben", busy), ("Cat", busy)):
        assign(panel, panel.application(name), assessor)
    asked = panel.application("Dan")
    found = queries.candidates(panel.session, panel.lead.account_id, panel.window, asked)
    assert [one.id for one in found] == [free, busy, full]


def test_taking_back_needs_a_reason_and_keeps_what_was_sealed(panel: Panel) -> None:
    bo, application = panel.assessor("Bo"), panel.application("Ann Smith")
    made = assign(panel, application, bo)
    with pytest.raises(Invalid):
        assigning.take_back(panel.session, panel.lead, made, 1, " ")
    with pytest.raises(Conflict):
        assigning.take_back(panel.session, panel.lead, made, 9, "why")
    assigning.take_back(panel.session, panel.lead, made, 1, "On leave")
    with pytest.raises(Refused):
        assigning.take_back(panel.session, panel.lead, made, 2, "again")
    sealed = make_assignment(panel.session, application, bo, "assessing")
    make_assessment(panel.session, sealed)
    with pytest.raises(Refused):
        assigning.take_back(panel.session, panel.lead, sealed, 1, "why")


def test_a_lead_in_conflict_finds_neither_application_nor_assignment(panel: Panel) -> None:
    bo, application = panel.assessor("Bo"), panel.application("Ann Smith")
    made = assign(panel, application, bo)
    lead = str(panel.lead.account_id)
    conflicts.put_down(panel.session, panel.lead, application, lead, "family", "why")
    assert queries.on_panel(panel.session, lead, panel.window, Needs()) == []
    assert assessor_queries.one(panel.session, lead, bo).held == 0
    for refused in (lambda: assign(panel, application, bo), lambda: queries.seat(panel.session, lead, made)):
        with pytest.raises(NotFound):
            refused()
    with pytest.raises(NotFound):
        assigning.take_back(panel.session, panel.lead, made, 1, "why")


def test_ending_a_place_takes_back_what_is_not_sealed(panel: Panel) -> None:
    bo = panel.assessor("Bo")
    first, second = panel.application("Ann"), panel.application("Di")
    open_, sealed = assign(panel, first, bo), make_assignment(panel.session, second, bo, "assessing")
    make_assessment(panel.session, sealed)
    assessors.end(panel.session, panel.lead, bo, 1, "Moved away")
    states = dict(panel.session.execute(sa.select(Assignment.id, Assignment.state)).all())
    assert states == {open_: "taken_back", sealed: "sealed"}
    with pytest.raises(Invalid):
        assign(panel, first, bo)
    assessors.move(panel.session, panel.lead, bo, 2, "return")
    assign(panel, first, bo)


def test_what_a_window_needs_comes_from_its_rules(app: Flask, panel: Panel) -> None:
    catalogue = app.extensions["q.rulebook"].catalogue()
    assert needs_of(None, {}, catalogue) == Needs(2)
    assert needs_of("nothing@1.0.0", {}, catalogue) == Needs(2)
    assert needs_of("standard@1.0.0", {"n_assessors": "two"}, catalogue) == Needs(2)
    assert needs_of("standard@1.0.0", {"n_assessors": 3}, catalogue).wanted == 3
    lay = needs_of("lay_panel@1.0.0", {}, catalogue)
    assert lay.roles_for("en")["lay"] == 1
    make_rules(panel.session, panel.window, make_policy(panel.session), "lay_panel@1.0.0")
    pinned = queries.pinned(panel.session, panel.window)
    assert needs_of(pinned.rule, pinned.config, catalogue) == lay
    application = panel.application("Ann")
    assign(panel, application, panel.assessor("Bo", "lay"))
    [row] = queries.on_panel(panel.session, panel.lead.account_id, panel.window, lay)
    assert row.missing == lay.wanted - 1
    assert "lay" not in row.missing_roles


def test_one_letter_tells_of_everything_offered_and_one_reminds(panel: Panel, frozen_clock: FrozenClock) -> None:
    bo, cy = panel.assessor("Bo"), panel.assessor("Cy")
    for number in range(3):
        assign(panel, panel.application(f"Ann {number}"), bo)
    assign(panel, panel.application("Di"), cy)
    sent: list[tuple[str, int]] = []

    def post(_: ScopedSession, due: Due) -> None:
        sent.append((due.email, due.number))

    def turn() -> list[tuple[str, int]]:
        sent.clear()
        assessor_notices.tell_offered(panel.session, clock.now(), post)
        assessor_notices.remind(panel.session, clock.now(), post)
        return sorted(sent)

    assert turn() == [("bo@example.org", 3), ("cy@example.org", 1)]
    assert turn() == []
    tied = panel.application("Tied")
    assign(panel, tied, cy)
    conflicts.put_down(panel.session, panel.lead, tied, panel.accounts["Cy"], "person", "why")
    assert turn() == []
    frozen_clock.advance(days=18)
    # three days in which no worker ran
    assert turn() == [("bo@example.org", 3), ("cy@example.org", 1)]
    assert turn() == []
    frozen_clock.advance(days=9)
    assert turn() == []


def test_a_card_goes_up_with_the_letter_and_down_with_the_assignment(panel: Panel) -> None:
    bo, cy = panel.assessor("Bo"), panel.assessor("Cy")
    ann, di, ed, flo = (panel.application(name) for name in ("Ann", "Di", "Ed", "Flo"))
    taken, tied = assign(panel, ann, bo), assign(panel, di, bo)
    left, ended = assign(panel, ed, bo), assign(panel, flo, cy)

    def cards() -> set[str]:
        panel.session.rollback()
        return set(panel.session.scalars(sa.select(ShelfItem.ref).where(ShelfItem.kind == "assessment")))

    assert cards() == set()
    assessor_notices.tell_offered(panel.session, clock.now(), lambda *_: None)
    assert cards() == {taken, tied, left, ended}
    assigning.take_back(panel.session, panel.lead, taken, 1, "On leave")
    assert cards() == {tied, left, ended}
    conflicts.put_down(panel.session, panel.lead, di, panel.accounts["Bo"], "person", "why")
    assert cards() == {left, ended}, "a card would tell of an application that is hidden from its reader"
    mine = applying.mine(panel.session, ed, panel.accounts["Ed"])
    submitting.withdraw(panel.session, mine, Actor(panel.accounts["Ed"], "Ed"))
    assert cards() == {ended}
    assessors.end(panel.session, panel.lead, cy, 1, "Moved away")
    assert cards() == set()


def test_what_is_offered_on_the_last_day_is_told_before_it_is_reminded_of(
    panel: Panel, frozen_clock: FrozenClock
) -> None:
    due = clock.now() + timedelta(hours=30)
    assigning.assign(panel.session, panel.lead, panel.application("Ann"), panel.assessor("Bo"), due, new_token())
    sent: list[str] = []
    for _ in range(3):
        assessor_notices.tell_offered(panel.session, clock.now(), lambda *_: sent.append("told"))
        assessor_notices.remind(panel.session, clock.now(), lambda *_: sent.append("reminded"))
        frozen_clock.advance(hours=13)
    assert sent == ["told", "reminded"]


@pytest.mark.parametrize("number", [1, 50])
def test_fifty_cost_what_one_costs(panel: Panel, statements: Counter, number: int) -> None:
    people = [panel.assessor(f"Assessor {one}") for one in range(min(number, 10))]
    for one in range(number):
        application = panel.application(f"Ann {one}")
        for assessor in people[:2]:
            make_assignment(panel.session, application, assessor)
    lead = panel.lead.account_id
    with statements() as seen:
        assert len(queries.on_panel(panel.session, lead, panel.window, Needs())) == number
    assert len(seen) == 2
    with statements() as seen:
        assert len(assessor_queries.listed(panel.session, lead)) == len(people)
    assert len(seen) == 1
