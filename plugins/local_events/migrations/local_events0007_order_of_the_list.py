"""order of the list"""

from alembic import op

revision = "local_events0007"
down_revision = "local_events0006"
branch_labels = None
depends_on = None

NAME = "ix_local_events_event_list"
COLUMNS = ["tenant_id", "state", "starts_at"]


def upgrade() -> None:
    """The list is read from the index as it stands: events that begin at the same time come in one order."""
    with op.batch_alter_table("local_events_event", schema=None) as batch_op:
        batch_op.drop_index(NAME)
        batch_op.create_index(NAME, [*COLUMNS, "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("local_events_event", schema=None) as batch_op:
        batch_op.drop_index(NAME)
        batch_op.create_index(NAME, COLUMNS, unique=False)
