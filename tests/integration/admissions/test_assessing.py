"""An assessor's steps: declaring before reading, scores that are sealed for good, and nothing of others' before that."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.admissions import scoring
from core.admissions.content.shapes import CRITERIA
from core.admissions.models import Assessment, Assignment, Score, ScoreDraft
from core.admissions.models import Conflict as OfInterest
from core.admissions.queries import assessing, oversight, scores
from core.admissions.queries.assessing import DISCUSSED
from core.admissions.service import declaring, discussion_notes
from core.admissions.service import scoring as service
from core.admissions.service.drafts import Wish
from core.admissions.states import ASSIGNMENT
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_id, new_token
from core.kernel.views import Actor
from core.tenancy.models import ShelfItem
from tests.factories.assessing import make_decision
from tests.integration.admissions.panel import Panel


@pytest.fixture
def panel(app: Flask, session_for: Callable[[str], ScopedSession]) -> Panel:
    return Panel(app, session_for("scotland"))


def _cards(panel: Panel) -> list[tuple[str, bool]]:
    panel.session.rollback()
    rows = panel.session.execute(sa.select(ShelfItem.status, ShelfItem.needs_action))
    return [(row.status, row.needs_action) for row in rows]


def test_who_declares_no_conflict_reads_scores_and_seals(panel: Panel) -> None:
    ann = panel.assessor("ann")
    assignment = panel.give(panel.application("zoe"), "ann")
    assert not panel.task(ann, assignment).may_read
    assert panel.declare(ann, assignment) == "assessing"
    assert panel.task(ann, assignment).may_read
    assert _cards(panel) == [("To be scored", True)]
    panel.score(ann, assignment, {**dict.fromkeys(CRITERIA, 4), "knowledge": None})
    panel.seal(ann, assignment)
    assert panel.task(ann, assignment).state == "sealed"
    assert _cards(panel) == []
    stored = {row.criterion: row.value for row in panel.session.execute(sa.select(Score.criterion, Score.value))}
    assert stored == {**dict.fromkeys(CRITERIA, 4), "knowledge": None}
    assert panel.session.scalar(sa.select(Score.not_scored).where(Score.criterion == "knowledge")) == "ann says why."
    assert panel.session.scalars(sa.select(ScoreDraft)).all() == []


def test_a_major_conflict_takes_the_application_out_of_sight(panel: Panel) -> None:
    ann = panel.assessor("ann")
    assignment = panel.give(panel.application("zoe"), "ann")
    assert panel.declare(ann, assignment, "major", "My sister") == "recused"
    row = panel.session.scalars(sa.select(OfInterest)).one()
    assert (row.account_id, row.source, row.why) == (ann.account_id, "declared", "My sister")
    with pytest.raises(NotFound):
        panel.task(ann, assignment)
    for shown in assessing.SHOWN:
        assert assessing.listed(panel.session, str(ann.account_id), shown, "due", "", 9, 0) == ([], 0)


@pytest.mark.parametrize(("allow", "state"), [(True, "assessing"), (False, "recused")])
def test_a_minor_conflict_waits_for_the_lead(panel: Panel, allow: bool, state: str) -> None:
    ann = panel.assessor("ann")
    assignment = panel.give(panel.application("zoe"), "ann")
    with pytest.raises(Invalid):
        panel.declare(ann, assignment, "minor")
    assert panel.declare(ann, assignment, "minor", "We met once") == "declared"
    assert _cards(panel) == [("With the partner lead", False)]
    assert not panel.task(ann, assignment).may_read
    [row] = oversight.declarations(panel.session, panel.lead.account_id)
    assert (row.assessor, row.declaration) == ("Ann Person", "We met once")
    with pytest.raises(Forbidden):
        declaring.resolve(panel.session, ann, assignment, row.version, allow=True, why="x")
    with pytest.raises(Invalid):
        declaring.resolve(panel.session, panel.lead, assignment, row.version, allow=allow, why=" ")
    declaring.resolve(panel.session, panel.lead, assignment, row.version, allow=allow, why="Long ago")
    stored = panel.session.execute(sa.select(Assignment.state, Assignment.resolution)).one()
    assert tuple(stored) == (state, "Long ago")
    assert len(panel.session.scalars(sa.select(OfInterest)).all()) == (not allow)
    with pytest.raises(Refused):
        declaring.resolve(panel.session, panel.lead, assignment, row.version + 1, allow=allow, why="Again")


def test_nobody_decides_about_their_own_declaration_or_in_conflict(panel: Panel) -> None:
    both = panel.assessor("both")
    leads = Actor(both.account_id, "both", permissions=both.permissions | panel.lead.permissions)
    assignment = panel.give(panel.application("zoe"), "both")
    panel.declare(leads, assignment, "minor", "We met once")
    assert oversight.declarations(panel.session, both.account_id) == []
    with pytest.raises(NotFound):
        declaring.resolve(panel.session, leads, assignment, 2, allow=True, why="Trust me")


def test_a_conflict_that_became_known_meanwhile_stops_the_declaration(panel: Panel) -> None:
    ann = panel.assessor("ann")
    application = panel.application("zoe")
    assignment = panel.give(application, "ann")
    task = panel.task(ann, assignment)
    other = panel.give(panel.application("yan"), "ann")
    panel.declare(ann, other, "major")  # to have a row to copy
    with transaction(panel.session):
        row = panel.session.scalars(sa.select(OfInterest)).one()
        values = {**{c.key: getattr(row, c.key) for c in sa.inspect(OfInterest).columns}, "id": new_id()}
        panel.session.execute(sa.insert(OfInterest), [{**values, "application_id": application}])
    with pytest.raises(NotFound):
        declaring.declare(panel.session, ann, assignment, task.version, level="none", key=new_token())


def test_leaving_an_assessment(panel: Panel) -> None:
    ann = panel.assessor("ann")
    one, two = (panel.give(panel.application(name), "ann") for name in ("zoe", "yan"))
    declaring.turn_down(panel.session, ann, one, 1, "Too much to do", new_token())
    assert panel.task(ann, one).state == "turned_down"
    assert not panel.task(ann, one).may_read
    panel.declare(ann, two)
    with pytest.raises(Invalid):
        declaring.recuse(panel.session, ann, two, 2, "", new_token())
    declaring.recuse(panel.session, ann, two, 2, "I know this ward", new_token())
    with pytest.raises(NotFound):
        panel.task(ann, two)


def test_what_is_not_theirs_is_not_there(panel: Panel) -> None:
    ann, bob = panel.assessor("ann"), panel.assessor("bob")
    assignment = panel.give(panel.application("zoe"), "ann")
    for actor in (bob, panel.lead, panel.central):
        with pytest.raises(NotFound):
            panel.task(actor, assignment)
    with pytest.raises(Forbidden):
        declaring.declare(panel.session, panel.lead, assignment, 1, level="none", key=new_token())
    panel.declare(ann, assignment)
    eve = panel.assessor("eve", state="ended")
    gone = panel.give(panel.application("yan"), "eve")
    with pytest.raises(NotFound):
        panel.task(eve, gone)


def test_two_tabs_lose_nothing(panel: Panel) -> None:
    ann = panel.assessor("ann")
    assignment = panel.give(panel.application("zoe"), "ann")
    panel.declare(ann, assignment)
    work = panel.work(ann, assignment)
    first = service.save(panel.session, ann, work, {"knowledge_why": Wish("From the first tab", 0)})
    assert (dict(first.revisions), dict(first.lost)) == ({"knowledge_why": 1}, {})
    second = service.save(
        panel.session, ann, work, {"knowledge_why": Wish("From the second", 0), "knowledge": Wish("2", 0)}
    )
    assert second.lost["knowledge_why"].value == "From the first tab"
    assert second.revisions == {"knowledge_why": 1, "knowledge": 1}
    now = panel.work(ann, assignment)
    assert now.values == {"knowledge_why": "From the first tab", "knowledge": "2"}
    assert [late.value for late in now.late] == ["From the second"]
    service.save(panel.session, ann, now, {"knowledge_why": Wish("Both", 1)})
    assert panel.work(ann, assignment).values["knowledge_why"] == "Both"


def test_sealing_asks_for_every_criterion_and_for_what_was_checked(panel: Panel) -> None:
    ann = panel.assessor("ann")
    assignment = panel.give(panel.application("zoe"), "ann")
    panel.declare(ann, assignment)
    with pytest.raises(Invalid) as wrong:
        panel.seal(ann, assignment)
    assert set(wrong.value.field_errors) == {name for key in CRITERIA for name in (key, f"{key}_why")}
    panel.score(ann, assignment)
    work = panel.work(ann, assignment)
    with pytest.raises(Conflict):
        service.seal(panel.session, ann, panel.task(ann, assignment), work, "another sum")
    panel.seal(ann, assignment)
    with pytest.raises(Refused):
        service.seal(panel.session, ann, panel.task(ann, assignment), work, "")
    with pytest.raises(Refused):
        service.save(panel.session, ann, work, {"knowledge_why": Wish("Too late", 1)})
    assert [late.value for late in panel.work(ann, assignment).late] == ["Too late"]


def test_a_newer_version_is_read_before_sealing(panel: Panel) -> None:
    ann = panel.assessor("ann")
    application = panel.application("zoe")
    assignment = panel.give(application, "ann")
    panel.declare(ann, assignment)
    panel.score(ann, assignment)
    newer = panel.again(application, "We made two wards safer.")
    with pytest.raises(Conflict):
        panel.seal(ann, assignment)
    service.take_newer(panel.session, ann, panel.task(ann, assignment), panel.work(ann, assignment))
    assert panel.work(ann, assignment).submission_id == newer
    panel.seal(ann, assignment)


SPOILS: dict[str, sa.Update | sa.Delete] = {
    "update of the assessment": sa.update(Assessment).values(recommendation="accept", submission_id=Assessment.submission_id),
    "another hash": sa.update(Assessment).values(sha256="1" * 64, submission_id=None),
    "opened again by hand": sa.update(Assessment).values(sealed_at=None, sha256="", submission_id=None),
    "update of a score": sa.update(Score).values(value=1),
    "a score becomes none": sa.update(Score).values(value=None, not_scored="-"),
    "other words": sa.update(Score).values(words="Others"),
    "delete of the assessment": sa.delete(Assessment),
    "delete of scores": sa.delete(Score),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILS)
def test_sealed_score_immutability_at_db_level(panel: Panel, name: str) -> None:
    panel.sealed("ann", panel.application("zoe"), 3)
    statement = SPOILS[name].where(sa.true())
    with pytest.raises(sa.exc.DBAPIError, match=r"never changed|violates foreign key|FOREIGN KEY"), transaction(panel.session):  # fmt: skip
        panel.session.execute(statement)
    assert set(panel.session.scalars(sa.select(Score.value))) == {3}


def test_sealed_score_immutability_at_db_level_for_rows_that_are_added(panel: Panel) -> None:
    panel.sealed("ann", panel.application("zoe"), 3)
    row = {
        "id": new_id(), "tenant_id": panel.session.scope.tenant_id, "value": 1, "not_scored": "", "words": "",
        "assessment_id": panel.session.scalar(sa.select(Assessment.id)), "criterion": "another",
    }  # fmt: skip
    with pytest.raises(sa.exc.DBAPIError, match="never changed"), transaction(panel.session):
        panel.session.execute(sa.insert(Score), [row])


def test_reopened_by_the_central_team_the_earlier_stays(panel: Panel) -> None:
    application = panel.application("zoe")
    ann, assignment = panel.sealed("ann", application, 2)
    version = panel.task(ann, assignment).version
    for actor in (ann, panel.lead):
        with pytest.raises(Forbidden):
            service.reopen(panel.session, actor, assignment, version, "Please")
    service.reopen(panel.session, panel.central, assignment, version, "Read the wrong answer")
    assert panel.task(ann, assignment).state == "assessing"
    again = panel.work(ann, assignment)
    assert (again.number, again.sealed_at, again.values["experience"]) == (2, None, "2")
    assert scores.sealed(panel.session, panel.lead.account_id, [application], leads=True) == {}
    panel.score(ann, assignment, 4)
    panel.seal(ann, assignment)
    rows = panel.session.execute(
        sa.select(Assessment.number, Score.value)
        .join(Score, Score.assessment_id == Assessment.id)
        .where(Score.criterion == "experience")
        .order_by(Assessment.number)
    )
    assert [tuple(row) for row in rows] == [(1, 2), (2, 4)]
    [one] = scores.sealed(panel.session, panel.lead.account_id, [application], leads=True)[application]
    assert (one.number, one.scores["experience"].value) == (2, 4)


def test_what_is_decided_is_not_reopened(panel: Panel) -> None:
    application = panel.application("zoe")
    ann, assignment = panel.sealed("ann", application)
    make_decision(panel.session, application, signed_by=str(panel.lead.account_id))
    with pytest.raises(Refused):
        service.reopen(panel.session, panel.central, assignment, panel.task(ann, assignment).version, "Late")


def _turn_down_late(panel: Panel, actor: Actor, assignment: str) -> None:
    panel.declare(actor, assignment)
    declaring.turn_down(panel.session, actor, assignment, 2, "No time", new_token())


def _recuse_late(panel: Panel, actor: Actor, assignment: str) -> None:
    panel.declare(actor, assignment)
    declaring.recuse(panel.session, actor, assignment, 2, "I know them", new_token())


LEAVING: dict[str, Callable[[Panel, Actor, str], object]] = {
    "offered": lambda *_: None,
    "assessing": lambda panel, actor, one: panel.declare(actor, one),
    "declared": lambda panel, actor, one: panel.declare(actor, one, "minor", "We met"),
    "recused at once": lambda panel, actor, one: panel.declare(actor, one, "major"),
    "turned down": lambda panel, actor, one: declaring.turn_down(panel.session, actor, one, 1, "No time", new_token()),
    "turned down late": _turn_down_late,
    "recused late": _recuse_late,
}


@pytest.mark.parametrize("way", LEAVING)
@pytest.mark.parametrize("leads", [False, True], ids=["assessor", "assessor who leads"])
def test_abstain_or_recuse_never_unlocks_others_scores(panel: Panel, way: str, leads: bool) -> None:
    application = panel.application("zoe")
    sealer, _ = panel.sealed("ann", application)
    discussion_notes.note(panel.session, sealer, application, "A secret note", new_token())
    bob = panel.assessor("bob")
    if leads:
        bob = Actor(bob.account_id, "bob", permissions=bob.permissions | panel.lead.permissions)
    assignment = panel.give(application, "bob")
    LEAVING[way](panel, bob, assignment)
    assert scores.sealed(panel.session, bob.account_id, [application], leads=leads) == {}
    assert scores.notes(panel.session, bob.account_id, application, [], leads=leads) == []
    assert not scores.may_read(panel.session, bob.account_id, application, leads=leads)
    with pytest.raises(NotFound):
        discussion_notes.note(panel.session, bob, application, "Tell me", new_token())
    assert scores.may_read(panel.session, sealer.account_id, application)
    assert scores.may_read(panel.session, panel.lead.account_id, application, leads=True)


def test_after_sealing_others_have_letters_that_tell_nothing(panel: Panel) -> None:
    application = panel.application("zoe")
    people = [panel.sealed(name, application, 3)[0] for name in ("ann", "bob", "eve")]
    seen = [scores.sealed(panel.session, who.account_id, [application])[application] for who in people]
    assert {tuple((one.assessor_id, one.letter) for one in found) for found in seen} == {
        tuple((one.assessor_id, one.letter) for one in seen[0])
    }
    assert [one.letter for one in seen[0]] == ["A", "B", "C"]
    assert [[one.mine for one in found].count(True) for found in seen] == [1, 1, 1]


def test_null_and_4_mean_is_4_with_coverage_one_of_two_never_2(panel: Panel) -> None:
    application = panel.application("zoe")
    panel.sealed("ann", application, {**dict.fromkeys(CRITERIA, 4), "knowledge": None})
    panel.sealed("bob", application, 4)
    found = scores.sealed(panel.session, panel.lead.account_id, [application], leads=True)[application]
    spread = scores.spreads(found, CRITERIA)["knowledge"]
    assert (spread.mean, spread.given, spread.asked) == (4, 1, 2)


def test_the_order_is_each_assessors_own(panel: Panel) -> None:
    people = [panel.assessor(name) for name in ("ann", "bob")]
    due = clock.now() + timedelta(days=3)
    applications = [panel.application(f"a{number}") for number in range(8)]
    for name in panel.assessors:
        for application in applications:
            panel.give(application, name, due_at=due)
        panel.give(panel.application(f"first-{name}"), name, due_at=due - timedelta(days=1))
    orders = []
    for who in people:
        rows, total = assessing.listed(panel.session, str(who.account_id), "waiting", "due", "", 20, 0)
        assert total == 9
        assert [row.due_at for row in rows] == sorted(row.due_at for row in rows)
        pages = [
            row.id for start in (0, 5) for row in assessing.listed(panel.session, str(who.account_id), "waiting", "due", "", 5, start)[0]
        ]  # fmt: skip
        assert pages == [row.id for row in rows]
        orders.append([row.reference for row in rows[1:]])
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]


EVENTS = {
    "declare_none": lambda panel, actor, one, version: declaring.declare(panel.session, actor, one, version, level="none", key=new_token()),
    "declare_minor": lambda panel, actor, one, version: declaring.declare(
        panel.session, actor, one, version, level="minor", key=new_token(), words="We met"
    ),
    "turn_down": lambda panel, actor, one, version: declaring.turn_down(panel.session, actor, one, version, "No time", new_token()),
    "allow": lambda panel, actor, one, version: declaring.resolve(
        panel.session, panel.lead, one, version, allow=True, why="Fine"
    ),
    "seal": lambda panel, actor, one, version: (panel.score(actor, one), panel.seal(actor, one)),
    "reopen": lambda panel, actor, one, version: service.reopen(panel.session, panel.central, one, version, "Again"),
}  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(EVENTS)), min_size=3, max_size=7))
def test_services_go_the_ways_of_the_state_machine_and_no_other(panel: Panel, events: list[str]) -> None:
    if not panel.assessors:
        panel.assessor("ann")
    ann = Actor(panel.assessors["ann"][0], "ann", permissions=frozenset({"admissions.assess"}))
    assignment = panel.give(panel.application(f"p{new_id()}"), "ann")
    state = "offered"
    for event in events:
        allowed = event in ASSIGNMENT.events_from(state)
        try:
            EVENTS[event](panel, ann, assignment, panel.task(ann, assignment).version)
        except (DomainError, AssertionError):
            assert not allowed, (state, event)
        else:
            assert allowed, (state, event)
            state = ASSIGNMENT.target(event, state)
        assert panel.task(ann, assignment).state == state
    numbers = panel.session.scalars(
        sa.select(Assessment.number).where(Assessment.assignment_id == assignment).order_by(Assessment.number)
    ).all()
    assert list(numbers) == list(range(1, len(numbers) + 1))


def test_post_discussion_scores_need_the_room(panel: Panel) -> None:
    application = panel.application("zoe")
    ann, assignment = panel.sealed("ann", application)
    with pytest.raises(Refused):
        service.begin_discussed(panel.session, ann, panel.task(ann, assignment))
    assert assessing.current(assessing.works(panel.session, panel.task(ann, assignment)), DISCUSSED) is None


def test_a_note_is_added_once(panel: Panel) -> None:
    application = panel.application("zoe")
    ann, _ = panel.sealed("ann", application)
    key = new_token()
    made = {discussion_notes.note(panel.session, ann, application, "Well written", key) for _ in range(2)}
    assert len(made) == 1
    found = scores.sealed(panel.session, ann.account_id, [application])[application]
    [note] = scores.notes(panel.session, ann.account_id, application, found)
    assert (note.body, note.mine, note.letter) == ("Well written", True, "A")


def test_what_is_sealed_is_what_was_typed() -> None:
    draft = dict.fromkeys(CRITERIA, "2") | {f"{key}_why": "words" for key in CRITERIA} | {"recommendation": "unsure"}
    assert scoring.as_draft(scoring.verdicts(draft), "unsure") == draft


def test_the_same_form_sent_twice_leaves_once_and_says_the_same(panel: Panel) -> None:
    ann = panel.assessor("ann")
    one, two = (panel.give(panel.application(name), "ann") for name in ("zoe", "yan"))
    key, other = new_token(), new_token()
    told = [
        declaring.declare(panel.session, ann, one, 1, level="major", key=key) for _ in range(2)
    ]  # the second time it is out of sight
    assert told == ["recused", "recused"]
    panel.declare(ann, two)
    for _ in range(2):
        declaring.recuse(panel.session, ann, two, 2, "I know this ward", other)
    assert len(panel.session.scalars(sa.select(OfInterest)).all()) == 2
    with pytest.raises(NotFound):
        declaring.recuse(panel.session, ann, two, 2, "Again", new_token())
