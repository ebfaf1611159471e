"""The table of notes."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, tenant_args


class Note(TenantOwned, Base):
    """One note. It belongs to the site it was written at, and no other site can read it."""

    __tablename__ = "${name}_note"
    __table_args__ = tenant_args(sa.Index("ix_${name}_note_list", "tenant_id", "written_at"))
    id: Mapped[Id]
    text: Mapped[str] = mapped_column(sa.String(500))
    written_at: Mapped[datetime]
    written_by: Mapped[IdRef | None]
