"""Asking, deciding and giving back: who may, when, and what the budget has afterwards."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.data.audit import verify
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.sdk import (
    Conflict,
    ExpenseLimit,
    Finding,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    Verdict,
    Visitor,
    clock,
)
from plugins.expense_approvals import personal, separation
from plugins.expense_approvals.models import Preapproval, Step
from plugins.expense_approvals.queries import preapprovals
from plugins.expense_approvals.service import activities, asking, budgets, deciding, declaring, expiring
from plugins.expense_approvals.service.activities import Wanted
from plugins.expense_approvals.service.moving import NOT_ENOUGH
from tests.plugins.expense_approvals.helpers import (
    APPROVER,
    LEAD,
    NO_LIMITS,
    POLICY,
    activity,
    agree,
    asked,
    cost,
    nothing,
    opened,
    sums,
    unheard,
    visitor,
)

CENTRAL = visitor(Role.CENTRAL_TEAM)


@pytest.fixture
def ann() -> Visitor:
    """A member."""
    return visitor()


def state(session: ScopedSession, preapproval_id: str) -> str:
    return preapprovals.one(session, preapproval_id, APPROVER).state


def version(session: ScopedSession, preapproval_id: str) -> int:
    return preapprovals.one(session, preapproval_id, APPROVER).version


def test_what_is_asked_is_held_against_the_policy_and_shown_before_it_is_typed(session, ann):
    made_id = activity(session, opened(session))
    assert preapprovals.chance(session, made_id, ann).kind == "undeclared"
    declaring.declare(session, made_id, ann)
    declaring.declare(session, made_id, ann)
    assert preapprovals.chance(session, made_id, ann).kind == "eligible"
    lines = [cost("bus", 420), cost("lunch", 940, category="lunch"), cost("wine", 500, category="alcohol")]
    found = preapprovals.one(session, asked(session, made_id, ann, *lines), ann)
    assert (found.state, found.asked_p, found.allowed_p, found.approved_p) == ("submitted", 1_860, 1_220, 0)
    held = preapprovals.lines(session, found.id)
    assert [(line.category, line.asked_p, line.allowed_p) for line in held] == [
        ("coach", 420, 420), ("lunch", 940, 800), ("alcohol", 500, 0),
    ]  # fmt: skip
    assert [one["code"] for line in held for one in line.found["found"]] == ["cap_unit", "prohibited"]


@pytest.mark.parametrize("kind", ["not_covered", "over", "no_member", "undeclared"])
def test_who_may_not_ask_is_told_why_first(session, ann, kind):
    budget_id = opened(session)
    made_id = activity(session, None if kind == "not_covered" else budget_id, in_days=-1 if kind == "over" else 14)
    who = visitor(is_member=False) if kind == "no_member" else ann
    assert preapprovals.chance(session, made_id, who).kind == kind
    with pytest.raises(Refused) as refused:
        asking.ask(session, made_id, [cost()], {}, who, new_token(), policy_on=POLICY, partners=nothing, days_kept=90)
    assert refused.value.message == asking.WHY_NOT[kind]


def test_a_declaration_that_is_taken_back_counts_no_more(session, ann):
    made_id = activity(session, opened(session))
    declaring.declare(session, made_id, ann)
    declaring.take_back(session, made_id, ann)
    assert preapprovals.chance(session, made_id, ann).kind == "undeclared"
    with pytest.raises(NotFound):
        declaring.take_back(session, made_id, ann)
    with pytest.raises(Forbidden):
        declaring.declare(session, made_id, visitor(is_member=False))


@pytest.mark.parametrize(
    "lines",
    [[], [cost(str(n)) for n in range(41)], [cost(in_days=-1)], [cost(pence=0)], [cost(pence=10**8 + 1)]],
    ids=["none", "too many", "past", "nothing", "too much"],
)
def test_what_cannot_be_asked_is_refused_in_words(session, ann, lines):
    made_id = activity(session, opened(session))
    declaring.declare(session, made_id, ann)
    with pytest.raises(Invalid) as refused:
        asking.ask(session, made_id, lines, {}, ann, new_token(), policy_on=POLICY, partners=nothing, days_kept=90)
    assert set(refused.value.field_errors) == {"lines"}


def test_the_same_form_sent_twice_asks_once(session, ann):
    made_id, key = activity(session, opened(session)), new_token()
    declaring.declare(session, made_id, ann)
    first, second = (
        asking.ask(session, made_id, [cost()], {}, ann, key, policy_on=POLICY, partners=nothing, days_kept=90)
        for _ in range(2)
    )
    assert first == second
    assert session.scalar(sa.select(sa.func.count(Preapproval.id))) == 1


def test_agreeing_holds_the_budget_to_it_and_withdrawing_gives_it_back(session, ann):
    budget_id = opened(session, 5_000)
    made = asked(session, activity(session, budget_id), ann, cost("a", 1_200), cost("b", 800))
    agree(session, made)
    assert (state(session, made), sums(session, budget_id)) == ("approved", (2_000, 0, 2_000, 0, 2_000))
    asking.withdraw(session, made, version(session, made), ann)
    assert (state(session, made), sums(session, budget_id)) == ("withdrawn", (0, 0, 0, 0, 0))
    assert [one.event for one in preapprovals.steps(session, made)] == ["ask", "approve", "withdraw"]
    assert verify(session).ok


def test_agreeing_to_a_part_needs_a_reason_and_never_goes_above_the_policy(session, ann):
    budget_id = opened(session)
    made = asked(session, activity(session, budget_id), ann, cost("a", 1_200), cost("lunch", 940, category="lunch"))
    fare, lunch = preapprovals.lines(session, made)
    for amounts, words, field in (
        ({fare.id: 1_200, lunch.id: 801}, "why", "amounts"),
        ({fare.id: 1_200}, "why", "amounts"),
        ({fare.id: -1, lunch.id: 0}, "why", "amounts"),
        ({fare.id: 0, lunch.id: 0}, "why", "amounts"),
        ({fare.id: 1_200, lunch.id: 800}, " ", "words"),
        ({fare.id: 1_200, lunch.id: 800}, "x" * 501, "words"),
    ):
        with pytest.raises(Invalid) as refused:
            deciding.agree(session, made, 1, amounts, words, APPROVER, nothing, limits=NO_LIMITS, post=unheard)
        assert set(refused.value.field_errors) == {field}
    amounts = {fare.id: 600, lunch.id: 800}
    deciding.agree(
        session, made, 1, amounts, "The early train is cheaper.", APPROVER, nothing, limits=NO_LIMITS, post=unheard
    )
    assert state(session, made) == "part_approved"
    assert [line.approved_p for line in preapprovals.lines(session, made)] == [600, 800]
    assert sums(session, budget_id).committed == 1_400


def test_what_the_budget_does_not_have_is_not_agreed_and_nothing_is_left_behind(session, ann):
    budget_id = opened(session, 999)
    made = asked(session, activity(session, budget_id), ann)
    with pytest.raises(Refused, match=NOT_ENOUGH):
        agree(session, made)
    assert (state(session, made), version(session, made), sums(session, budget_id)) == ("submitted", 1, (0, 0, 0, 0, 0))
    assert [one.event for one in preapprovals.steps(session, made)] == ["ask"]


@pytest.mark.parametrize("roles", [(Role.EXPENSE_APPROVER,), (Role.PARTNER_LEAD,), (Role.CENTRAL_TEAM,)])
@pytest.mark.parametrize("act", ["agree", "query", "decline", "revoke"])
def test_nobody_decides_their_own_whatever_their_role(session, roles, act):
    made_id = activity(session, opened(session))
    own = visitor(*roles)
    made = asked(session, made_id, own)
    if act == "revoke":
        agree(session, made)
    now = version(session, made)
    deeds = {"agree": lambda: agree(session, made, own)}
    with pytest.raises(Refused, match=separation.WORDS["own"]):
        deeds.get(act, lambda: getattr(deciding, act)(session, made, now, "words", own, unheard))()
    assert state(session, made) == ("approved" if act == "revoke" else "submitted")


def test_who_has_no_permission_finds_nothing_and_decides_nothing(session, ann):
    made = asked(session, activity(session, opened(session)), ann)
    stranger = visitor()
    for act in (
        lambda: preapprovals.one(session, made, stranger),
        lambda: asking.withdraw(session, made, 1, stranger),
        lambda: asking.withdraw(session, made, 1, APPROVER),
        lambda: deciding.decline(session, made, 1, "no", stranger, unheard),
        lambda: preapprovals.one(session, "nonsense", APPROVER),
        lambda: preapprovals.one(session, new_id(), APPROVER),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Forbidden):
        deciding.decline(session, made, 1, "no", ann, unheard)


def test_a_question_and_its_answer(session, ann):
    made = asked(session, activity(session, opened(session)), ann)
    deciding.query(session, made, 1, "Is there a railcard?", APPROVER, unheard)
    with pytest.raises(Refused):
        agree(session, made)
    asking.answer(session, made, 2, "Yes: a third off.", ann)
    agree(session, made)
    assert [(one.event, one.words) for one in preapprovals.steps(session, made)][1:3] == [
        ("query", "Is there a railcard?"),
        ("answer", "Yes: a third off."),
    ]


def test_a_decision_on_what_has_changed_since_is_a_conflict(session, ann):
    made = asked(session, activity(session, opened(session)), ann)
    deciding.query(session, made, 1, "Is there a railcard?", APPROVER, unheard)
    asking.answer(session, made, 2, "Yes.", ann)
    with pytest.raises(Conflict):
        deciding.decline(session, made, 1, "no", APPROVER, unheard)


def test_partners_limits_and_findings_are_in_it(session, ann):
    made_id = activity(session, opened(session))

    def limits(claim: Any) -> list[Any]:
        return [ExpenseLimit(claim.lines[0].key, 300, "bus"), Finding(Verdict.REFER, "Look twice", "twice", "partner")]

    made = asked(session, made_id, ann, partners=limits)
    found = preapprovals.one(session, made, ann)
    assert (found.allowed_p, found.referred, found.findings) == (300, True, ["partner:twice"])
    with pytest.raises(Refused, match="Not here"):
        asked(session, made_id, ann, partners=lambda _: [Finding(Verdict.DENY, "Not here", "no", "partner")])


def test_partners_rules_about_who_decides_refuse_or_ask_for_the_central_team(session, ann):
    made = asked(session, activity(session, opened(session)), ann)
    refer, deny = ([Finding(verdict, "Not you", "no", "partner")] for verdict in (Verdict.REFER, Verdict.DENY))
    with pytest.raises(Forbidden):
        agree(session, made, rules=lambda *_: refer)
    with pytest.raises(Refused, match="Not you"):
        agree(session, made, CENTRAL, rules=lambda *_: deny)
    agree(session, made, CENTRAL, rules=lambda *_: refer)
    assert state(session, made) == "approved"


def test_what_is_not_used_in_time_is_given_back_once(session, ann, frozen_clock):
    budget_id = opened(session)
    made = asked(session, activity(session, budget_id), ann)
    agree(session, made)
    frozen_clock.advance(days=14 + 90)
    assert expiring.sweep(session, unheard) == 0
    frozen_clock.advance(days=1)
    assert (expiring.sweep(session, unheard), expiring.sweep(session, unheard)) == (1, 0)
    assert (state(session, made), sums(session, budget_id)) == ("expired", (0, 0, 0, 0, 0))
    with pytest.raises(Refused):
        deciding.revoke(session, made, version(session, made), "late", APPROVER, unheard)


def test_costs_whose_days_are_over_are_not_agreed(session, ann, frozen_clock):
    made = asked(session, activity(session, opened(session)), ann)
    frozen_clock.advance(days=15)
    with pytest.raises(Refused, match="days of these costs"):
        agree(session, made)


def test_limits_of_a_budget(session, ann):
    budget_id = opened(session, 5_000, "Travel")
    with pytest.raises(Invalid) as refused:
        opened(session, 5_000, "Travel")
    assert set(refused.value.field_errors) == {"name"}
    agree(session, asked(session, activity(session, budget_id), ann))
    with pytest.raises(Refused, match="committed or spent"):
        budgets.change_limit(session, budget_id, 2, 999, LEAD)
    budgets.change_limit(session, budget_id, 2, 1_000, LEAD)
    with pytest.raises(Conflict):
        budgets.change_limit(session, budget_id, 2, 2_000, LEAD)
    with pytest.raises(NotFound):
        budgets.change_limit(session, new_id(), 1, 2_000, LEAD)
    with pytest.raises(Forbidden):
        budgets.change_limit(session, budget_id, 3, 2_000, APPROVER)
    with pytest.raises(Invalid):
        budgets.change_limit(session, budget_id, 3, 0, LEAD)


def test_an_activity_is_covered_from_a_budget_of_this_site_alone(session, session_for, ann):
    elsewhere = opened(session_for("wales"))
    day = clock.today()
    for wanted, field in (
        (Wanted("A", day, day, elsewhere), "budget_id"),
        (Wanted(" ", day, day, None), "title"),
        (Wanted("A", day, day - timedelta(days=1), None), "ends_on"),
        (Wanted("A", day, day + timedelta(days=61), None), "ends_on"),
    ):
        with pytest.raises(Invalid) as refused:
            activities.add(session, wanted, LEAD, new_token())
        assert set(refused.value.field_errors) == {field}
    budget_id = opened(session)
    made_id = activity(session, budget_id)
    made = asked(session, made_id, ann)
    activities.change(session, made_id, 1, Wanted("A", day, day, None), LEAD)
    with pytest.raises(Refused, match="no longer covered"):
        agree(session, made)
    with pytest.raises(Conflict):
        activities.change(session, made_id, 1, Wanted("B", day, day, None), LEAD)
    with pytest.raises(NotFound):
        activities.change(session_for("wales"), made_id, 2, Wanted("B", day, day, None), LEAD)


def test_another_site_sees_nothing_of_it(session, session_for, ann):
    made_id = activity(session, opened(session))
    made = asked(session, made_id, ann)
    wales = session_for("wales")
    for act in (lambda: preapprovals.one(wales, made, APPROVER), lambda: preapprovals.chance(wales, made_id, ann)):
        with pytest.raises(NotFound):
            act()
    assert preapprovals.waiting(wales, {}) == (Counter(), Counter())
    assert preapprovals.waiting(session, {}) == (Counter({session.tenant_id: 1}), Counter())


def test_a_budget_adds_up_after_every_step_whatever_is_done(session):
    chance, budget_id = random.Random(7), opened(session, 4_000)
    made_id, people, ids = activity(session, budget_id), [visitor() for _ in range(3)], list[str]()
    done = 0
    for _ in range(60):
        who, which = chance.choice(people), chance.choice([*ids, ""])
        try:
            match chance.randrange(6):
                case 0:
                    ids.append(asked(session, made_id, who, cost(pence=chance.randint(100, 2_000))))
                case 1 | 2:
                    agree(session, which, share=chance.choice([50, 100]))
                case 3:
                    asking.withdraw(session, which, version(session, which), who)
                case 4:
                    deciding.revoke(session, which, version(session, which), "Not any more.", APPROVER, unheard)
                case 5:
                    deciding.decline(session, which, version(session, which), "No.", APPROVER, unheard)
            done += 1
        except (Refused, NotFound, Invalid):
            pass
        assert sums(session, budget_id).add_up
    assert done > 15


def test_a_persons_data_is_given_and_goes_and_the_figures_stay(session, ann):
    budget_id = opened(session)
    made = asked(session, activity(session, budget_id), ann)
    deciding.query(session, made, 1, "Mair, is there a railcard?", APPROVER, unheard)
    asking.answer(session, made, 2, "Yes.", ann)
    agree(session, made)
    assert ann.account_id
    headings = [heading for heading, _ in personal.person_data(session, ann.account_id)]
    assert len(headings) == 4
    assert len(list(personal.erase_person(session, ann.account_id, dry_run=True))) == 3
    assert len(list(personal.person_data(session, ann.account_id))) == 4
    list(personal.erase_person(session, ann.account_id, dry_run=False))
    session.commit()
    assert list(personal.person_data(session, ann.account_id)) == []
    assert sums(session, budget_id).add_up
    assert set(session.scalars(sa.select(Step.words).where(Step.preapproval_id == made))) == {""}


def test_lists_cost_one_statement_however_long_they_are(session, ann, statements):
    made_id = activity(session, opened(session))
    counts = []
    for more in (1, 20):
        for _ in range(more):
            asked(session, made_id, ann)
        with statements() as seen:
            assert len(preapprovals.queue(session)) == len(preapprovals.mine(session, ann.account_id))
        counts.append(len(seen))
    assert counts == [2, 2]
