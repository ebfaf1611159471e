"""where a mail program asks that there be no more messages"""

import sqlalchemy as sa
from alembic import op

revision = "core0008"
down_revision = "core0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("work_mail", sa.Column("stop_href", sa.String(length=500), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("work_mail", "stop_href")
