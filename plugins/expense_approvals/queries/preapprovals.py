"""Reading pre-approvals: whether somebody may ask, what one says, a person's own, and what waits."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.sdk import NotFound, ScopedSession, Visitor, clock, is_id
from plugins.expense_approvals.manifest import APPROVE
from plugins.expense_approvals.models import Activity, BudgetEntry, Declaration, Preapproval, PreapprovalLine, Step
from plugins.expense_approvals.queries.counted import is_above, parted
from plugins.expense_approvals.service import declaring
from plugins.expense_approvals.states import AGREED, USED, WAITING

NOT_COVERED, OVER, NO_MEMBER, UNDECLARED, ELIGIBLE = "not_covered", "over", "no_member", "undeclared", "eligible"


class Chance(NamedTuple):
    """An activity and whether a person may ask for its costs: one of the words above."""

    id: str
    title: str
    starts_on: date
    ends_on: date
    budget_id: str | None
    kind: str


_CHANCE = sa.select(
    Activity.id,
    Activity.title,
    Activity.starts_on,
    Activity.ends_on,
    Activity.covered,
    Activity.budget_id,
    sa.select(Declaration.id)
    .where(
        Declaration.activity_id == Activity.id,
        Declaration.tenant_id == Activity.tenant_id,
        Declaration.account_id == sa.bindparam("account_id"),
        Declaration.statement == sa.bindparam("statement"),
        Declaration.withdrawn_at.is_(None),
    )
    .exists(),
).where(Activity.id == sa.bindparam("wanted"))
_DECLARED = sa.select(Declaration.id).where(
    Declaration.activity_id == sa.bindparam("activity_id"),
    Declaration.account_id == sa.bindparam("account_id"),
    Declaration.withdrawn_at.is_(None),
)


def chance(session: ScopedSession, activity_id: str, visitor: Visitor) -> Chance:
    """What stands between the visitor and asking, before anything is typed, in one statement. Raises NotFound."""
    if not is_id(activity_id):
        raise NotFound
    asked = {"wanted": activity_id, "account_id": visitor.account_id or "", "statement": declaring.STATEMENT}
    row = session.execute(_CHANCE, asked).one_or_none()
    if row is None:
        raise NotFound
    found, title, starts_on, ends_on, covered, budget_id, has_declared = row
    if not covered:
        kind = NOT_COVERED
    elif ends_on < clock.today():
        kind = OVER
    elif not visitor.is_member:
        kind = NO_MEMBER
    else:
        kind = ELIGIBLE if has_declared else UNDECLARED
    return Chance(found, title, starts_on, ends_on, budget_id, kind)


def declared(session: ScopedSession, activity_id: str, account_id: str | None) -> bool:
    """Whether a person's declaration for an activity stands, in the words of its day (`declaring.must_stand` is the same for who
    decides)."""
    return session.scalar(_DECLARED, {"activity_id": activity_id, "account_id": account_id or ""}) is not None


class Asked(NamedTuple):
    """One pre-approval."""

    id: str
    activity_id: str
    account_id: str | None
    submitted_by: str | None
    state: str
    version: int
    asked_p: int
    allowed_p: int
    approved_p: int
    referred: bool
    findings: list[str]
    expires_on: date
    asked_at: datetime
    changed_at: datetime
    supplements_id: str | None


class AskedLine(NamedTuple):
    """One cost of it."""

    id: str
    position: int
    category: str
    incurred_on: date
    quantity: int
    miles: int
    vehicle: str
    passengers: int
    region: str
    travel_class: str
    reason: str
    asked_p: int
    allowed_p: int
    approved_p: int | None
    found: dict[str, Any]


def _columns(shape: type[Any], model: type[Any]) -> list[Any]:
    return [getattr(model, name) for name in shape._fields]


# What every page and step of a pre-approval reads is written once: SQLAlchemy works out its key and its SQL for the first one alone.
_ONE = sa.select(*_columns(Asked, Preapproval)).where(Preapproval.id == sa.bindparam("wanted"))
_LINES = (
    sa.select(*_columns(AskedLine, PreapprovalLine))
    .where(PreapprovalLine.preapproval_id == sa.bindparam("preapproval_id"))
    .order_by(PreapprovalLine.position)
)
_TITLE = (
    sa.select(Activity.title)
    .join(Preapproval, (Preapproval.tenant_id == Activity.tenant_id) & (Preapproval.activity_id == Activity.id))
    .where(Preapproval.id == sa.bindparam("wanted"))
)
_BUDGET = sa.select(BudgetEntry.budget_id).where(
    BudgetEntry.source_id == sa.bindparam("source_id"), BudgetEntry.move == "commit"
)
_FUNDING = sa.select(Activity.budget_id).where(Activity.id == sa.bindparam("wanted"), Activity.covered.is_(True))


def one(session: ScopedSession, preapproval_id: str, visitor: Visitor) -> Asked:
    """A pre-approval for the person, for who sent it, and for approvers. Raises NotFound for everybody else too."""
    if not is_id(preapproval_id):
        raise NotFound
    row = session.execute(_ONE, {"wanted": preapproval_id}).one_or_none()
    mine = (
        row is not None and visitor.account_id is not None and visitor.account_id in (row.account_id, row.submitted_by)
    )
    if row is None or not (mine or visitor.can(APPROVE)):
        raise NotFound
    return Asked._make(row)


def lines(session: ScopedSession, preapproval_id: str) -> list[AskedLine]:
    """Its costs, in the order in which they were asked for."""
    return [AskedLine._make(row) for row in session.execute(_LINES, {"preapproval_id": preapproval_id})]


class Taken(NamedTuple):
    """One step that was taken."""

    event: str
    state: str
    account_id: str | None
    words: str
    at: datetime


_STEPS = (
    sa.select(*_columns(Taken, Step))
    .where(Step.preapproval_id == sa.bindparam("preapproval_id"))
    .order_by(Step.version)
)


def steps(session: ScopedSession, preapproval_id: str) -> list[Taken]:
    """Every step, the first one first."""
    return [Taken._make(row) for row in session.execute(_STEPS, {"preapproval_id": preapproval_id})]


def agreed_today(preapproval_id: str | None) -> sa.ColumnElement[bool]:
    """The condition that this pre-approval is agreed and its last day is not over. For a statement about `Preapproval`."""
    return sa.and_(
        Preapproval.id == preapproval_id, Preapproval.state.in_(AGREED), Preapproval.expires_on >= clock.today()
    )


def adds_to_nothing(session: ScopedSession, asked: Asked) -> bool:
    """Whether a request adds to something that is no longer agreed: it can be declined alone. A statement for a supplement."""
    if asked.supplements_id is None:
        return False
    return session.scalar(sa.select(Preapproval.id).where(agreed_today(asked.supplements_id))) is None


def title_of(session: ScopedSession, preapproval_id: str) -> str:
    """What the activity of a pre-approval is called."""
    return session.scalar(_TITLE, {"wanted": preapproval_id}) or ""


def _in_all() -> sa.ColumnElement[int]:
    """What the policy allows of a pre-approval, with all else that was agreed to its person for the same activity: pence."""
    other = aliased(Preapproval)
    before = (
        sa.select(sa.cast(sa.func.coalesce(sa.func.sum(other.approved_p), 0), sa.BigInteger))
        .where(
            other.tenant_id == Preapproval.tenant_id, other.account_id == Preapproval.account_id,
            other.activity_id == Preapproval.activity_id, other.id != Preapproval.id, other.state.in_((*AGREED, USED)),
        )
        .correlate(Preapproval)
        .scalar_subquery()
    )  # fmt: skip
    return Preapproval.allowed_p + before


_IN_ALL = sa.select(_in_all()).where(Preapproval.id == sa.bindparam("wanted"))


def in_all(session: ScopedSession, preapproval_id: str) -> int:
    """The pence that a limit is held against: those that the policy allows of it, and what was agreed besides."""
    return session.scalar(_IN_ALL, {"wanted": preapproval_id}) or 0


def waiting(session: ScopedSession, most: Mapping[int, int]) -> tuple[Counter[int], Counter[int]]:
    """How many wait for a decision or an answer, by the site's id: within what a site may agree to, and above it. `most` is that, in
    pence by the site's id; 0 for all."""
    above = is_above(_in_all(), Preapproval.tenant_id, most)
    rows = session.execute(
        sa.select(Preapproval.tenant_id, sa.func.count(Preapproval.id), sa.func.count(sa.case((above, 1))))
        .where(Preapproval.state.in_(WAITING))
        .group_by(Preapproval.tenant_id)
    )
    return parted(rows)


def budget_of(session: ScopedSession, preapproval_id: str) -> str | None:
    """The budget that a pre-approval was agreed from; None while it is not agreed."""
    return session.scalar(_BUDGET, {"source_id": preapproval_id})


def funding(session: ScopedSession, activity_id: str) -> str | None:
    """The budget that an activity's costs are covered from today; None where they are not."""
    return session.scalar(_FUNDING, {"wanted": activity_id})


class Listed(NamedTuple):
    """One pre-approval in a list."""

    id: str
    title: str
    starts_on: date
    account_id: str | None
    state: str
    asked_p: int
    allowed_p: int
    approved_p: int
    referred: bool
    asked_at: datetime
    submitted_by: str | None
    in_all_p: int


def _listed() -> Any:
    return sa.select(
        Preapproval.id, Activity.title, Activity.starts_on, Preapproval.account_id, Preapproval.state, Preapproval.asked_p,
        Preapproval.allowed_p, Preapproval.approved_p, Preapproval.referred, Preapproval.asked_at, Preapproval.submitted_by,
        _in_all(),
    ).join(Activity, (Activity.tenant_id == Preapproval.tenant_id) & (Activity.id == Preapproval.activity_id))  # fmt: skip


def mine(session: ScopedSession, account_id: str) -> list[Listed]:
    """What a person asked for at this site, the newest first."""
    query = _listed().where(Preapproval.account_id == account_id).order_by(Preapproval.asked_at.desc(), Preapproval.id)
    return [Listed._make(row) for row in session.execute(query.limit(100))]


def queue(session: ScopedSession) -> list[Listed]:
    """What waits: first what is unusual (a person must look), then the oldest."""
    query = _listed().where(Preapproval.state.in_(WAITING))
    return [
        Listed._make(row)
        for row in session.execute(query.order_by(Preapproval.referred.desc(), Preapproval.asked_at, Preapproval.id))
    ]
