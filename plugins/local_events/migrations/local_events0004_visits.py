"""Exchange and site visits"""

import sqlalchemy as sa
from alembic import op

revision = "local_events0004"
down_revision = "local_events0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "local_events_visit_interest",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("domains", sa.JSON(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_visit_interest_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_visit_interest")),
        sa.UniqueConstraint(
            "tenant_id", "account_id", name=op.f("uq_local_events_visit_interest_tenant_id_account_id")
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_visit_interest_tenant_id_id")),
    )
    op.create_table(
        "local_events_visit_offer",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("host_id", sa.String(length=26), nullable=True),
        sa.Column("host_name", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("learning_edge", sa.Text(), nullable=False),
        sa.Column("domains", sa.JSON(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("open_until", sa.Date(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("audience in ('area', 'uk')", name=op.f("ck_local_events_visit_offer_audience")),
        sa.CheckConstraint("kind in ('exchange', 'site_visit')", name=op.f("ck_local_events_visit_offer_kind")),
        sa.CheckConstraint("state in ('closed', 'offered')", name=op.f("ck_local_events_visit_offer_state")),
        sa.CheckConstraint("capacity between 1 and 50", name=op.f("ck_local_events_visit_offer_capacity")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["local_events_event.tenant_id", "local_events_event.id"],
            name=op.f("fk_local_events_visit_offer_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_visit_offer_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_visit_offer")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_visit_offer_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_visit_offer", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_visit_offer_event", ["tenant_id", "event_id"], unique=False)
        batch_op.create_index("ix_local_events_visit_offer_host", ["tenant_id", "host_id"], unique=False)
        batch_op.create_index("ix_local_events_visit_offer_list", ["tenant_id", "state", "open_until"], unique=False)

    op.create_table(
        "local_events_visit",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("offer_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("wants", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("visit_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("host_words", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state in ('agreed', 'asked', 'confirmed', 'declined', 'learnt', 'took_place', 'withdrawn')",
            name=op.f("ck_local_events_visit_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "offer_id"],
            ["local_events_visit_offer.tenant_id", "local_events_visit_offer.id"],
            name=op.f("fk_local_events_visit_tenant_id_offer_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_visit_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_visit")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_visit_tenant_id_id")),
    )
    with op.batch_alter_table("local_events_visit", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_visit_account", ["tenant_id", "account_id"], unique=False)
        batch_op.create_index(
            "uq_local_events_visit_living",
            ["tenant_id", "offer_id", "account_id"],
            unique=True,
            sqlite_where=sa.text("state in ('agreed', 'asked', 'confirmed', 'learnt', 'took_place')"),
            postgresql_where=sa.text("state in ('agreed', 'asked', 'confirmed', 'learnt', 'took_place')"),
        )

    op.create_table(
        "local_events_visit_learning",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("visit_id", sa.String(length=26), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("side in ('host', 'visitor')", name=op.f("ck_local_events_visit_learning_side")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "visit_id"],
            ["local_events_visit.tenant_id", "local_events_visit.id"],
            name=op.f("fk_local_events_visit_learning_tenant_id_visit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_local_events_visit_learning_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_events_visit_learning")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_local_events_visit_learning_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id", "visit_id", "side", name=op.f("uq_local_events_visit_learning_tenant_id_visit_id_side")
        ),
    )
    with op.batch_alter_table("local_events_visit_learning", schema=None) as batch_op:
        batch_op.create_index("ix_local_events_visit_learning_account", ["tenant_id", "account_id"], unique=False)


def downgrade() -> None:
    op.drop_table("local_events_visit_learning")
    op.drop_table("local_events_visit")
    op.drop_table("local_events_visit_offer")
    op.drop_table("local_events_visit_interest")
