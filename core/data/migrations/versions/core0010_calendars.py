"""calendars"""

import sqlalchemy as sa
from alembic import op

revision = "core0010"
down_revision = "core0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_calendar_key",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("as_member", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("scope in ('mine', 'area')", name=op.f("ck_people_calendar_key_scope")),
        sa.ForeignKeyConstraint(["account_id"], ["people_account.id"], name=op.f("fk_people_calendar_key_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_calendar_key")),
        sa.UniqueConstraint("account_id", "scope", name=op.f("uq_people_calendar_key_account_id_scope")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_people_calendar_key_token_hash")),
    )
    with op.batch_alter_table("tenancy_shelf_item") as shelf:
        shelf.add_column(sa.Column("calendar_status", sa.String(length=10), nullable=False, server_default=""))
        shelf.add_column(sa.Column("uid", sa.String(length=64), nullable=False, server_default=""))
        shelf.add_column(sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"))
        shelf.add_column(sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
        shelf.add_column(sa.Column("place", sa.String(length=200), nullable=False, server_default=""))
        shelf.add_column(sa.Column("join_href", sa.String(length=500), nullable=False, server_default=""))
        shelf.create_check_constraint(
            op.f("ck_tenancy_shelf_item_calendar_status"),
            "calendar_status in ('', 'confirmed', 'tentative', 'cancelled')",
        )
        shelf.create_check_constraint(
            op.f("ck_tenancy_shelf_item_calendar_time"),
            "calendar_status = '' or (\"when\" is not null and ends_at is not null)",
        )
    op.add_column("tenancy_notice_card", sa.Column("online", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("work_mail") as mail:
        mail.add_column(sa.Column("calendar", sa.Text(), nullable=False, server_default=""))
        mail.add_column(sa.Column("calendar_method", sa.String(length=10), nullable=False, server_default=""))
        mail.create_check_constraint(
            op.f("ck_work_mail_calendar_method"), "calendar_method in ('', 'REQUEST', 'CANCEL')"
        )


def downgrade() -> None:
    with op.batch_alter_table("work_mail") as mail:
        mail.drop_constraint(op.f("ck_work_mail_calendar_method"), type_="check")
        mail.drop_column("calendar_method")
        mail.drop_column("calendar")
    op.drop_column("tenancy_notice_card", "online")
    with op.batch_alter_table("tenancy_shelf_item") as shelf:
        shelf.drop_constraint(op.f("ck_tenancy_shelf_item_calendar_status"), type_="check")
        shelf.drop_constraint(op.f("ck_tenancy_shelf_item_calendar_time"), type_="check")
        for name in ("join_href", "place", "ends_at", "sequence", "uid", "calendar_status"):
            shelf.drop_column(name)
    op.drop_table("people_calendar_key")
