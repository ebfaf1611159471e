"""Feedback without a name, what is done about it, and reflections"""

import sqlalchemy as sa
from alembic import op

revision = "local_events0003"
down_revision = "local_events0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "local_events_feedback",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("opened_at < closes_at", name=op.f("ck_local_events_feedback_times")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_feedback_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_feedback_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_feedback")),
        sa.UniqueConstraint("tenant_id", "event_id", name=op.f("uq_local_events_feedback_tenant_id_event_id")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_feedback_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_feedback", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_feedback_due", ["tenant_id", "closed_at", "closes_at"], unique=False)

    op.create_table(
        "local_events_feedback_action",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("said", sa.String(length=500), nullable=False),
        sa.Column("did", sa.String(length=500), nullable=False),
        sa.Column("owner_id", sa.String(length=26), nullable=True),
        sa.Column("owner_name", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=26), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'dropped') = (reason <> '')", name=op.f("ck_local_events_feedback_action_reason")),
        sa.CheckConstraint("state in ('done', 'dropped', 'open')", name=op.f("ck_local_events_feedback_action_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_feedback_action_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_feedback_action_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_feedback_action")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_feedback_action_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_feedback_action", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_feedback_action_due", ["tenant_id", "state", "due_on"], unique=False)
        batch_op.create_index("ix_local_events_feedback_action_event", ["tenant_id", "event_id"], unique=False)

    op.create_table(
        "local_events_feedback_answer",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("question", sa.String(length=30), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("score between 0 and 5", name=op.f("ck_local_events_feedback_answer_score")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_feedback_answer_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_feedback_answer_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_feedback_answer")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_feedback_answer_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_feedback_answer", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_feedback_answer_event", ["tenant_id", "event_id"], unique=False)

    op.create_table(
        "local_events_feedback_comment",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("question", sa.String(length=30), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_feedback_comment_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_feedback_comment_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_feedback_comment")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_feedback_comment_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_feedback_comment", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_feedback_comment_event", ["tenant_id", "event_id"], unique=False)

    op.create_table(
        "local_events_feedback_given",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_feedback_given_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_feedback_given_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_feedback_given")),
        sa.UniqueConstraint(
            "tenant_id",
            "event_id",
            "account_id",
            name=op.f("uq_local_events_feedback_given_tenant_id_event_id_account_id"),
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_feedback_given_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_feedback_given", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_feedback_given_account", ["tenant_id", "account_id"], unique=False)

    op.create_table(
        "local_events_reflection",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("wants_to_share", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_reflection_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_reflection_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_reflection")),
        sa.UniqueConstraint(
            "tenant_id", "event_id", "account_id", name=op.f("uq_local_events_reflection_tenant_id_event_id_account_id")
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_reflection_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_reflection", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_reflection_account", ["tenant_id", "account_id"], unique=False)


def downgrade() -> None:
    op.drop_table("local_events_reflection")
    op.drop_table("local_events_feedback_given")
    op.drop_table("local_events_feedback_comment")
    op.drop_table("local_events_feedback_answer")
    op.drop_table("local_events_feedback_action")
    op.drop_table("local_events_feedback")
