"""Appeals: in time, once, answered by somebody who had no part in the decision."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Appeal, DecisionFeedback
from core.admissions.queries import appeals as queries
from core.admissions.queries import public, queues
from core.admissions.queries import rules as rule_queries
from core.admissions.service import appeals, deciding, feedback, moderating, pinning
from core.admissions.service.appeals import AppealNews
from core.admissions.service.deciding import Wish
from core.admissions.service.usual_rules import Rules
from core.data.audit import verify
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_token
from core.kernel.views import Actor
from tests.factories.admissions import make_window
from tests.factories.assessing import make_assessor, make_assignment, make_policy, make_rules
from tests.integration.admissions.deciding_rig import Rig


@pytest.fixture
def rig(session_for: Callable[[str], ScopedSession]) -> Rig:
    return Rig(session_for("scotland"))


@pytest.fixture
def told(rig: Rig) -> list[AppealNews]:
    """What was written to applicants."""
    assert rig.window_id
    return []


def _appeal(rig: Rig, application: str, told: list[AppealNews], name: str = "ann") -> queries.Row:
    me = Actor(rig.people[name], "")
    appeals.appeal(rig.session, me, application, " Look again. ", post=lambda _, news: told.append(news))
    [row] = queries.listed(rig.session, rig.other_lead.account_id)
    return row


def test_an_appeal_is_made_once_and_confirmed(rig: Rig, told: list[AppealNews]) -> None:
    ann = rig.applicant("ann", "decline")
    with pytest.raises(Refused):
        _appeal(rig, ann, told)
    rig.released(ann)
    with pytest.raises(Invalid):
        appeals.appeal(rig.session, Actor(rig.people["ann"], ""), ann, " ", post=lambda *_: None)
    with pytest.raises(NotFound):
        appeals.appeal(rig.session, rig.lead, ann, "Not mine", post=lambda *_: None)
    for _ in range(2):
        row = _appeal(rig, ann, told)
    assert (row.grounds, row.state) == ("Look again.", "received")
    assert [(one.kind, one.email) for one in told] == [("appeal_received", "ann@example.org")]


def test_an_appeal_comes_in_time(rig: Rig, told: list[AppealNews]) -> None:
    make_rules(rig.session, rig.window_id, make_policy(rig.session), appeal_days=10)
    ann = rig.applicant("ann", "decline")
    rig.released(ann)
    with clock.frozen(clock.now() + timedelta(days=11, hours=1)), pytest.raises(Refused):
        _appeal(rig, ann, told)
    with clock.frozen(clock.now() + timedelta(days=9)):
        _appeal(rig, ann, told)
    bob = rig.applicant("bob")
    rig.released(bob)
    with pytest.raises(Refused):
        _appeal(rig, bob, told, "bob")


def test_nobody_gets_less_time_to_appeal_than_their_letter_said(rig: Rig, app: Flask) -> None:
    """Decisions are released before the last one of their window is: what their letters say of an appeal holds."""

    def pin(window_id: str, days: int) -> None:
        now = rule_queries.pinned(rig.session, window_id)
        assert now is not None
        pinning.pin(
            rig.session, rig.lead, window_id, now.version, replace(Rules.of(now), appeal_days=days),
            catalogue=app.extensions["q.rulebook"].catalogue(), plugins=frozenset(), why="Appeals take too long.",
        )  # fmt: skip

    later = make_window(rig.session, rig.form_id, 5, 30)
    pinning.pin_missing(rig.session)
    ann, _waits = rig.applicant("ann", "decline"), rig.applicant("bob")
    rig.released(ann)
    told = public.mine(rig.session, ann, rig.people["ann"]).status.appeal_until
    with pytest.raises(Invalid) as problem:
        pin(rig.window_id, 7)
    assert set(problem.value.field_errors) == {"appeal_days"}
    assert public.mine(rig.session, ann, rig.people["ann"]).status.appeal_until == told
    pin(rig.window_id, 35)
    pin(later, 7)  # it has not opened: nobody was told anything


def test_nobody_answers_who_had_a_part(rig: Rig, told: list[AppealNews]) -> None:
    ann = rig.applicant("ann", "decline")
    rig.released(ann)
    row = _appeal(rig, ann, told)
    assessor = make_assessor(rig.session, str(rig.second.account_id))
    make_assignment(rig.session, ann, assessor, "sealed")
    for who in (rig.lead, rig.central, rig.second):
        assert queries.one(rig.session, who.account_id, row.id).part
        with pytest.raises(Refused, match="had a part"):
            appeals.dismiss(rig.session, who, row.id, 1, "No.", post=lambda *_: None)
        with pytest.raises(Refused, match="had a part"):
            appeals.uphold(rig.session, who, row.id, 1, "Yes.")
    with pytest.raises(Forbidden):
        appeals.uphold(rig.session, Actor(rig.people["ann"], ""), row.id, 1, "Yes.")
    with pytest.raises(Invalid):
        appeals.dismiss(rig.session, rig.other_lead, row.id, 1, " ", post=lambda *_: None)
    with pytest.raises(Conflict):
        appeals.dismiss(rig.session, rig.other_lead, row.id, 7, "No.", post=lambda *_: None)
    appeals.dismiss(rig.session, rig.other_lead, row.id, 1, "No.", post=lambda _, news: told.append(news))
    assert [one.kind for one in told] == ["appeal_received", "appeal_dismissed"]
    with pytest.raises(Conflict):
        appeals.uphold(rig.session, rig.other_lead, row.id, 2, "Yes.")


def test_upheld_it_leads_to_a_decision_of_its_own(rig: Rig, told: list[AppealNews]) -> None:
    ann = rig.applicant("ann", "decline")
    rig.released(ann)
    old = rig.decision(ann).id
    row = _appeal(rig, ann, told)
    made = appeals.uphold(rig.session, rig.other_lead, row.id, 1, "A score was misread.")
    assert (rig.decision(ann).number, rig.decision(ann).supersedes_id) == (2, old)
    with pytest.raises(Refused, match="signed this decision yourself"):
        rig.moderate(made, actor=Actor(rig.other_lead.account_id, "", permissions=rig.central.permissions))
    rig.moderate(made, actor=rig.second)
    rig.release(rig.held(made, name="Corrections"))
    assert rig.decision(ann, "superseded").id == old
    assert rig.session.scalar(sa.select(Appeal.state)) == "upheld"
    assert len(told) == 1


def test_what_people_say_of_a_decision_counts_once(rig: Rig) -> None:
    ann = rig.applicant("ann")
    me = Actor(rig.people["ann"], "")
    with pytest.raises(Refused, match="no decision"):
        feedback.tell(rig.session, me, ann, understood=3, would_reapply=None, words="")
    rig.released(ann)
    with pytest.raises(Invalid):
        feedback.tell(rig.session, me, ann, understood=6, would_reapply=None, words="")
    feedback.tell(rig.session, me, ann, understood=3, would_reapply=False, words=" Fine. ")
    with pytest.raises(Refused, match="already"):
        feedback.tell(rig.session, me, ann, understood=5, would_reapply=True, words="")
    assert rig.session.execute(sa.select(DecisionFeedback.understood, DecisionFeedback.words)).all() == [(3, "Fine.")]


def _mine(rig: Rig, application: str) -> public.MyAppeal:
    rig.session.rollback()
    status = public.mine(rig.session, application, rig.people["ann"]).status
    [one] = public.appeals(rig.session, application, status)
    return one


def test_upheld_and_then_declined_after_all_it_says_that_it_was_decided_anew(rig: Rig, told: list[AppealNews]) -> None:
    """The central team sent the upheld decision back, and the partner declined again: "you were right" would be wrong."""
    ann = rig.applicant("ann", "decline")
    rig.released(ann)
    row = _appeal(rig, ann, told)
    made = appeals.uphold(rig.session, rig.other_lead, row.id, 1, "A score was misread.")
    moderating.send_back(rig.session, rig.second, made, 1, "It was not.")
    assert _mine(rig, ann).state == "received"
    kinds = [one.kind for one in queues.of_lead(rig.session, rig.lead.account_id, clock.now())[0]]
    assert kinds == ["returned"]
    wish = Wish("decline", "scores", "The score was right.")
    again = deciding.correct(rig.session, rig.lead, rig.window_id, ann, wish, new_token())
    assert queues.of_lead(rig.session, rig.lead.account_id, clock.now(), kind="returned")[1] == 0
    rig.moderate(again)
    assert _mine(rig, ann).state == "received"
    rig.release(rig.held(again, name="Corrections"))
    one = _mine(rig, ann)
    assert (one.state, one.answer, one.ended_at is not None) == ("replaced", "", True)


@pytest.mark.parametrize("outcome", ["accept", "decline"])
def test_an_appeal_about_a_decision_that_is_corrected_waits_for_nobody(
    rig: Rig, told: list[AppealNews], outcome: str
) -> None:
    """Nobody can answer it any more: it is in no queue, and its applicant reads that a new decision was made."""
    ann = rig.applicant("ann", "decline")
    rig.released(ann)
    row = _appeal(rig, ann, told)
    made = deciding.correct(rig.session, rig.lead, rig.window_id, ann, Wish(outcome, "scores", "Misread."), new_token())
    rig.moderate(made)
    assert (_mine(rig, ann).state, _waiting(rig)) == ("received", ["appeal"])
    rig.release(rig.held(made, name="Corrections"))
    assert (_mine(rig, ann).state, _waiting(rig)) == ("replaced", [])
    assert queries.one(rig.session, rig.other_lead.account_id, row.id).state == "replaced"
    with pytest.raises(Refused, match="corrected meanwhile"):
        appeals.dismiss(rig.session, rig.other_lead, row.id, 1, "No.", post=lambda *_: None)
    if outcome == "decline":  # about the new decision there can be one
        appeals.appeal(rig.session, Actor(rig.people["ann"], ""), ann, "Once more.", post=lambda *_: None)
        assert _waiting(rig) == ["appeal"]
        assert [one.state for one in queries.listed(rig.session, rig.other_lead.account_id)] == ["received", "replaced"]


def _waiting(rig: Rig) -> list[str]:
    """What appeals wait for the lead who had no part in the decision."""
    found, _ = queues.of_lead(rig.session, rig.other_lead.account_id, clock.now(), kind="appeal")
    return [one.kind for one in found]


@pytest.mark.parametrize("upheld", [False, True])
def test_an_appeal_is_withdrawn_with_what_was_signed_because_of_it(
    rig: Rig, told: list[AppealNews], upheld: bool
) -> None:
    """Whoever withdraws it cannot tell whether it was upheld already."""
    ann = rig.applicant("ann", "decline")
    me = Actor(rig.people["ann"], "")
    rig.released(ann)
    with pytest.raises(Refused, match="no appeal of yours"):
        appeals.withdraw(rig.session, me, ann)
    row = _appeal(rig, ann, told)
    if upheld:
        rig.moderate(appeals.uphold(rig.session, rig.other_lead, row.id, 1, "A score was misread."), actor=rig.second)
    with pytest.raises(NotFound):
        appeals.withdraw(rig.session, rig.lead, ann)
    appeals.withdraw(rig.session, me, ann)
    with pytest.raises(Refused, match="no appeal of yours"):
        appeals.withdraw(rig.session, me, ann)
    assert (_mine(rig, ann).state, _mine(rig, ann).answer) == ("withdrawn", "")
    assert rig.decision(ann).state == ("withdrawn" if upheld else "released")
    with pytest.raises(Refused):
        _appeal(rig, ann, told)
    with pytest.raises(Conflict):
        appeals.dismiss(rig.session, rig.other_lead, row.id, 1, "No.", post=lambda *_: None)
    assert verify(rig.session).ok


def test_an_answered_appeal_is_not_withdrawn(rig: Rig, told: list[AppealNews]) -> None:
    ann = rig.applicant("ann", "decline")
    rig.released(ann)
    row = _appeal(rig, ann, told)
    appeals.dismiss(rig.session, rig.other_lead, row.id, 1, "No.", post=lambda *_: None)
    with pytest.raises(Refused, match="no appeal of yours"):
        appeals.withdraw(rig.session, Actor(rig.people["ann"], ""), ann)
