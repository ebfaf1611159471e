"""The tables of adjustments: what a late change of the policy adds to a claim that was granted. Money is whole pence."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, tenant_args, tenant_fk
from plugins.expense_approvals.models.closed import one_of
from plugins.expense_approvals.states import ADJUSTMENT_STORED


class Adjustment(TenantOwned, Base):
    """What is paid of a claim beyond its decision, because a version of the policy was published later for its days.

    There is one for a claim and a version of the policy. What it is about (the claim as it was sent, by its hash, the version
    and the pence) never changes: triggers of the database refuse it. Only its state goes on.
    """

    __tablename__ = "expense_approvals_adjustment"
    __table_args__ = tenant_args(
        tenant_fk("claim_id", "expense_approvals_claim"),
        sa.UniqueConstraint("tenant_id", "claim_id", "policy_version", name="uq_expense_approvals_adjustment_once"),
        one_of("state", ADJUSTMENT_STORED),
        sa.CheckConstraint("pence > 0", name="pence"),
        sa.CheckConstraint("decided_by is null or decided_by <> made_by", name="two_people"),
        sa.CheckConstraint("(decided_at is null) = (state = 'proposed')", name="decided"),
        sa.Index("ix_expense_approvals_adjustment_state", "tenant_id", "state", "made_at"),
    )
    id: Mapped[Id]
    claim_id: Mapped[IdRef]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    """The hash of the claim's revision that was reckoned again."""
    policy_version: Mapped[int]
    """The newest national version that makes the difference."""
    pence: Mapped[int] = mapped_column(sa.BigInteger)
    state: Mapped[str] = mapped_column(sa.String(10))
    version: Mapped[int] = mapped_column(default=1)
    words: Mapped[str] = mapped_column(sa.String(500), default="")
    """What was said with the decision."""
    made_by: Mapped[IdRef]
    made_at: Mapped[datetime]
    decided_by: Mapped[IdRef | None]
    decided_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class AdjustmentLine(TenantOwned, Base):
    """What an adjustment adds to one cost; below 0 where the same change takes from this one. Never changed."""

    __tablename__ = "expense_approvals_adjustment_line"
    __table_args__ = tenant_args(
        tenant_fk("adjustment_id", "expense_approvals_adjustment"),
        tenant_fk("line_id", "expense_approvals_claim_line"),
        sa.UniqueConstraint("tenant_id", "adjustment_id", "line_id", name="uq_expense_approvals_adjustment_line_once"),
        sa.CheckConstraint("pence <> 0", name="pence"),
    )
    id: Mapped[Id]
    adjustment_id: Mapped[IdRef]
    line_id: Mapped[IdRef]
    pence: Mapped[int] = mapped_column(sa.BigInteger)
