"""A table that looks like the core's."""

from sqlalchemy.orm import Mapped

from core.sdk import Base, Id, TenantOwned, tenant_args


class Intruder(TenantOwned, Base):
    """Its name begins like the people room's tables."""

    __tablename__ = "people_intruder"
    __table_args__ = tenant_args()
    id: Mapped[Id]
