"""First tables"""

import sqlalchemy as sa
from alembic import op

revision = "expense_approvals0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expense_approvals_budget",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("limit_p", sa.BigInteger(), nullable=False),
        sa.Column("committed_p", sa.BigInteger(), nullable=False),
        sa.Column("actual_p", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("actual_p >= 0", name=op.f("ck_expense_approvals_budget_actual")),
        sa.CheckConstraint("committed_p + actual_p <= limit_p", name=op.f("ck_expense_approvals_budget_within")),
        sa.CheckConstraint("committed_p >= 0", name=op.f("ck_expense_approvals_budget_committed")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_budget_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_budget")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_budget_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_expense_approvals_budget_tenant_id_name")),
    )
    op.create_table(
        "expense_approvals_activity",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("covered", sa.Boolean(), nullable=False),
        sa.Column("budget_id", sa.String(length=26), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("not covered or budget_id is not null", name=op.f("ck_expense_approvals_activity_covered")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_expense_approvals_activity_days")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "budget_id"],
            ["expense_approvals_budget.tenant_id", "expense_approvals_budget.id"],
            name=op.f("fk_expense_approvals_activity_tenant_id_budget_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_activity_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_activity")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_activity_tenant_id_id")),
    )
    with op.batch_alter_table("expense_approvals_activity", schema=None) as batch_op:
        batch_op.create_index("ix_expense_approvals_activity_days", ["tenant_id", "ends_on"], unique=False)

    op.create_table(
        "expense_approvals_budget_entry",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("budget_id", sa.String(length=26), nullable=False),
        sa.Column("source_id", sa.String(length=26), nullable=False),
        sa.Column("move", sa.String(length=10), nullable=False),
        sa.Column("committed_p", sa.BigInteger(), nullable=False),
        sa.Column("actual_p", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "move in ('commit', 'release', 'spend')", name=op.f("ck_expense_approvals_budget_entry_move")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "budget_id"],
            ["expense_approvals_budget.tenant_id", "expense_approvals_budget.id"],
            name=op.f("fk_expense_approvals_budget_entry_tenant_id_budget_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_budget_entry_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_budget_entry")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_budget_entry_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id", "source_id", "move", name=op.f("uq_expense_approvals_budget_entry_tenant_id_source_id_move")
        ),
    )
    with op.batch_alter_table("expense_approvals_budget_entry", schema=None) as batch_op:
        batch_op.create_index(
            "ix_expense_approvals_budget_entry_budget", ["tenant_id", "budget_id", "at"], unique=False
        )

    op.create_table(
        "expense_approvals_declaration",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("activity_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("statement", sa.Integer(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "activity_id"],
            ["expense_approvals_activity.tenant_id", "expense_approvals_activity.id"],
            name=op.f("fk_expense_approvals_declaration_tenant_id_activity_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_declaration_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_declaration")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_declaration_tenant_id_id")),
    )
    with op.batch_alter_table("expense_approvals_declaration", schema=None) as batch_op:
        batch_op.create_index(
            "uq_expense_approvals_declaration_standing",
            ["tenant_id", "activity_id", "account_id"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at is null"),
            postgresql_where=sa.text("withdrawn_at is null"),
        )

    op.create_table(
        "expense_approvals_preapproval",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("activity_id", sa.String(length=26), nullable=False),
        sa.Column("supplements_id", sa.String(length=26), nullable=True),
        sa.Column("account_id", sa.String(length=26), nullable=True),
        sa.Column("submitted_by", sa.String(length=26), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked_p", sa.BigInteger(), nullable=False),
        sa.Column("allowed_p", sa.BigInteger(), nullable=False),
        sa.Column("approved_p", sa.BigInteger(), nullable=False),
        sa.Column("referred", sa.Boolean(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state in ('approved', 'declined', 'expired', 'part_approved', 'queried', 'revoked', 'submitted', 'used', 'withdrawn')",
            name=op.f("ck_expense_approvals_preapproval_state"),
        ),
        sa.CheckConstraint("allowed_p between 0 and asked_p", name=op.f("ck_expense_approvals_preapproval_allowed")),
        sa.CheckConstraint(
            "approved_p between 0 and allowed_p", name=op.f("ck_expense_approvals_preapproval_approved")
        ),
        sa.CheckConstraint("asked_p > 0", name=op.f("ck_expense_approvals_preapproval_asked")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "activity_id"],
            ["expense_approvals_activity.tenant_id", "expense_approvals_activity.id"],
            name=op.f("fk_expense_approvals_preapproval_tenant_id_activity_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "supplements_id"],
            ["expense_approvals_preapproval.tenant_id", "expense_approvals_preapproval.id"],
            name=op.f("fk_expense_approvals_preapproval_tenant_id_supplements_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_preapproval_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_preapproval")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_preapproval_tenant_id_id")),
    )
    with op.batch_alter_table("expense_approvals_preapproval", schema=None) as batch_op:
        batch_op.create_index("ix_expense_approvals_preapproval_person", ["tenant_id", "account_id"], unique=False)
        batch_op.create_index(
            "ix_expense_approvals_preapproval_queue", ["tenant_id", "state", "asked_at"], unique=False
        )
        batch_op.create_index(
            "ix_expense_approvals_preapproval_supplements", ["tenant_id", "supplements_id"], unique=False
        )

    op.create_table(
        "expense_approvals_preapproval_line",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("preapproval_id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("incurred_on", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("miles", sa.Integer(), nullable=False),
        sa.Column("vehicle", sa.String(length=40), nullable=False),
        sa.Column("passengers", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=False),
        sa.Column("travel_class", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("asked_p", sa.BigInteger(), nullable=False),
        sa.Column("allowed_p", sa.BigInteger(), nullable=False),
        sa.Column("approved_p", sa.BigInteger(), nullable=True),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "allowed_p between 0 and asked_p", name=op.f("ck_expense_approvals_preapproval_line_allowed")
        ),
        sa.CheckConstraint(
            "approved_p between 0 and allowed_p", name=op.f("ck_expense_approvals_preapproval_line_approved")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "preapproval_id"],
            ["expense_approvals_preapproval.tenant_id", "expense_approvals_preapproval.id"],
            name=op.f("fk_expense_approvals_preapproval_line_tenant_id_preapproval_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_preapproval_line_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_preapproval_line")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_preapproval_line_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id",
            "preapproval_id",
            "position",
            name=op.f("uq_expense_approvals_preapproval_line_tenant_id_preapproval_id_position"),
        ),
    )
    op.create_table(
        "expense_approvals_step",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("preapproval_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=True),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state in ('approved', 'declined', 'expired', 'part_approved', 'queried', 'revoked', 'submitted', 'used', 'withdrawn')",
            name=op.f("ck_expense_approvals_step_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "preapproval_id"],
            ["expense_approvals_preapproval.tenant_id", "expense_approvals_preapproval.id"],
            name=op.f("fk_expense_approvals_step_tenant_id_preapproval_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_step_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_step")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_step_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id",
            "preapproval_id",
            "version",
            name=op.f("uq_expense_approvals_step_tenant_id_preapproval_id_version"),
        ),
    )


def downgrade() -> None:
    op.drop_table("expense_approvals_step")
    op.drop_table("expense_approvals_preapproval_line")
    with op.batch_alter_table("expense_approvals_preapproval", schema=None) as batch_op:
        batch_op.drop_index("ix_expense_approvals_preapproval_supplements")
        batch_op.drop_index("ix_expense_approvals_preapproval_queue")
        batch_op.drop_index("ix_expense_approvals_preapproval_person")

    op.drop_table("expense_approvals_preapproval")
    with op.batch_alter_table("expense_approvals_declaration", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_expense_approvals_declaration_standing",
            sqlite_where=sa.text("withdrawn_at is null"),
            postgresql_where=sa.text("withdrawn_at is null"),
        )

    op.drop_table("expense_approvals_declaration")
    with op.batch_alter_table("expense_approvals_budget_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_expense_approvals_budget_entry_budget")

    op.drop_table("expense_approvals_budget_entry")
    with op.batch_alter_table("expense_approvals_activity", schema=None) as batch_op:
        batch_op.drop_index("ix_expense_approvals_activity_days")

    op.drop_table("expense_approvals_activity")
    op.drop_table("expense_approvals_budget")
