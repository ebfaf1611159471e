"""A claim may need a second approver"""

import sqlalchemy as sa
from alembic import op

revision = "expense_approvals0007"
down_revision = "expense_approvals0006"
branch_labels = None
depends_on = None

GRANTED = "'approved', 'batched', 'bounced', 'exported', 'paid', 'part_approved'"
BEFORE = (
    "state in ('approved', 'batched', 'bounced', 'checked', 'draft', 'exported', 'paid', 'part_approved', 'queried', 'rejected', "
    "'submitted', 'withdrawn')"
)
AFTER = BEFORE.replace("'exported'", "'exported', 'first_approved'")
CHECKS = {
    "first": f"first_by is null or state in ('first_approved', {GRANTED})",
    "decided": f"decided_by is null or state in ({GRANTED})",
    "two_people": "first_by is null or decided_by is null or first_by <> decided_by",
}


def _states(table: str, check: str) -> None:
    with op.batch_alter_table(table) as changed:
        changed.drop_constraint(op.f(f"ck_{table}_state"), type_="check")
        changed.create_check_constraint(op.f(f"ck_{table}_state"), check)


def upgrade() -> None:
    _states("expense_approvals_claim_step", AFTER)
    _states("expense_approvals_claim", AFTER)
    with op.batch_alter_table("expense_approvals_claim") as claim:
        claim.add_column(sa.Column("first_by", sa.String(length=26), nullable=True))
        claim.add_column(sa.Column("decided_by", sa.String(length=26), nullable=True))
        for name, check in CHECKS.items():
            claim.create_check_constraint(op.f(f"ck_expense_approvals_claim_{name}"), check)


def _every_site(on: bool) -> None:
    """Reach the rows of all sites, or no more: PostgreSQL's row-level security binds the owner of the tables too, and an update
    without a site changes nothing."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"select set_config('app.platform', '{'on' if on else ''}', true)")


def downgrade() -> None:
    """What waits for a second approver waits for an approval again, by somebody who has not looked at it yet: a first approval
    counts as a check."""
    _every_site(True)
    op.execute(
        "update expense_approvals_claim_line set approved_p = null, why = '' where claim_id in "
        "(select id from expense_approvals_claim where state = 'first_approved')"
    )
    op.execute("update expense_approvals_claim set state = 'checked', first_by = null where state = 'first_approved'")
    op.execute(
        "update expense_approvals_claim_step set state = 'checked', event = 'check' where state = 'first_approved'"
    )
    _every_site(False)
    with op.batch_alter_table("expense_approvals_claim") as claim:
        for name in CHECKS:
            claim.drop_constraint(op.f(f"ck_expense_approvals_claim_{name}"), type_="check")
        claim.drop_column("decided_by")
        claim.drop_column("first_by")
    _states("expense_approvals_claim", BEFORE)
    _states("expense_approvals_claim_step", BEFORE)
