"""Reading what there is to decide: proposals, the panel's outcomes, sealed scores, decisions. For those who decide.

Every statement leaves out what its reader is in conflict with, counts included.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median_low
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.admissions.content.shapes import LEVELS
from core.admissions.models import (
    Application,
    Assessment,
    Assessor,
    Assignment,
    Conflict,
    Decision,
    PanelItem,
    RuleProposal,
    Score,
)
from core.admissions.queries import scores as scores_of_others
from core.admissions.queries.sight import READER, clear_of
from core.admissions.states import DRAFT, HELD_BY_ASSESSOR, NOT_SUBMITTED, RELEASED, TRANSFERRED, UNDER_WAY
from core.data.base import another
from core.data.listing import caseless, contains_words, ordered
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account

NOTHING_TO_DECIDE = (DRAFT, NOT_SUBMITTED, TRANSFERRED)
FINAL = ("accept", "decline")

# Rows beside those that the statement around reads itself.
_LATER, _AGAINST, _PROPOSAL = another(Assessment), another(Conflict), another(RuleProposal)


def standing(until: sa.ColumnElement[datetime] | None = None) -> sa.ColumnElement[bool]:
    """The condition that an assessment is what its assessor holds now: the last that they sealed, after the discussion where
    there was one. Whoever gave the application back, or is in conflict with it since, holds nothing.

    With `until` (UTC, NULL for no end) it is what they held then.
    """

    def in_time(one: Any) -> sa.ColumnElement[bool]:
        sealed: sa.ColumnElement[bool] = one.sealed_at.is_not(None)
        return sealed if until is None else sa.and_(sealed, until.is_(None) | (one.sealed_at <= until))

    replaced = sa.select(_LATER.id).where(
        _LATER.assignment_id == Assessment.assignment_id, in_time(_LATER),
        (_LATER.sealed_at > Assessment.sealed_at) | ((_LATER.sealed_at == Assessment.sealed_at) & (_LATER.id > Assessment.id)),
    )  # fmt: skip
    in_conflict = sa.select(_AGAINST.id).where(
        _AGAINST.application_id == Assignment.application_id, _AGAINST.account_id == Assessor.account_id,
        _AGAINST.ended_at.is_(None),
    )  # fmt: skip
    counts = (
        sa.select(Assignment.id)
        .join(Assessor, (Assessor.tenant_id == Assignment.tenant_id) & (Assessor.id == Assignment.assessor_id))
        .where(
            Assignment.id == Assessment.assignment_id, Assignment.state.in_(sorted(HELD_BY_ASSESSOR)), ~in_conflict.exists()
        )
        .correlate(Assessment)
    )  # fmt: skip
    return sa.and_(in_time(Assessment), ~replaced.exists(), counts.exists())


def newest_proposal() -> sa.ScalarSelect[str]:
    """The id of the newest proposal of the statement's `Application`."""
    return (
        sa.select(_PROPOSAL.id)
        .where(_PROPOSAL.application_id == Application.id)
        .order_by(_PROPOSAL.at.desc(), _PROPOSAL.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def panel_outcome() -> sa.ScalarSelect[str | None]:
    """What the last panel that discussed the statement's `Application` agreed on."""
    return (
        sa.select(PanelItem.outcome)
        .where(PanelItem.application_id == Application.id, PanelItem.state == "done")
        .order_by(PanelItem.ended_at.desc(), PanelItem.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def assessed_by(account_id: str | sa.SQLColumnExpression[str | None] | None) -> sa.ColumnElement[bool]:
    """The condition that an account assesses the application of the statement's `Decision`, or has sealed scores of it."""
    mine = sa.select(Assessor.id).where(Assessor.account_id == account_id)
    holds = sa.select(Assignment.id).where(
        Assignment.application_id == Decision.application_id, Assignment.assessor_id.in_(mine),
        Assignment.state.in_(sorted(HELD_BY_ASSESSOR)),
    )  # fmt: skip
    scored = sa.select(Assessment.id).where(
        Assessment.application_id == Decision.application_id, Assessment.assessor_id.in_(mine)
    )
    return holds.exists() | scored.exists()


class Candidate(NamedTuple):
    """An application with everything that it is decided from. `spread` is the widest difference between two assessors in one
    criterion, `mean` the mean over criteria. Of decisions the one under way (`decision_state` and what follows), else
    what was released (`outcome`)."""

    id: str
    reference: str
    name: str
    state: str
    submitted_at: datetime | None
    proposal_id: str | None
    proposal: str | None
    panel: str | None
    assessors: int
    mean: float | None
    spread: int | None
    decision_id: str | None
    decision_state: str | None
    decided: str | None
    override_code: str | None
    released: str | None
    version: int | None

    @property
    def suggested(self) -> str:
        """The outcome that a signature follows: the panel's, else the rule's where it is final; "" for none."""
        return suggestion(self.panel, self.proposal)

    @property
    def to_sign(self) -> bool:
        """Whether a signature following the suggestion can be given now."""
        return self.state == "submitted" and self.decision_id is None and bool(self.suggested)


def suggestion(panel: str | None, proposal: str | None) -> str:
    """What a panel agreed on comes before what a rule proposes; "panel" and "more assessors" decide nothing."""
    return panel or (proposal if proposal in FINAL else "") or ""


def _figures() -> Any:
    by_criterion = (
        sa.select(
            Assessment.application_id.label("application_id"),
            sa.func.avg(Score.value).label("mean"),
            (sa.func.max(Score.value) - sa.func.min(Score.value)).label("spread"),
        )
        .join(Score, Score.assessment_id == Assessment.id)
        .where(standing(), Score.value.is_not(None))
        .group_by(Assessment.application_id, Score.criterion)
        .subquery()
    )
    return (
        sa.select(
            by_criterion.c.application_id,
            sa.func.avg(by_criterion.c.mean).label("mean"),
            sa.func.max(by_criterion.c.spread).label("spread"),
        )
        .group_by(by_criterion.c.application_id)
        .subquery()
    )


def _assessors() -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count(sa.distinct(Assessment.assessor_id)))
        .where(Assessment.application_id == Application.id, standing())
        .scalar_subquery()
    )


def _candidates() -> tuple[Any, Mapping[str, Any]]:
    """(the statement over every application that can be decided, its columns by name). What others scored, and what follows
    from it, is empty for a reader who is still to score the application."""
    figures, under_way, out = _figures(), aliased(Decision), aliased(Decision)
    independent = scores_of_others.independent(READER, Application.id)
    columns: dict[str, Any] = {
        "id": Application.id, "reference": Application.reference, "name": Account.name, "state": Application.state,
        "submitted_at": Application.submitted_at, "proposal_id": RuleProposal.id, "proposal": RuleProposal.outcome,
        "panel": sa.case((independent, panel_outcome())), "assessors": _assessors(), "mean": figures.c.mean, "spread": figures.c.spread,
        "decision_id": under_way.id, "decision_state": under_way.state, "decided": under_way.outcome,
        "override_code": under_way.override_code, "released": out.outcome, "version": under_way.version,
    }  # fmt: skip
    query = (
        sa.select(*(column.label(name) for name, column in columns.items()))
        .select_from(Application)
        .join(Account, Account.id == Application.account_id)
        .outerjoin(RuleProposal, (RuleProposal.id == newest_proposal()) & independent)
        .outerjoin(figures, (figures.c.application_id == Application.id) & independent)
        .outerjoin(under_way, (under_way.application_id == Application.id) & under_way.state.in_(sorted(UNDER_WAY)))
        .outerjoin(out, (out.application_id == Application.id) & (out.state == RELEASED))
        .where(Application.state.not_in(NOTHING_TO_DECIDE), clear_of(READER))
    )
    return query, columns


_CANDIDATES, _COLUMNS = _candidates()
STATES: Mapping[str, str] = {"to_sign": "", "signed": "signed", "moderated": "moderated", "held": "held"}
"""What the list can be narrowed to: nothing signed yet, or a decision in that state; `released` beside these."""

SORTS = ("reference", "name", "submitted_at", "mean", "spread", "assessors")
"""What the list can be sorted by; a leading `-` turns it round."""


def candidates(
    session: ScopedSession, account_id: str | None, window_id: str, *, show: str = "", search: str = "", sort: str = "reference",
    limit: int | None = None, offset: int = 0,
) -> tuple[list[Candidate], int]:  # fmt: skip
    """(one page of a window's applications, how many there are) for somebody who decides; in two statements.

    `show` is a key of STATES or `released`, `search` a part of the reference or of the name; `sort` one of SORTS.
    """
    query, columns, reader = _CANDIDATES, _COLUMNS, {"reader": account_id or ""}
    query = query.where(Application.window_id == window_id)
    if show == "to_sign":
        query = query.where(Application.state == "submitted", columns["decision_id"].is_(None))
    elif show in STATES:
        query = query.where(columns["decision_state"] == STATES[show])
    elif show == "released":
        query = query.where(columns["released"].is_not(None))
    query = query.where(*contains_words(search, Application.reference, Account.name))
    sorts = {name: columns[name] for name in SORTS} | {"name": caseless(Account.name)}
    order = ordered(sorts, sort, Application.id, empty=("submitted_at", "mean", "spread"))
    total = session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery()), reader) or 0
    rows = session.execute(query.order_by(*order).limit(limit).offset(offset), reader)
    return [Candidate(*row) for row in rows], total


_SOME = (
    _CANDIDATES
    .where(
        Application.window_id == sa.bindparam("window"), Application.id.in_(sa.bindparam("wanted", expanding=True))
    )
    .order_by(Application.reference)
)  # fmt: skip


def some(session: ScopedSession, account_id: str | None, window_id: str, ids: Collection[str]) -> list[Candidate]:
    """Those of a window's applications that are named and may be seen, by reference; in one statement."""
    wanted = [one for one in ids if is_id(one)]
    rows = session.execute(_SOME, {"reader": account_id or "", "window": window_id, "wanted": wanted})
    return [Candidate(*row) for row in rows]


def candidate(session: ScopedSession, account_id: str | None, window_id: str, application_id: str) -> Candidate:
    """One application that can be decided. Raises NotFound: missing, another site's, or one's own conflict."""
    found = some(session, account_id, window_id, [application_id])
    if not found:
        raise NotFound
    return found[0]


class Said(NamedTuple):
    """What one assessor sealed on one criterion: a value or why there is none, with their words."""

    assessor: str
    phase: str
    criterion: str
    value: int | None
    not_scored: str
    words: str


def scores(session: ScopedSession, account_id: str | None, application_id: str) -> list[Said]:
    """Every sealed score that stands, by assessor; none for somebody who is still to score the application. The caller has
    asked `candidate` whether it may be seen."""
    query = (
        sa.select(Account.name, Assessment.phase, Score.criterion, Score.value, Score.not_scored, Score.words)
        .join(Assessment, Assessment.id == Score.assessment_id)
        .join(Assessor, Assessor.id == Assessment.assessor_id)
        .join(Account, Account.id == Assessor.account_id)
        .where(
            Assessment.application_id == application_id,
            standing(),
            scores_of_others.independent(account_id, Assessment.application_id),
        )
        .order_by(caseless(Account.name), Assessor.id)
    )
    return [Said(*row) for row in session.execute(query)]


def levels(session: ScopedSession, application_ids: Any) -> dict[str, dict[str, int]]:
    """{application: {criterion: level}} from the sealed scores that stood when its decision was signed, for letters; in one
    statement. What is sealed later changes no letter that somebody has moderated.

    The level is the middle score, of two middle ones the lower: a letter says no more than the panel saw. What nobody
    could score has none. `application_ids` are ids, or a statement that selects them.
    """
    signed = (
        sa.select(sa.func.max(Decision.signed_at))
        .where(
            Decision.application_id == Assessment.application_id, Decision.state.in_((*sorted(UNDER_WAY), RELEASED))
        )
        .correlate(Assessment)
        .scalar_subquery()
    )  # fmt: skip
    query = (
        sa.select(Assessment.application_id, Score.criterion, Score.value)
        .join(Score, Score.assessment_id == Assessment.id)
        .where(Assessment.application_id.in_(application_ids), standing(signed), Score.value.is_not(None))
    )
    found: dict[str, dict[str, list[int]]] = {}
    for application_id, criterion, value in session.execute(query):
        if value is not None:
            found.setdefault(application_id, {}).setdefault(criterion, []).append(value)
    return {one: {key: _level(values) for key, values in by.items()} for one, by in found.items()}


def _level(values: Iterable[int]) -> int:
    return min(median_low(values), LEVELS[-1])


@dataclass(frozen=True, slots=True)
class Past:
    """One decision about an application, as those who decide see it. Names are "" where nobody is known any more."""

    id: str
    number: int
    state: str
    outcome: str
    override_code: str
    override_text: str
    comments: Mapping[str, Mapping[str, str]]
    signed_by: str
    signed_at: datetime
    moderated_by: str
    moderated_at: datetime | None
    moderation_why: str
    released_at: datetime | None
    version: int


def history(session: ScopedSession, application_id: str) -> list[Past]:
    """Every decision about an application, the newest first. The caller has asked whether it may be seen."""
    signer, moderator = aliased(Account), aliased(Account)
    query = (
        sa.select(
            Decision.id, Decision.number, Decision.state, Decision.outcome, Decision.override_code, Decision.override_text,
            Decision.comments, sa.func.coalesce(signer.name, ""), Decision.signed_at, sa.func.coalesce(moderator.name, ""),
            Decision.moderated_at, Decision.moderation_why, Decision.released_at, Decision.version,
        )
        .outerjoin(signer, signer.id == Decision.signed_by)
        .outerjoin(moderator, moderator.id == Decision.moderated_by)
        .where(Decision.application_id == application_id)
        .order_by(Decision.number.desc())
    )  # fmt: skip
    return [Past(*row) for row in session.execute(query)]
