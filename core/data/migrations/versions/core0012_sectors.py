"""sectors"""

import sqlalchemy as sa
from alembic import op

revision = "core0012"
down_revision = "core0011"
branch_labels = None
depends_on = None

CHECK = (
    "sector in ('', 'hospital', 'primary_care', 'community', 'mental_health', 'ambulance', 'social_care', 'public_health', "
    "'commissioning', 'national_body', 'university', 'voluntary', 'private', 'lived_experience', 'elsewhere')"
)


def upgrade() -> None:
    with op.batch_alter_table("people_profile") as profile:
        profile.add_column(sa.Column("sector", sa.String(length=20), nullable=False, server_default=""))
        profile.create_check_constraint(op.f("ck_people_profile_sector"), CHECK)


def downgrade() -> None:
    with op.batch_alter_table("people_profile") as profile:
        profile.drop_constraint(op.f("ck_people_profile_sector"), type_="check")
        profile.drop_column("sector")
