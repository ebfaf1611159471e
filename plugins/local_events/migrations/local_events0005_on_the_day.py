"""On the day: check-ins, walk-ins, corrections, certificates"""

import sqlalchemy as sa
from alembic import op

from core.sdk.migrations import refuse

revision = "local_events0005"
down_revision = "local_events0004"
branch_labels = None
depends_on = None

WHO = (
    "old.event_id <> new.event_id or coalesce(old.registration_id, '') <> coalesce(new.registration_id, '') "
    "or coalesce(old.walk_in_id, '') <> coalesce(new.walk_in_id, '')"
)
PRESS = (
    f"{WHO} or old.direction <> new.direction or old.at <> new.at or old.received_at <> new.received_at "
    "or old.device <> new.device or old.nonce <> new.nonce or old.undoes <> new.undoes or new.pressed_by is not null"
)
"""Of a press only who pressed is forgotten, when that person is erased."""
CORRECTION = (
    f"{WHO} or old.attendance <> new.attendance or coalesce(old.minutes, 0) <> coalesce(new.minutes, 0) "
    "or old.why <> new.why or old.made_at <> new.made_at or new.made_by is not null"
)
CERTIFICATE = (
    f"{WHO} or old.name <> new.name or old.title <> new.title or old.starts_at <> new.starts_at "
    "or old.minutes <> new.minutes or old.code <> new.code or old.issued_at <> new.issued_at "
    "or (old.revoked_at is not null and new.revoked_at is null)"
)
"""A certificate can be revoked, once and for good."""


def upgrade() -> None:
    op.create_table(
        "local_events_walk_in",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("added_by", sa.String(length=26), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_walk_in_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_walk_in_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_walk_in")),
        sa.UniqueConstraint(
            "tenant_id", "event_id", "account_id", name=op.f("uq_local_events_walk_in_tenant_id_event_id_account_id")
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_walk_in_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "nonce", name=op.f("uq_local_events_walk_in_tenant_id_nonce")),
    )
    with op.batch_alter_table("local_events_walk_in", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_walk_in_account", ["tenant_id", "account_id"], unique=False)

    op.create_table(
        "local_events_check_in",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("registration_id", sa.String(length=26), nullable=True),
        sa.Column("walk_in_id", sa.String(length=26), nullable=True),
        sa.Column("direction", sa.String(length=4), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("undoes", sa.String(length=64), nullable=False),
        sa.Column("pressed_by", sa.String(length=26), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("(direction = 'undo') = (undoes <> '')", name=op.f("ck_local_events_check_in_undoes")),
        sa.CheckConstraint("direction in ('in', 'out', 'undo')", name=op.f("ck_local_events_check_in_direction")),
        sa.CheckConstraint(
            "(registration_id is null) <> (walk_in_id is null)", name=op.f("ck_local_events_check_in_who")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_check_in_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "registration_id"],
            ["local_events_registration.tenant_id", "local_events_registration.id"],
            name=op.f("fk_local_events_check_in_tenant_id_registration_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "walk_in_id"],
            ["local_events_walk_in.tenant_id", "local_events_walk_in.id"],
            name=op.f("fk_local_events_check_in_tenant_id_walk_in_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_check_in_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_check_in")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_check_in_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "nonce", name=op.f("uq_local_events_check_in_tenant_id_nonce")),
    )
    with op.batch_alter_table("local_events_check_in", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_check_in_event", ["tenant_id", "event_id"], unique=False)

    op.create_table(
        "local_events_correction",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("registration_id", sa.String(length=26), nullable=True),
        sa.Column("walk_in_id", sa.String(length=26), nullable=True),
        sa.Column("attendance", sa.String(length=10), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("made_by", sa.String(length=26), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(attendance = 'partial') = (minutes is not null)", name=op.f("ck_local_events_correction_minutes")
        ),
        sa.CheckConstraint(
            "attendance in ('attended', 'no_show', 'partial')", name=op.f("ck_local_events_correction_attendance")
        ),
        sa.CheckConstraint(
            "(registration_id is null) <> (walk_in_id is null)", name=op.f("ck_local_events_correction_who")
        ),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_local_events_correction_some")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_correction_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "registration_id"],
            ["local_events_registration.tenant_id", "local_events_registration.id"],
            name=op.f("fk_local_events_correction_tenant_id_registration_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "walk_in_id"],
            ["local_events_walk_in.tenant_id", "local_events_walk_in.id"],
            name=op.f("fk_local_events_correction_tenant_id_walk_in_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_correction_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_correction")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_correction_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_correction", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_correction_event", ["tenant_id", "event_id"], unique=False)

    op.create_table(
        "local_events_certificate",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("registration_id", sa.String(length=26), nullable=True),
        sa.Column("walk_in_id", sa.String(length=26), nullable=True),
        sa.Column("account_id", sa.String(length=26), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("issued_by", sa.String(length=26), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_why", sa.String(length=500), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(revoked_at is null) = (revoked_why = '')", name=op.f("ck_local_events_certificate_revoked")
        ),
        sa.CheckConstraint(
            "(registration_id is null) <> (walk_in_id is null)", name=op.f("ck_local_events_certificate_who")
        ),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_local_events_certificate_minutes")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_certificate_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "registration_id"],
            ["local_events_registration.tenant_id", "local_events_registration.id"],
            name=op.f("fk_local_events_certificate_tenant_id_registration_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "walk_in_id"],
            ["local_events_walk_in.tenant_id", "local_events_walk_in.id"],
            name=op.f("fk_local_events_certificate_tenant_id_walk_in_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_certificate_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_certificate")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_local_events_certificate_tenant_id_code")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_certificate_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_certificate", schema=None) as batch_op:
        batch_op.create_index(
            "ix_local_events_certificate_event", ["tenant_id", "event_id", "account_id"], unique=False
        )
        batch_op.create_index(
            "uq_local_events_certificate_registration",
            ["tenant_id", "registration_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at is null"),
            postgresql_where=sa.text("revoked_at is null"),
        )
        batch_op.create_index(
            "uq_local_events_certificate_walk_in",
            ["tenant_id", "walk_in_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at is null"),
            postgresql_where=sa.text("revoked_at is null"),
        )

    refuse("local_events_check_in", "update", PRESS)
    refuse("local_events_correction", "update", CORRECTION)
    refuse("local_events_certificate", "update", CERTIFICATE)


def downgrade() -> None:
    op.drop_table("local_events_certificate")
    op.drop_table("local_events_correction")
    op.drop_table("local_events_check_in")
    op.drop_table("local_events_walk_in")
