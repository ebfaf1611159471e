"""The tables of payments: where somebody is paid, batches, and what a batch pays. Money is whole pence."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, tenant_args, tenant_fk
from plugins.expense_approvals.models.closed import one_of
from plugins.expense_approvals.payment_states import BATCH_STATES, LIVE, PAYMENT_STATES

_LIVE = sa.text(f"state in ({', '.join(repr(state) for state in sorted(LIVE))})")


class BankDetails(TenantOwned, Base):
    """Where one person is paid. `sealed` is the account as JSON, for this row alone; the database knows its last figures and a
    keyed hash by which two people with one account are found. Nobody is paid to it before `usable_from`."""

    __tablename__ = "expense_approvals_bank_details"
    __table_args__ = tenant_args(
        sa.Index(
            "uq_expense_approvals_bank_details_current", "tenant_id", "account_id", unique=True,
            sqlite_where=sa.text("replaced_at is null"), postgresql_where=sa.text("replaced_at is null"),
        ),
        sa.Index("ix_expense_approvals_bank_details_fingerprint", "tenant_id", "fingerprint"),
    )  # fmt: skip
    id: Mapped[Id]
    account_id: Mapped[IdRef]
    sealed: Mapped[str] = mapped_column(sa.Text)
    last: Mapped[str] = mapped_column(sa.String(4))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    set_at: Mapped[datetime]
    usable_from: Mapped[datetime]
    replaced_at: Mapped[datetime | None]


class PayerAccount(TenantOwned, Base):
    """The site's own account, from which its batches are paid. `sealed` is the account and the service user number as JSON, for
    this row alone."""

    __tablename__ = "expense_approvals_payer_account"
    __table_args__ = tenant_args(
        sa.Index(
            "uq_expense_approvals_payer_account_current", "tenant_id", unique=True,
            sqlite_where=sa.text("replaced_at is null"), postgresql_where=sa.text("replaced_at is null"),
        ),
    )  # fmt: skip
    id: Mapped[Id]
    sealed: Mapped[str] = mapped_column(sa.Text)
    last: Mapped[str] = mapped_column(sa.String(4))
    set_by: Mapped[IdRef]
    set_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]


class PaymentBatch(TenantOwned, Base):
    """Payments that one person prepares and another releases. `sealed` holds all that its files are made of, as it was when it
    was prepared; `hashes` those of each kind of file."""

    __tablename__ = "expense_approvals_payment_batch"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "ref"),
        one_of("state", BATCH_STATES),
        sa.CheckConstraint("payments > 0", name="payments"),
        sa.CheckConstraint("total_p > 0", name="total"),
        sa.CheckConstraint("released_by is null or released_by <> prepared_by", name="two_people"),
        sa.CheckConstraint("(released_at is null) = (state in ('prepared', 'cancelled'))", name="released"),
        sa.Index("ix_expense_approvals_payment_batch_state", "tenant_id", "state", "prepared_at"),
    )
    id: Mapped[Id]
    ref: Mapped[str] = mapped_column(sa.String(18))
    state: Mapped[str] = mapped_column(sa.String(10))
    version: Mapped[int] = mapped_column(default=1)
    day: Mapped[date]
    payments: Mapped[int]
    total_p: Mapped[int] = mapped_column(sa.BigInteger)
    payer_last: Mapped[str] = mapped_column(sa.String(4))
    """The last figures of the account that pays."""
    sealed: Mapped[str] = mapped_column(sa.Text)
    hashes: Mapped[dict[str, Any]]
    prepared_by: Mapped[IdRef]
    prepared_at: Mapped[datetime]
    released_by: Mapped[IdRef | None]
    released_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Payment(TenantOwned, Base):
    """What one batch pays for one claim. A claim is in one live payment: the index says so."""

    __tablename__ = "expense_approvals_payment"
    __table_args__ = tenant_args(
        tenant_fk("batch_id", "expense_approvals_payment_batch"),
        sa.UniqueConstraint("tenant_id", "batch_id", "ref"),
        one_of("state", PAYMENT_STATES),
        sa.CheckConstraint("pence > 0", name="pence"),
        sa.Index(
            "uq_expense_approvals_payment_live", "tenant_id", "source_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
        ),
    )  # fmt: skip
    id: Mapped[Id]
    batch_id: Mapped[IdRef]
    source_id: Mapped[IdRef]
    ref: Mapped[str] = mapped_column(sa.String(18))
    account_id: Mapped[IdRef | None]
    """Who is paid; None once that person is erased."""
    pence: Mapped[int] = mapped_column(sa.BigInteger)
    state: Mapped[str] = mapped_column(sa.String(10))
    changed_at: Mapped[datetime]
