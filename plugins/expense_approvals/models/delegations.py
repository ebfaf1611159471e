"""The tables of who decides instead: who stands in for which approver, and what the central team was told of."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, tenant_args


class Delegation(TenantOwned, Base):
    """That one person decides for an approver from a day to another, both included. It stays as history when it is over;
    `ended_at` says that it was taken back before."""

    __tablename__ = "expense_approvals_delegation"
    __table_args__ = tenant_args(
        sa.CheckConstraint("delegator_id <> delegate_id", name="two_people"),
        sa.CheckConstraint("starts_on <= ends_on", name="days"),
        sa.Index("ix_expense_approvals_delegation_delegate", "tenant_id", "delegate_id", "ends_on"),
        sa.Index("ix_expense_approvals_delegation_delegator", "tenant_id", "delegator_id", "ends_on"),
    )
    id: Mapped[Id]
    delegator_id: Mapped[IdRef]
    delegate_id: Mapped[IdRef]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    version: Mapped[int] = mapped_column(default=1)
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Escalation(TenantOwned, Base):
    """That the central team was told of something (a pre-approval, a claim, an adjustment) that nobody of the site can decide. It
    counts until that takes its next step: what comes after is told of anew."""

    __tablename__ = "expense_approvals_escalation"
    __table_args__ = tenant_args(sa.UniqueConstraint("tenant_id", "source_id"))
    id: Mapped[Id]
    source_id: Mapped[IdRef]
    told_at: Mapped[datetime]
