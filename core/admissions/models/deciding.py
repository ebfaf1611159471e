"""Deciding: what rules proposed, what people decided, batches that are released together, letters, appeals."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.admissions.states import DECISION, UNDER_WAY
from core.data.base import Base, Id, IdRef, TenantOwned, listed, tenant_args, tenant_fk

BLINDNESS = ("none", "until_sealed", "always")
IS_UNDER_WAY = sa.text(f"state in ({listed(UNDER_WAY)})")
IS_RELEASED = sa.text("state = 'released'")


class WindowRules(TenantOwned, Base):
    """What a window pins for its assessment: a rule pack `id@version`, its configuration, the national policy, how blind its
    assessors are. After opening it changes only by an amendment with its reason. `secret` makes draws unforeseeable."""

    __tablename__ = "admissions_window_rules"
    __table_args__ = tenant_args(
        tenant_fk("window_id", "admissions_window"),
        sa.UniqueConstraint("tenant_id", "window_id"),
        sa.CheckConstraint(f"blindness in ({listed(BLINDNESS)})", name="blindness"),
        sa.CheckConstraint("assess_days between 1 and 365 and appeal_days between 1 and 365", name="days"),
    )
    id: Mapped[Id]
    window_id: Mapped[IdRef]
    rule: Mapped[str] = mapped_column(sa.String(60))
    config: Mapped[dict[str, Any]]
    policy_id: Mapped[str] = mapped_column(sa.ForeignKey("admissions_policy_version.id"))
    blindness: Mapped[str] = mapped_column(sa.String(12))
    assess_days: Mapped[int]
    appeal_days: Mapped[int]
    secret: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int] = mapped_column(default=1)
    pinned_by: Mapped[IdRef | None]
    pinned_at: Mapped[datetime]


class ShadowRun(TenantOwned, Base):
    """What another rule pack or configuration would have proposed for past cases, and who looked at the difference before it
    may be pinned. Asked for, then worked out in the background (`progress` in percent). `report` is the canonical JSON of a
    ShadowReport, `sha256` its hash; `cases` says of each case which application it is, what was proposed before
    and after, and by which rules before: so that nobody is shown a case that they must not see."""

    __tablename__ = "admissions_shadow_run"
    __table_args__ = tenant_args(
        sa.CheckConstraint("state in ('queued', 'ready', 'failed')", name="state"),
        sa.CheckConstraint("(state = 'ready') = (sha256 <> '')", name="ready"),
        sa.CheckConstraint("agreed_at is null or state = 'ready'", name="agreed"),
        sa.Index("ix_admissions_shadow_run_at", "tenant_id", "at"),
    )
    id: Mapped[Id]
    rule: Mapped[str] = mapped_column(sa.String(60))
    config: Mapped[dict[str, Any]]
    policy_id: Mapped[str] = mapped_column(sa.ForeignKey("admissions_policy_version.id"))
    state: Mapped[str] = mapped_column(sa.String(10))
    progress: Mapped[int] = mapped_column(default=0)
    report: Mapped[str] = mapped_column(sa.Text, default="")
    sha256: Mapped[str] = mapped_column(sa.String(64), default="")
    cases: Mapped[list[Any]] = mapped_column(sa.JSON, default=list)
    by: Mapped[IdRef | None]
    at: Mapped[datetime]
    agreed_by: Mapped[IdRef | None]
    agreed_at: Mapped[datetime | None]


class RuleProposal(TenantOwned, Base):
    """What a rule proposed for an application, for the `number`-th time, with the canonical texts that it was made from. Never
    changed, never deleted; there is no name in it. `outcome` repeats the proposal's own, `basis` is the hash of the sealed
    assessments and the pinned rules that it rests on: when that is another, the rule is asked again."""

    __tablename__ = "admissions_rule_proposal"
    __table_args__ = tenant_args(
        tenant_fk("application_id", "admissions_application"),
        sa.UniqueConstraint("tenant_id", "application_id", "number"),
        sa.CheckConstraint("outcome in ('accept', 'decline', 'panel', 'more_assessors')", name="outcome"),
        sa.Index("ix_admissions_rule_proposal_of", "tenant_id", "application_id", "at"),
    )
    id: Mapped[Id]
    application_id: Mapped[IdRef]
    number: Mapped[int] = mapped_column(default=1)
    basis: Mapped[str] = mapped_column(sa.String(64), default="")
    rule: Mapped[str] = mapped_column(sa.String(60))
    config: Mapped[str] = mapped_column(sa.Text)
    policy: Mapped[str] = mapped_column(sa.Text)
    snapshot: Mapped[str] = mapped_column(sa.Text)
    proposal: Mapped[str] = mapped_column(sa.Text)
    config_sha: Mapped[str] = mapped_column(sa.String(64))
    policy_sha: Mapped[str] = mapped_column(sa.String(64))
    snapshot_sha: Mapped[str] = mapped_column(sa.String(64))
    proposal_sha: Mapped[str] = mapped_column(sa.String(64))
    outcome: Mapped[str] = mapped_column(sa.String(20))
    incident: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    at: Mapped[datetime]


class ReplayRun(TenantOwned, Base):
    """One night's making-again of every stored proposal: how many, and which came out otherwise."""

    __tablename__ = "admissions_replay_run"
    __table_args__ = tenant_args(sa.Index("ix_admissions_replay_run_at", "tenant_id", "at"))
    id: Mapped[Id]
    at: Mapped[datetime]
    checked: Mapped[int]
    different: Mapped[list[Any]] = mapped_column(sa.JSON)


class ReleaseBatch(TenantOwned, Base):
    """Decisions that go out together. Whoever releases it states how many they are; another number stops it with nothing sent."""

    __tablename__ = "admissions_release_batch"
    __table_args__ = tenant_args(
        tenant_fk("window_id", "admissions_window"),
        sa.CheckConstraint("state in ('open', 'released', 'cancelled')", name="state"),
        sa.CheckConstraint("(state = 'released') = (released_at is not null)", name="released"),
        sa.Index("ix_admissions_release_batch_window", "tenant_id", "window_id"),
    )
    id: Mapped[Id]
    window_id: Mapped[IdRef]
    name: Mapped[str] = mapped_column(sa.String(80))
    state: Mapped[str] = mapped_column(sa.String(10))
    embargo_until: Mapped[datetime | None]
    released_count: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[IdRef | None]
    created_at: Mapped[datetime]
    released_by: Mapped[IdRef | None]
    released_at: Mapped[datetime | None]


class Decision(TenantOwned, Base):
    """What is decided about an application (the state machine is `states.DECISION`). Signed by the partner, moderated by
    somebody else of the central team, held in a batch, released. A later correction is a new row that supersedes this one:
    a released decision never changes. It ends as withdrawn with its application. `comments` maps criteria to the words that may stand in the letter, in both languages."""

    __tablename__ = "admissions_decision"
    __table_args__ = tenant_args(
        tenant_fk("application_id", "admissions_application"),
        tenant_fk("proposal_id", "admissions_rule_proposal"),
        tenant_fk("batch_id", "admissions_release_batch"),
        tenant_fk("supersedes_id", "admissions_decision"),
        sa.UniqueConstraint("tenant_id", "application_id", "number"),
        sa.CheckConstraint(f"state in ({listed(DECISION.states)})", name="state"),
        sa.CheckConstraint("outcome in ('accept', 'decline')", name="outcome"),
        sa.CheckConstraint("moderated_by is null or moderated_by <> signed_by", name="two_people"),
        sa.CheckConstraint(
            "state = 'withdrawn' or (state in ('moderated', 'held', 'released', 'superseded')) = (moderated_at is not null)",
            name="moderated",
        ),
        sa.CheckConstraint("state <> 'held' or batch_id is not null", name="held"),
        sa.CheckConstraint("(state in ('released', 'superseded')) = (released_at is not null)", name="released"),
        sa.CheckConstraint("(override_code = '') = (override_text = '')", name="override"),
        sa.Index(
            "uq_admissions_decision_under_way", "tenant_id", "application_id", unique=True,
            sqlite_where=IS_UNDER_WAY, postgresql_where=IS_UNDER_WAY,
        ),
        sa.Index(
            "uq_admissions_decision_released", "tenant_id", "application_id", unique=True,
            sqlite_where=IS_RELEASED, postgresql_where=IS_RELEASED,
        ),
        sa.Index("ix_admissions_decision_batch", "tenant_id", "batch_id"),
        sa.Index("ix_admissions_decision_state", "tenant_id", "state"),
    )  # fmt: skip
    id: Mapped[Id]
    application_id: Mapped[IdRef]
    number: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(12))
    outcome: Mapped[str] = mapped_column(sa.String(10))
    proposal_id: Mapped[IdRef | None]
    override_code: Mapped[str] = mapped_column(sa.String(40), default="")
    override_text: Mapped[str] = mapped_column(sa.String(2000), default="")
    comments: Mapped[dict[str, Any]]
    signed_by: Mapped[IdRef | None]
    signed_at: Mapped[datetime]
    moderated_by: Mapped[IdRef | None]
    moderated_at: Mapped[datetime | None]
    moderation_why: Mapped[str] = mapped_column(sa.String(2000), default="")
    batch_id: Mapped[IdRef | None]
    released_at: Mapped[datetime | None]
    supersedes_id: Mapped[IdRef | None]
    version: Mapped[int] = mapped_column(default=1)


class DecisionLetter(TenantOwned, Base):
    """The letter of a decision in one language: its text, built from level texts and approved comments, and its hash.
    `mail_id` names the message that carried it, in which delivery is looked up."""

    __tablename__ = "admissions_decision_letter"
    __table_args__ = tenant_args(
        tenant_fk("decision_id", "admissions_decision"),
        sa.UniqueConstraint("tenant_id", "decision_id", "locale"),
        sa.Index("ix_admissions_decision_letter_mail", "mail_id"),
    )
    id: Mapped[Id]
    decision_id: Mapped[IdRef]
    locale: Mapped[str] = mapped_column(sa.String(5))
    subject: Mapped[str] = mapped_column(sa.String(300))
    paragraphs: Mapped[list[str]]
    template: Mapped[str] = mapped_column(sa.String(20))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    mail_id: Mapped[IdRef | None]
    at: Mapped[datetime]


class Appeal(TenantOwned, Base):
    """An applicant asks for a released decision to be looked at again, within the time that the window gives."""

    __tablename__ = "admissions_appeal"
    __table_args__ = tenant_args(
        tenant_fk("application_id", "admissions_application"),
        tenant_fk("decision_id", "admissions_decision"),
        sa.UniqueConstraint("tenant_id", "decision_id"),
        sa.CheckConstraint("state in ('received', 'upheld', 'dismissed', 'withdrawn')", name="state"),
        sa.CheckConstraint("(state in ('upheld', 'dismissed')) = (reviewer_id is not null)", name="reviewed"),
        sa.Index("ix_admissions_appeal_open", "tenant_id", "state", "at"),
    )
    id: Mapped[Id]
    application_id: Mapped[IdRef]
    decision_id: Mapped[IdRef]
    grounds: Mapped[str] = mapped_column(sa.String(4000))
    state: Mapped[str] = mapped_column(sa.String(10))
    reviewer_id: Mapped[IdRef | None]
    answer: Mapped[str] = mapped_column(sa.String(4000), default="")
    version: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class DecisionFeedback(TenantOwned, Base):
    """What an applicant says of a released decision: how far they understand why (1 to 5), whether they would apply again."""

    __tablename__ = "admissions_decision_feedback"
    __table_args__ = tenant_args(
        tenant_fk("application_id", "admissions_application"),
        sa.UniqueConstraint("tenant_id", "application_id"),
        sa.CheckConstraint("understood between 1 and 5", name="understood"),
    )
    id: Mapped[Id]
    application_id: Mapped[IdRef]
    understood: Mapped[int]
    would_reapply: Mapped[bool | None]
    words: Mapped[str] = mapped_column(sa.String(2000), default="")
    at: Mapped[datetime]
