"""First tables"""

import sqlalchemy as sa
from alembic import op

revision = "${name}0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "${name}_note",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.String(length=26), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenancy_tenant.id"], name=op.f("fk_${name}_note_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_${name}_note")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_${name}_note_tenant_id_id")),
    )
    op.create_index("ix_${name}_note_list", "${name}_note", ["tenant_id", "written_at"])


def downgrade() -> None:
    op.drop_table("${name}_note")
