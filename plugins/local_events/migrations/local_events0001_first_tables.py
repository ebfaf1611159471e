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
        sa.Column("uid", sa.String(length=26), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
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
        sa.Column("registration_opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registration_closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdraw_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wants_approval", sa.Boolean(), nullable=False),
        sa.Column("guests_allowed", sa.Integer(), nullable=False),
        sa.Column("offer_hours", sa.Integer(), nullable=False),
        sa.Column("keep_answers_days", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("reminders", sa.JSON(), nullable=False),
        sa.Column("certificate", sa.Boolean(), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=26), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_why", sa.String(length=500), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("audience in ('area', 'public', 'uk')", name=op.f("ck_local_events_event_audience")),
        sa.CheckConstraint(
            "kind in ('exchange', 'masterclass', 'meet_up', 'networking', 'site_visit', 'webinar', 'workshop')",
            name=op.f("ck_local_events_event_kind"),
        ),
        sa.CheckConstraint("mode in ('both', 'in_person', 'online')", name=op.f("ck_local_events_event_mode")),
        sa.CheckConstraint("origin in ('central', 'member', 'partner')", name=op.f("ck_local_events_event_origin")),
        sa.CheckConstraint(
            "state in ('approved', 'cancelled', 'changes_requested', 'completed', 'draft', 'published', 'rejected', "
            "'submitted', 'withdrawn')",
            name=op.f("ck_local_events_event_state"),
        ),
        sa.CheckConstraint("guests_allowed between 0 and 9", name=op.f("ck_local_events_event_guests")),
        sa.CheckConstraint("keep_answers_days between 0 and 365", name=op.f("ck_local_events_event_keep_answers")),
        sa.CheckConstraint("offer_hours between 1 and 336", name=op.f("ck_local_events_event_offer_hours")),
        sa.CheckConstraint(
            "registration_opens_at < registration_closes_at", name=op.f("ck_local_events_event_registration")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_local_events_event_times")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_event_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_event")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_event_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "uid", name=op.f("uq_local_events_event_tenant_id_uid")),
    )
    with op.batch_alter_table("local_events_event", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_event_list", ["tenant_id", "state", "starts_at"], unique=False)

    op.create_table(
        "local_events_invitation",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("invited_by", sa.String(length=26), nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_local_events_invitation_email")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_invitation_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_invitation_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_invitation")),
        sa.UniqueConstraint(
            "tenant_id", "event_id", "email", name=op.f("uq_local_events_invitation_tenant_id_event_id_email")
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_invitation_tenant_id_id")),
    )
    op.create_table(
        "local_events_pool",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("waiting_limit", sa.Integer(), nullable=True),
        sa.Column("eligibility", sa.String(length=10), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "eligibility in ('area', 'invited', 'members', 'public')", name=op.f("ck_local_events_pool_eligibility")
        ),
        sa.CheckConstraint("kind in ('in_person', 'online', 'reserved')", name=op.f("ck_local_events_pool_kind")),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_local_events_pool_capacity")),
        sa.CheckConstraint("waiting_limit >= 0", name=op.f("ck_local_events_pool_waiting_limit")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_pool_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_pool_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_pool")),
        sa.UniqueConstraint("tenant_id", "event_id", "kind", name=op.f("uq_local_events_pool_tenant_id_event_id_kind")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_pool_tenant_id_id")),
    )
    op.create_table(
        "local_events_question",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("hint", sa.String(length=300), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind in ('choice', 'choices', 'long', 'short', 'yes_no')", name=op.f("ck_local_events_question_kind")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_question_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_question_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_question")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_question_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_question", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_question_event", ["tenant_id", "event_id"], unique=False)

    op.create_table(
        "local_events_registration",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("pool_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("guests", sa.Integer(), nullable=False),
        sa.Column("or_online", sa.Boolean(), nullable=False),
        sa.Column("accepts_offers", sa.Boolean(), nullable=False),
        sa.Column("offer_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret", sa.String(length=43), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("override_reason", sa.String(length=500), nullable=False),
        sa.Column("ended_why", sa.String(length=500), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("in_calendar", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.String(length=20), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'offered') = (offer_expires_at is not null)", name=op.f("ck_local_events_registration_offer")
        ),
        sa.CheckConstraint(
            "notice in ('', 'cancelled', 'confirmed', 'handed_on', 'lapsed', 'offered', 'pending', 'refused', 'removed', 'waitlisted', 'withdrawn')",
            name=op.f("ck_local_events_registration_notice"),
        ),
        sa.CheckConstraint(
            "source in ('organiser', 'self', 'transfer')", name=op.f("ck_local_events_registration_source")
        ),
        sa.CheckConstraint(
            "state in ('confirmed', 'declined', 'event_cancelled', 'offer_lapsed', 'offered', 'pending', 'removed', 'waitlisted', 'withdrawn')",
            name=op.f("ck_local_events_registration_state"),
        ),
        sa.CheckConstraint("guests between 0 and 9", name=op.f("ck_local_events_registration_guests")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_registration_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pool_id"],
            ["local_events_pool.tenant_id", "local_events_pool.id"],
            name=op.f("fk_local_events_registration_tenant_id_pool_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_registration_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_registration")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_registration_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_registration", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_registration_account", ["tenant_id", "account_id"], unique=False)
        batch_op.create_index(
            "ix_local_events_registration_notice",
            ["tenant_id", "changed_at"],
            unique=False,
            sqlite_where=sa.text("notice <> ''"),
            postgresql_where=sa.text("notice <> ''"),
        )
        batch_op.create_index(
            "ix_local_events_registration_pool", ["tenant_id", "event_id", "pool_id", "state"], unique=False
        )
        batch_op.create_index(
            "uq_local_events_registration_active",
            ["tenant_id", "event_id", "account_id"],
            unique=True,
            sqlite_where=sa.text("state in ('confirmed', 'offered', 'pending', 'waitlisted')"),
            postgresql_where=sa.text("state in ('confirmed', 'offered', 'pending', 'waitlisted')"),
        )

    op.create_table(
        "local_events_answer",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("registration_id", sa.String(length=26), nullable=False),
        sa.Column("question_id", sa.String(length=26), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "question_id"],
            ["local_events_question.tenant_id", "local_events_question.id"],
            name=op.f("fk_local_events_answer_tenant_id_question_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "registration_id"],
            ["local_events_registration.tenant_id", "local_events_registration.id"],
            name=op.f("fk_local_events_answer_tenant_id_registration_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_answer_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_answer")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_answer_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id",
            "registration_id",
            "question_id",
            name=op.f("uq_local_events_answer_tenant_id_registration_id_question_id"),
        ),
    )
    op.create_table(
        "local_events_sealed_answer",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("registration_id", sa.String(length=26), nullable=False),
        sa.Column("question_id", sa.String(length=26), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_sealed_answer_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "question_id"],
            ["local_events_question.tenant_id", "local_events_question.id"],
            name=op.f("fk_local_events_sealed_answer_tenant_id_question_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "registration_id"],
            ["local_events_registration.tenant_id", "local_events_registration.id"],
            name=op.f("fk_local_events_sealed_answer_tenant_id_registration_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_sealed_answer_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_sealed_answer")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_sealed_answer_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id",
            "registration_id",
            "question_id",
            name=op.f("uq_local_events_sealed_answer_tenant_id_registration_id_question_id"),
        ),
    )
    with op.batch_alter_table("local_events_sealed_answer", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_sealed_answer_event", ["tenant_id", "event_id"], unique=False)


def downgrade() -> None:
    op.drop_table("local_events_sealed_answer")
    op.drop_table("local_events_answer")
    op.drop_table("local_events_registration")
    op.drop_table("local_events_question")
    op.drop_table("local_events_pool")
    op.drop_table("local_events_invitation")
    op.drop_table("local_events_event")
