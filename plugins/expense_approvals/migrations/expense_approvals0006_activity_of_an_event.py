"""An activity may be an event of its site"""

import sqlalchemy as sa
from alembic import op

revision = "expense_approvals0006"
down_revision = "expense_approvals0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("expense_approvals_activity", sa.Column("event_id", sa.String(length=26), nullable=True))
    op.create_index(
        "ix_expense_approvals_activity_event", "expense_approvals_activity", ["tenant_id", "event_id"], unique=True
    )


def downgrade() -> None:
    op.drop_index("ix_expense_approvals_activity_event", "expense_approvals_activity")
    op.drop_column("expense_approvals_activity", "event_id")
