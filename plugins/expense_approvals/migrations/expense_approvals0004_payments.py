"""Where people are paid, payments, and who stands in for whom"""

import sqlalchemy as sa
from alembic import op

from core.sdk.migrations import refuse

revision = "expense_approvals0004"
down_revision = "expense_approvals0003"
branch_labels = None
depends_on = None
MOVED = " or ".join(
    f"old.{name} <> new.{name}" for name in ("ref", "payments", "total_p", "day", "payer_last", "prepared_by")
)
"""What a batch is: never changed once it is prepared."""


def upgrade() -> None:
    op.create_table(
        "expense_approvals_bank_details",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("last", sa.String(length=4), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("usable_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_bank_details_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_bank_details")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_bank_details_tenant_id_id")),
    )
    op.create_index(
        "uq_expense_approvals_bank_details_current",
        "expense_approvals_bank_details",
        ["tenant_id", "account_id"],
        unique=True,
        sqlite_where=sa.text("replaced_at is null"),
        postgresql_where=sa.text("replaced_at is null"),
    )
    op.create_index(
        "ix_expense_approvals_bank_details_fingerprint", "expense_approvals_bank_details", ["tenant_id", "fingerprint"]
    )
    op.create_table(
        "expense_approvals_payer_account",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("last", sa.String(length=4), nullable=False),
        sa.Column("set_by", sa.String(length=26), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_payer_account_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_payer_account")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_payer_account_tenant_id_id")),
    )
    op.create_index(
        "uq_expense_approvals_payer_account_current",
        "expense_approvals_payer_account",
        ["tenant_id"],
        unique=True,
        sqlite_where=sa.text("replaced_at is null"),
        postgresql_where=sa.text("replaced_at is null"),
    )
    op.create_table(
        "expense_approvals_delegation",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("delegator_id", sa.String(length=26), nullable=False),
        sa.Column("delegate_id", sa.String(length=26), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("delegator_id <> delegate_id", name=op.f("ck_expense_approvals_delegation_two_people")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_expense_approvals_delegation_days")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_delegation_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_delegation")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_delegation_tenant_id_id")),
    )
    for person in ("delegate", "delegator"):
        op.create_index(
            f"ix_expense_approvals_delegation_{person}",
            "expense_approvals_delegation",
            ["tenant_id", f"{person}_id", "ends_on"],
        )
    op.create_table(
        "expense_approvals_payment_batch",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("ref", sa.String(length=18), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("payments", sa.Integer(), nullable=False),
        sa.Column("total_p", sa.BigInteger(), nullable=False),
        sa.Column("payer_last", sa.String(length=4), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("hashes", sa.JSON(), nullable=False),
        sa.Column("prepared_by", sa.String(length=26), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.String(length=26), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(released_at is null) = (state in ('prepared', 'cancelled'))",
            name=op.f("ck_expense_approvals_payment_batch_released"),
        ),
        sa.CheckConstraint("payments > 0", name=op.f("ck_expense_approvals_payment_batch_payments")),
        sa.CheckConstraint(
            "released_by is null or released_by <> prepared_by",
            name=op.f("ck_expense_approvals_payment_batch_two_people"),
        ),
        sa.CheckConstraint(
            "state in ('cancelled', 'exported', 'prepared', 'released', 'settled')",
            name=op.f("ck_expense_approvals_payment_batch_state"),
        ),
        sa.CheckConstraint("total_p > 0", name=op.f("ck_expense_approvals_payment_batch_total")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_payment_batch_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_payment_batch")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_payment_batch_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "ref", name=op.f("uq_expense_approvals_payment_batch_tenant_id_ref")),
    )
    op.create_index(
        "ix_expense_approvals_payment_batch_state",
        "expense_approvals_payment_batch",
        ["tenant_id", "state", "prepared_at"],
    )
    refuse("expense_approvals_payment_batch", "update", MOVED)
    op.create_table(
        "expense_approvals_payment",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("batch_id", sa.String(length=26), nullable=False),
        sa.Column("source_id", sa.String(length=26), nullable=False),
        sa.Column("ref", sa.String(length=18), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=True),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("pence > 0", name=op.f("ck_expense_approvals_payment_pence")),
        sa.CheckConstraint(
            "state in ('bounced', 'dropped', 'paid', 'waiting')", name=op.f("ck_expense_approvals_payment_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "batch_id"],
            ["expense_approvals_payment_batch.tenant_id", "expense_approvals_payment_batch.id"],
            name=op.f("fk_expense_approvals_payment_tenant_id_batch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_payment_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_payment")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_payment_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id", "batch_id", "ref", name=op.f("uq_expense_approvals_payment_tenant_id_batch_id_ref")
        ),
    )
    live = sa.text("state in ('paid', 'waiting')")
    op.create_index(
        "uq_expense_approvals_payment_live",
        "expense_approvals_payment",
        ["tenant_id", "source_id"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )


def downgrade() -> None:
    op.drop_table("expense_approvals_payment")
    op.drop_table("expense_approvals_payment_batch")
    op.drop_table("expense_approvals_delegation")
    op.drop_table("expense_approvals_payer_account")
    op.drop_table("expense_approvals_bank_details")
