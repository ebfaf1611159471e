"""which plugins still have to erase a person, for they were not installed when everything else was erased"""

import sqlalchemy as sa
from alembic import op

revision = "core0016"
down_revision = "core0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people_closure", sa.Column("not_asked", sa.JSON(), nullable=True))
    fill_from_the_audit_trail(op.get_bind())


def fill_from_the_audit_trail(connection: sa.Connection) -> None:
    """Until now the last entry about an erased person alone said it."""
    closure = sa.table("people_closure", sa.column("account_id"), sa.column("not_asked", sa.JSON(none_as_null=True)))
    entry = sa.table("data_audit_entry", sa.column("action"), sa.column("subject"), sa.column("after", sa.JSON()))
    on_postgresql = connection.dialect.name == "postgresql"
    if on_postgresql:  # the trail's rows are shown to who says for whom, its owner included
        connection.exec_driver_sql("select set_config('app.platform', 'on', true)")
    told = connection.execute(sa.select(entry.c.subject, entry.c.after).where(entry.c.action == "account.erased")).all()
    for account_id, after in told:
        if names := (after or {}).get("not_asked"):
            connection.execute(sa.update(closure).where(closure.c.account_id == account_id).values(not_asked=names))
    if on_postgresql:
        connection.exec_driver_sql("select set_config('app.platform', '', true)")


def downgrade() -> None:
    op.drop_column("people_closure", "not_asked")
