"""Reading calibration cases, who was asked to score them, and what came of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.form.schema import FormSchema
from core.admissions.models import Assessor, CalibrationCase, CalibrationMark, FormVersion
from core.admissions.queries.applying import schema_of
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account
from core.tenancy.models import ShelfItem

CARD = "calibration"
"""The kind of the card on an assessor's shelf."""


@dataclass(frozen=True, slots=True)
class Case:
    """A calibration case with its form and its answers."""

    id: str
    name: str
    state: str
    source: str
    locale: str
    answers: Mapping[str, Any]
    due_at: datetime | None
    version: int
    created_at: datetime
    sent_at: datetime | None
    schema: FormSchema

    @property
    def is_draft(self) -> bool:
        """Whether it can still be changed."""
        return self.state == "draft"


class Listed(NamedTuple):
    """A case in the list of all."""

    id: str
    name: str
    state: str
    due_at: datetime | None
    created_at: datetime


class Counts(NamedTuple):
    """How many assessors were asked to score a case, and how many sealed their scores."""

    asked: int
    sealed: int


class Given(NamedTuple):
    """Sealed scores of a case: by whom, at which site; {criterion: level or None}."""

    site: int
    assessor: str
    scores: Mapping[str, int | None]


class Task(NamedTuple):
    """A case that an assessor was asked to score."""

    mark_id: str
    name: str
    state: str
    due_at: datetime | None
    sealed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Marking:
    """An assessor's own scoring of a case. `scores` as in CalibrationMark."""

    id: str
    version: int
    scores: Mapping[str, Mapping[str, Any]]
    recommendation: str | None
    sealed_at: datetime | None
    case: Case

    @property
    def open(self) -> bool:
        """Whether it can still be changed: not sealed, and the case not closed. The due day is a request, no wall."""
        return self.sealed_at is None and self.case.state == "sent"


class ToAsk(NamedTuple):
    """An assessor who is to be asked to score a case."""

    assessor_id: str
    account_id: str
    email: str
    locale: str
    case_id: str
    due_at: datetime | None


_CASE = (
    CalibrationCase.id, CalibrationCase.name, CalibrationCase.state, CalibrationCase.source, CalibrationCase.locale,
    CalibrationCase.answers, CalibrationCase.due_at, CalibrationCase.version, CalibrationCase.created_at,
    CalibrationCase.sent_at, FormVersion.sha256, FormVersion.content,
)  # fmt: skip
_CASES = sa.select(*_CASE).join(FormVersion, FormVersion.id == CalibrationCase.form_version_id)


def _case(row: Any) -> Case:
    case_id, name, state, source, locale, answers, due_at, version, created_at, sent_at, sha256, content = row
    schema = schema_of(sha256, content)
    return Case(case_id, name, state, source, locale, json.loads(answers), due_at, version, created_at, sent_at, schema)


def cases(session: ScopedSession) -> list[Listed]:
    """Every case, the newest first."""
    rows = session.execute(
        sa.select(
            CalibrationCase.id, CalibrationCase.name, CalibrationCase.state, CalibrationCase.due_at, CalibrationCase.created_at
        ).order_by(CalibrationCase.created_at.desc(), CalibrationCase.id)
    )  # fmt: skip
    return [Listed(*row) for row in rows]


def case(session: ScopedSession, case_id: str) -> Case:
    """One case. Raises NotFound."""
    row = session.execute(_CASES.where(CalibrationCase.id == case_id)).one_or_none() if is_id(case_id) else None
    if row is None:
        raise NotFound
    return _case(row)


def counts(session: ScopedSession) -> dict[str, Counts]:
    """How far each case is, over all sites: needs a session of the whole platform. Numbers only."""
    rows = session.execute(
        sa.select(CalibrationMark.case_id, sa.func.count(), sa.func.count(CalibrationMark.sealed_at)).group_by(
            CalibrationMark.case_id
        )
    )
    return {case_id: Counts(int(asked), int(sealed)) for case_id, asked, sealed in rows}


def given(session: ScopedSession, case_id: str) -> list[Given]:
    """The sealed scores of a case, by site and assessor: of all sites in a session of the whole platform."""
    rows = session.execute(
        sa.select(CalibrationMark.tenant_id, CalibrationMark.assessor_id, CalibrationMark.scores)
        .where(CalibrationMark.case_id == case_id, CalibrationMark.sealed_at.is_not(None))
        .order_by(CalibrationMark.tenant_id, CalibrationMark.assessor_id)
    )
    return [Given(site, who, {key: one["value"] for key, one in scores.items()}) for site, who, scores in rows]


def _own(account_id: str | None) -> tuple[Any, sa.ColumnElement[bool]]:
    joined = (Assessor.tenant_id == CalibrationMark.tenant_id) & (Assessor.id == CalibrationMark.assessor_id)
    return joined, Assessor.account_id == account_id


def tasks(session: ScopedSession, account_id: str | None) -> list[Task]:
    """The cases that somebody was asked to score at this site, what is open first."""
    joined, own = _own(account_id)
    rows = session.execute(
        sa.select(
            CalibrationMark.id, CalibrationCase.name, CalibrationCase.state, CalibrationCase.due_at, CalibrationMark.sealed_at
        )
        .join(Assessor, joined)
        .join(CalibrationCase, CalibrationCase.id == CalibrationMark.case_id)
        .where(own)
        .order_by(CalibrationMark.sealed_at.is_not(None), CalibrationCase.due_at, CalibrationMark.id)
    )  # fmt: skip
    return [Task(*row) for row in rows]


def marking(session: ScopedSession, mark_id: str, account_id: str | None) -> Marking:
    """Somebody's own scoring of a case. Raises NotFound: missing, another assessor's, or another site's."""
    joined, own = _own(account_id)
    row = session.execute(
        sa.select(
            CalibrationMark.version, CalibrationMark.scores, CalibrationMark.recommendation, CalibrationMark.sealed_at, *_CASE
        )
        .join(Assessor, joined)
        .join(CalibrationCase, CalibrationCase.id == CalibrationMark.case_id)
        .join(FormVersion, FormVersion.id == CalibrationCase.form_version_id)
        .where(CalibrationMark.id == mark_id, own)
    ).one_or_none() if is_id(mark_id) else None  # fmt: skip
    if row is None:
        raise NotFound
    version, scores, recommendation, sealed_at, *rest = row
    return Marking(mark_id, version, scores, recommendation, sealed_at, _case(rest))


def to_ask(session: ScopedSession) -> list[ToAsk]:
    """Assessors of this site who are on the panel and were not asked about a case that is out."""
    asked = sa.select(CalibrationMark.id).where(
        CalibrationMark.tenant_id == Assessor.tenant_id,
        CalibrationMark.assessor_id == Assessor.id,
        CalibrationMark.case_id == CalibrationCase.id,
    )
    rows = session.execute(
        sa.select(Assessor.id, Account.id, Account.email, Account.locale, CalibrationCase.id, CalibrationCase.due_at)
        .join(Account, Account.id == Assessor.account_id)
        .join(CalibrationCase, CalibrationCase.state == "sent")
        .where(Assessor.state == "active", Account.disabled_at.is_(None), ~asked.exists())
        .order_by(CalibrationCase.sent_at, Assessor.id)
    )
    return [ToAsk(*row) for row in rows]


def cards_of_closed(session: ScopedSession) -> list[tuple[str, str]]:
    """(account, scoring) of cards at this site that still ask for the scores of a case that is closed."""
    rows = session.execute(
        sa.select(ShelfItem.account_id, ShelfItem.ref)
        .join(CalibrationMark, CalibrationMark.id == ShelfItem.ref)
        .join(CalibrationCase, CalibrationCase.id == CalibrationMark.case_id)
        .where(
            ShelfItem.origin_tenant_id == session.scope.tenant_id, ShelfItem.kind == CARD, CalibrationCase.state == "closed"
        )
    )  # fmt: skip
    return [(row.account_id, row.ref) for row in rows]
