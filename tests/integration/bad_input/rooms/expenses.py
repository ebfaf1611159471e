"""Expense approvals: a budget, activities on which the member has and has not declared, and requests in every state with a button."""

from datetime import timedelta

import sqlalchemy as sa

from core.kernel import clock
from core.kernel.views import SYSTEM
from core.sdk import Visitor
from core.tenancy.models import PluginState
from core.tenancy.service import Change, configure
from plugins.expense_approvals.service import deciding, declaring
from plugins.expense_approvals.settings import Settings
from tests.integration.bad_input.rooms.cast import Cast, Room
from tests.plugins.expense_approvals.helpers import APPROVER, activity, agree, asked, opened

PLUGIN = "expense_approvals"


def switch_on(cast: Cast) -> None:
    """The plugin is off until somebody wants it."""
    revision = cast.session.scalar(sa.select(PluginState.revision).where(PluginState.at_tenant_id == cast.site.id, PluginState.plugin == PLUGIN))  # fmt: skip
    change = Change(PLUGIN, True, Settings().model_dump(mode="json"), revision or 0, "test")
    configure(cast.session, cast.app.extensions["q.registry"], cast.site.ref(), change, SYSTEM)


def make_expenses(cast: Cast) -> Room:
    """The member asks; the lead decides, who has asked for nothing."""
    switch_on(cast)
    session = cast.session
    member = Visitor(cast.person("member"), "Mel Member", "member@example.org", is_member=True)
    budget_id = opened(session, 100_000, f"Travel in {cast.site.slug}")
    declared, undeclared = activity(session, budget_id), activity(session, budget_id)
    declaring.declare(session, declared, member)
    waiting, queried, agreed = (asked(session, declared, member) for _ in range(3))
    deciding.query(session, queried, 1, "Is there a railcard?", APPROVER)
    agree(session, agreed)
    session.rollback()
    day = (clock.today() + timedelta(days=14)).isoformat()
    cost = {"category": "coach", "day": day, "amount": "4.20", "quantity": "1", "reason": "The bus to Perth.", "region": "", "vehicle": "", "travel_class": "", "miles": ""}  # fmt: skip
    return Room(
        {
            "preapproval_id": (waiting, queried, agreed), "budget_id": (budget_id,),
            "activity_id": (declared, undeclared), "expense_approvals.ask:activity_id": (declared,),
        },
        {
            "expense_approvals.ask": {f"costs-{row}-{name}": value for row in (0, 1) for name, value in cost.items()},
            "expense_approvals_manage.decide": {"words": "Because of the railcard."},
            "expense_approvals_manage.budget_list": {"name": "Another", "limit": "250.00"},
            "expense_approvals_manage.budget": {"limit": "2000.00"},
            "expense_approvals_manage.new_activity": {"title": "Another", "starts_on": day, "ends_on": day, "budget_id": ""},
        },
    )  # fmt: skip
