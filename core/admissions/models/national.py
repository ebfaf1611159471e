"""What the central team holds for every partner: the national policy, calibration cases, equality answers."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.data.base import Base, Id, IdRef, Shared


class PolicyVersion(Shared, Base):
    """One version of the national policy: the bounds within which partners choose. Rows are never changed."""

    __tablename__ = "admissions_policy_version"
    __table_args__ = (sa.UniqueConstraint("number"),)
    id: Mapped[Id]
    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    note: Mapped[str] = mapped_column(sa.String(500))
    published_by: Mapped[IdRef | None]
    published_at: Mapped[datetime]


class CalibrationCase(Shared, Base):
    """An application that every partner's assessors score, so that partners can be compared: invented, or given with consent.
    `answers` is canonical JSON for `form_version_id`. Once sent it does not change."""

    __tablename__ = "admissions_calibration_case"
    __table_args__ = (
        sa.CheckConstraint("state in ('draft', 'sent', 'closed')", name="state"),
        sa.CheckConstraint("source in ('invented', 'consented')", name="source"),
        sa.CheckConstraint("(state = 'draft') = (sent_at is null)", name="sent"),
    )
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(80))
    state: Mapped[str] = mapped_column(sa.String(10))
    source: Mapped[str] = mapped_column(sa.String(10))
    form_version_id: Mapped[str] = mapped_column(sa.ForeignKey("admissions_form_version.id"))
    locale: Mapped[str] = mapped_column(sa.String(5))
    answers: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    due_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[IdRef | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class EqualityResponse(Shared, Base):
    """One answer to one optional equality question.

    Nothing here leads to a person or an application: `link` is an HMAC of the application under a key that is not in the
    database, and there is no time and no number in order of arrival: SQLite's hidden row number is left out too. Only the job
    that counts can work the links out.
    """

    __tablename__ = "admissions_equality_response"
    __table_args__ = ({"sqlite_with_rowid": False},)
    link: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    question: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    nation: Mapped[str] = mapped_column(sa.String(20))
    category: Mapped[str] = mapped_column(sa.String(60))
    parent: Mapped[str] = mapped_column(sa.String(60))
