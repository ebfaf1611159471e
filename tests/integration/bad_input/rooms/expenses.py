"""Expense approvals: a budget, activities on which the member has and has not declared, and requests in every state with a button."""

from datetime import timedelta

from flask import Flask

from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.sdk import ScopedSession, Visitor, store_of
from plugins.expense_approvals.manifest import MANIFEST
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.service import deciding, declaring, judging, policies
from plugins.expense_approvals.web_forms.asking import MOST_ROWS
from tests.factories.people import PASSWORD
from tests.integration.bad_input.rooms.cast import Cast, Room
from tests.plugins.expense_approvals.claimed import CHECKER, agreed, check, draft, send, spent, unheard
from tests.plugins.expense_approvals.helpers import APPROVER, activity, agree, asked, opened, switched_on, visitor

OWN_RULE = '[[rules]]\nkey = "site_lunch"\nkind = "prohibited"\ncategory = "lunch"\nwords = { en = "No lunch.", cy = "Dim cinio." }'


def make_policy(app: Flask, session: ScopedSession) -> Room:
    """A draft of the national policy, which stands at the UK site."""
    switched_on(app, "uk")
    draft = policies.draft_from(session, 1, visitor(Role.CENTRAL_TEAM), new_token())
    session.rollback()
    return Room(
        {
            "draft_id": (draft,), "console.page_of_plugin:page": ("policy",),
            "expense_approvals_manage.policy_version:number": ("1",),
            "expense_approvals_manage.policy_draft_from:number": ("1",),
        },
        {"expense_approvals_manage.policy_publish": {"note": "Prices fell.", "effective_from": clock.today().isoformat()}},
    )  # fmt: skip


def make_expenses(cast: Cast) -> Room:
    """The member asks; the lead decides, who has asked for nothing."""
    switched_on(cast.app, cast.site.slug)
    session = cast.session
    member = Visitor(cast.person("member"), "Mel Member", "member@example.org", is_member=True)
    budget_id = opened(session, 100_000, f"Travel in {cast.site.slug}")
    declared, undeclared = activity(session, budget_id), activity(session, budget_id)
    declaring.declare(session, declared, member)
    waiting, queried, granted = (asked(session, declared, member) for _ in range(3))
    deciding.query(session, queried, 1, "Is there a railcard?", APPROVER, unheard)
    agree(session, granted)
    with cast.app.app_context():
        store = store_of(MANIFEST.name)
    ground = [agreed(session, budget_id, member) for _ in range(6)]
    unclaimed = ground.pop()
    made = [
        draft(session, one, member, spent(pence=2_400 if n == 1 else 1_000), colour=n, store=store)
        for n, one in enumerate(ground)
    ]
    plain, over, sent, checked, asking = made
    for one in (sent, checked, asking):
        send(session, one, member)
    check(session, checked)
    judging.query(
        session, asking, claims.one(session, asking, CHECKER).version, "Is there a railcard?", CHECKER, unheard
    )
    (line,), (proof,), (theirs,) = (
        claims.lines(session, plain),
        claims.proofs(session, plain),
        claims.proofs(session, sent),
    )
    session.rollback()
    one_cost = {"category": "coach", "day": clock.today().isoformat(), "amount": "4.20", "quantity": "1", "reason": "The bus to Perth.", "passengers": "0"}  # fmt: skip
    here = ("cost", "remove_cost", "proof", "proof_file", "remove_proof", "new_cost")
    day = (clock.today() + timedelta(days=14)).isoformat()
    cost = {"category": "coach", "day": day, "amount": "4.20", "quantity": "1", "reason": "The bus to Perth.", "region": "", "vehicle": "", "travel_class": "", "miles": ""}  # fmt: skip
    return Room(
        {
            "preapproval_id": (waiting, queried, granted, unclaimed), "budget_id": (budget_id,),
            "activity_id": (declared, undeclared), "line_id": (line.id,),
            "receipt_id": (proof.id,), "claim_id": (plain, asking, sent, checked), "expense_approvals.more:claim_id": (over,),
            **{f"expense_approvals.{name}:claim_id": (plain,) for name in here},
            "expense_approvals_manage.judge:claim_id": (sent, checked, asking),
            "expense_approvals_manage.proof:claim_id": (sent,), "expense_approvals_manage.proof:receipt_id": (theirs.id,),
            "expense_approvals.begin:preapproval_id": (unclaimed,), "expense_approvals.ask:activity_id": (declared,),
        },
        {
            "expense_approvals.ask": {f"costs-{row}-{name}": value for row in range(MOST_ROWS) for name, value in cost.items()},
            "expense_approvals.new_cost": one_cost, "expense_approvals.cost": one_cost,
            "expense_approvals.proof": {"kind": "receipt"}, "expense_approvals.more": {"words": "The cheap bus was full."},
            "expense_approvals.answer_claim": {"words": "Yes, there is."},
            "expense_approvals_manage.judge": {"words": "Because of the railcard."},
            "expense_approvals.account": {"name": "Mel Member", "sort_code": "20-00-00", "account": "31926819", "password": PASSWORD},
            "expense_approvals_manage.decide": {"words": "Because of the railcard."},
            "expense_approvals_manage.budget_list": {"name": "Another", "limit": "250.00"},
            "expense_approvals_manage.budget": {"limit": "2000.00"},
            "expense_approvals_manage.site_rules": {"text": OWN_RULE, "effective_from": day, "note": "The canteen is cheap."},
            "expense_approvals_manage.new_activity": {"title": "Another", "starts_on": day, "ends_on": day, "budget_id": ""},
        },
    )  # fmt: skip
