"""Calibration: one case for every partner, scored by each alone, sealed for good, seen by the central team as numbers."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.letters import windows as window_letters
from core.admissions.models import CalibrationCase, CalibrationMark
from core.admissions.personal import calibration as personal
from core.admissions.queries import calibration as queries
from core.admissions.queries import quality
from core.admissions.rules import CRITERIA
from core.admissions.service import calibration as service
from core.admissions.service.calibration import About, Judged
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM, Actor
from core.tenancy import shelf
from core.tenancy.directory import TenantSnapshot
from core.work.models import Mail
from tests.factories.admissions import make_form
from tests.factories.assessing import ANSWERS, make_assessor
from tests.factories.people import client_of, make_person
from tests.support.app_fixtures import FrozenClock
from tests.support.statements import Counter

Sessions = Callable[[str], ScopedSession]
Tenants = Callable[[str], TenantSnapshot]
CONSOLE = "/console/admissions/calibration/"
ROOM = "/scotland/assess/calibration/"
EACH = {key: Judged(True, 3, "As the answer shows.") for key in CRITERIA}


def a_case(session: ScopedSession) -> str:
    """A case that is out for a week, and its id."""
    make_form(session)
    case_id = service.write(session, SYSTEM, About("Case 1", "invented", "en"), new_token())
    service.change(session, SYSTEM, case_id, 1, About("Case 1", "invented", "en"), ANSWERS)
    service.send(session, SYSTEM, case_id, 2, clock.now() + timedelta(days=7))
    return case_id


def an_assessor(app: Flask, session: ScopedSession, slug: str = "scotland") -> Actor:
    account_id = make_person(app, f"{slug}@example.org", name="Morag", grants=[(Role.ASSESSOR, slug)])
    session.rollback()
    make_assessor(session, account_id)
    return Actor(account_id, "Morag", permissions=frozenset({"admissions.assess"}))


def ask(app: Flask, session: ScopedSession, tenant: TenantSnapshot) -> int:
    with app.app_context():
        return service.ask_assessors(session, window_letters.calibration(tenant))


def only_task(session: ScopedSession, who: Actor) -> queries.Task:
    [task] = queries.tasks(session, who.account_id)
    return task


def test_assessors_are_asked_once_with_a_card_and_a_letter(app: Flask, session_for: Sessions, tenant: Tenants) -> None:
    session = session_for("scotland")
    who = an_assessor(app, session)
    a_case(session)
    assert ask(app, session, tenant("scotland")) == 1
    assert ask(app, session, tenant("scotland")) == 0
    [card] = shelf.items(session, str(who.account_id))
    assert (card.needs_action, card.path) == (True, f"/assess/calibration/{only_task(session, who).mark_id}")
    assert len(session.scalars(sa.select(Mail.id)).all()) == 1
    client = client_of(app, str(who.account_id))
    assert client.get(f"/scotland{card.path}").status_code == 200
    assert "Case 1" in client.get(ROOM).text


def test_who_joins_the_panel_later_is_asked_then_and_nobody_about_a_closed_case(
    app: Flask, session_for: Sessions, tenant: Tenants
) -> None:
    session = session_for("scotland")
    case_id = a_case(session)
    who = an_assessor(app, session)
    assert ask(app, session, tenant("scotland")) == 1
    service.close(session, SYSTEM, case_id, 3)
    assert ask(app, session, tenant("scotland")) == 0
    assert shelf.items(session, str(who.account_id)) == []
    other = session_for("wales")
    an_assessor(app, other, "wales")
    assert ask(app, other, tenant("wales")) == 0


def test_scores_are_saved_sealed_and_then_never_changed_by_anybody(
    app: Flask, session_for: Sessions, tenant: Tenants
) -> None:
    session = session_for("scotland")
    who = an_assessor(app, session)
    a_case(session)
    ask(app, session, tenant("scotland"))
    mark_id = only_task(session, who).mark_id
    service.save(session, who, mark_id, 1, {"experience": Judged(True, 4, "Much.")}, None)
    with pytest.raises(Conflict):
        service.save(session, who, mark_id, 1, {}, None)
    with pytest.raises(Invalid) as refused:
        service.seal(session, who, mark_id, 2, {"experience": Judged(True, 4, "Much.")}, None)
    assert set(refused.value.field_errors) == {f"{key}_{part}" for key in CRITERIA[1:] for part in ("level", "why")}
    service.seal(session, who, mark_id, 2, {**EACH, "knowledge": Judged(True, None, "Nothing is said.")}, "accept")
    with pytest.raises(Refused):
        service.save(session, who, mark_id, 3, EACH, None)
    session.rollback()
    found = queries.marking(session, mark_id, who.account_id)
    assert found.scores["knowledge"] == {"value": None, "not_scored": "Nothing is said.", "words": ""}
    assert shelf.items(session, str(who.account_id)) == []
    for statement in (
        sa.update(CalibrationMark).values(recommendation="decline"),
        sa.delete(CalibrationMark),
        sa.update(CalibrationCase).values(answers="{}"),
        sa.delete(CalibrationCase),
    ):
        with pytest.raises(sa.exc.DBAPIError, match="never changed"), transaction(session):
            session.execute(statement)


def test_an_assessors_own_data_holds_what_they_scored(app: Flask, session_for: Sessions, tenant: Tenants) -> None:
    session = session_for("scotland")
    who = an_assessor(app, session)
    a_case(session)
    ask(app, session, tenant("scotland"))
    service.seal(session, who, only_task(session, who).mark_id, 1, EACH, None)
    [(_heading, [one])] = personal.export(session, str(who.account_id))
    assert one["scores"]["experience"]["words"] == "As the answer shows."
    assert list(personal.export(session, make_person(app, "x@example.org"))) == []


def test_not_able_to_score_is_no_number(app: Flask, session_for: Sessions, tenant: Tenants) -> None:
    session = session_for("scotland")
    who = an_assessor(app, session)
    a_case(session)
    ask(app, session, tenant("scotland"))
    judged = {**EACH, "knowledge": Judged(True, None, "Nothing is said.")}
    service.seal(session, who, only_task(session, who).mark_id, 1, judged, None)
    [one] = quality.facts(session).calibration
    assert one.scores["knowledge"] is None
    assert one.overall == 3


def test_nobody_scores_for_another_and_only_the_central_team_sends(
    app: Flask, session_for: Sessions, tenant: Tenants
) -> None:
    session = session_for("scotland")
    who = an_assessor(app, session)
    case_id = a_case(session)
    ask(app, session, tenant("scotland"))
    mark_id = only_task(session, who).mark_id
    stranger = Actor(make_person(app, "x@example.org"), "X", permissions=who.permissions)
    session.rollback()
    with pytest.raises(NotFound):
        service.seal(session, stranger, mark_id, 1, EACH, None)
    for step in (
        lambda: service.write(session, who, About("N", "invented", "en"), new_token()),
        lambda: service.send(session, who, case_id, 1, clock.now()),
        lambda: service.close(session, who, case_id, 3),
        lambda: service.save(session, Actor(who.account_id, ""), mark_id, 1, {}, None),
    ):
        with pytest.raises(Forbidden):
            step()


def test_a_case_from_writing_to_results_in_the_console(
    app: Flask, session_for: Sessions, tenant: Tenants, statements: Counter, frozen_clock: FrozenClock
) -> None:
    session = session_for("scotland")
    make_form(session)
    session.rollback()
    who = an_assessor(app, session)
    client = client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    assert "No calibration cases yet" in client.get(CONSOLE).text
    assert client.submit(f"{CONSOLE}new", {"name": ""}).status_code == 422
    answer = client.submit(f"{CONSOLE}new", {"name": "Case 1", "source": "invented"})
    assert answer.status_code == 303
    page = answer.headers["Location"].removesuffix("/edit")
    assert "Some parts are not finished yet" in client.get(page).text
    wrong = client.submit(f"{page}/send", {"due_at": "2027-12-01T12:00"})
    assert wrong.status_code == 422
    assert "answers of the case are missing" in wrong.text
    answers = {"job": "Nurse", "story": "We made <b>it</b> safer."}
    assert client.submit(f"{page}/edit", answers).status_code == 303
    assert client.submit(f"{page}/send", {"due_at": "2020-12-01T12:00"}).status_code == 422
    assert client.submit(f"{page}/send", {"due_at": "2027-12-01T12:00"}).status_code == 303
    assert client.get(f"{page}/edit").status_code in {409, 422}
    assert "We made &lt;b&gt;it&lt;/b&gt; safer." in client.get(f"{page}/preview").text
    session.rollback()
    ask(app, session, tenant("scotland"))
    mine = client_of(app, str(who.account_id))
    place = f"{ROOM}{only_task(session, who).mark_id}"
    half = mine.submit(place, {"experience_level": "4", "experience_why": "Much.", "do": "seal"})
    assert half.status_code == 422
    assert "Much." in half.text
    every = {f"{key}_level": "4" for key in CRITERIA} | {f"{key}_why": "Much." for key in CRITERIA}
    assert mine.submit(place, {**every, "do": "save"}).status_code == 303
    assert "Nobody has sealed scores yet" in client.get(page).text
    assert mine.submit(place, {"do": "seal", "knowledge_level": "unable"}).status_code == 303
    assert "They stay as they are" in mine.get(place).text
    text = client.get(page).text
    assert "Assessor 1" in text
    assert "Morag" not in text
    assert "Scotland" in client.get(f"{page}?format=csv").text
    assert client.submit(page, form="close").status_code == 303
    assert "Closed" in client.get(CONSOLE).text
