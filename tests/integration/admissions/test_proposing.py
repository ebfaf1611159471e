"""Proposals: made whenever there are new sealed facts, kept for good, made again every night, and never with a name in them."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from core.admissions.jobs import rules as rule_jobs
from core.admissions.models import (
    Application,
    Assessment,
    Assessor,
    Assignment,
    Conflict,
    ReplayRun,
    RuleProposal,
    Submission,
    Window,
    WindowRules,
)
from core.admissions.rules import NationalPolicy, Outcome, Proposal, RuleConfig, Snapshot
from core.admissions.service import replaying
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Forbidden
from core.kernel.ids import new_id
from core.kernel.views import Actor
from core.work import GiveUp
from plugins.assessment_rules.standard import Standard
from tests.factories.assessing import ANSWERS, make_assessment, make_assignment
from tests.integration.admissions.scored import Panel, offering
from tests.support.statements import Counter
from tests.unit.admissions.rules.bad_packs import Raises
from tests.unit.admissions.rules.cases import Plain


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    return session_for("scotland")


@pytest.fixture
def panel(app: Flask, session: ScopedSession) -> Panel:
    return Panel(app, session)


def kept(session: ScopedSession) -> list[Any]:
    session.rollback()
    return list(
        session.execute(sa.select(RuleProposal).order_by(RuleProposal.application_id, RuleProposal.number)).scalars()
    )


def test_a_proposal_is_made_when_something_is_sealed_and_again_when_something_else_is(panel: Panel) -> None:
    unscored, good = panel.application(), panel.application(4, 4)
    assert panel.ask() == (1, 0)
    assert panel.ask() == (0, 0)
    [first] = kept(panel.session)
    assert (first.application_id, first.outcome, first.number, first.incident) == (good, "accept", 1, None)
    panel.seal(unscored, "assessor 0", 3)
    panel.seal(good, "assessor 9", 1)
    assert panel.ask() == (2, 0)
    found = {(one.application_id, one.number): one.outcome for one in kept(panel.session)}
    assert found == {(good, 1): "accept", (good, 2): "panel", (unscored, 1): "more_assessors"}


def test_proposals_are_only_added(panel: Panel) -> None:
    panel.application(4, 4)
    panel.ask()
    for statement in (sa.update(RuleProposal).values(outcome="decline"), sa.delete(RuleProposal)):
        with pytest.raises(DBAPIError), transaction(panel.session):
            panel.session.execute(statement)


def test_other_rules_ask_for_other_proposals(panel: Panel) -> None:
    panel.application(4, 4)
    panel.ask()
    with transaction(panel.session):
        panel.session.execute(
            sa.update(WindowRules).values(rule="lay_panel@1.0.0", config={}, version=WindowRules.version + 1)
        )
    assert panel.ask() == (1, 0)
    assert [(one.rule, one.outcome) for one in kept(panel.session)] == [
        ("standard@1.0.0", "accept"), ("lay_panel@1.0.0", "more_assessors")
    ]  # fmt: skip


def _seen(panel: Panel) -> Snapshot:
    panel.ask()
    return Snapshot.model_validate_json(kept(panel.session)[-1].snapshot)


def _values(snapshot: Snapshot) -> list[int]:
    return sorted(one.scores[0].value or 0 for one in snapshot.assessments)


def test_what_was_sealed_after_the_discussion_counts_in_place_of_what_was_sealed_alone(panel: Panel) -> None:
    made = panel.application(4)
    assignment = panel.seal(made, "second", 1)
    make_assessment(panel.session, assignment, 3, phase="post_discussion")
    assert _values(_seen(panel)) == [3, 4]


def test_scores_of_an_older_submission_do_not_count(panel: Panel) -> None:
    made = panel.application(4, 4)
    panel.ask()
    with transaction(panel.session):
        [old] = panel.session.execute(
            sa.select(*Submission.__table__.c).where(Submission.application_id == made)
        ).mappings()
        panel.session.execute(sa.insert(Submission), [{**old, "id": new_id(), "number": 2}])
    snapshot = _seen(panel)
    assert snapshot.assessments == ()
    assert [one.outcome for one in kept(panel.session)] == ["accept", "more_assessors"]


@pytest.mark.parametrize("how", ["given back", "in conflict since"])
def test_an_assessor_who_should_not_have_it_does_not_count(panel: Panel, how: str) -> None:
    made = panel.application(4)
    assignment = panel.seal(made, "second", 1)
    if how == "given back":
        with transaction(panel.session):
            recused = sa.update(Assignment).where(Assignment.id == assignment).values(state="recused")
            panel.session.execute(recused)
    else:
        account = panel.session.scalar(sa.select(Assessor.account_id).where(Assessor.id == panel.assessor("second")))
        assert account
        conflict = {
            "id": new_id(), "tenant_id": panel.session.scope.tenant_id, "application_id": made, "account_id": account,
            "source": "set", "kind": "employer", "why": "", "by": None, "at": clock.now(),
        }  # fmt: skip
        with transaction(panel.session):
            panel.session.execute(sa.insert(Conflict), [conflict])
    assert _values(_seen(panel)) == [4]


def test_what_is_not_sealed_does_not_count(panel: Panel) -> None:
    made = panel.application(4)
    working = make_assignment(panel.session, made, panel.assessor("second"), "assessing")
    make_assessment(panel.session, working, 1, sealed=False)
    assert _values(_seen(panel)) == [4]


@pytest.mark.parametrize("state", ["withdrawn", "accepted", "transferred"])
def test_an_application_that_is_not_open_any_more_has_no_new_proposal(panel: Panel, state: str) -> None:
    made = panel.application(4, 4)
    with transaction(panel.session):
        moved = sa.update(Application).where(Application.id == made).values(state=state)
        panel.session.execute(moved)
    assert panel.ask() == (0, 0)


def test_language_area_and_translation_are_there(panel: Panel) -> None:
    panel.application(3, locale="cy")
    snapshot = _seen(panel)
    assert (snapshot.language, snapshot.area, snapshot.form_version, snapshot.translation) == (
        "cy",
        "scotland",
        1001,
        "none",
    )
    assert snapshot.assessments[0].roles == ("lay",)


def test_nothing_that_leads_to_anybody_is_in_any_stored_text(panel: Panel) -> None:
    person = panel.person("Rhiannon Applegate")
    made = panel.application({"experience": 3, "knowledge": None}, 4, person=person)
    panel.ask()
    [one] = kept(panel.session)
    session = panel.session
    reference = session.scalar(sa.select(Application.reference).where(Application.id == made))
    secret = session.scalar(sa.select(WindowRules.secret))
    ids = [
        *session.scalars(sa.select(Assessment.id)), *session.scalars(sa.select(Assignment.id)),
        *session.scalars(sa.select(Assessor.id)), *session.scalars(sa.select(Assessor.account_id)),
        *session.scalars(sa.select(Submission.id)), panel.window,
    ]  # fmt: skip
    words = [
        "Rhiannon",
        "Applegate",
        "assessor 0",
        "example.org",
        "As the answer shows",
        "Nothing about it",
        *map(str, ANSWERS.values()),
    ]
    texts = f"{one.config} {one.policy} {one.snapshot} {one.proposal}"
    for hint in (person, made, reference, secret, *ids, *words):
        assert hint
        assert hint not in texts, hint


def test_plugin_raising_zero_division_error_refers_to_a_person_and_changes_nothing_else(
    panel: Panel, app: Flask
) -> None:
    """Acceptance test 10, as departed from in decision 0009: no refusal, a referral."""
    with transaction(panel.session):
        panel.session.execute(sa.update(WindowRules).values(rule="plain@1.0.0"))
    made = panel.application(4, 4)
    before = panel.session.execute(sa.select(*Application.__table__.c).where(Application.id == made)).all()
    assert panel.ask(offering(Raises())) == (1, 1)
    [one] = kept(panel.session)
    assert one.outcome == "panel"
    assert one.incident == {"kind": "rule_raised", "detail": "ZeroDivisionError: "}
    assert [(rule, incident.kind) for rule, incident in panel.incidents] == [("plain@1.0.0", "rule_raised")]
    assert panel.session.execute(sa.select(*Application.__table__.c).where(Application.id == made)).all() == before
    # It is not asked over and over; a person can ask once more when the rules are mended.
    assert panel.ask(offering(Raises())) == (0, 0)
    assert panel.ask(offering(Plain())) == (0, 0)
    assert panel.ask(offering(Plain()), again=True) == (1, 0)
    assert [one.outcome for one in kept(panel.session)] == ["panel", "accept"]


def test_an_incident_reaches_the_central_teams_health_page(
    panel: Panel, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Proposal:
        raise ZeroDivisionError

    monkeypatch.setattr(Standard, "propose", fail)
    panel.application(4, 4)
    registry = app.extensions["q.registry"]
    registry.failures.clear()
    with app.app_context(), pytest.raises(GiveUp, match="ZeroDivisionError"):
        rule_jobs.propose(panel.session, clock.now())
    assert [(one.plugin, one.hook) for one in registry.failures] == [("assessment_rules", "q_rule_sets")]
    registry.failures.clear()
    with app.app_context():
        rule_jobs.propose(panel.session, clock.now())  # told once


def test_replay_finds_a_silently_edited_pack(panel: Panel, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    panel.application(4, 4)
    panel.application(1, 1)
    panel.ask()
    catalogue = app.extensions["q.rulebook"].catalogue()
    assert replaying.replay_all(panel.session, catalogue) == (2, 0)
    sound = Standard.propose

    def edited(self: Standard, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
        found = sound(self, snapshot, config, policy)
        return found.model_copy(update={"outcome": Outcome.PANEL}) if found.outcome is Outcome.DECLINE else found

    monkeypatch.setattr(Standard, "propose", edited)
    assert replaying.replay_all(panel.session, catalogue) == (2, 1)
    [declined] = [one for one in kept(panel.session) if one.outcome == "decline"]
    runs = list(panel.session.execute(sa.select(ReplayRun).order_by(ReplayRun.at)).scalars())
    assert [(one.checked, len(one.different)) for one in runs] == [(2, 0), (2, 1)]
    assert runs[1].different[0]["proposal"] == declined.id
    assert runs[1].different[0]["differs"] == ["proposal", "proposal_sha"]
    with app.app_context(), pytest.raises(GiveUp, match="1 of 2"):
        rule_jobs.replay_proposals(panel.session, clock.now())


def test_incidents_replay_alike_and_a_site_without_proposals_keeps_no_run(panel: Panel, app: Flask) -> None:
    catalogue = app.extensions["q.rulebook"].catalogue()
    assert replaying.replay_all(panel.session, catalogue) == (0, 0)
    assert panel.session.scalar(sa.select(sa.func.count()).select_from(ReplayRun)) == 0
    with transaction(panel.session):
        panel.session.execute(sa.update(WindowRules).values(rule="gone@1.0.0"))
    panel.application(4, 4)
    assert panel.ask() == (1, 1)
    assert replaying.replay_all(panel.session, catalogue) == (1, 0)


def test_a_window_whose_decisions_are_out_is_left_alone(panel: Panel) -> None:
    panel.application(4, 4)
    with transaction(panel.session):
        panel.session.execute(sa.update(Window).values(released_at=clock.now()))
    assert panel.ask() == (0, 0)


def test_members_cannot_ask(panel: Panel) -> None:
    with pytest.raises(Forbidden):
        panel.ask(actor=Actor("a" * 26, "Mem"))


def test_many_cases_take_as_many_reads_as_one(panel: Panel, statements: Counter) -> None:
    panel.application(4, 4)
    with statements() as one:
        assert panel.ask() == (1, 0)
    for _ in range(5):
        panel.application(3, 3)
    with statements() as many:
        assert panel.ask() == (5, 0)
    assert len(many) == len(one) + 4 * 2  # an entry in the trail each
