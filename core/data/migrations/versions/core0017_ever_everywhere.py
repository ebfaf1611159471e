"""where a plugin was ever on when it was the whole platform's: at every site"""

import sqlalchemy as sa
from alembic import op

revision = "core0017"
down_revision = "core0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "tenancy_plugin_state", sa.Column("ever_everywhere", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("tenancy_plugin_state", "ever_everywhere")
