"""Conflicts of interest: they follow from what is known, recuse at once, end with their reason, and are never forgotten."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.form.schema import FormSchema
from core.admissions.models import Application, Assignment, Conflict
from core.admissions.queries import applying
from core.admissions.queries import assessors as assessor_queries
from core.admissions.queries import conflicts as queries
from core.admissions.service import assessors, conflicts, drafts, submitting
from core.admissions.service.assessors import Place
from core.data.audit import verify
from core.data.session import ScopedSession, transaction
from core.kernel.errors import Conflict as Stale
from core.kernel.errors import Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Permission, Role
from core.kernel.views import Actor
from tests.factories.admissions import make_form, make_window, small_form
from tests.factories.assessing import make_assessment, make_assignment
from tests.integration.admissions.panel_cases import Panel, make_panel
from tests.support.statements import Counter

Sessions = Callable[[str], ScopedSession]


@pytest.fixture
def panel(app: Flask, session_for: Sessions) -> Panel:
    return make_panel(app, session_for("scotland"))


def standing(panel: Panel, application: str) -> dict[str, str]:
    """{name: kind} of the conflicts that stand."""
    rows = queries.of(panel.session, application)
    return {row.name: row.kind for row in rows if row.ended_at is None}


def state(panel: Panel, assignment: str) -> str:
    panel.session.rollback()
    return panel.session.execute(sa.select(Assignment.state).where(Assignment.id == assignment)).scalar_one()


def add_interest(panel: Panel, assessor: str, kind: str, target: str) -> str:
    assessors.add_interest(panel.session, panel.lead, assessor, kind=kind, target=target, form_key=new_token())
    return next(row.id for row in assessor_queries.interests(panel.session, assessor) if row.target == target)


def test_submitting_derives_conflicts_from_the_organisation(panel: Panel) -> None:
    content = small_form().model_dump(mode="json")
    content["sections"][0]["questions"][0]["key"] = conflicts.ORGANISATION
    form = make_form(panel.session, FormSchema.model_validate(content), number=1002)
    make_window(panel.session, form)
    panel.assessor("Bo Same", workplace="NHS Lothian")
    panel.assessor("Cy Other", workplace="NHS Fife")
    ann = Actor(panel.person("Ann Smith"), "")
    made = drafts.start(panel.session, actor=ann, eligible={"based_here": True}, locale="en", is_member=False)

    def mine() -> applying.Mine:
        return applying.mine(panel.session, made, str(ann.account_id))

    answers = {"organisation": drafts.Wish("Lothian Health Board", 0), "story": drafts.Wish("Falls.", 0)}
    drafts.save(panel.session, mine(), str(ann.account_id), answers)
    assert standing(panel, made) == {}
    checked = submitting.checked_sum(mine())
    submitting.submit(panel.session, mine(), ann, checked=checked, post=lambda *_: None)
    assert standing(panel, made) == {"Bo Same": "same_employer"}
    assert conflicts.organisation_of({"organisation": ["a"]}) == ""


@pytest.mark.parametrize("number", [1, 50])
def test_deriving_costs_the_same_for_a_small_and_a_large_panel(panel: Panel, statements: Counter, number: int) -> None:
    for one in range(number):
        panel.assessor(f"Assessor {one}", workplace="NHS Lothian")
    application = panel.application("Ann Smith", "Lothian Health Board")
    with transaction(panel.session), statements() as seen:
        conflicts.derive_for_application_in(panel.session, application)
    assert len(standing(panel, application)) == number
    assert len(seen) == 5, seen.text


def test_an_interest_recuses_at_once_and_keeps_its_history(panel: Panel) -> None:
    bo = panel.assessor("Bo Same")
    application = panel.application("Ann Smith", "NHS Lothian")
    assignment = make_assignment(panel.session, application, bo, "assessing")
    interest = add_interest(panel, bo, "family", "ann smith")
    assert standing(panel, application) == {"Bo Same": "family"}
    assert state(panel, assignment) == "recused"
    assessors.end_interest(panel.session, panel.lead, bo, interest)
    assert standing(panel, application) == {}
    [ended] = queries.of(panel.session, application)
    assert ended.kind == "family"
    assert ended.ended_at is not None
    assert state(panel, assignment) == "recused"
    with pytest.raises(Refused):
        assessors.end_interest(panel.session, panel.lead, bo, interest)


def test_a_conflict_with_two_reasons_outlives_one_of_them(panel: Panel) -> None:
    bo = panel.assessor("Bo Same")
    application = panel.application("Ann Smith", "NHS Lothian")
    first = add_interest(panel, bo, "employer", "Lothian")
    add_interest(panel, bo, "family", "Ann Smith")
    assert standing(panel, application) == {"Bo Same": "same_employer"}
    assessors.end_interest(panel.session, panel.lead, bo, first)
    assert standing(panel, application) == {"Bo Same": "family"}


def test_the_workplace_moves_conflicts_with_it(panel: Panel) -> None:
    bo = panel.assessor("Bo Same", workplace="NHS Lothian")
    application, other = panel.application("Ann Smith", "Lothian"), panel.application("Di Jones", "NHS Fife")
    place = Place((), 5, "NHS Lothian", None)
    assessors.change(panel.session, panel.lead, bo, 1, place)
    assert standing(panel, application) == {"Bo Same": "same_employer"}
    assessors.change(panel.session, panel.lead, bo, 2, Place((), 5, "Fife", None))
    assert standing(panel, application) == {}
    assert standing(panel, other) == {"Bo Same": "same_employer"}


def test_nobody_assesses_their_own_application(panel: Panel) -> None:
    bo = panel.assessor("Bo Same")
    application = panel.application("Bo Same")
    with transaction(panel.session):
        conflicts.derive_for_application_in(panel.session, application)
    assert standing(panel, application) == {"Bo Same": "own_application"}
    assert assessor_queries.one(panel.session, panel.lead.account_id, bo).held == 0


def test_sealed_assessments_stay_sealed(panel: Panel) -> None:
    bo = panel.assessor("Bo Same")
    application = panel.application("Ann Smith", "NHS Lothian")
    assignment = make_assignment(panel.session, application, bo, "assessing")
    make_assessment(panel.session, assignment)
    add_interest(panel, bo, "employer", "NHS Lothian")
    assert state(panel, assignment) == "sealed"


def test_the_partner_puts_down_and_ends_with_a_reason(panel: Panel) -> None:
    bo = panel.assessor("Bo Same")
    account, application = panel.accounts["Bo Same"], panel.application("Ann Smith")
    assignment = make_assignment(panel.session, application, bo)
    with pytest.raises(Invalid):
        conflicts.put_down(panel.session, panel.lead, application, account, "person", " ")
    with pytest.raises(Invalid):
        conflicts.put_down(panel.session, panel.lead, application, panel.accounts["Ann Smith"], "person", "why")
    with pytest.raises(Invalid):
        conflicts.put_down(panel.session, panel.lead, application, account, "same_employer", "why")
    conflicts.put_down(panel.session, panel.lead, application, account, "person", "They share an office")
    assert state(panel, assignment) == "recused"
    with pytest.raises(Refused):
        conflicts.put_down(panel.session, panel.lead, application, account, "person", "again")
    [row] = queries.of(panel.session, application)
    assert (row.source, row.why, row.by) == ("set", "They share an office", "Lee Lead")
    conflicts.end(panel.session, panel.lead, row.id, "They moved")
    with pytest.raises(NotFound):
        conflicts.end(panel.session, panel.lead, row.id, "again")
    assert standing(panel, application) == {}
    assert verify(panel.session).ok


def test_the_national_floor_cannot_be_ended(panel: Panel) -> None:
    bo = panel.assessor("Bo Same", workplace="NHS Lothian")
    application = panel.application("Ann Smith", "NHS Lothian")
    conflicts.put_down(panel.session, panel.lead, application, panel.accounts["Bo Same"], "other", "We know")
    [row] = queries.of(panel.session, application)
    conflicts.end(panel.session, panel.lead, row.id, "It was a mistake")
    assert standing(panel, application) == {"Bo Same": "same_employer"}
    floor = queries.of(panel.session, application)[0]
    with pytest.raises(Refused):
        conflicts.end(panel.session, panel.lead, floor.id, "We are a large employer")
    assert bo


def test_what_the_partner_ended_does_not_come_back_by_itself(panel: Panel) -> None:
    bo = panel.assessor("Bo Same")
    application = panel.application("Ann Smith")
    add_interest(panel, bo, "person", "Ann Smith")
    [row] = queries.of(panel.session, application)
    conflicts.end(panel.session, panel.lead, row.id, "Another Ann Smith")
    add_interest(panel, bo, "organisation", "NHS Fife")
    assert standing(panel, application) == {}


def test_a_lead_who_declares_sees_nothing_from_then_on(panel: Panel) -> None:
    application = panel.application("Ann Smith")
    lead = str(panel.lead.account_id)
    conflicts.put_down(panel.session, panel.lead, application, lead, "family", "My sister")
    for refused in (
        lambda: queries.application(panel.session, lead, application),
        lambda: conflicts.put_down(panel.session, panel.lead, application, lead, "family", "again"),
        lambda: queries.one(panel.session, lead, panel.session.scalars(sa.select(Conflict.id)).one()),
    ):
        with pytest.raises(NotFound):
            refused()


def test_who_may(panel: Panel) -> None:
    bo, application = panel.assessor("Bo Same"), panel.application("Ann Smith")
    nobody = Actor(panel.person("No Body"), "")
    own = Actor(panel.accounts["Bo Same"], "", permissions=frozenset({Permission.ADMISSIONS_ASSESS.value}))
    other = Actor(panel.person("Ot Her", Role.ASSESSOR), "", permissions=own.permissions)
    with pytest.raises(Forbidden):
        conflicts.put_down(panel.session, nobody, application, panel.accounts["Bo Same"], "person", "why")
    with pytest.raises(Forbidden):
        conflicts.end(panel.session, nobody, new_id(), "why")
    for actor in (nobody, other):
        with pytest.raises(Forbidden):
            assessors.add_interest(panel.session, actor, bo, kind="person", target="x", form_key=new_token())
    assessors.add_interest(panel.session, own, bo, kind="person", target="Ann Smith", form_key=new_token())
    assert standing(panel, application) == {"Bo Same": "person"}


def test_another_partner_s_things_are_not_there(panel: Panel, session_for: Sessions) -> None:
    application, wales = panel.application("Ann Smith"), session_for("wales")
    conflicts.put_down(panel.session, panel.lead, application, str(panel.lead.account_id), "family", "why")
    panel.session.rollback()
    with pytest.raises(NotFound):
        queries.application(wales, None, application)
    assert queries.of(wales, application) == []
    assert wales.scalar(sa.select(sa.func.count(Application.id))) == 0


def test_a_form_that_is_late_is_told(panel: Panel) -> None:
    bo = panel.assessor("Bo Same")
    place = Place((), 5, "", None)
    assessors.change(panel.session, panel.lead, bo, 1, place)
    with pytest.raises(Stale):
        assessors.change(panel.session, panel.lead, bo, 1, place)
