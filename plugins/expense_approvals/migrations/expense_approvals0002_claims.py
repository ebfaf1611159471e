"""Claims, their revisions, costs, proofs and steps; and the fingerprints of proofs, which no site owns"""

import sqlalchemy as sa
from alembic import op

from core.sdk.migrations import refuse

revision = "expense_approvals0002"
down_revision = "expense_approvals0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expense_approvals_fingerprint",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("file_mark", sa.String(length=64), nullable=False),
        sa.Column("holder_mark", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_fingerprint")),
        sa.UniqueConstraint(
            "file_mark", "holder_mark", name=op.f("uq_expense_approvals_fingerprint_file_mark_holder_mark")
        ),
    )
    op.create_table(
        "expense_approvals_year_miles",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("vehicle", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("miles", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("miles >= 0", name=op.f("ck_expense_approvals_year_miles_miles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_year_miles")),
        sa.UniqueConstraint(
            "account_id", "vehicle", "year", name=op.f("uq_expense_approvals_year_miles_account_id_vehicle_year")
        ),
    )
    op.create_index("ix_expense_approvals_year_miles_year", "expense_approvals_year_miles", ["year"])
    op.create_table(
        "expense_approvals_claim",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("preapproval_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=True),
        sa.Column("submitted_by", sa.String(length=26), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("claimed_p", sa.BigInteger(), nullable=False),
        sa.Column("allowed_p", sa.BigInteger(), nullable=False),
        sa.Column("approved_p", sa.BigInteger(), nullable=False),
        sa.Column("referred", sa.Boolean(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state in ('approved', 'batched', 'bounced', 'checked', 'draft', 'exported', 'paid', 'part_approved', 'queried', 'rejected', 'submitted', 'withdrawn')",
            name=op.f("ck_expense_approvals_claim_state"),
        ),
        sa.CheckConstraint(
            "state in ('draft', 'withdrawn') or (revision > 0 and sent_at is not null)",
            name=op.f("ck_expense_approvals_claim_sent"),
        ),
        sa.CheckConstraint("allowed_p between 0 and claimed_p", name=op.f("ck_expense_approvals_claim_allowed")),
        sa.CheckConstraint("approved_p between 0 and allowed_p", name=op.f("ck_expense_approvals_claim_approved")),
        sa.CheckConstraint("claimed_p >= 0", name=op.f("ck_expense_approvals_claim_claimed")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "preapproval_id"],
            ["expense_approvals_preapproval.tenant_id", "expense_approvals_preapproval.id"],
            name=op.f("fk_expense_approvals_claim_tenant_id_preapproval_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_claim_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_claim")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_claim_tenant_id_id")),
    )
    with op.batch_alter_table("expense_approvals_claim", schema=None) as batch_op:
        batch_op.create_index("ix_expense_approvals_claim_person", ["tenant_id", "account_id"], unique=False)
        batch_op.create_index("ix_expense_approvals_claim_queue", ["tenant_id", "state", "sent_at"], unique=False)
        batch_op.create_index(
            "uq_expense_approvals_claim_live",
            ["tenant_id", "preapproval_id"],
            unique=True,
            sqlite_where=sa.text("state not in ('rejected', 'withdrawn')"),
            postgresql_where=sa.text("state not in ('rejected', 'withdrawn')"),
        )

    op.create_table(
        "expense_approvals_claim_line",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("claim_id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("incurred_on", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("miles", sa.Integer(), nullable=False),
        sa.Column("vehicle", sa.String(length=40), nullable=False),
        sa.Column("passengers", sa.Integer(), nullable=False),
        sa.Column("from_postcode", sa.String(length=10), nullable=False),
        sa.Column("to_postcode", sa.String(length=10), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=False),
        sa.Column("travel_class", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("typed_p", sa.BigInteger(), nullable=True),
        sa.Column("claimed_p", sa.BigInteger(), nullable=False),
        sa.Column("allowed_p", sa.BigInteger(), nullable=False),
        sa.Column("approved_p", sa.BigInteger(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("allowed_p between 0 and claimed_p", name=op.f("ck_expense_approvals_claim_line_allowed")),
        sa.CheckConstraint("approved_p between 0 and allowed_p", name=op.f("ck_expense_approvals_claim_line_approved")),
        sa.CheckConstraint(
            "quantity > 0 and miles >= 0 and passengers >= 0", name=op.f("ck_expense_approvals_claim_line_counts")
        ),
        sa.CheckConstraint("typed_p is null or typed_p > 0", name=op.f("ck_expense_approvals_claim_line_typed")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "claim_id"],
            ["expense_approvals_claim.tenant_id", "expense_approvals_claim.id"],
            name=op.f("fk_expense_approvals_claim_line_tenant_id_claim_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_claim_line_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_claim_line")),
        sa.UniqueConstraint(
            "tenant_id",
            "claim_id",
            "position",
            name=op.f("uq_expense_approvals_claim_line_tenant_id_claim_id_position"),
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_claim_line_tenant_id_id")),
    )
    op.create_table(
        "expense_approvals_claim_revision",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("claim_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("claimed_p", sa.BigInteger(), nullable=False),
        sa.Column("allowed_p", sa.BigInteger(), nullable=False),
        sa.Column("miles_before", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "allowed_p between 0 and claimed_p", name=op.f("ck_expense_approvals_claim_revision_allowed")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_expense_approvals_claim_revision_number")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "claim_id"],
            ["expense_approvals_claim.tenant_id", "expense_approvals_claim.id"],
            name=op.f("fk_expense_approvals_claim_revision_tenant_id_claim_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_claim_revision_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_claim_revision")),
        sa.UniqueConstraint(
            "tenant_id",
            "claim_id",
            "number",
            name=op.f("uq_expense_approvals_claim_revision_tenant_id_claim_id_number"),
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_claim_revision_tenant_id_id")),
    )
    op.create_table(
        "expense_approvals_claim_step",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("claim_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=True),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state in ('approved', 'batched', 'bounced', 'checked', 'draft', 'exported', 'paid', 'part_approved', 'queried', 'rejected', 'submitted', 'withdrawn')",
            name=op.f("ck_expense_approvals_claim_step_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "claim_id"],
            ["expense_approvals_claim.tenant_id", "expense_approvals_claim.id"],
            name=op.f("fk_expense_approvals_claim_step_tenant_id_claim_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_claim_step_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_claim_step")),
        sa.UniqueConstraint(
            "tenant_id", "claim_id", "version", name=op.f("uq_expense_approvals_claim_step_tenant_id_claim_id_version")
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_claim_step_tenant_id_id")),
    )
    op.create_table(
        "expense_approvals_receipt",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("claim_id", sa.String(length=26), nullable=False),
        sa.Column("line_id", sa.String(length=26), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("mime", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('bank_line', 'map', 'receipt')", name=op.f("ck_expense_approvals_receipt_kind")),
        sa.CheckConstraint(
            "removed_at is not null or (stored_at is not null and line_id is not null)",
            name=op.f("ck_expense_approvals_receipt_stored"),
        ),
        sa.CheckConstraint("size > 0", name=op.f("ck_expense_approvals_receipt_size")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "claim_id"],
            ["expense_approvals_claim.tenant_id", "expense_approvals_claim.id"],
            name=op.f("fk_expense_approvals_receipt_tenant_id_claim_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "line_id"],
            ["expense_approvals_claim_line.tenant_id", "expense_approvals_claim_line.id"],
            name=op.f("fk_expense_approvals_receipt_tenant_id_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_receipt_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_receipt")),
        sa.UniqueConstraint("key", name=op.f("uq_expense_approvals_receipt_key")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_receipt_tenant_id_id")),
    )
    with op.batch_alter_table("expense_approvals_receipt", schema=None) as batch_op:
        batch_op.create_index("ix_expense_approvals_receipt_claim", ["tenant_id", "claim_id"], unique=False)

    refuse("expense_approvals_claim_revision", "update")


def downgrade() -> None:
    with op.batch_alter_table("expense_approvals_receipt", schema=None) as batch_op:
        batch_op.drop_index("ix_expense_approvals_receipt_claim")

    op.drop_table("expense_approvals_receipt")
    op.drop_table("expense_approvals_claim_step")
    op.drop_table("expense_approvals_claim_revision")
    op.drop_table("expense_approvals_claim_line")
    with op.batch_alter_table("expense_approvals_claim", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_expense_approvals_claim_live",
            sqlite_where=sa.text("state not in ('rejected', 'withdrawn')"),
            postgresql_where=sa.text("state not in ('rejected', 'withdrawn')"),
        )
        batch_op.drop_index("ix_expense_approvals_claim_queue")
        batch_op.drop_index("ix_expense_approvals_claim_person")

    op.drop_table("expense_approvals_claim")
    op.drop_index("ix_expense_approvals_year_miles_year", table_name="expense_approvals_year_miles")
    op.drop_table("expense_approvals_year_miles")
    op.drop_table("expense_approvals_fingerprint")
