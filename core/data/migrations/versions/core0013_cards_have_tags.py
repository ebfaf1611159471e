"""tags of cards, and titles of items that are messages"""

import sqlalchemy as sa
from alembic import op

revision = "core0013"
down_revision = "core0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tenancy_notice_card", sa.Column("tags", sa.String(length=800), nullable=False, server_default=""))
    op.add_column(
        "tenancy_shelf_item", sa.Column("title_is_message", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute("update tenancy_shelf_item set title_is_message = true where plugin = 'admissions'")


def downgrade() -> None:
    op.drop_column("tenancy_shelf_item", "title_is_message")
    op.drop_column("tenancy_notice_card", "tags")
