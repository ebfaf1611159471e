"""what the central team leaves to a partner of a plugin"""

import sqlalchemy as sa
from alembic import op

revision = "core0015"
down_revision = "core0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tenancy_plugin_state", sa.Column("left_to_partner", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("tenancy_plugin_state", "left_to_partner")
