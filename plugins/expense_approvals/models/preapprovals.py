"""The tables of pre-approvals: who says not to be in paid employment, what is asked for, and every step of deciding."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, tenant_args, tenant_fk
from plugins.expense_approvals.models.closed import one_of
from plugins.expense_approvals.states import STORED


class Declaration(TenantOwned, Base):
    """That a person is not in paid employment on the days of an activity. `statement` is the version of its words."""

    __tablename__ = "expense_approvals_declaration"
    __table_args__ = tenant_args(
        tenant_fk("activity_id", "expense_approvals_activity"),
        sa.Index(
            "uq_expense_approvals_declaration_standing", "tenant_id", "activity_id", "account_id", unique=True,
            sqlite_where=sa.text("withdrawn_at is null"), postgresql_where=sa.text("withdrawn_at is null"),
        ),
    )  # fmt: skip
    id: Mapped[Id]
    activity_id: Mapped[IdRef]
    account_id: Mapped[IdRef]
    statement: Mapped[int]
    declared_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Preapproval(TenantOwned, Base):
    """What one person asks to be agreed for one activity, before the cost.

    `version` rises with every step: a decision names the version it was made on. The budget holds `approved_p` from the
    decision until it is spent or given back.
    """

    __tablename__ = "expense_approvals_preapproval"
    __table_args__ = tenant_args(
        tenant_fk("activity_id", "expense_approvals_activity"),
        tenant_fk("supplements_id", "expense_approvals_preapproval"),
        one_of("state", STORED),
        sa.CheckConstraint("asked_p > 0", name="asked"),
        sa.CheckConstraint("allowed_p between 0 and asked_p", name="allowed"),
        sa.CheckConstraint("approved_p between 0 and allowed_p", name="approved"),
        sa.Index("ix_expense_approvals_preapproval_queue", "tenant_id", "state", "asked_at"),
        sa.Index("ix_expense_approvals_preapproval_person", "tenant_id", "account_id"),
        sa.Index("ix_expense_approvals_preapproval_supplements", "tenant_id", "supplements_id"),
    )
    id: Mapped[Id]
    activity_id: Mapped[IdRef]
    supplements_id: Mapped[IdRef | None]
    """The pre-approval that this one adds to, because a claim from that came to more; None for what stands by itself."""
    account_id: Mapped[IdRef | None]
    """Whose costs they are, and who is paid; None once that person is erased."""
    submitted_by: Mapped[IdRef | None]
    state: Mapped[str] = mapped_column(sa.String(20))
    version: Mapped[int] = mapped_column(default=1)
    asked_p: Mapped[int] = mapped_column(sa.BigInteger)
    allowed_p: Mapped[int] = mapped_column(sa.BigInteger)
    approved_p: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    referred: Mapped[bool] = mapped_column(default=False)
    findings: Mapped[list[str]]
    """Codes of what other plugins found, as `plugin:code`."""
    expires_on: Mapped[date]
    asked_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class PreapprovalLine(TenantOwned, Base):
    """One cost that is asked for, with what the policy makes of it. `found` holds its reasons as the evaluator gave them."""

    __tablename__ = "expense_approvals_preapproval_line"
    __table_args__ = tenant_args(
        tenant_fk("preapproval_id", "expense_approvals_preapproval"),
        sa.UniqueConstraint("tenant_id", "preapproval_id", "position"),
        sa.CheckConstraint("allowed_p between 0 and asked_p", name="allowed"),
        sa.CheckConstraint("approved_p between 0 and allowed_p", name="approved"),
    )
    id: Mapped[Id]
    preapproval_id: Mapped[IdRef]
    position: Mapped[int]
    category: Mapped[str] = mapped_column(sa.String(40))
    incurred_on: Mapped[date]
    quantity: Mapped[int]
    miles: Mapped[int]
    """Thousandths of a mile."""
    vehicle: Mapped[str] = mapped_column(sa.String(40))
    passengers: Mapped[int]
    region: Mapped[str] = mapped_column(sa.String(40))
    travel_class: Mapped[str] = mapped_column(sa.String(40))
    reason: Mapped[str] = mapped_column(sa.String(300))
    asked_p: Mapped[int] = mapped_column(sa.BigInteger)
    allowed_p: Mapped[int] = mapped_column(sa.BigInteger)
    approved_p: Mapped[int | None] = mapped_column(sa.BigInteger)
    found: Mapped[dict[str, Any]]


class Step(TenantOwned, Base):
    """One step in a pre-approval's life, with the words that went with it: a question, an answer, a reason. Never changed."""

    __tablename__ = "expense_approvals_step"
    __table_args__ = tenant_args(
        tenant_fk("preapproval_id", "expense_approvals_preapproval"),
        sa.UniqueConstraint("tenant_id", "preapproval_id", "version"),
        one_of("state", STORED),
    )
    id: Mapped[Id]
    preapproval_id: Mapped[IdRef]
    version: Mapped[int]
    event: Mapped[str] = mapped_column(sa.String(20))
    state: Mapped[str] = mapped_column(sa.String(20))
    account_id: Mapped[IdRef | None]
    words: Mapped[str] = mapped_column(sa.String(500))
    at: Mapped[datetime]
