"""failures of plugins' hooks, by day"""

import sqlalchemy as sa
from alembic import op

revision = "core0014"
down_revision = "core0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "work_hook_failure",
        sa.Column("plugin", sa.String(length=80), nullable=False),
        sa.Column("hook", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("plugin", "hook", "day", name=op.f("pk_work_hook_failure")),
    )


def downgrade() -> None:
    op.drop_table("work_hook_failure")
