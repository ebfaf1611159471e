"""A declaration that is taken back counts at every later step, and what it says is versioned."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.sdk import Refused, ScopedSession, Visitor
from plugins.expense_approvals import words
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.service import asking, declaring, sending
from tests.factories.people import client_of, make_person
from tests.plugins.expense_approvals.claimed import CHECKER, agreed, approve, check, draft, send, sent, spent
from tests.plugins.expense_approvals.helpers import (
    APPROVER,
    POLICY,
    activity,
    agree,
    asked,
    cost,
    nothing,
    opened,
    sums,
    visitor,
)
from tests.plugins.expense_approvals.test_claim_pages import MANAGE, Person, press
from tests.plugins.expense_approvals.test_pages import member
from tests.support.client import forms


@pytest.fixture
def ann() -> Visitor:
    return visitor()


def ground_of(session: ScopedSession, claim_id: str) -> str:
    """The activity of a claim."""
    return claims.ground(session, claims.one(session, claim_id, CHECKER).preapproval_id).activity_id


def test_what_was_asked_is_not_agreed_once_the_statement_is_taken_back(session, ann):
    budget_id = opened(session)
    made_id = activity(session, budget_id)
    made = asked(session, made_id, ann)
    declaring.take_back(session, made_id, ann)
    with pytest.raises(Refused, match="The person has taken back their declaration"):
        agree(session, made)
    found = preapprovals.one(session, made, APPROVER)
    assert (found.state, found.version, sums(session, budget_id)) == ("submitted", 1, (0, 0, 0, 0, 0))
    declaring.declare(session, made_id, visitor())  # somebody else's is not theirs
    with pytest.raises(Refused):
        agree(session, made)
    declaring.declare(session, made_id, ann)
    agree(session, made)
    assert preapprovals.one(session, made, APPROVER).state == "approved"


def test_a_claim_is_not_sent_without_it_and_more_is_not_asked_for(session, ann):
    ground = agreed(session, opened(session), ann)
    made = draft(session, ground, ann)
    dearer = draft(session, agreed(session, opened(session), ann), ann, spent(pence=25_00), colour=2)
    for one in (made, dearer):
        declaring.take_back(session, preapprovals.one(session, claims.one(session, one, ann).preapproval_id, ann).activity_id, ann)  # fmt: skip
    with pytest.raises(Refused, match=r"You have taken back your declaration.*Declare it again"):
        send(session, made, ann)
    with pytest.raises(Refused, match="You have taken back your declaration"):
        sending.ask_for_more(session, dearer, "Full.", ann, new_token(), policy_on=POLICY, partners=nothing)
    assert claims.one(session, made, ann).state == "draft"
    declaring.declare(session, preapprovals.one(session, ground, ann).activity_id, ann)
    send(session, made, ann)


def test_a_claim_is_neither_checked_nor_approved_without_it(session, ann):
    budget_id = opened(session)
    made = sent(session, budget_id, ann)
    where = ground_of(session, made)
    for act, before, after in ((check, "submitted", "checked"), (approve, "checked", "approved")):
        declaring.take_back(session, where, ann)
        with pytest.raises(Refused, match="The person has taken back their declaration"):
            act(session, made)
        assert (claims.one(session, made, CHECKER).state, sums(session, budget_id).actual) == (before, 0)
        declaring.declare(session, where, ann)
        act(session, made)
        assert claims.one(session, made, CHECKER).state == after


def test_it_is_looked_at_in_the_transaction_that_relies_on_it(session, session_for, ann):
    """Taken back by another session after everything was read, before the step is taken."""

    def taken_back(where: str) -> Any:
        def answer(*_: Any) -> list[Any]:
            session.rollback()
            other = session_for("scotland")
            declaring.take_back(other, where, ann)
            other.close()
            return []

        return answer

    made_id = activity(session, opened(session))
    made = asked(session, made_id, ann)
    with pytest.raises(Refused):
        agree(session, made, rules=taken_back(made_id))
    claim = draft(session, agreed(session, opened(session), ann), ann)
    where = claims.ground(session, claims.one(session, claim, ann).preapproval_id).activity_id
    with pytest.raises(Refused):
        send(session, claim, ann, partners=taken_back(where))
    declaring.declare(session, where, ann)
    send(session, claim, ann)
    check(session, claim)
    with pytest.raises(Refused):
        approve(session, claim, rules=taken_back(where))
    assert claims.one(session, claim, CHECKER).state == "checked"


def test_everybody_locks_the_audit_trail_before_the_declaration(session, ann, statements):
    """So that nobody waits for somebody who waits for them: PostgreSQL would end one of the two with an error."""
    made_id = activity(session, opened(session))
    declaring.declare(session, made_id, ann)
    given: dict[str, Any] = {"policy_on": POLICY, "partners": nothing, "days_kept": 90}
    made = asking.ask(session, made_id, [cost()], {}, ann, new_token(), **given)
    over = draft(session, agreed(session, opened(session), ann), ann, spent(pence=25_00))
    claim = draft(session, agreed(session, opened(session), ann), ann, colour=2)
    deeds: tuple[Callable[[], object], ...] = (
        lambda: asking.ask(session, made_id, [cost()], {}, ann, new_token(), **given),
        lambda: agree(session, made),
        lambda: sending.ask_for_more(session, over, "Full.", ann, new_token(), policy_on=POLICY, partners=nothing),
        lambda: send(session, claim, ann),
        lambda: check(session, claim),
        lambda: approve(session, claim),
        lambda: declaring.take_back(session, made_id, ann),
        lambda: declaring.declare(session, made_id, ann),
    )
    for number, deed in enumerate(deeds):
        with statements() as seen:
            deed()
        written = [" ".join(one.lower().split()) for one in seen.work if not one.lower().lstrip().startswith("select")]
        trail = [place for place, one in enumerate(written) if "data_audit_head" in one]
        held = [place for place, one in enumerate(written) if one.startswith("update expense_approvals_declaration")]
        assert held, number
        assert min(trail) < min(held), number


def test_new_words_are_declared_anew_by_who_asks_from_then_on(session, ann, monkeypatch):
    made_id = activity(session, opened(session))
    made = asked(session, made_id, ann)
    monkeypatch.setattr(declaring, "STATEMENT", declaring.STATEMENT + 1)
    assert preapprovals.chance(session, made_id, ann).kind == "undeclared"
    with pytest.raises(Refused, match="First declare"):
        asking.ask(session, made_id, [cost()], {}, ann, new_token(), policy_on=POLICY, partners=nothing, days_kept=90)
    agree(session, made)  # what was asked on the words before stands on those
    declaring.declare(session, made_id, ann)
    assert preapprovals.chance(session, made_id, ann).kind == "eligible"
    declaring.take_back(session, made_id, ann)
    assert not preapprovals.declared(session, made_id, ann.account_id)


def test_the_pages_tell_of_it_and_lead_back_to_it(site: Flask, session: ScopedSession) -> None:
    ann, lead = Person(site, session), member(site, "lena", Role.PARTNER_LEAD)
    waiting = asked(session, activity(session, opened(session)), ann.visitor)
    claim = draft(session, ann.ground, ann.visitor)
    activities = [preapprovals.one(session, one, APPROVER).activity_id for one in (waiting, ann.ground)]
    for one in activities:
        declaring.take_back(session, one, ann.visitor)
    session.rollback()

    decide, mine = f"/scotland/manage/expenses/asked/{waiting}", f"/scotland/expenses/asked/{waiting}"
    page = lead.get(decide).text
    assert "The person has taken back their declaration" in page
    assert ('value="agree"' in page, 'value="decline"' in page) == (False, True)
    said = lead.submit(decide, {"do": "agree", "words": ""})
    assert (said.status_code, "taken back their declaration" in said.text) == (422, True)
    assert "You have taken back your declaration" in ann.client.get(mine).text
    assert press(ann.client, mine, "/declare").headers["Location"].endswith(mine)
    assert "You have taken back your declaration" not in ann.client.get(mine).text
    assert 'value="agree"' in lead.get(decide).text

    address = f"/scotland/expenses/claims/{claim}"
    page = ann.client.get(address).text
    assert "You have taken back your declaration" in page
    assert not [one for one in forms(page) if one.action.endswith("/send")]
    (again,) = [one for one in forms(page) if one.action.endswith("/declare")]
    version = str(claims.one(session, claim, ann.visitor).version)
    session.rollback()
    said = ann.client.post(f"{address}/send", data={"csrf_token": again.fields["csrf_token"], "version": version})
    assert (said.status_code, said.text.count("You have taken back your declaration")) == (422, 1)
    assert "Declare it again" in said.text
    assert press(ann.client, address, "/declare").headers["Location"].endswith(address)
    assert press(ann.client, address, "/send").status_code == 303

    one = f"{MANAGE}/{claim}"
    assert 'value="check"' in lead.get(one).text
    declaring.take_back(session, activities[1], ann.visitor)
    session.rollback()
    page = lead.get(one).text
    assert "The person has taken back their declaration" in page
    assert ('value="check"' in page, 'value="query"' in page) == (False, True)
    said = lead.submit(one, {"do": "check", "words": ""})
    assert (said.status_code, "taken back their declaration" in said.text) == (422, True)
    declaring.declare(session, activities[1], ann.visitor)
    session.rollback()
    assert lead.submit(one, {"do": "check", "words": ""}).status_code == 303
    declaring.take_back(session, activities[1], ann.visitor)
    session.rollback()
    second = member(site, "sue", Role.EXPENSE_APPROVER)
    page = second.get(one).text
    assert ("taken back their declaration" in page, 'value="approve"' in page) == (True, False)
    (line,) = claims.lines(session, claim)
    session.rollback()
    said = second.submit(one, {"do": "approve", "words": "", f"amount-{line.id}": "10.00"})
    assert (said.status_code, "taken back their declaration" in said.text) == (422, True)


def test_a_declaration_is_told_and_can_be_taken_back_when_the_activity_is_over(
    site: Flask, session: ScopedSession, frozen_clock: Any
) -> None:
    made_id = activity(session, opened(session), in_days=1)
    ben, page = make_person(site, "ben@example.org", name="Ben", home="scotland"), f"/scotland/expenses/for/{made_id}"
    session.rollback()
    assert press(client_of(site, ben), page, "/declare").status_code == 303
    frozen_clock.advance(days=2)
    who = client_of(site, ben)
    over = who.get(page).text
    assert ("Not declared" in over, "Take my declaration back" in over) == (False, True)
    assert press(who, page, "/take-back").status_code == 303
    after = who.get(page).text
    assert ("Not declared" in after, "Take my declaration back" in after) == (True, False)


def test_a_member_reads_the_new_words(site: Flask, session: ScopedSession, monkeypatch: Any) -> None:
    made_id = activity(session, opened(session))
    who = member(site, "ben")
    page = f"/scotland/expenses/for/{made_id}"
    session.rollback()
    assert press(who, page, "/declare").status_code == 303
    assert "Not declared" not in who.get(page).text
    monkeypatch.setattr(declaring, "STATEMENT", 2)
    monkeypatch.setitem(words.STATEMENTS, 2, "New words.")
    again = who.get(page).text
    assert ("Not declared" in again, "New words." in again) == (True, True)
