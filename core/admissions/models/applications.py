"""Applications: the draft with every word that was ever saved, and the versions that were submitted."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.admissions.states import APPLICATION, LIVE
from core.data.base import Base, Id, IdRef, TenantOwned, listed, tenant_args, tenant_fk

IS_LIVE = sa.text(f"state in ({listed(LIVE)})")
"""The condition of the index that allows one live application; to be named so in ON CONFLICT: PostgreSQL does not recognise
it when the states are parameters of a prepared statement."""


class Application(TenantOwned, Base):
    """One person's application in one window. `reference` is what people quote; `seconds` the time they spent at the form.

    A transferred one and the one it became name each other by `moved_tenant_id` and `moved_id`. `organisation_norm` is the
    applicant's workplace as it is compared with assessors' interests; it is filled when the application is submitted.
    """

    __tablename__ = "admissions_application"
    __table_args__ = tenant_args(
        tenant_fk("window_id", "admissions_window"),
        sa.UniqueConstraint("reference"),
        sa.CheckConstraint(f"state in ({listed(APPLICATION.states)})", name="state"),
        sa.Index(
            "uq_admissions_application_live", "tenant_id", "window_id", "account_id", unique=True,
            sqlite_where=IS_LIVE, postgresql_where=IS_LIVE,
        ),
        sa.Index("ix_admissions_application_person", "account_id"),
        sa.Index("ix_admissions_application_list", "tenant_id", "window_id", "state"),
    )  # fmt: skip
    id: Mapped[Id]
    reference: Mapped[str] = mapped_column(sa.String(12))
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("people_account.id"))
    window_id: Mapped[IdRef]
    form_version_id: Mapped[str] = mapped_column(sa.ForeignKey("admissions_form_version.id"))
    state: Mapped[str] = mapped_column(sa.String(20))
    locale: Mapped[str] = mapped_column(sa.String(5))
    previous_id: Mapped[IdRef | None]
    moved_tenant_id: Mapped[int | None]
    moved_id: Mapped[IdRef | None]
    organisation_norm: Mapped[str] = mapped_column(sa.String(200), default="")
    seconds: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    reminded_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]  # the first time: what is submitted again has an instant of its own
    lateness: Mapped[str] = mapped_column(sa.String(20), default="")
    state_why: Mapped[str] = mapped_column(sa.String(500), default="")


class Answer(TenantOwned, Base):
    """One answer as it stands. `revision` rises by one with each change and tells two open tabs apart."""

    __tablename__ = "admissions_answer"
    __table_args__ = tenant_args(
        tenant_fk("application_id", "admissions_application"),
        sa.UniqueConstraint("tenant_id", "application_id", "question"),
    )
    id: Mapped[Id]
    application_id: Mapped[IdRef]
    question: Mapped[str] = mapped_column(sa.String(40))
    value: Mapped[Any] = mapped_column(sa.JSON(none_as_null=True), nullable=True)
    revision: Mapped[int]
    changed_at: Mapped[datetime]


class AnswerRevision(TenantOwned, Base):
    """Everything that was ever saved for an answer: rows are only added. `kept` tells a text that lost to another tab's."""

    __tablename__ = "admissions_answer_revision"
    __table_args__ = tenant_args(
        tenant_fk("application_id", "admissions_application"),
        sa.Index("ix_admissions_answer_revision_of", "tenant_id", "application_id", "question", "at"),
    )
    id: Mapped[Id]
    application_id: Mapped[IdRef]
    question: Mapped[str] = mapped_column(sa.String(40))
    value: Mapped[Any] = mapped_column(sa.JSON(none_as_null=True), nullable=True)
    revision: Mapped[int]
    kept: Mapped[bool]
    at: Mapped[datetime]


class Submission(TenantOwned, Base):
    """What was submitted, for the `number`-th time: canonical JSON and its hash. Rows are never changed: triggers refuse it."""

    __tablename__ = "admissions_submission"
    __table_args__ = tenant_args(
        tenant_fk("application_id", "admissions_application"),
        sa.UniqueConstraint("tenant_id", "application_id", "number"),
    )
    id: Mapped[Id]
    application_id: Mapped[IdRef]
    number: Mapped[int]
    form_version_id: Mapped[str] = mapped_column(sa.ForeignKey("admissions_form_version.id"))
    locale: Mapped[str] = mapped_column(sa.String(5))
    answers: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    lateness: Mapped[str] = mapped_column(sa.String(20))
    at: Mapped[datetime]


class InfoRequest(TenantOwned, Base):
    """More asked for about named sections, by a day; only those can be changed until it is answered or lapses."""

    __tablename__ = "admissions_info_request"
    __table_args__ = tenant_args(
        tenant_fk("application_id", "admissions_application"),
        sa.CheckConstraint("state in ('open', 'answered', 'lapsed')", name="state"),
        sa.Index("ix_admissions_info_request_open", "tenant_id", "state", "due_at"),
    )
    id: Mapped[Id]
    application_id: Mapped[IdRef]
    sections: Mapped[list[str]]
    question: Mapped[str] = mapped_column(sa.String(2000))
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(sa.String(10))
    by: Mapped[IdRef | None]
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Attachment(TenantOwned, Base):
    """A file that an applicant gave for a question: what it is, and under which `key` its content is stored. Removed ones keep
    their row until their content is deleted. Before `stored_at` the row only holds a place: the content is on its way."""

    __tablename__ = "admissions_attachment"
    __table_args__ = tenant_args(
        tenant_fk("application_id", "admissions_application"),
        sa.UniqueConstraint("key"),
        sa.CheckConstraint("size > 0", name="size"),
        sa.CheckConstraint("stored_at is not null or removed_at is not null", name="stored"),
        sa.Index("ix_admissions_attachment_of", "tenant_id", "application_id", "question"),
    )
    id: Mapped[Id]
    application_id: Mapped[IdRef]
    question: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(200))
    mime: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    key: Mapped[str] = mapped_column(sa.String(120))
    at: Mapped[datetime]
    stored_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
