"""Two tenants' worth of tables on a base of their own, with every mapping the leak matrix asks about."""

import sqlalchemy as sa
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    WriteOnlyMapped,
    column_property,
    mapped_column,
    relationship,
)

from core.data.base import TenantOwned, tenant_args, tenant_fk


class MatrixBase(DeclarativeBase):
    """Apart from the application's metadata, so that no migration knows these tables."""


class Tenant(MatrixBase):
    __tablename__ = "tenancy_tenant"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    claims: Mapped[list["Claim"]] = relationship(primaryjoin="foreign(Claim.tenant_id)==Tenant.id", viewonly=True)


class Tag(MatrixBase):
    __tablename__ = "mx_tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class TagLink(TenantOwned, MatrixBase):
    """A link table is a tenant-owned table like any other."""

    __tablename__ = "mx_tag_link"
    __table_args__ = tenant_args(tenant_fk("claim_id", "mx_claim"), key="claim_id")
    claim_id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(sa.ForeignKey("mx_tag.id"), primary_key=True)


class Claim(TenantOwned, MatrixBase):
    __tablename__ = "mx_claim"
    __table_args__ = tenant_args()
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    amount: Mapped[int]
    kind: Mapped[str] = mapped_column(default="claim")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "claim"}
    lines: Mapped[list["Line"]] = relationship(back_populates="claim")
    wlines: WriteOnlyMapped["Line"] = relationship(viewonly=True)
    dlines: DynamicMapped["Line"] = relationship(viewonly=True)


class MileageClaim(Claim):
    __tablename__ = "mx_mileage_claim"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "id"),
        sa.ForeignKeyConstraint(["tenant_id", "id"], ["mx_claim.tenant_id", "mx_claim.id"]),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id = column_property(sa.Column("tenant_id", sa.Integer, nullable=False), Claim.tenant_id)
    miles: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "mileage"}


class Line(TenantOwned, MatrixBase):
    __tablename__ = "mx_line"
    __table_args__ = tenant_args(tenant_fk("claim_id", "mx_claim"))
    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int]
    amount: Mapped[int]
    note: Mapped[str] = mapped_column(default="")
    claim: Mapped[Claim] = relationship(back_populates="lines")


class LooseLine(TenantOwned, MatrixBase):
    """With the simple foreign key that our rules forbid: it lets poisoned rows exist, so that reads can be tried on them."""

    __tablename__ = "mx_loose_line"
    __table_args__ = tenant_args()
    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("mx_claim.id"))
    amount: Mapped[int]
    note: Mapped[str] = mapped_column(default="")
    claim: Mapped[Claim] = relationship()


Claim.loose: Mapped[list[LooseLine]] = relationship(LooseLine, viewonly=True)
Claim.loose_writes: WriteOnlyMapped[LooseLine] = relationship(LooseLine, viewonly=True, lazy="write_only")
Claim.loose_dynamic: DynamicMapped[LooseLine] = relationship(LooseLine, viewonly=True, lazy="dynamic")
Claim.n_lines = column_property(
    sa.select(sa.func.count(LooseLine.id))
    .where(LooseLine.claim_id == Claim.id)
    .correlate_except(LooseLine)
    .scalar_subquery(),
    deferred=True,
)
_loose, _claim = LooseLine.__table__, Claim.__table__
Claim.n_lines_core = column_property(
    sa.select(sa.func.count(_loose.c.id))
    .where(_loose.c.claim_id == _claim.c.id)
    .correlate_except(_loose)
    .scalar_subquery(),
    deferred=True,
)
