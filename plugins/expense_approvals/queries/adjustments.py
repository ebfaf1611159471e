"""Reading what a late change of the policy makes of granted claims, and the adjustments that were made of it."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import NotFound, ScopedSession, clock, is_id
from plugins.expense_approvals.claims.changes import adjustments
from plugins.expense_approvals.claims.lines import Line
from plugins.expense_approvals.models import Activity, Adjustment, AdjustmentLine, Claim, ClaimLine, Preapproval
from plugins.expense_approvals.policy.history import Known
from plugins.expense_approvals.policy.local import Local
from plugins.expense_approvals.queries import past, policies
from plugins.expense_approvals.queries.counted import by_site
from plugins.expense_approvals.queries.granted import adjusted, claimed
from plugins.expense_approvals.states import DECLINED, PROPOSED

LOOKED_BACK = timedelta(days=2 * 366)
"""How old a claim may be: its day of sending."""


class Turned(NamedTuple):
    """One cost that comes out otherwise: pence granted until now (with earlier adjustments), and what is added to that."""

    line_id: str
    category: str
    incurred_on: date
    granted: int
    pence: int


class Difference(NamedTuple):
    """A granted claim that the policy, as it is known now, judges otherwise than it was granted."""

    claim_id: str
    account_id: str | None
    submitted_by: str | None
    title: str
    sha256: str
    policy_version: int
    """The newest national version that makes the difference."""
    granted: int
    costs: tuple[Turned, ...]
    answered: str
    """The adjustment (id) of this version that was declined; "" where there is none."""

    @property
    def pence(self) -> int:
        """Above 0: the person is owed it. Below: it stays with the person."""
        return sum(cost.pence for cost in self.costs)


class _Held(NamedTuple):
    """Adjustments of claims as they are: pence by claim and cost, and the declined ones by claim and version."""

    pence: dict[str, dict[str, int]]
    declined: dict[tuple[str, int], str]


def differences(session: ScopedSession, claim_id: str = "", without: str = "") -> list[Difference]:
    """The site's differences, the oldest claim first; of one claim, where it is named. An adjustment counts as granted from the
    moment it is made until it is declined, but for the one named in `without`. The number of statements is fixed."""
    now = clock.now()
    local = policies.local(session, now)
    published = [one.published_at for one in local.national.versions] + [one.published_at for one in local.site]
    granted = past.granted_before(session, now - LOOKED_BACK, max(published, default=now), claim_id)
    if not granted:
        return []
    held, found = _held(session, without), []
    for one in granted:
        then = Local(Known(local.national.versions, one.at), local.site)
        due = {key: pence for made in adjustments([one.past], then, local) for key, pence in made.lines}
        costs = _turned(one.past.lines, one.past.approved, due, held.pence[one.past.ref])
        if not costs:
            continue
        number = max(version.number for cost in costs if (version := local.version_on(cost.incurred_on)) is not None)
        granted_p = sum(one.past.approved.values()) + sum(held.pence[one.past.ref].values())
        found.append(
            Difference(
                one.past.ref, one.account_id, one.submitted_by, one.title, one.sha256, number, granted_p, costs,
                held.declined.get((one.past.ref, number), ""),
            )
        )  # fmt: skip
    return found


def _turned(
    lines: tuple[Line, ...], approved: Any, due: dict[str, int], adjusted_before: dict[str, int]
) -> tuple[Turned, ...]:
    """The costs whose difference is not wholly adjusted yet."""
    return tuple(
        Turned(line.key, line.category, line.incurred_on, approved.get(line.key, 0) + before, left)
        for line in lines
        if (left := due.get(line.key, 0) - (before := adjusted_before.get(line.key, 0)))
    )


def difference(session: ScopedSession, claim_id: str, without: str = "") -> Difference:
    """The difference of one claim. Raises NotFound where there is none."""
    found = differences(session, claim_id, without) if is_id(claim_id) else []
    if not found:
        raise NotFound
    return found[0]


_LINES = (
    sa.select(
        Adjustment.id, Adjustment.claim_id, Adjustment.policy_version, Adjustment.state, AdjustmentLine.line_id, AdjustmentLine.pence
    )
    .join(AdjustmentLine, (AdjustmentLine.tenant_id == Adjustment.tenant_id) & (AdjustmentLine.adjustment_id == Adjustment.id))
    .where(Adjustment.id != sa.bindparam("without"))
)  # fmt: skip


def _held(session: ScopedSession, without: str) -> _Held:
    rows = session.execute(_LINES, {"without": without})
    held = _Held(defaultdict(lambda: defaultdict(int)), {})
    for made, claim_id, number, state, line_id, pence in rows:
        if state == DECLINED:
            held.declined[claim_id, number] = made
        else:
            held.pence[claim_id][line_id] += pence
    return held


class Adjusted(NamedTuple):
    """An adjustment, with the claim that it is about."""

    id: str
    claim_id: str
    sha256: str
    policy_version: int
    pence: int
    state: str
    version: int
    words: str
    made_by: str
    made_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    changed_at: datetime
    preapproval_id: str
    account_id: str | None
    submitted_by: str | None
    title: str
    starts_on: date
    in_all_p: int
    """The pence that a limit is held against: these, and all else that the person was granted for the same activity."""


def _adjusted() -> Any:
    own = [getattr(Adjustment, name) for name in Adjusted._fields[:13]]
    granted_p = claimed(Claim.tenant_id, Claim.account_id, Preapproval.activity_id)
    other = adjusted(Claim.tenant_id, Claim.account_id, Preapproval.activity_id, but=Adjustment.id)
    return (
        sa.select(
            *own, Claim.preapproval_id, Claim.account_id, Claim.submitted_by, Activity.title, Activity.starts_on,
            Adjustment.pence + granted_p + other,
        )
        .join(Claim, (Claim.tenant_id == Adjustment.tenant_id) & (Claim.id == Adjustment.claim_id))
        .join(Preapproval, (Preapproval.tenant_id == Claim.tenant_id) & (Preapproval.id == Claim.preapproval_id))
        .join(Activity, (Activity.tenant_id == Preapproval.tenant_id) & (Activity.id == Preapproval.activity_id))
    )  # fmt: skip


_ONE = _adjusted().where(Adjustment.id == sa.bindparam("wanted"))
_QUEUE = _adjusted().where(Adjustment.state == PROPOSED).order_by(Adjustment.made_at, Adjustment.id)
_DECIDED = _adjusted().where(Adjustment.state != PROPOSED).order_by(Adjustment.made_at.desc(), Adjustment.id)


def one(session: ScopedSession, adjustment_id: str) -> Adjusted:
    """One adjustment. Raises NotFound."""
    row = session.execute(_ONE, {"wanted": adjustment_id}).one_or_none() if is_id(adjustment_id) else None
    if row is None:
        raise NotFound
    return Adjusted._make(row)


def queue(session: ScopedSession) -> list[Adjusted]:
    """Those that wait for a decision, the oldest first."""
    return [Adjusted._make(row) for row in session.execute(_QUEUE)]


def all_of_site(session: ScopedSession) -> list[Adjusted]:
    """Every adjustment: those that wait for a decision first, the oldest first, then the others, the newest first. Two statements."""
    return [*queue(session), *(Adjusted._make(row) for row in session.execute(_DECIDED))]


def waiting(session: ScopedSession) -> Counter[int]:
    """How many wait for a decision, by the site's id."""
    return by_site(session, Adjustment, Adjustment.state == PROPOSED)


def made(session: ScopedSession, claim_id: str, policy_version: int) -> str | None:
    """The adjustment of a claim for one version of the policy."""
    if not is_id(claim_id):
        return None
    return session.scalar(
        sa.select(Adjustment.id).where(Adjustment.claim_id == claim_id, Adjustment.policy_version == policy_version)
    )


class Cost(NamedTuple):
    """One cost of an adjustment: what was approved of it, and what is added."""

    line_id: str
    category: str
    incurred_on: date
    approved: int
    pence: int


def costs(session: ScopedSession, adjustment_id: str) -> list[Cost]:
    """What an adjustment is made of, in the order of the claim."""
    rows = session.execute(
        sa.select(
            ClaimLine.id, ClaimLine.category, ClaimLine.incurred_on, sa.func.coalesce(ClaimLine.approved_p, 0), AdjustmentLine.pence
        )
        .join(ClaimLine, (ClaimLine.tenant_id == AdjustmentLine.tenant_id) & (ClaimLine.id == AdjustmentLine.line_id))
        .where(AdjustmentLine.adjustment_id == adjustment_id)
        .order_by(ClaimLine.position)
    )  # fmt: skip
    return [Cost._make(row) for row in rows]


class Part(NamedTuple):
    """An adjustment as a part of its claim's history."""

    id: str
    policy_version: int
    pence: int
    state: str
    made_at: datetime
    changed_at: datetime


_PARTS = (
    sa.select(*(getattr(Adjustment, name) for name in Part._fields))
    .where(Adjustment.claim_id == sa.bindparam("claim_id"))
    .order_by(Adjustment.made_at, Adjustment.id)
)
_PARTS_IN = _PARTS.where(Adjustment.state.in_(sa.bindparam("states", expanding=True)))


def of_claim(session: ScopedSession, claim_id: str, states: tuple[str, ...] = ()) -> list[Part]:
    """The adjustments of a claim (in `states`, where some are named), the oldest first."""
    query, asked = (_PARTS_IN, {"claim_id": claim_id, "states": states}) if states else (_PARTS, {"claim_id": claim_id})
    return [Part._make(row) for row in session.execute(query, asked)]
