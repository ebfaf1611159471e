"""Reading for an assessor: what waits for them, one assignment, what they may read of it, and their own scores."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions import reading
from core.admissions.content.shapes import CRITERIA
from core.admissions.models import (
    Application,
    Assessment,
    Assessor,
    Assignment,
    FormVersion,
    Redaction,
    Score,
    ScoreDraft,
    Submission,
    Translation,
    Window,
    WindowRules,
)
from core.admissions.queries.applying import Held, schema_of
from core.admissions.queries.sight import READER, clear_of
from core.admissions.reading import Cut, Reading, Version
from core.admissions.scoring import Verdict, as_draft
from core.admissions.states import ASSESSING, DECLARED, INFO_REQUESTED, OFFERED, SEALED, SUBMITTED
from core.data.listing import contains_words
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account

INDEPENDENT, DISCUSSED = "independent", "post_discussion"
WAITING = (OFFERED, DECLARED, ASSESSING)
"""States in which an assignment is not done yet."""
STILL_READ = (SUBMITTED, INFO_REQUESTED)
"""States of an application in which somebody assesses it."""
SHOWN = ("waiting", "sealed", "over")
RANDOM_FROM = 15
"""From this character on an id holds nothing but random bits (`kernel.ids`): ordering by them shuffles, and each assessor's
assignments otherwise, the same on every page."""


class Mine(NamedTuple):
    """One of an assessor's assignments, without a word of the application. `scored`: on how many criteria a level is chosen while
    the scores are being written."""

    id: str
    reference: str
    window: str
    state: str
    due_at: datetime
    changed_at: datetime
    still_read: bool
    scored: int


_STILL = Application.state.in_(STILL_READ)
_SCORED = (
    sa.select(sa.func.count())
    .select_from(ScoreDraft)
    .join(Assessment, (Assessment.tenant_id == ScoreDraft.tenant_id) & (Assessment.id == ScoreDraft.assessment_id))
    .where(
        Assessment.tenant_id == Assignment.tenant_id, Assessment.assignment_id == Assignment.id, Assessment.phase == INDEPENDENT,
        Assessment.sealed_at.is_(None), ScoreDraft.lost.is_(False), ScoreDraft.value != "",
        ScoreDraft.field.in_(CRITERIA),
    )
    .correlate(Assignment)
    .scalar_subquery()
)  # fmt: skip
_MINE = (
    sa.select(
        Assignment.id, Application.reference, Window.name, Assignment.state, Assignment.due_at, Assignment.changed_at,
        _STILL.label("still_read"), _SCORED.label("scored"),
    )
    .join(Assessor, (Assessor.tenant_id == Assignment.tenant_id) & (Assessor.id == Assignment.assessor_id))
    .join(Application, (Application.tenant_id == Assignment.tenant_id) & (Application.id == Assignment.application_id))
    .join(Window, (Window.tenant_id == Application.tenant_id) & (Window.id == Application.window_id))
)  # fmt: skip
_SHUFFLED = sa.func.substr(Assignment.id, RANDOM_FROM)
ORDERS: Mapping[str, tuple[Any, ...]] = {
    "due": (Assignment.due_at, _SHUFFLED),
    "-due": (Assignment.due_at.desc(), _SHUFFLED),
    "reference": (Application.reference,),
    "-reference": (Application.reference.desc(),),
    "state": (Assignment.state, Assignment.due_at, _SHUFFLED),
    "-state": (Assignment.state.desc(), Assignment.due_at, _SHUFFLED),
}
"""How the list can be sorted. Among equals the order is each assessor's own, so that no application is always read last."""


def is_assessor(session: ScopedSession, account_id: str) -> bool:
    """Whether somebody is on the panel of the session's tenant. Who is paused gets nothing new, and finishes what they have."""
    found = sa.select(Assessor.id).where(Assessor.account_id == account_id, Assessor.state != "ended")
    return session.scalar(found) is not None


def listed(
    session: ScopedSession, account_id: str, shown: str, sort: str, search: str, limit: int | None, offset: int
) -> tuple[list[Mine], int]:
    """(assignments of one kind of `SHOWN`, how many there are), in one statement. `search` is a part of the reference: the
    one thing of an application that every assessor may know."""
    done = Assignment.state == SEALED
    kinds = {"waiting": sa.and_(Assignment.state.in_(WAITING), _STILL), "sealed": done}
    kind = kinds.get(shown, ~done & ~kinds["waiting"])
    query = (
        _MINE.add_columns(sa.func.count().over())
        .where(
            Assessor.account_id == account_id,
            Assessor.state != "ended",
            kind,
            clear_of(account_id),
            *contains_words(search, Application.reference),
        )
        .order_by(*ORDERS[sort])
        .limit(limit)
        .offset(offset)
    )
    rows = session.execute(query).all()
    return [Mine(*row[:-1]) for row in rows], int(rows[0][-1]) if rows else 0


@dataclass(frozen=True, slots=True)
class Task:
    """One assignment of one assessor. `name` is the applicant's, empty while the window keeps it from the assessor."""

    id: str
    application_id: str
    assessor_id: str
    account_id: str
    state: str
    due_at: datetime
    declaration: str
    version: int
    reference: str
    application_state: str
    window_id: str
    window_name: str
    blind: bool
    name: str

    @property
    def still_read(self) -> bool:
        """Whether the application is assessed: it was not withdrawn, moved or decided."""
        return self.application_state in STILL_READ

    @property
    def may_read(self) -> bool:
        """Whether the application may be shown: there is no conflict of interest, and it was declared so."""
        return self.state == SEALED or (self.state == ASSESSING and self.still_read)


_TASK = (
    sa.select(
        Assignment.id, Assignment.application_id, Assignment.assessor_id, Assessor.account_id, Assignment.state, Assignment.due_at,
        Assignment.declaration, Assignment.version, Application.reference, Application.state.label("application_state"),
        Application.window_id, Window.name.label("window_name"), WindowRules.blindness, Account.name,
    )
    .join(Assessor, (Assessor.tenant_id == Assignment.tenant_id) & (Assessor.id == Assignment.assessor_id))
    .join(Application, (Application.tenant_id == Assignment.tenant_id) & (Application.id == Assignment.application_id))
    .join(Window, (Window.tenant_id == Application.tenant_id) & (Window.id == Application.window_id))
    .join(Account, Account.id == Application.account_id)
    .outerjoin(WindowRules, (WindowRules.tenant_id == Window.tenant_id) & (WindowRules.window_id == Window.id))
    .where(
        Assignment.id == sa.bindparam("wanted"), Assessor.account_id == READER, Assessor.state != "ended", clear_of(READER)
    )
)  # fmt: skip


def task(session: ScopedSession, account_id: str | None, assignment_id: str) -> Task:
    """One's own assignment. Raises NotFound: missing, another's, another tenant's, or in conflict with the application."""
    mine = {"wanted": assignment_id, "reader": account_id or ""}
    row = session.execute(_TASK, mine).one_or_none() if is_id(assignment_id) else None
    if row is None:
        raise NotFound
    values = row._asdict()
    blind = reading.is_blind(values.pop("blindness") or "none", row.state == SEALED)
    return Task(**{**values, "blind": blind, "name": "" if blind else row.name})


@dataclass(frozen=True, slots=True)
class Shown:
    """All versions of an application as one reader may see them, the newest last; never empty."""

    readings: tuple[Reading, ...]

    @property
    def newest(self) -> Reading:
        """The version that was submitted last."""
        return self.readings[-1]

    def of(self, submission_id: str | None) -> Reading:
        """One version; the newest where that is not there any more."""
        return next((one for one in self.readings if one.version.id == submission_id), self.newest)


_TEXTS = (
    sa.select(Translation.submission_id, Translation.locale, Translation.answers)
    .join(Submission, (Submission.tenant_id == Translation.tenant_id) & (Submission.id == Translation.submission_id))
    .where(Submission.application_id == sa.bindparam("application"))
)  # fmt: skip
_VERSIONS = (
    sa.select(
        Submission.id, Submission.number, Submission.locale, Submission.at, Submission.answers, FormVersion.sha256,
        FormVersion.content,
    )
    .join(FormVersion, FormVersion.id == Submission.form_version_id)
    .where(Submission.application_id == sa.bindparam("application"))
    .order_by(Submission.number)
)  # fmt: skip
_CUTS = (
    sa.select(
        Redaction.submission_id, Redaction.question, Redaction.locale, Redaction.starts, Redaction.ends, Redaction.replacement
    )
    .join(Submission, (Submission.tenant_id == Redaction.tenant_id) & (Submission.id == Redaction.submission_id))
    .where(Submission.application_id == sa.bindparam("application"), Redaction.ended_at.is_(None))
    .order_by(Redaction.at, Redaction.id)
)  # fmt: skip


def versions_of(session: ScopedSession, application_id: str) -> list[Version]:
    """Everything that was submitted, first to last, with its translations: the whole words, for services and for `shown`."""
    translated: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in session.execute(_TEXTS, {"application": application_id}):
        translated.setdefault(row.submission_id, {})[row.locale] = json.loads(row.answers)
    return [
        Version(
            row.id, row.number, row.locale, row.at, schema_of(row.sha256, row.content), json.loads(row.answers),
            translated.get(row.id, {}),
        )
        for row in session.execute(_VERSIONS, {"application": application_id})
    ]  # fmt: skip


def cuts_of(session: ScopedSession, application_id: str) -> list[Cut]:
    """Every redaction that stands in an application, first to last."""
    return [Cut(*row) for row in session.execute(_CUTS, {"application": application_id})]


def shown(session: ScopedSession, application_id: str, *, blind: bool) -> Shown:
    """An application's versions as assessors see them, in three statements. The caller has asked whether it may be seen.

    Raises NotFound where nothing was submitted, or where it was erased.
    """
    versions, cuts = versions_of(session, application_id), cuts_of(session, application_id)
    if not versions:
        raise NotFound
    return Shown(tuple(reading.read(version, versions, cuts, blind=blind) for version in versions))


def organisation(session: ScopedSession, one: Task) -> str:
    """Where the applicant works, as far as the form asks: what an assessor needs to judge whether there is a conflict of
    interest, also where they do not learn who applied. Redactions stand."""
    value = shown(session, one.application_id, blind=False).newest.answers.get(reading.ORGANISATION)
    return value if isinstance(value, str) else ""


class Late(NamedTuple):
    """A text that came after another tab had changed the field."""

    field: str
    value: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Work:
    """An assessor's scores of one assignment: being written (`sealed_at` None) or sealed. `draft` holds what stands in each
    field, `late` the texts that lost to another tab's."""

    id: str
    submission_id: str | None
    phase: str
    number: int
    sealed_at: datetime | None
    draft: Mapping[str, Held]
    late: tuple[Late, ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """The draft's values alone, by field."""
        return {name: held.value for name, held in self.draft.items()}


_OWN = sa.select(Assessment.id).where(Assessment.assignment_id == sa.bindparam("assignment"))
_WORKS = (
    sa.select(
        Assessment.id, Assessment.submission_id, Assessment.phase, Assessment.number, Assessment.sealed_at, Assessment.recommendation
    )
    .where(Assessment.assignment_id == sa.bindparam("assignment"))
    .order_by(Assessment.phase, Assessment.number)
)  # fmt: skip
_SCORES = sa.select(Score.assessment_id, Score.criterion, Score.value, Score.words, Score.not_scored).where(
    Score.assessment_id.in_(_OWN)
)
_DRAFTS = (
    sa.select(
        ScoreDraft.assessment_id, ScoreDraft.field, ScoreDraft.value, ScoreDraft.revision, ScoreDraft.lost, ScoreDraft.at
    )
    .where(ScoreDraft.assessment_id.in_(_OWN))
    .order_by(ScoreDraft.at, ScoreDraft.id)
)  # fmt: skip


def works(session: ScopedSession, one: Task) -> list[Work]:
    """All assessments of an assignment, each phase's first to last, in three statements."""
    of = {"assignment": one.id}
    found = session.execute(_WORKS, of).all()
    sealed: dict[str, list[Verdict]] = {}
    for row in session.execute(_SCORES, of):
        sealed.setdefault(row.assessment_id, []).append(Verdict(*row[1:]))
    drafts: dict[str, dict[str, Held]] = {}
    late: dict[str, list[Late]] = {}
    for draft in session.execute(_DRAFTS, of):
        if draft.lost:
            late.setdefault(draft.assessment_id, []).append(Late(draft.field, draft.value, draft.at))
        else:
            drafts.setdefault(draft.assessment_id, {})[draft.field] = Held(draft.value, draft.revision)
    return [
        Work(
            row.id, row.submission_id, row.phase, row.number, row.sealed_at,
            drafts.get(row.id, {}) if row.sealed_at is None else _sealed(sealed.get(row.id, []), row.recommendation),
            tuple(late.get(row.id, ())),
        )
        for row in found
    ]  # fmt: skip


def _sealed(found: list[Verdict], recommendation: str | None) -> dict[str, Held]:
    return {name: Held(text, 0) for name, text in as_draft(found, recommendation).items()}


def current(found: list[Work], phase: str) -> Work | None:
    """The last assessment of a phase."""
    return next((work for work in reversed(found) if work.phase == phase), None)
