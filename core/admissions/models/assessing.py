"""Assessing: scores, sealed and then never changed; what is hidden of a submission; what a panel discusses."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.data.base import Base, Id, IdRef, TenantOwned, tenant_args, tenant_fk

STANDS = sa.text("not lost")
"""The condition of the index that lets one text stand in each field of a draft; see `applications.IS_LIVE`."""


class Assessment(TenantOwned, Base):
    """One assessor's scored view of one submitted version. `independent` until the panel meets; what somebody thinks after the
    discussion is a row of its own (`post_discussion`). Reopened by the central team it gets the next `number`. Sealed rows
    never change: triggers refuse it. `sha256` is of the sealed scores."""

    __tablename__ = "admissions_assessment"
    __table_args__ = tenant_args(
        tenant_fk("assignment_id", "admissions_assignment"),
        tenant_fk("application_id", "admissions_application"),
        tenant_fk("assessor_id", "admissions_assessor"),
        tenant_fk("submission_id", "admissions_submission"),
        sa.UniqueConstraint("tenant_id", "assignment_id", "phase", "number"),
        sa.CheckConstraint("phase in ('independent', 'post_discussion')", name="phase"),
        sa.CheckConstraint(
            "recommendation is null or recommendation in ('accept', 'decline', 'unsure')", name="recommendation"
        ),
        sa.CheckConstraint("(sealed_at is null) = (sha256 = '')", name="sealed"),
        sa.Index("ix_admissions_assessment_application", "tenant_id", "application_id", "sealed_at"),
    )  # fmt: skip
    id: Mapped[Id]
    assignment_id: Mapped[IdRef]
    application_id: Mapped[IdRef]
    assessor_id: Mapped[IdRef]
    submission_id: Mapped[IdRef | None]
    phase: Mapped[str] = mapped_column(sa.String(20))
    number: Mapped[int] = mapped_column(default=1)
    recommendation: Mapped[str | None] = mapped_column(sa.String(10))
    sha256: Mapped[str] = mapped_column(sa.String(64), default="")
    version: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    sealed_at: Mapped[datetime | None]


class Score(TenantOwned, Base):
    """One criterion of one assessment. `value` NULL means "not able to score", with its reason: it is never a number.

    Once the assessment is sealed nothing of it changes, but that `words` are emptied when the applicant's data is erased.
    """

    __tablename__ = "admissions_score"
    __table_args__ = tenant_args(
        tenant_fk("assessment_id", "admissions_assessment"),
        sa.UniqueConstraint("tenant_id", "assessment_id", "criterion"),
        sa.CheckConstraint("(value is null) = (not_scored <> '')", name="null_has_reason"),
        sa.CheckConstraint("value between 1 and 9", name="value"),
    )
    id: Mapped[Id]
    assessment_id: Mapped[IdRef]
    criterion: Mapped[str] = mapped_column(sa.String(40))
    value: Mapped[int | None] = mapped_column(sa.SmallInteger)
    not_scored: Mapped[str] = mapped_column(sa.String(500), default="")
    words: Mapped[str] = mapped_column(sa.String(4000), default="")


class ScoreDraft(TenantOwned, Base):
    """What stands in one field of an assessment that is not sealed yet. `revision` rises by one with each change and tells two
    open tabs apart; a text that came too late is kept beside it (`lost`). Sealing makes scores of them and deletes them."""

    __tablename__ = "admissions_score_draft"
    __table_args__ = tenant_args(
        tenant_fk("assessment_id", "admissions_assessment"),
        sa.Index(
            "uq_admissions_score_draft_field", "tenant_id", "assessment_id", "field", unique=True,
            sqlite_where=STANDS, postgresql_where=STANDS,
        ),
    )  # fmt: skip
    id: Mapped[Id]
    assessment_id: Mapped[IdRef]
    field: Mapped[str] = mapped_column(sa.String(60))
    value: Mapped[str] = mapped_column(sa.Text)
    revision: Mapped[int]
    lost: Mapped[bool]
    at: Mapped[datetime]


class DiscussionNote(TenantOwned, Base):
    """What somebody says about an application beside the scores. Hidden from an assessor who has not sealed. Only added."""

    __tablename__ = "admissions_discussion_note"
    __table_args__ = tenant_args(
        tenant_fk("application_id", "admissions_application"),
        sa.Index("ix_admissions_discussion_note_of", "tenant_id", "application_id", "at"),
    )
    id: Mapped[Id]
    application_id: Mapped[IdRef]
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("people_account.id"))
    body: Mapped[str] = mapped_column(sa.String(4000))
    at: Mapped[datetime]


class Redaction(TenantOwned, Base):
    """Words of a submission that assessors do not see (from `starts` up to `ends`, in characters of the answer, or of its
    translation where `locale` names one). The submission itself never changes. Ended, not deleted."""

    __tablename__ = "admissions_redaction"
    __table_args__ = tenant_args(
        tenant_fk("submission_id", "admissions_submission"),
        sa.CheckConstraint("starts >= 0 and starts < ends", name="span"),
        sa.Index("ix_admissions_redaction_of", "tenant_id", "submission_id", "question"),
    )
    id: Mapped[Id]
    submission_id: Mapped[IdRef]
    question: Mapped[str] = mapped_column(sa.String(40))
    locale: Mapped[str] = mapped_column(sa.String(5), default="")
    starts: Mapped[int]
    ends: Mapped[int]
    replacement: Mapped[str] = mapped_column(sa.String(100))
    by: Mapped[IdRef | None]
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[IdRef | None]


class Translation(TenantOwned, Base):
    """A submission in the other language, for everybody who assesses it. Logged before assignment, never for one alone."""

    __tablename__ = "admissions_translation"
    __table_args__ = tenant_args(
        tenant_fk("submission_id", "admissions_submission"),
        sa.UniqueConstraint("tenant_id", "submission_id", "locale"),
    )
    id: Mapped[Id]
    submission_id: Mapped[IdRef]
    locale: Mapped[str] = mapped_column(sa.String(5))
    answers: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    by: Mapped[IdRef | None]
    at: Mapped[datetime]


class PanelMeeting(TenantOwned, Base):
    """A panel that meets over a window's applications. `quorum` is how many assessors must be present for an outcome."""

    __tablename__ = "admissions_panel_meeting"
    __table_args__ = tenant_args(
        tenant_fk("window_id", "admissions_window"),
        sa.CheckConstraint("state in ('planned', 'open', 'closed')", name="state"),
        sa.Index("ix_admissions_panel_meeting_window", "tenant_id", "window_id", "held_at"),
    )
    id: Mapped[Id]
    window_id: Mapped[IdRef]
    held_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    quorum: Mapped[int]
    present: Mapped[list[str]]
    state: Mapped[str] = mapped_column(sa.String(10))
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[IdRef | None]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class PanelItem(TenantOwned, Base):
    """One application on a meeting's agenda. `out` are the assessors who left the room for it: those in conflict."""

    __tablename__ = "admissions_panel_item"
    __table_args__ = tenant_args(
        tenant_fk("meeting_id", "admissions_panel_meeting"),
        tenant_fk("application_id", "admissions_application"),
        sa.UniqueConstraint("tenant_id", "meeting_id", "application_id"),
        sa.CheckConstraint("state in ('waiting', 'now', 'done', 'deferred')", name="state"),
        sa.CheckConstraint("outcome is null or outcome in ('accept', 'decline')", name="outcome"),
        sa.CheckConstraint("state <> 'done' or outcome is not null", name="done"),
    )
    id: Mapped[Id]
    meeting_id: Mapped[IdRef]
    application_id: Mapped[IdRef]
    position: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(10))
    outcome: Mapped[str | None] = mapped_column(sa.String(10))
    out: Mapped[list[str]]
    minutes: Mapped[str] = mapped_column(sa.String(4000), default="")
    version: Mapped[int] = mapped_column(default=1)
    ended_at: Mapped[datetime | None]


class CalibrationMark(TenantOwned, Base):
    """One assessor's scores of a calibration case: `scores` maps each criterion to {value, not_scored, words}. Sealed it stays."""

    __tablename__ = "admissions_calibration_mark"
    __table_args__ = tenant_args(
        tenant_fk("assessor_id", "admissions_assessor"),
        sa.UniqueConstraint("tenant_id", "case_id", "assessor_id"),
    )
    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("admissions_calibration_case.id"))
    assessor_id: Mapped[IdRef]
    scores: Mapped[dict[str, Any]]
    recommendation: Mapped[str | None] = mapped_column(sa.String(10))
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    sealed_at: Mapped[datetime | None]
