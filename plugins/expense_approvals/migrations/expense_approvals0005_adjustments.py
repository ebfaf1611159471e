"""What a late change of the policy adds to claims, and what the central team was told of"""

import sqlalchemy as sa
from alembic import op

from core.sdk.migrations import refuse

revision = "expense_approvals0005"
down_revision = "expense_approvals0004"
branch_labels = None
depends_on = None
MOVED = " or ".join(
    f"old.{name} <> new.{name}" for name in ("claim_id", "sha256", "policy_version", "pence", "made_by", "made_at")
)
"""What an adjustment is about: never changed once it is made."""


def upgrade() -> None:
    op.create_table(
        "expense_approvals_adjustment",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("claim_id", sa.String(length=26), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("made_by", sa.String(length=26), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=26), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(decided_at is null) = (state = 'proposed')", name=op.f("ck_expense_approvals_adjustment_decided")
        ),
        sa.CheckConstraint("pence > 0", name=op.f("ck_expense_approvals_adjustment_pence")),
        sa.CheckConstraint(
            "state in ('approved', 'batched', 'bounced', 'declined', 'exported', 'paid', 'proposed')",
            name=op.f("ck_expense_approvals_adjustment_state"),
        ),
        sa.CheckConstraint(
            "decided_by is null or decided_by <> made_by", name=op.f("ck_expense_approvals_adjustment_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "claim_id"],
            ["expense_approvals_claim.tenant_id", "expense_approvals_claim.id"],
            name=op.f("fk_expense_approvals_adjustment_tenant_id_claim_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_adjustment_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_adjustment")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_adjustment_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id",
            "claim_id",
            "policy_version",
            name=op.f("uq_expense_approvals_adjustment_once"),
        ),
    )
    op.create_index(
        "ix_expense_approvals_adjustment_state", "expense_approvals_adjustment", ["tenant_id", "state", "made_at"]
    )
    refuse("expense_approvals_adjustment", "update", MOVED)
    op.create_table(
        "expense_approvals_adjustment_line",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("adjustment_id", sa.String(length=26), nullable=False),
        sa.Column("line_id", sa.String(length=26), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("pence <> 0", name=op.f("ck_expense_approvals_adjustment_line_pence")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "adjustment_id"],
            ["expense_approvals_adjustment.tenant_id", "expense_approvals_adjustment.id"],
            name=op.f("fk_expense_approvals_adjustment_line_tenant_id_adjustment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "line_id"],
            ["expense_approvals_claim_line.tenant_id", "expense_approvals_claim_line.id"],
            name=op.f("fk_expense_approvals_adjustment_line_tenant_id_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_adjustment_line_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_adjustment_line")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_adjustment_line_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id",
            "adjustment_id",
            "line_id",
            name=op.f("uq_expense_approvals_adjustment_line_once"),
        ),
    )
    refuse("expense_approvals_adjustment_line", "update")
    op.create_table(
        "expense_approvals_escalation",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("source_id", sa.String(length=26), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_escalation_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_escalation")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_escalation_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "source_id", name=op.f("uq_expense_approvals_escalation_tenant_id_source_id")),
    )


def downgrade() -> None:
    op.drop_table("expense_approvals_escalation")
    op.drop_table("expense_approvals_adjustment_line")
    op.drop_table("expense_approvals_adjustment")
