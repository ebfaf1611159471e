"""Kinds and series"""

import sqlalchemy as sa
from alembic import op

revision = "local_events0002"
down_revision = "local_events0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "local_events_hosting",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("origin_tenant_id", sa.Integer(), nullable=False),
        sa.Column("host_tenant_id", sa.Integer(), nullable=False),
        sa.Column("event_ref", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("audience in ('area', 'public', 'uk')", name=op.f("ck_local_events_hosting_audience")),
        sa.CheckConstraint(
            "state in ('accepted', 'declined', 'ended', 'invited')", name=op.f("ck_local_events_hosting_state")
        ),
        sa.CheckConstraint("origin_tenant_id <> host_tenant_id", name=op.f("ck_local_events_hosting_two_sites")),
        sa.ForeignKeyConstraint(
            ["host_tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_hosting_host_tenant_id")
        ),
        sa.ForeignKeyConstraint(
            ["origin_tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_hosting_origin_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_hosting")),
    )
    with op.batch_alter_table("local_events_hosting", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_hosting_host", ["host_tenant_id", "state", "ends_at"], unique=False)
        batch_op.create_index(
            "uq_local_events_hosting_live",
            ["origin_tenant_id", "event_ref", "host_tenant_id"],
            unique=True,
            sqlite_where=sa.text("state in ('accepted', 'invited')"),
            postgresql_where=sa.text("state in ('accepted', 'invited')"),
        )

    op.create_table(
        "local_events_kind",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("wants_approval", sa.Boolean(), nullable=False),
        sa.Column("guests_allowed", sa.Integer(), nullable=False),
        sa.Column("certificate", sa.Boolean(), nullable=False),
        sa.Column("reminders", sa.JSON(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("saved_by", sa.String(length=26), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind in ('exchange', 'masterclass', 'meet_up', 'networking', 'site_visit', 'webinar', 'workshop')",
            name=op.f("ck_local_events_kind_kind"),
        ),
        sa.CheckConstraint("mode in ('both', 'in_person', 'online')", name=op.f("ck_local_events_kind_mode")),
        sa.CheckConstraint("guests_allowed between 0 and 9", name=op.f("ck_local_events_kind_guests")),
        sa.CheckConstraint("minutes between 15 and 20160", name=op.f("ck_local_events_kind_minutes")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_kind_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_kind")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_kind_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "kind", "version", name=op.f("uq_local_events_kind_tenant_id_kind_version")),
    )
    with op.batch_alter_table("local_events_kind", schema=None) as batch_op:
        batch_op.create_index(
            "uq_local_events_kind_current",
            ["tenant_id", "kind"],
            unique=True,
            sqlite_where=sa.text("current"),
            postgresql_where=sa.text("current"),
        )

    op.create_table(
        "local_events_series",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("first_start", sa.String(length=16), nullable=False),
        sa.Column("tzid", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("split_from", sa.String(length=26), nullable=True),
        sa.Column("created_by", sa.String(length=26), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "split_from"],
            ["local_events_series.tenant_id", "local_events_series.id"],
            name=op.f("fk_local_events_series_tenant_id_split_from"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_series_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_series")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_series_tenant_id_id")),
    )
    op.create_table(
        "local_events_occurrence",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("series_id", sa.String(length=26), nullable=False),
        sa.Column("original_start", sa.String(length=16), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_occurrence_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "series_id"],
            ["local_events_series.tenant_id", "local_events_series.id"],
            name=op.f("fk_local_events_occurrence_tenant_id_series_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_occurrence_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_occurrence")),
        sa.UniqueConstraint("tenant_id", "event_id", name=op.f("uq_local_events_occurrence_tenant_id_event_id")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_occurrence_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id",
            "series_id",
            "original_start",
            name=op.f("uq_local_events_occurrence_tenant_id_series_id_original_start"),
        ),
    )
    op.create_table(
        "local_events_organiser",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("added_by", sa.String(length=26), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_organiser_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_organiser_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_organiser")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_organiser_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_organiser", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_organiser_account", ["tenant_id", "account_id"], unique=False)
        batch_op.create_index(
            "uq_local_events_organiser_here",
            ["tenant_id", "event_id", "account_id"],
            unique=True,
            sqlite_where=sa.text("left_at is null"),
            postgresql_where=sa.text("left_at is null"),
        )

    op.create_table(
        "local_events_proposal_step",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("by", sa.String(length=26), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "step in ('approve', 'publish', 'reject', 'request_changes', 'submit', 'withdraw')",
            name=op.f("ck_local_events_proposal_step_step"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_proposal_step_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_proposal_step_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_proposal_step")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_proposal_step_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_proposal_step", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_proposal_step_event", ["tenant_id", "event_id"], unique=False)

    op.create_table(
        "local_events_tag",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('domain', 'topic')", name=op.f("ck_local_events_tag_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_tag_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_tag_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_tag")),
        sa.UniqueConstraint(
            "tenant_id", "event_id", "kind", "value", name=op.f("uq_local_events_tag_tenant_id_event_id_kind_value")
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_tag_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_tag", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_tag_value", ["tenant_id", "kind", "value"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("local_events_tag", schema=None) as batch_op:
        batch_op.drop_index("ix_local_events_tag_value")

    op.drop_table("local_events_tag")
    with op.batch_alter_table("local_events_proposal_step", schema=None) as batch_op:
        batch_op.drop_index("ix_local_events_proposal_step_event")

    op.drop_table("local_events_proposal_step")
    with op.batch_alter_table("local_events_organiser", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_local_events_organiser_here",
            sqlite_where=sa.text("left_at is null"),
            postgresql_where=sa.text("left_at is null"),
        )
        batch_op.drop_index("ix_local_events_organiser_account")

    op.drop_table("local_events_organiser")
    op.drop_table("local_events_occurrence")
    op.drop_table("local_events_series")
    with op.batch_alter_table("local_events_kind", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_local_events_kind_current", sqlite_where=sa.text("current"), postgresql_where=sa.text("current")
        )

    op.drop_table("local_events_kind")
    with op.batch_alter_table("local_events_hosting", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_local_events_hosting_live",
            sqlite_where=sa.text("state in ('accepted', 'invited')"),
            postgresql_where=sa.text("state in ('accepted', 'invited')"),
        )
        batch_op.drop_index("ix_local_events_hosting_host")

    op.drop_table("local_events_hosting")
