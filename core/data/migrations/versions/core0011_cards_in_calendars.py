"""cards in calendars"""

import sqlalchemy as sa
from alembic import op

revision = "core0011"
down_revision = "core0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("uid", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("cancelled", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("tenancy_notice_card", column)
    # A card that is up already is known to no calendar by another name: its thing's own id stays with it.
    op.execute("update tenancy_notice_card set changed_at = current_timestamp")
    op.execute("update tenancy_notice_card set uid = ref where withdrawn_at is null")
    with op.batch_alter_table("tenancy_notice_card") as card:
        card.alter_column("changed_at", existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("tenancy_notice_card") as card:
        for name in ("changed_at", "cancelled", "sequence", "uid"):
            card.drop_column(name)
