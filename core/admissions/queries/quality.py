"""Reading what figures of quality are made from, in so many statements whatever there is; and the reports that are kept.

Works in a session of one tenant and of the whole platform alike: every join names the tenant too.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from core.admissions.models import (
    Answer,
    Application,
    Assessment,
    Assessor,
    Assignment,
    CalibrationMark,
    Conflict,
    Decision,
    DecisionFeedback,
    EqualityFigures,
    QualityReport,
    Score,
    Window,
)
from core.admissions.quality.equality import Published
from core.admissions.quality.facts import CASE, DISCUSSED, INDEPENDENT, Applied, Facts, Felt, Scored
from core.admissions.quality.report import SHAPE, Report
from core.admissions.queries.sight import clear_of
from core.admissions.states import ACCEPTED, ASSESSING, DECLARED, DECLINED, INFO_REQUESTED, OFFERED, SUBMITTED
from core.data.listing import caseless
from core.data.session import ScopedSession
from core.kernel.clock import LONDON
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account

COUNTED = (SUBMITTED, INFO_REQUESTED, ACCEPTED, DECLINED)
"""States in which an application counts: submitted, and neither withdrawn nor moved to another partner."""
SECTOR, LEARNT = "sector", "ways_learnt"
"""The questions by whose answers outcomes are shown."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A report as it is kept: `report` is the newest that was made, `running` whether another is being made."""

    id: str
    report: Report | None
    made_at: datetime | None
    running: bool
    progress: int


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication of figures by equality group."""

    number: int
    at: datetime
    figures: Published


_HIDDEN = sa.union(
    sa.select(Conflict.application_id, Conflict.tenant_id).where(
        Conflict.account_id == sa.bindparam("account"), Conflict.ended_at.is_(None)
    ),
    sa.select(Application.id, Application.tenant_id).where(Application.account_id == sa.bindparam("account")),
    sa.select(Assignment.application_id, Assignment.tenant_id)
    .join(Assessor, (Assessor.tenant_id == Assignment.tenant_id) & (Assessor.id == Assignment.assessor_id))
    .where(
        Assessor.account_id == sa.bindparam("account"), Assignment.state.in_((OFFERED, DECLARED, ASSESSING))
    ),
)  # fmt: skip


def hidden_from(session: ScopedSession, account_id: str | None, tenant_id: int | None = None) -> list[str]:
    """The applications that must not count in what an account sees, in order: those it is in conflict with or wrote, and
    those it is still to score, whose other scores it must not know. One statement; `tenant_id` narrows it to one site."""
    rows = session.execute(_HIDDEN, {"account": account_id})
    return sorted(one for one, site in rows if tenant_id in (None, site))


def hash_of(left_out: Collection[str]) -> str:
    """The name of a list of applications: equal lists have one report. Empty for none."""
    return hashlib.sha256("\n".join(sorted(left_out)).encode()).hexdigest() if left_out else ""


def _in_period(period: str) -> list[sa.ColumnElement[bool]]:
    """The condition on Application that it is of one window (its id), of the windows that opened in a year, or none."""
    if not period:
        return []
    if is_id(period):
        return [Application.window_id == period]
    begins, ends = (datetime(int(period) + n, 1, 1, tzinfo=LONDON).astimezone(UTC) for n in (0, 1))
    of_year = sa.select(Window.id).where(Window.opens_at >= begins, Window.opens_at < ends)
    return [Application.window_id.in_(of_year)]


def facts(session: ScopedSession, period: str = "", left_out: Collection[str] = ()) -> Facts:
    """What a report is made from, in five statements: all that the session may see, less `left_out`. `period` is a window's
    id, a year as four digits, or empty. Calibration always counts whole: it tells of people, not of a window."""
    without = frozenset(left_out)
    sealed, discussed = _scored(session, period, without)
    return Facts(
        sealed, discussed, _calibration(session), _applied(session, period, without), _felt(session, period, without)
    )


def _scored(session: ScopedSession, period: str, without: frozenset[str]) -> tuple[list[Scored], list[Scored]]:
    """Sealed assessments, the independent ones and those after discussion; of one that was reopened the newest."""
    rows = session.execute(
        sa.select(
            Assessment.phase, Assessment.tenant_id, Assessment.assessor_id, Assessment.application_id, Assessment.number,
            Score.criterion, Score.value,
        )
        .join(Score, (Score.tenant_id == Assessment.tenant_id) & (Score.assessment_id == Assessment.id))
        .join(
            Application,
            (Application.tenant_id == Assessment.tenant_id) & (Application.id == Assessment.application_id),
        )
        .where(Assessment.sealed_at.is_not(None), Application.state.in_(COUNTED), *_in_period(period))
        .order_by(Assessment.number)
    )  # fmt: skip
    found: dict[str, dict[tuple[str, str], tuple[int, int, dict[str, int | None]]]] = {INDEPENDENT: {}, DISCUSSED: {}}
    for phase, site, assessor, application, number, criterion, value in rows:
        if application in without:
            continue
        of = found[phase]
        held = of.get((assessor, application))
        if held is None or held[1] != number:
            held = of[assessor, application] = (site, number, {})
        held[2][criterion] = value
    sealed, discussed = (
        [Scored(held[0], assessor, application, held[2]) for (assessor, application), held in found[phase].items()]
        for phase in (INDEPENDENT, DISCUSSED)
    )
    return sealed, discussed


def _calibration(session: ScopedSession) -> list[Scored]:
    rows = session.execute(
        sa.select(
            CalibrationMark.tenant_id, CalibrationMark.assessor_id, CalibrationMark.case_id, CalibrationMark.scores
        ).where(CalibrationMark.sealed_at.is_not(None))
    )
    return [
        Scored(site, assessor, f"{CASE}{case_id}", {key: one["value"] for key, one in scores.items()})
        for site, assessor, case_id, scores in rows
    ]


def _applied(session: ScopedSession, period: str, without: frozenset[str]) -> list[Applied]:
    """Submitted applications (two statements). Time runs from the first submission."""
    first = (
        sa.select(Decision.tenant_id, Decision.application_id, sa.func.min(Decision.released_at).label("at"))
        .where(Decision.released_at.is_not(None))
        .group_by(Decision.tenant_id, Decision.application_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(
            Application.id, Application.tenant_id, Application.locale, Application.state, Application.submitted_at, first.c.at,
        )
        .outerjoin(first, (first.c.tenant_id == Application.tenant_id) & (first.c.application_id == Application.id))
        .where(Application.state.in_(COUNTED), *_in_period(period))
    ).all()  # fmt: skip
    said = _said(session, period)
    found = []
    for application, site, locale, state, submitted_at, released_at in rows:
        if application in without:
            continue
        decided = released_at is not None and state in (ACCEPTED, DECLINED)
        learnt = said.get((application, LEARNT))
        sector = said.get((application, SECTOR))
        found.append(
            Applied(
                application, site, locale, sector if isinstance(sector, str) else "",
                tuple(learnt) if isinstance(learnt, list) else (), (state == ACCEPTED) if decided else None,
                (released_at - submitted_at).total_seconds() / 86_400 if decided else None,
            )
        )  # fmt: skip
    return found


def _said(session: ScopedSession, period: str) -> Mapping[tuple[str, str], Any]:
    rows = session.execute(
        sa.select(Answer.application_id, Answer.question, Answer.value)
        .join(Application, (Application.tenant_id == Answer.tenant_id) & (Application.id == Answer.application_id))
        .where(Answer.question.in_((SECTOR, LEARNT)), Application.state.in_(COUNTED), *_in_period(period))
    )
    return {(application, question): value for application, question, value in rows}


def _felt(session: ScopedSession, period: str, without: frozenset[str]) -> list[Felt]:
    rows = session.execute(
        sa.select(
            DecisionFeedback.application_id, Application.state, DecisionFeedback.understood, DecisionFeedback.would_reapply
        )
        .join(
            Application,
            (Application.tenant_id == DecisionFeedback.tenant_id) & (Application.id == DecisionFeedback.application_id),
        )
        .where(Application.state.in_((ACCEPTED, DECLINED)), *_in_period(period))
    )  # fmt: skip
    return [Felt(state == ACCEPTED, understood, again) for one, state, understood, again in rows if one not in without]


_KEPT = sa.select(
    QualityReport.id, QualityReport.content, QualityReport.made_at, QualityReport.state, QualityReport.progress
).where(
    QualityReport.tenant_id == sa.bindparam("site"),
    QualityReport.period == sa.bindparam("period"),
    QualityReport.without == sa.bindparam("without"),
)


def kept(session: ScopedSession, tenant_id: int, period: str, without: str) -> Kept | None:
    """The report of a site for a period, made without the applications whose list has that hash.

    Where there is one with everything, and not yet one without them, it counts as being made (`jobs.quality.for_readers` sees
    to it): whoever is in conflict with something is not told so by a page on which only they find no figures.
    """
    row = session.execute(_KEPT, {"site": tenant_id, "period": period, "without": without}).one_or_none()
    if row is None:
        whole = kept(session, tenant_id, period, "") if without else None
        return None if whole is None else Kept("", None, None, True, 0)
    current = row.content is not None and row.content.get("shape") == SHAPE
    report = Report.model_validate(row.content, strict=False) if current else None
    return Kept(row.id, report, row.made_at if current else None, row.state == "queued", row.progress)


def behind(session: ScopedSession, tenant_id: int, lists: Iterable[Sequence[str]]) -> list[tuple[str, list[str]]]:
    """(period, applications left out) of each report that readers' lists ask for and that was not asked for since the one with
    everything was. One statement."""
    rows = session.execute(
        sa.select(QualityReport.period, QualityReport.without, QualityReport.asked_at).where(
            QualityReport.tenant_id == tenant_id
        )
    ).all()
    at = {(row.period, row.without): row.asked_at for row in rows}
    wanted = {hash_of(one): list(one) for one in lists if one}
    return [
        (period, left_out)
        for (period, without), asked_at in sorted(at.items())
        if not without
        for name, left_out in sorted(wanted.items())
        if (period, name) not in at or at[period, name] < asked_at
    ]


def asked(session: ScopedSession, report_id: str) -> tuple[str, list[str]]:
    """(period, applications left out) of a report that is to be made. Raises NotFound."""
    row = session.execute(
        sa.select(QualityReport.period, QualityReport.left_out).where(QualityReport.id == report_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row.period, row.left_out


def windows(session: ScopedSession, tenant_id: int) -> list[tuple[str, str]]:
    """(id, name) of a site's windows in which anything can have been submitted, the latest first."""
    rows = session.execute(
        sa.select(Window.id, Window.name)
        .where(Window.tenant_id == tenant_id, Window.state == "published")
        .order_by(Window.opens_at.desc())
    )
    return [(window_id, name) for window_id, name in rows]


def years(session: ScopedSession) -> list[str]:
    """The years in which windows opened, the latest first: London's."""
    opened = session.scalars(sa.select(Window.opens_at).where(Window.state == "published"))
    return sorted({str(at.astimezone(LONDON).year) for at in opened}, reverse=True)


def assessor_names(session: ScopedSession) -> dict[str, str]:
    """Who each assessor of the session's tenant is."""
    rows = session.execute(
        sa.select(Assessor.id, Account.name)
        .join(Account, Account.id == Assessor.account_id)
        .order_by(caseless(Account.name))
    )
    return {row.id: row.name for row in rows}


def references(session: ScopedSession, account_id: str | None) -> dict[str, str]:
    """The reference of each counted application that an account may see."""
    rows = session.execute(
        sa.select(Application.id, Application.reference).where(Application.state.in_(COUNTED), clear_of(account_id))
    )
    return {row.id: row.reference for row in rows}


def publications(session: ScopedSession) -> list[Publication]:
    """Every publication of figures by equality group, the newest first."""
    rows = session.execute(
        sa.select(EqualityFigures.number, EqualityFigures.at, EqualityFigures.content).order_by(
            EqualityFigures.number.desc()
        )
    )
    return [Publication(number, at, Published.model_validate(content)) for number, at, content in rows]


def _counted(session: ScopedSession) -> Iterator[str]:
    for ids in session.scalars(sa.select(EqualityFigures.counted)):
        yield from ids


def decided_and_not_counted(session: ScopedSession) -> dict[str, bool]:
    """Applications with a released decision that no publication counts yet (→ whether accepted), across all sites: needs a
    session of the whole platform. Two statements."""
    released = sa.select(Decision.application_id).where(
        Decision.tenant_id == Application.tenant_id,
        Decision.application_id == Application.id,
        Decision.released_at.is_not(None),
    )
    rows = session.execute(
        sa.select(Application.id, Application.state).where(
            Application.state.in_((ACCEPTED, DECLINED)), released.exists()
        )
    ).all()
    before = set(_counted(session))
    return {application: state == ACCEPTED for application, state in rows if application not in before}


def last_number(session: ScopedSession) -> int:
    """The number of the newest publication; 0 before the first."""
    return session.scalar(sa.select(sa.func.max(EqualityFigures.number))) or 0


def any_sealed(session: ScopedSession) -> bool:
    """Whether anything was ever scored here."""
    return session.scalar(sa.select(Assessment.id).where(Assessment.sealed_at.is_not(None)).limit(1)) is not None
