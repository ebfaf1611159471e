"""First tables"""  # noqa: INP001 - a folder of scripts, as migrations are

from alembic import op

revision = "unbuilt0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create table unbuilt_half (id integer)")
    op.execute("this is no SQL")


def downgrade() -> None:
    op.execute("drop table unbuilt_half")
