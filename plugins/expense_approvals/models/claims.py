"""The tables of claims: what somebody spent, each version of it that was sent, its proofs, and every step of deciding."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, Shared, TenantOwned, tenant_args, tenant_fk
from plugins.expense_approvals.claims.proofs import PROOFS
from plugins.expense_approvals.models.closed import one_of
from plugins.expense_approvals.states import CLAIM_STORED, DRAFT, FIRST_APPROVED, GRANTED, OVER


def _listed(states: Iterable[str]) -> str:
    return ", ".join(repr(state) for state in sorted(states))


_LIVE = sa.text(f"state not in ({_listed(OVER)})")


class Claim(TenantOwned, Base):
    """What one person spent of one pre-approval. One claim of a pre-approval lives at a time.

    `version` rises with every step and with every change of a cost or proof. `revision` is the number of the version that was
    sent last (0: none yet); a decision is about that one alone.
    """

    __tablename__ = "expense_approvals_claim"
    __table_args__ = tenant_args(
        tenant_fk("preapproval_id", "expense_approvals_preapproval"),
        one_of("state", CLAIM_STORED),
        sa.CheckConstraint("claimed_p >= 0", name="claimed"),
        sa.CheckConstraint("allowed_p between 0 and claimed_p", name="allowed"),
        sa.CheckConstraint("approved_p between 0 and allowed_p", name="approved"),
        sa.CheckConstraint(f"state in ('{DRAFT}', 'withdrawn') or (revision > 0 and sent_at is not null)", name="sent"),
        sa.CheckConstraint(f"first_by is null or state in ({_listed((FIRST_APPROVED, *GRANTED))})", name="first"),
        sa.CheckConstraint(f"decided_by is null or state in ({_listed(GRANTED)})", name="decided"),
        sa.CheckConstraint("first_by is null or decided_by is null or first_by <> decided_by", name="two_people"),
        sa.Index(
            "uq_expense_approvals_claim_live", "tenant_id", "preapproval_id", unique=True,
            sqlite_where=_LIVE, postgresql_where=_LIVE,
        ),
        sa.Index("ix_expense_approvals_claim_queue", "tenant_id", "state", "sent_at"),
        sa.Index("ix_expense_approvals_claim_person", "tenant_id", "account_id"),
    )  # fmt: skip
    id: Mapped[Id]
    preapproval_id: Mapped[IdRef]
    account_id: Mapped[IdRef | None]
    """Whose costs they are, and who is paid; None once that person is erased."""
    submitted_by: Mapped[IdRef | None]
    first_by: Mapped[IdRef | None]
    """Who approved the revision that was sent last first, where the site asks for two: it stays when the second has decided, and goes
    with a question, a refusal, a withdrawal, and when that person is erased. None where one approval was enough."""
    decided_by: Mapped[IdRef | None]
    """Who approved it: alone, or as the second."""
    state: Mapped[str] = mapped_column(sa.String(20))
    version: Mapped[int] = mapped_column(default=1)
    revision: Mapped[int] = mapped_column(default=0)
    claimed_p: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    allowed_p: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    approved_p: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    referred: Mapped[bool] = mapped_column(default=False)
    """Whether a person must look closely: a rule, another plugin or a proof that is known from elsewhere says so."""
    findings: Mapped[list[str]]
    """Codes of what other plugins found, as `plugin:code`."""
    begun_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class ClaimRevision(TenantOwned, Base):
    """One version of a claim as it was sent, by the hash of its costs, its proofs and the policy that judged them. Never changed."""

    __tablename__ = "expense_approvals_claim_revision"
    __table_args__ = tenant_args(
        tenant_fk("claim_id", "expense_approvals_claim"),
        sa.UniqueConstraint("tenant_id", "claim_id", "number"),
        sa.CheckConstraint("number > 0", name="number"),
        sa.CheckConstraint("allowed_p between 0 and claimed_p", name="allowed"),
    )
    id: Mapped[Id]
    claim_id: Mapped[IdRef]
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    claimed_p: Mapped[int] = mapped_column(sa.BigInteger)
    allowed_p: Mapped[int] = mapped_column(sa.BigInteger)
    miles_before: Mapped[dict[str, Any]]
    """The year's miles that it was reckoned after, in thousandths by `vehicle:tax year`."""
    at: Mapped[datetime]


class ClaimLine(TenantOwned, Base):
    """One cost. `typed_p` is what the person typed (None for miles at the rate); the other sums, `found` and the policy's
    version are what the evaluator made of it when the claim was sent last."""

    __tablename__ = "expense_approvals_claim_line"
    __table_args__ = tenant_args(
        tenant_fk("claim_id", "expense_approvals_claim"),
        sa.UniqueConstraint("tenant_id", "claim_id", "position"),
        sa.CheckConstraint("typed_p is null or typed_p > 0", name="typed"),
        sa.CheckConstraint("quantity > 0 and miles >= 0 and passengers >= 0", name="counts"),
        sa.CheckConstraint("allowed_p between 0 and claimed_p", name="allowed"),
        sa.CheckConstraint("approved_p between 0 and allowed_p", name="approved"),
    )
    id: Mapped[Id]
    claim_id: Mapped[IdRef]
    position: Mapped[int]
    category: Mapped[str] = mapped_column(sa.String(40))
    incurred_on: Mapped[date]
    quantity: Mapped[int]
    miles: Mapped[int]
    """Thousandths of a mile."""
    vehicle: Mapped[str] = mapped_column(sa.String(40))
    passengers: Mapped[int]
    from_postcode: Mapped[str] = mapped_column(sa.String(10))
    to_postcode: Mapped[str] = mapped_column(sa.String(10))
    region: Mapped[str] = mapped_column(sa.String(40))
    travel_class: Mapped[str] = mapped_column(sa.String(40))
    reason: Mapped[str] = mapped_column(sa.String(300))
    typed_p: Mapped[int | None] = mapped_column(sa.BigInteger)
    claimed_p: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    allowed_p: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    approved_p: Mapped[int | None] = mapped_column(sa.BigInteger)
    policy_version: Mapped[int | None]
    found: Mapped[dict[str, Any]]
    why: Mapped[str] = mapped_column(sa.String(300), default="")
    """The approver's reason for less than the policy allows. Of a claim that waits for a second approver this and `approved_p` are
    the first one's, and nobody's word yet."""


class Receipt(TenantOwned, Base):
    """A proof of one cost: what it is, and under which `key` its content is stored. Before `stored_at` the row only holds a
    place; removed ones keep their row until their content is deleted."""

    __tablename__ = "expense_approvals_receipt"
    __table_args__ = tenant_args(
        tenant_fk("claim_id", "expense_approvals_claim"),
        tenant_fk("line_id", "expense_approvals_claim_line"),
        one_of("kind", PROOFS),
        sa.UniqueConstraint("key"),
        sa.CheckConstraint("size > 0", name="size"),
        sa.CheckConstraint("removed_at is not null or (stored_at is not null and line_id is not null)", name="stored"),
        sa.Index("ix_expense_approvals_receipt_claim", "tenant_id", "claim_id"),
    )
    id: Mapped[Id]
    claim_id: Mapped[IdRef]
    line_id: Mapped[IdRef | None]
    kind: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(200))
    mime: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    key: Mapped[str] = mapped_column(sa.String(120))
    at: Mapped[datetime]
    stored_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class ClaimStep(TenantOwned, Base):
    """One step in a claim's life, with the words that went with it and the hash that was looked at. Never changed."""

    __tablename__ = "expense_approvals_claim_step"
    __table_args__ = tenant_args(
        tenant_fk("claim_id", "expense_approvals_claim"),
        sa.UniqueConstraint("tenant_id", "claim_id", "version"),
        one_of("state", CLAIM_STORED),
    )
    id: Mapped[Id]
    claim_id: Mapped[IdRef]
    version: Mapped[int]
    event: Mapped[str] = mapped_column(sa.String(20))
    state: Mapped[str] = mapped_column(sa.String(20))
    account_id: Mapped[IdRef | None]
    words: Mapped[str] = mapped_column(sa.String(500))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    """The revision that the step is about; "" for a step about none."""
    at: Mapped[datetime]


class Fingerprint(Shared, Base):
    """That a file was given as a proof somewhere on the platform: two keyed hashes, of the file and of the claim, and nothing
    else. Nobody can tell from it which site, claim or person it was (`queries/fingerprints.py` answers yes or no)."""

    __tablename__ = "expense_approvals_fingerprint"
    __table_args__ = (sa.UniqueConstraint("file_mark", "holder_mark"),)
    id: Mapped[Id]
    file_mark: Mapped[str] = mapped_column(sa.String(64))
    holder_mark: Mapped[str] = mapped_column(sa.String(64))


class YearMiles(Shared, Base):
    """Thousandths of a mile that one person has claimed in one tax year with one vehicle, at every site together. The row is
    everybody's, since a year's steps span sites; it does not know which sites they were (`service/year_miles.py`)."""

    __tablename__ = "expense_approvals_year_miles"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "vehicle", "year"),
        sa.CheckConstraint("miles >= 0", name="miles"),
        sa.Index("ix_expense_approvals_year_miles_year", "year"),
    )
    id: Mapped[Id]
    account_id: Mapped[IdRef]
    vehicle: Mapped[str] = mapped_column(sa.String(40))
    year: Mapped[int]
    """The calendar year in which the tax year began."""
    miles: Mapped[int] = mapped_column(sa.BigInteger)
