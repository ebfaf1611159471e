"""The tables of budgets: what there is, what it is for, and every movement. Money is whole pence."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, tenant_args, tenant_fk
from plugins.expense_approvals.models.closed import one_of

MOVES = ("commit", "release", "spend")


class Budget(TenantOwned, Base):
    """A sum that a site may spend. `committed_p` and `actual_p` are the sums of its entries: each movement changes both rows in
    one transaction, and the conditional update and the constraints keep them at or below the limit."""

    __tablename__ = "expense_approvals_budget"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "name"),
        sa.CheckConstraint("committed_p >= 0", name="committed"),
        sa.CheckConstraint("actual_p >= 0", name="actual"),
        sa.CheckConstraint("committed_p + actual_p <= limit_p", name="within"),
    )
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(120))
    limit_p: Mapped[int] = mapped_column(sa.BigInteger)
    committed_p: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    actual_p: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class BudgetEntry(TenantOwned, Base):
    """One movement of a budget; never changed. One thing moves money once in each way."""

    __tablename__ = "expense_approvals_budget_entry"
    __table_args__ = tenant_args(
        tenant_fk("budget_id", "expense_approvals_budget"),
        sa.UniqueConstraint("tenant_id", "source_id", "move"),
        one_of("move", MOVES),
        sa.Index("ix_expense_approvals_budget_entry_budget", "tenant_id", "budget_id", "at"),
    )
    id: Mapped[Id]
    budget_id: Mapped[IdRef]
    source_id: Mapped[IdRef]
    move: Mapped[str] = mapped_column(sa.String(10))
    committed_p: Mapped[int] = mapped_column(sa.BigInteger)
    """What is added to the budget's committed pence: below 0 for a release."""
    actual_p: Mapped[int] = mapped_column(sa.BigInteger)
    at: Mapped[datetime]


class Activity(TenantOwned, Base):
    """Something that members take part in, and whether the costs of those without a salary may be covered (as a rule: no)."""

    __tablename__ = "expense_approvals_activity"
    __table_args__ = tenant_args(
        tenant_fk("budget_id", "expense_approvals_budget"),
        sa.CheckConstraint("starts_on <= ends_on", name="days"),
        sa.CheckConstraint("not covered or budget_id is not null", name="covered"),
        sa.Index("ix_expense_approvals_activity_days", "tenant_id", "ends_on"),
        sa.Index("ix_expense_approvals_activity_event", "tenant_id", "event_id", unique=True),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef | None]
    """The event of this site that it is, where the way to it began on an event's page. Plugins do not see each other: it is a
    name, and nothing is read by it but this row."""
    title: Mapped[str] = mapped_column(sa.String(200))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    covered: Mapped[bool] = mapped_column(default=False)
    budget_id: Mapped[IdRef | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
