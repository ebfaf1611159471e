"""Messages, and what each person is told once"""

import sqlalchemy as sa
from alembic import op

revision = "local_events0006"
down_revision = "local_events0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "local_events_message",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("subject_cy", sa.String(length=200), nullable=False),
        sa.Column("text_cy", sa.Text(), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("written_by", sa.String(length=26), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("recipients > 0", name=op.f("ck_local_events_message_recipients")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_message_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_message_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_message")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_message_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_message", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_message_event", ["tenant_id", "event_id"], unique=False)

    op.create_table(
        "local_events_delivery",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("message_id", sa.String(length=26), nullable=True),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("slot", sa.String(length=40), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("mail_id", sa.String(length=26), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'message') = (message_id is not null)", name=op.f("ck_local_events_delivery_message")
        ),
        sa.CheckConstraint("(state = 'written') = (mail_id is not null)", name=op.f("ck_local_events_delivery_mail")),
        sa.CheckConstraint(
            "kind in ('cancelled', 'certificate', 'change', 'confirmed', 'message', 'reminder')",
            name=op.f("ck_local_events_delivery_kind"),
        ),
        sa.CheckConstraint("state in ('dropped', 'waiting', 'written')", name=op.f("ck_local_events_delivery_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_delivery_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "message_id"],
            ["local_events_message.tenant_id", "local_events_message.id"],
            name=op.f("fk_local_events_delivery_tenant_id_message_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_delivery_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_delivery")),
        sa.UniqueConstraint(
            "tenant_id",
            "event_id",
            "account_id",
            "kind",
            "slot",
            name=op.f("uq_local_events_delivery_tenant_id_event_id_account_id_kind_slot"),
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_delivery_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_delivery", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_delivery_account", ["tenant_id", "account_id"], unique=False)
        batch_op.create_index("ix_local_events_delivery_message", ["tenant_id", "message_id"], unique=False)
        batch_op.create_index(
            "ix_local_events_delivery_waiting",
            ["tenant_id", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )


def downgrade() -> None:
    op.drop_table("local_events_delivery")
    op.drop_table("local_events_message")
