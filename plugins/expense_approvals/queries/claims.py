"""Reading claims: what one stands on, what it says, a person's own, and what waits."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import FILE_KINDS, NotFound, ScopedSession, Visitor, clock, is_id
from plugins.expense_approvals.manifest import APPROVE
from plugins.expense_approvals.models import (
    Activity,
    Claim,
    ClaimLine,
    ClaimRevision,
    ClaimStep,
    Delegation,
    Preapproval,
    PreapprovalLine,
    Receipt,
    Step,
    YearMiles,
)
from plugins.expense_approvals.queries.counted import is_above, parted
from plugins.expense_approvals.queries.delegations import AWAY, Away
from plugins.expense_approvals.queries.granted import adjusted, claimed
from plugins.expense_approvals.queries.preapprovals import Asked, Taken
from plugins.expense_approvals.states import AGREED, IN_HAND, OVER, TO_APPROVE, USED, WAITING


class Made(NamedTuple):
    """One claim."""

    id: str
    preapproval_id: str
    account_id: str | None
    submitted_by: str | None
    state: str
    version: int
    revision: int
    claimed_p: int
    allowed_p: int
    approved_p: int
    referred: bool
    findings: list[str]
    begun_at: datetime
    sent_at: datetime | None
    first_by: str | None


class Spent(NamedTuple):
    """One cost of it."""

    id: str
    position: int
    category: str
    incurred_on: date
    quantity: int
    miles: int
    vehicle: str
    passengers: int
    from_postcode: str
    to_postcode: str
    region: str
    travel_class: str
    reason: str
    typed_p: int | None
    claimed_p: int
    allowed_p: int
    approved_p: int | None
    policy_version: int | None
    found: dict[str, Any]
    why: str


class Proof(NamedTuple):
    """One proof that stands."""

    id: str
    claim_id: str
    line_id: str
    kind: str
    name: str
    mime: str
    size: int
    sha256: str
    key: str

    @property
    def file_kind(self) -> str:
        """The kind of file, as people call it."""
        return FILE_KINDS.get(self.mime, self.mime)


class Ground(NamedTuple):
    """What a claim stands on: the activity, and what was agreed for it beforehand, with what was added to that later."""

    activity_id: str
    title: str
    starts_on: date
    ends_on: date
    parts: tuple[Asked, ...]
    """The pre-approval, then those that add to it, the oldest first."""
    categories: frozenset[str]
    """The kinds of cost that were agreed."""
    decided_on: date
    """The day (in London) on which costs could begin."""

    @property
    def agreed(self) -> tuple[Asked, ...]:
        """Those parts that hold money now."""
        return tuple(part for part in self.parts if part.state in AGREED)

    @property
    def agreed_p(self) -> int:
        """Pence that a claim can come to."""
        return sum(part.approved_p for part in self.parts if part.state in (*AGREED, USED))

    @property
    def asked_more(self) -> bool:
        """Whether more was asked for and is not decided."""
        return any(part.state in WAITING for part in self.parts[1:])


def _columns(shape: type[Any], model: type[Any]) -> list[Any]:
    return [getattr(model, name) for name in shape._fields]


# What every page and step of a claim reads is written once: SQLAlchemy works out its key and its SQL for the first claim alone.
_ONE = sa.select(*_columns(Made, Claim)).where(Claim.id == sa.bindparam("wanted"))
_GROUND = (
    sa.select(Activity.id, Activity.title, Activity.starts_on, Activity.ends_on, *_columns(Asked, Preapproval))
    .join(Activity, (Activity.tenant_id == Preapproval.tenant_id) & (Activity.id == Preapproval.activity_id))
    .where(sa.or_(Preapproval.id == sa.bindparam("wanted"), Preapproval.supplements_id == sa.bindparam("wanted")))
    .order_by(Preapproval.supplements_id.is_not(None), Preapproval.asked_at, Preapproval.id)
)
_DECIDED = sa.select(sa.func.min(Step.at)).where(
    Step.preapproval_id == sa.bindparam("wanted"), Step.event.in_(("approve", "part_approve"))
)
_KINDS = sa.select(PreapprovalLine.category).where(
    PreapprovalLine.preapproval_id.in_(sa.bindparam("held", expanding=True)), PreapprovalLine.approved_p > 0
)
_LINES = (
    sa.select(*_columns(Spent, ClaimLine))
    .where(ClaimLine.claim_id == sa.bindparam("claim_id"))
    .order_by(ClaimLine.position)
)
_PROOFS = (
    sa.select(*_columns(Proof, Receipt))
    .where(Receipt.claim_id == sa.bindparam("claim_id"), Receipt.removed_at.is_(None))
    .order_by(Receipt.at, Receipt.id)
)
_SHA256 = sa.select(ClaimRevision.sha256).where(
    ClaimRevision.claim_id == sa.bindparam("claim_id"), ClaimRevision.number == sa.bindparam("number")
)
_LIVE = sa.select(Claim.id).where(Claim.preapproval_id == sa.bindparam("preapproval_id"), Claim.state.not_in(OVER))
_MILES = sa.select(YearMiles.vehicle, YearMiles.year, YearMiles.miles).where(
    YearMiles.account_id == sa.bindparam("account_id")
)


def one(session: ScopedSession, claim_id: str, visitor: Visitor) -> Made:
    """A claim for the person and for who sends it; once it is sent, for approvers too. Raises NotFound for everybody else."""
    row = session.execute(_ONE, {"wanted": claim_id}).one_or_none() if is_id(claim_id) else None
    if row is None:
        raise NotFound
    made = Made._make(row)
    mine = visitor.account_id is not None and visitor.account_id in (made.account_id, made.submitted_by)
    if not mine and not (visitor.can(APPROVE) and made.revision > 0):
        raise NotFound
    return made  # fmt: skip


def ground(session: ScopedSession, preapproval_id: str) -> Ground:
    """What a claim from this pre-approval stands on. Raises NotFound where it was never agreed to. Three statements."""
    rows = session.execute(_GROUND, {"wanted": preapproval_id}).all()
    decided = session.scalar(_DECIDED, {"wanted": preapproval_id})
    if not rows or decided is None:
        raise NotFound
    parts = tuple(Asked._make(row[4:]) for row in rows)
    held = [part.id for part in parts if part.state in (*AGREED, USED)]
    kinds = session.scalars(_KINDS, {"held": held})
    activity_id, title, starts_on, ends_on = rows[0][:4]
    return Ground(activity_id, title, starts_on, ends_on, parts, frozenset(kinds), clock.london(decided).date())


def lines(session: ScopedSession, claim_id: str) -> list[Spent]:
    """Its costs, in the order in which they were put in."""
    return [Spent._make(row) for row in session.execute(_LINES, {"claim_id": claim_id})]


def proofs(session: ScopedSession, claim_id: str) -> list[Proof]:
    """The proofs that stand, the oldest first."""
    return [Proof._make(row) for row in session.execute(_PROOFS, {"claim_id": claim_id})]


def proof(session: ScopedSession, claim_id: str, receipt_id: str, visitor: Visitor) -> Proof:
    """One proof of a claim that the visitor may see. Raises NotFound."""
    one(session, claim_id, visitor)
    for found in proofs(session, claim_id):
        if found.id == receipt_id:
            return found
    raise NotFound


_STEPS = (
    sa.select(*_columns(Taken, ClaimStep))
    .where(ClaimStep.claim_id == sa.bindparam("claim_id"))
    .order_by(ClaimStep.version)
)


def steps(session: ScopedSession, claim_id: str) -> list[Taken]:
    """Every step, the first one first."""
    return [Taken._make(row) for row in session.execute(_STEPS, {"claim_id": claim_id})]


class Hands(NamedTuple):
    """Who has had a hand in the revision of a claim that was sent last, and for whom they stood in then."""

    checked: frozenset[str] = frozenset()
    approved: frozenset[str] = frozenset()


def hands(session: ScopedSession, claim_id: str = "") -> dict[str, Hands]:
    """Who checked and who first approved what waits to be approved, by claim; or one claim's, whatever it waits for. One
    statement, however many wait."""
    query, given = (_HANDS_OF, {"wanted": claim_id}) if claim_id else (_HANDS_OF_ALL, {})
    rows = session.execute(query, given).all()
    checked, approved = (
        _by_claim((claim, *step) for claim, event, *step in rows if event == wanted)
        for wanted in ("check", "first_approve")
    )
    return {
        claim: Hands(checked.get(claim, frozenset()), approved.get(claim, frozenset()))
        for claim in {*checked, *approved}
    }


def preapprovers(session: ScopedSession, claim_id: str = "") -> dict[str, frozenset[str]]:
    """Who agreed beforehand to what a claim stands on that waits to be approved, and to what was added to that later, with those for
    whom they stood in then, by claim; of all such claims, or of one (nothing, where it does not wait to be approved)."""
    ground = (Preapproval.tenant_id == Claim.tenant_id) & sa.or_(
        Preapproval.id == Claim.preapproval_id, Preapproval.supplements_id == Claim.preapproval_id
    )
    rows = session.execute(
        sa.select(Claim.id, Step.account_id, Step.at, *AWAY)
        .join(Preapproval, ground)
        .join(Step, (Step.tenant_id == Preapproval.tenant_id) & (Step.preapproval_id == Preapproval.id))
        .outerjoin(Delegation, _stands_in(Step))
        .where(
            Claim.state.in_(TO_APPROVE), Claim.id == claim_id if claim_id else sa.true(),
            Step.event.in_(("approve", "part_approve")), Step.account_id.is_not(None),
        )
    )  # fmt: skip
    return _by_claim(rows)


def _stands_in(step: type[ClaimStep] | type[Step]) -> sa.ColumnElement[bool]:
    """Every absence in which whoever took a step was the one to stand in, whenever it was."""
    return (Delegation.tenant_id == step.tenant_id) & (Delegation.delegate_id == step.account_id)


_HANDS = (
    sa.select(Claim.id, ClaimStep.event, ClaimStep.account_id, ClaimStep.at, *AWAY)
    .join(ClaimRevision, (ClaimRevision.claim_id == Claim.id) & (ClaimRevision.number == Claim.revision))
    .join(ClaimStep, (ClaimStep.claim_id == Claim.id) & (ClaimStep.sha256 == ClaimRevision.sha256))
    .outerjoin(Delegation, _stands_in(ClaimStep))
    .where(ClaimStep.event.in_(("check", "first_approve")), ClaimStep.account_id.is_not(None))
)
_HANDS_OF = _HANDS.where(Claim.id == sa.bindparam("wanted"))
_HANDS_OF_ALL = _HANDS.where(Claim.state.in_(TO_APPROVE))


def _by_claim(rows: Iterable[Any]) -> dict[str, frozenset[str]]:
    """Who took steps, and for whom they stood in at that moment, from rows of a claim, who, when, and an absence (or nothing)."""
    found: dict[str, frozenset[str]] = {}
    for claim_id, account_id, at, *columns in rows:
        away = None if columns[0] is None else Away._make(columns)
        stood_for = {away.delegator_id} if away and away.held_at(at) else frozenset[str]()
        found[claim_id] = found.get(claim_id, frozenset()) | {str(account_id)} | stood_for
    return found


def bound_to(session: ScopedSession, claim_id: str, number: int) -> str:
    """The hash of version `number` as it was sent; "" for none."""
    return session.scalar(_SHA256, {"claim_id": claim_id, "number": number}) or ""


def live(session: ScopedSession, preapproval_id: str) -> str | None:
    """The claim from a pre-approval that is neither withdrawn nor rejected."""
    return session.scalar(_LIVE, {"preapproval_id": preapproval_id})


def in_hand() -> sa.ColumnElement[bool]:
    """The condition that a claim from a pre-approval (or from the one that it adds to) waits. One that was granted keeps nothing: it
    used up what it stands on by the step that granted it."""
    return (
        sa.select(Claim.id)
        .where(
            Claim.tenant_id == Preapproval.tenant_id,
            sa.or_(Claim.preapproval_id == Preapproval.id, Claim.preapproval_id == Preapproval.supplements_id),
            Claim.state.in_(IN_HAND),
        )
        .correlate(Preapproval)
        .exists()
    )


def holds(session: ScopedSession, preapproval_id: str) -> bool:
    """Whether a claim keeps a pre-approval from being taken back."""
    return session.scalar(sa.select(Preapproval.id).where(Preapproval.id == preapproval_id, in_hand())) is not None


def over(session: ScopedSession, today: date, limit: int = 200) -> list[Asked]:
    """Agreed pre-approvals whose last day is over and that no claim keeps, the oldest first."""
    rows = session.execute(
        sa.select(*_columns(Asked, Preapproval))
        .where(Preapproval.state.in_(AGREED), Preapproval.expires_on < today, ~in_hand())
        .order_by(Preapproval.expires_on, Preapproval.id)
        .limit(limit)
    )
    return [Asked._make(row) for row in rows]


def ever_sent(session: ScopedSession, preapproval_ids: Iterable[str]) -> frozenset[str]:
    """Those pre-approvals from which a claim was sent, whatever became of it."""
    sent = sa.select(Claim.preapproval_id).where(Claim.preapproval_id.in_(preapproval_ids), Claim.sent_at.is_not(None))
    return frozenset(session.scalars(sent))


def miles_before(session: ScopedSession, account_id: str | None) -> dict[tuple[str, int], int]:
    """Thousandths of a mile that a person has claimed before, by (vehicle, tax year), at every site together: a number, and never
    where they were driven. One statement."""
    rows = session.execute(_MILES, {"account_id": account_id or ""})
    return {(vehicle, year): miles for vehicle, year, miles in rows}


class Listed(NamedTuple):
    """One claim in a list."""

    id: str
    title: str
    account_id: str | None
    state: str
    claimed_p: int
    allowed_p: int
    approved_p: int
    referred: bool
    begun_at: datetime
    sent_at: datetime | None
    submitted_by: str | None
    first_by: str | None
    in_all_p: int


def _in_all() -> sa.ColumnElement[int]:
    """What the policy allows of a claim, with all else that was granted to its person for the same activity: pence. For a
    statement about `Claim` and the `Preapproval` that it stands on."""
    person = (Claim.tenant_id, Claim.account_id, Preapproval.activity_id)
    return Claim.allowed_p + claimed(*person, but=Claim.id) + adjusted(*person)


def _grounded(*columns: Any) -> Any:
    return sa.select(*columns).join(
        Preapproval, (Preapproval.tenant_id == Claim.tenant_id) & (Preapproval.id == Claim.preapproval_id)
    )


_IN_ALL = _grounded(_in_all()).select_from(Claim).where(Claim.id == sa.bindparam("wanted"))


def in_all(session: ScopedSession, claim_id: str) -> int:
    """The pence that a limit is held against: those that the policy allows of it, and what was granted besides."""
    return session.scalar(_IN_ALL, {"wanted": claim_id}) or 0


def _listed() -> Any:
    return (
        _grounded(
            Claim.id, Activity.title, Claim.account_id, Claim.state, Claim.claimed_p, Claim.allowed_p, Claim.approved_p,
            Claim.referred, Claim.begun_at, Claim.sent_at, Claim.submitted_by, Claim.first_by, _in_all(),
        )
        .join(Activity, (Activity.tenant_id == Preapproval.tenant_id) & (Activity.id == Preapproval.activity_id))
    )  # fmt: skip


def mine(session: ScopedSession, account_id: str) -> list[Listed]:
    """What a person claims at this site, the newest first."""
    query = _listed().where(Claim.account_id == account_id).order_by(Claim.begun_at.desc(), Claim.id)
    return [Listed._make(row) for row in session.execute(query.limit(100))]


def queue(session: ScopedSession) -> list[Listed]:
    """What waits: first what is unusual (a person must look), then the oldest."""
    query = _listed().where(Claim.state.in_(IN_HAND))
    return [
        Listed._make(row) for row in session.execute(query.order_by(Claim.referred.desc(), Claim.sent_at, Claim.id))
    ]


def waiting(session: ScopedSession, most: Mapping[int, int]) -> tuple[Counter[int], Counter[int]]:
    """How many wait for a check, a decision or an answer, by the site's id, and how many for a decision above what a site may
    approve. `most` is that, in pence by the site's id; 0 for no such limit."""
    above = sa.and_(Claim.state.in_(TO_APPROVE), is_above(_in_all(), Claim.tenant_id, most))
    rows = session.execute(
        _grounded(Claim.tenant_id, sa.func.count(Claim.id), sa.func.count(sa.case((above, 1))))
        .select_from(Claim)
        .where(Claim.state.in_(IN_HAND))
        .group_by(Claim.tenant_id)
    )
    return parted(rows)


class Open(NamedTuple):
    """Something agreed that can be claimed from."""

    id: str
    title: str
    starts_on: date
    approved_p: int
    expires_on: date


def open_to(session: ScopedSession, account_id: str) -> list[Open]:
    """What was agreed for a person and has no claim yet, the one that ends first first."""
    has = sa.select(Claim.id).where(
        Claim.tenant_id == Preapproval.tenant_id, Claim.preapproval_id == Preapproval.id, Claim.state.not_in(OVER)
    )
    rows = session.execute(
        sa.select(Preapproval.id, Activity.title, Activity.starts_on, Preapproval.approved_p, Preapproval.expires_on)
        .join(Activity, (Activity.tenant_id == Preapproval.tenant_id) & (Activity.id == Preapproval.activity_id))
        .where(
            Preapproval.account_id == account_id, Preapproval.state.in_(AGREED), Preapproval.supplements_id.is_(None),
            ~has.correlate(Preapproval).exists(),
        )
        .order_by(Preapproval.expires_on, Preapproval.id)
        .limit(100)
    )  # fmt: skip
    return [Open._make(row) for row in rows]
