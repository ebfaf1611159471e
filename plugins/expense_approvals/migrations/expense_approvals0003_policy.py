"""The national policy as rows, with the illustrative one that the platform comes with, and what sites add to it

The rows come from `policy/illustrative.toml` as it stands. Its versions never change once they are released (a test holds their
hashes): other figures are another version, which a later migration takes in.
"""

import json

import sqlalchemy as sa
from alembic import op

from core.sdk import clock, new_id
from core.sdk.migrations import refuse
from plugins.expense_approvals.policy import illustrative
from plugins.expense_approvals.policy.canonical import canonical, sha256

revision = "expense_approvals0003"
down_revision = "expense_approvals0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    made = op.create_table(
        "expense_approvals_policy_version",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.String(length=26), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=26), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'draft') = (effective_from is null)", name=op.f("ck_expense_approvals_policy_version_effective")
        ),
        sa.CheckConstraint(
            "(state = 'draft') = (number is null)", name=op.f("ck_expense_approvals_policy_version_numbered")
        ),
        sa.CheckConstraint(
            "(state = 'draft') = (published_at is null)", name=op.f("ck_expense_approvals_policy_version_published")
        ),
        sa.CheckConstraint("state in ('draft', 'published')", name=op.f("ck_expense_approvals_policy_version_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_policy_version")),
        sa.UniqueConstraint("number", name=op.f("uq_expense_approvals_policy_version_number")),
    )
    now = clock.now()
    op.bulk_insert(
        made,
        [
            {
                "id": new_id(), "number": one.number, "state": "published", "based_on": None, "effective_from": one.effective_from,
                "published_at": one.published_at, "published_by": None, "note": "", "content": json.loads(canonical(one.policy)),
                "sha256": sha256(one.policy), "version": 1, "created_by": None, "created_at": now,
            }
            for one in illustrative.versions()
        ],
    )  # fmt: skip
    refuse("expense_approvals_policy_version", "update", "old.state <> 'draft'")
    refuse("expense_approvals_policy_version", "delete", "old.state <> 'draft'")
    op.create_table(
        "expense_approvals_site_rules",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=26), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_expense_approvals_site_rules_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_approvals_site_rules")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_expense_approvals_site_rules_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_expense_approvals_site_rules_tenant_id_number")),
    )
    refuse("expense_approvals_site_rules", "update")
    refuse("expense_approvals_site_rules", "delete")


def downgrade() -> None:
    op.drop_table("expense_approvals_site_rules")
    op.drop_table("expense_approvals_policy_version")
