"""Partners' own rules: an example that uses all three hooks, and ones that fail, lie and try to loosen."""

from typing import Any

import pytest

from core.config import ROOT
from core.hooks.registry import Registry, discover
from core.hooks.spec import hookimpl
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.sdk import (
    Actor,
    ExpenseClaim,
    ExpenseLimit,
    ExpenseLine,
    Finding,
    Forbidden,
    Invalid,
    Refused,
    TenantRef,
    Verdict,
    Visitor,
    clock,
)
from core.tenancy.service import Change, configure
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.service import deciding
from tests.factories.people import client_of, make_person
from tests.plugins.expense_approvals.claimed import SECOND, agreed, approve, check, draft, send, spent
from tests.plugins.expense_approvals.helpers import (
    APPROVER,
    NO_LIMITS,
    activity,
    agree,
    asked,
    cost,
    opened,
    switched_on,
    unheard,
    visitor,
)
from tests.plugins.expense_approvals.partner import plugin as example

TENANT = TenantRef(2, "scotland", "Scotland", "nation")
CENTRAL = visitor(Role.CENTRAL_TEAM)
LONG: dict[str, Any] = {"category": "mileage", "vehicle": "car"}


class Asked:
    """The hooks of one plugin, asked as a page asks them."""

    def __init__(self, plugin: Any) -> None:
        self.registry = Registry()
        self.registry.manager.register(plugin, name="own_rules")

    def __call__(self, hook: str, **arguments: Any) -> list[Any]:
        found = self.registry.dispatcher.call(hook, frozenset({"own_rules"}), tenant=TENANT, **arguments)
        return list(found.values())

    def partners(self, claim: Any) -> list[Any]:
        return [*self("q_expense_limits", claim=claim), *self("q_expense_check", claim=claim)]

    def rules_for(self, who: Visitor) -> Any:
        """What `deciding.agree` and `judging.approve` call, for this visitor."""

        def ask(made: Any, lines: Any, *_: Any) -> list[Finding]:
            seen = tuple(
                ExpenseLine(one.id, one.category, one.incurred_on, one.allowed_p, one.allowed_p, 1, one.miles, "")
                for one in lines
            )
            claim = ExpenseClaim(made.id, made.account_id or "", clock.today(), clock.today(), seen)
            return self(
                "q_expense_approver_rules",
                claim=claim,
                actor=Actor(who.account_id, who.name, who.roles, who.permissions),
            )

        return ask


@pytest.fixture
def ann() -> Visitor:
    return visitor(name="Ann")


def test_a_partners_limits_lower_what_is_allowed_and_its_check_refers_or_denies(session, ann):
    partners = Asked(example).partners
    budget = opened(session, 1_000_00)
    lunches = cost("a", 780, category="lunch"), cost("b", 500, category="lunch", in_days=15)
    made = asked(session, activity(session, budget), ann, *lunches, partners=partners)
    found = preapprovals.one(session, made, APPROVER)
    assert [line.allowed_p for line in preapprovals.lines(session, made)] == [600, 500]
    assert (found.referred, found.findings) == (False, [])
    large = asked(session, activity(session, budget), ann, cost("a", 60_00, category="rail", travel_class="standard"), partners=partners)  # fmt: skip
    found = preapprovals.one(session, large, APPROVER)
    assert (found.referred, found.findings, found.allowed_p) == (True, ["own_rules:large"], 60_00)
    with pytest.raises(Refused, match="Take the train"):
        asked(session, activity(session, budget), ann, cost("a", None, miles=201_000, **LONG), partners=partners)


def test_a_partner_says_who_may_not_decide_and_what_the_central_team_does(session, ann):
    rules, budget = Asked(example).rules_for, opened(session, 1_000_00)
    small = asked(session, activity(session, budget), ann, cost("a", 20_00))
    organiser = visitor(Role.EXPENSE_APPROVER, Role.EVENTS_ORGANISER)
    with pytest.raises(Refused, match="organises events"):
        agree(session, small, organiser, rules=rules(organiser))
    agree(session, small, APPROVER, rules=rules(APPROVER))
    large = asked(session, activity(session, budget), ann, cost("a", 60_00))
    with pytest.raises(Forbidden):
        agree(session, large, APPROVER, rules=rules(APPROVER))
    agree(session, large, CENTRAL, rules=rules(CENTRAL))
    assert preapprovals.one(session, large, APPROVER).state == "approved"


def test_a_partners_rules_hold_for_claims_and_for_who_approves_them(session, ann):
    made = draft(session, agreed(session, opened(session, 1_000_00), ann, cost(in_days=0, pence=90_00), cost("l", 700, in_days=0, category="lunch")), ann, spent("a", 60_00), spent("l", 700, category="lunch"))  # fmt: skip
    ask = Asked(example)
    send(session, made, ann, partners=ask.partners)
    found = claims.one(session, made, ann)
    assert (found.claimed_p, found.allowed_p, found.referred) == (67_00, 66_00, True)
    assert found.findings == ["own_rules:large"]
    check(session, made)
    with pytest.raises(Forbidden):
        approve(session, made, SECOND, rules=ask.rules_for(SECOND))
    approve(session, made, CENTRAL, rules=ask.rules_for(CENTRAL))
    assert claims.one(session, made, ann).approved_p == 66_00


def breaks(error: BaseException) -> Any:
    """An answer that is an error."""

    def answer(_: Any) -> Any:
        raise error

    return answer


def meddles(claim: Any) -> None:
    """Write into what it was given."""
    claim.lines[0].allowed = 10**9


FAILING: dict[str, Any] = {
    "raises": breaks(RuntimeError("broken on purpose")),
    "exits": breaks(SystemExit(3)),
    "wrong types": lambda _: ["approved", 3, None],
    "no list": lambda _: Finding(Verdict.ALLOW, "yes", "yes"),
    "wrong insides": lambda claim: [ExpenseLimit(claim.lines[0].key, "all of it", "x")],  # type: ignore[arg-type]  # what it is about
    "below nothing": lambda claim: [ExpenseLimit(claim.lines[0].key, -5, "x")],
    "changes what it is given": meddles,
}


def hostile(limits: Any, check: Any, rules: Any) -> Any:
    """A plugin whose three hooks answer so."""

    class Plugin:
        """Answers what it must not."""

    def q_expense_limits(claim: Any) -> Any:
        return limits(claim)

    def q_expense_check(claim: Any) -> Any:
        return check(claim)

    def q_expense_approver_rules(claim: Any) -> Any:
        return rules(claim)

    for function in (q_expense_limits, q_expense_check, q_expense_approver_rules):
        setattr(Plugin, function.__name__, staticmethod(hookimpl(function)))
    return Plugin


@pytest.mark.parametrize("answer", FAILING.values(), ids=FAILING)
def test_a_plugin_that_fails_puts_it_before_a_person_and_approves_nothing(session, ann, answer):
    ask = Asked(hostile(answer, answer, answer))
    made = asked(session, activity(session, opened(session)), ann, cost("a", 1_000), partners=ask.partners)
    found = preapprovals.one(session, made, APPROVER)
    assert (found.state, found.referred, found.allowed_p, found.approved_p) == ("submitted", True, 1_000, 0)
    with pytest.raises(Forbidden):
        agree(session, made, APPROVER, rules=ask.rules_for(APPROVER))
    agree(session, made, CENTRAL, rules=ask.rules_for(CENTRAL))


def test_a_plugin_that_loosens_changes_nothing(session, ann):
    ask = Asked(
        hostile(
            lambda claim: [ExpenseLimit(key, 10**9, "generous") for key in (*(one.key for one in claim.lines), "none")],
            lambda _: [Finding(Verdict.ALLOW, "Approved.", "approved")],
            lambda _: [Finding(Verdict.ALLOW, "May decide.", "may")],
        )
    )
    lines = cost("a", 1_000, category="lunch"), cost("b", 500, category="alcohol")
    made = asked(session, activity(session, opened(session)), ann, *lines, partners=ask.partners)
    assert [line.allowed_p for line in preapprovals.lines(session, made)] == [800, 0]
    mine = visitor(Role.EXPENSE_APPROVER, account_id=ann.account_id)
    with pytest.raises(Refused, match="You asked for this money"):
        agree(session, made, mine, rules=ask.rules_for(mine))
    line_of = preapprovals.lines(session, made)[0].id
    with pytest.raises(Invalid):
        deciding.agree(
            session, made, 1, {line_of: 900}, "More.", APPROVER, ask.rules_for(APPROVER), limits=NO_LIMITS, post=unheard
        )


def test_pages_ask_the_plugins_of_their_site(make_app, session_for):
    package = "tests.plugins.expense_approvals.partner"
    app = make_app(packages=discover(ROOT / "plugins", installed=False) | {"own_rules": package})
    switched_on(app, "scotland")
    scotland = app.extensions["q.directory"].by_slug("scotland")
    with app.app_context():
        session = session_for("scotland")
        configure(
            session, app.extensions["q.registry"], scotland.ref(), Change("own_rules", True, {}, 0, "test"), SYSTEM
        )
    who = make_person(app, "ann@example.org", name="Ann", home="scotland")
    ann = Visitor(who, "Ann", "ann@example.org", is_member=True)
    made = draft(session, agreed(session, opened(session), ann, cost(in_days=0, category="lunch", pence=700)), ann, spent(category="lunch", pence=700))  # fmt: skip
    session.rollback()
    page = client_of(app, who).get(f"/scotland/expenses/claims/{made}").text
    assert "This site covers at most £6.00." in page
