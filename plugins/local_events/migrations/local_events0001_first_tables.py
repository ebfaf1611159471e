"""First tables"""

import sqlalchemy as sa
from alembic import op

revision = "local_events0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "local_events_event",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("online_url", sa.String(length=500), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=26), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_why", sa.String(length=500), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("audience in ('area', 'public', 'uk')", name=op.f("ck_local_events_event_audience")),
        sa.CheckConstraint(
            "kind in ('masterclass', 'networking', 'site_visit', 'webinar', 'workshop')",
            name=op.f("ck_local_events_event_kind"),
        ),
        sa.CheckConstraint("mode in ('both', 'in_person', 'online')", name=op.f("ck_local_events_event_mode")),
        sa.CheckConstraint(
            "state in ('cancelled', 'completed', 'draft', 'published')", name=op.f("ck_local_events_event_state")
        ),
        sa.CheckConstraint("0 <= taken and taken <= capacity", name=op.f("ck_local_events_event_places")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_local_events_event_times")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_event_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_event")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_event_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_event", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_event_list", ["tenant_id", "state", "starts_at"], unique=False)

    op.create_table(
        "local_events_registration",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("state in ('coming', 'withdrawn')", name=op.f("ck_local_events_registration_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_registration_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_registration_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_registration")),
        sa.UniqueConstraint(
            "tenant_id",
            "event_id",
            "account_id",
            name=op.f("uq_local_events_registration_tenant_id_event_id_account_id"),
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_registration_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_registration", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_registration_account", ["tenant_id", "account_id"], unique=False)


def downgrade() -> None:
    op.drop_table("local_events_registration")
    op.drop_table("local_events_event")
