"""What members asked for and claimed, as the evaluator reads it: what another policy is tried out on."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, clock
from plugins.expense_approvals.claims.changes import Past
from plugins.expense_approvals.claims.lines import Line, Trip
from plugins.expense_approvals.models import (
    Activity,
    Claim,
    ClaimLine,
    ClaimRevision,
    Preapproval,
    PreapprovalLine,
    Receipt,
    SiteRules,
)
from plugins.expense_approvals.policy.history import tax_year
from plugins.expense_approvals.policy.local import SiteVersion
from plugins.expense_approvals.policy.reading import Own
from plugins.expense_approvals.states import GRANTED

EVERY_PROOF = frozenset({"receipt", "bank_line", "map"})
MOST = 2_000
"""Requests that are looked at, the newest ones."""
PART = 1_000
"""Claims of all sites that are looked at in one go: about half a second of reckoning."""


def asked_since(session: ScopedSession, since: datetime) -> list[Past]:
    """The session's site's requests since an instant, the oldest first: two statements.

    Their proofs come later, so they count as there. Miles are taken at the rate, whatever was asked for them.
    """
    requests = session.execute(
        sa.select(Preapproval.id, Activity.starts_on, Activity.ends_on)
        .join(Activity, (Activity.tenant_id == Preapproval.tenant_id) & (Activity.id == Preapproval.activity_id))
        .where(Preapproval.asked_at >= since)
        .order_by(Preapproval.asked_at.desc(), Preapproval.id)
        .limit(MOST)
    ).all()
    if not requests:
        return []
    lines: dict[str, list[Line]] = defaultdict(list)
    approved: dict[str, dict[str, int]] = defaultdict(dict)
    rows = session.scalars(
        sa.select(PreapprovalLine)
        .join(Preapproval, (Preapproval.tenant_id == PreapprovalLine.tenant_id) & (Preapproval.id == PreapprovalLine.preapproval_id))
        .where(Preapproval.asked_at >= since)
        .order_by(PreapprovalLine.preapproval_id, PreapprovalLine.position)
    )  # fmt: skip
    for row in rows:
        lines[row.preapproval_id].append(
            Line(
                row.id, row.category, row.incurred_on, None if row.miles else row.asked_p, row.quantity, row.miles, row.vehicle,
                row.passengers, row.region, EVERY_PROOF, row.travel_class, bool(row.reason),
            )
        )  # fmt: skip
        approved[row.preapproval_id][row.id] = row.approved_p or 0
    return [
        Past(one.id, tuple(lines[one.id]), Trip(one.starts_on, one.ends_on, one.ends_on), approved[one.id])
        for one in reversed(requests)
    ]


class Sent(NamedTuple):
    """Claims of every site, the oldest first, as (tenant, claim); how many there are in all; and each site's own rules."""

    claims: list[tuple[int, Past]]
    total: int
    rules: dict[int, tuple[SiteVersion, ...]]


def sent_since(session: ScopedSession, since: datetime, part: int = 1, size: int = PART) -> Sent:
    """The claims that were sent since an instant, in a session over all sites: `size` of them, the newest in part 1. Five
    statements. A year's miles are counted over the claims of the part, in the order in which they were sent."""
    where = Claim.sent_at >= since
    total = session.scalar(sa.select(sa.func.count(Claim.id)).where(where)) or 0
    found = session.execute(
        sa.select(Claim.tenant_id, Claim.id, Claim.account_id, Claim.sent_at, Activity.starts_on, Activity.ends_on)
        .join(Preapproval, (Preapproval.tenant_id == Claim.tenant_id) & (Preapproval.id == Claim.preapproval_id))
        .join(Activity, (Activity.tenant_id == Preapproval.tenant_id) & (Activity.id == Preapproval.activity_id))
        .where(where)
        .order_by(Claim.sent_at.desc(), Claim.id.desc())
        .limit(size)
        .offset((part - 1) * size)
    ).all()[::-1]
    if not found:
        return Sent([], total, {})
    chosen = (Claim.sent_at >= found[0].sent_at) & (Claim.sent_at <= found[-1].sent_at)
    lines, approved = _costs(session, chosen)
    return Sent(list(_in_turn(found, lines, approved)), total, _site_rules(session))


def _costs(
    session: ScopedSession, chosen: sa.ColumnElement[bool]
) -> tuple[dict[str, list[Line]], dict[str, dict[str, int]]]:
    """The costs of the claims that `chosen` holds for, and what was approved of each, by claim: two statements."""
    proofs: dict[str, set[str]] = defaultdict(set)
    for line_id, kind in session.execute(
        sa.select(Receipt.line_id, Receipt.kind)
        .join(Claim, (Claim.tenant_id == Receipt.tenant_id) & (Claim.id == Receipt.claim_id))
        .where(chosen, Receipt.removed_at.is_(None))
    ):
        proofs[line_id or ""].add(kind)
    lines: dict[str, list[Line]] = defaultdict(list)
    approved: dict[str, dict[str, int]] = defaultdict(dict)
    for row in session.scalars(
        sa.select(ClaimLine)
        .join(Claim, (Claim.tenant_id == ClaimLine.tenant_id) & (Claim.id == ClaimLine.claim_id))
        .where(chosen)
        .order_by(ClaimLine.claim_id, ClaimLine.position)
    ):
        lines[row.claim_id].append(_line(row, frozenset(proofs[row.id])))
        approved[row.claim_id][row.id] = row.approved_p or 0
    return lines, approved


class Granted(NamedTuple):
    """A claim that was granted, with the instant at which it was reckoned."""

    account_id: str | None
    submitted_by: str | None
    title: str
    sha256: str
    at: datetime
    past: Past


def granted_before(session: ScopedSession, since: datetime, published: datetime, claim_id: str = "") -> list[Granted]:
    """The site's claims (or the one that is named) that were sent since an instant, reckoned before `published` and granted, the
    oldest first: three statements."""
    chosen = (Claim.sent_at >= since) & Claim.state.in_(GRANTED)
    if claim_id:
        chosen &= Claim.id == claim_id
    found = session.execute(
        sa.select(
            Claim.id, Claim.account_id, Claim.submitted_by, Activity.title, Activity.starts_on, Activity.ends_on, Claim.sent_at,
            ClaimRevision.at, ClaimRevision.sha256, ClaimRevision.miles_before,
        )
        .join(ClaimRevision, (ClaimRevision.tenant_id == Claim.tenant_id) & (ClaimRevision.claim_id == Claim.id) & (ClaimRevision.number == Claim.revision))
        .join(Preapproval, (Preapproval.tenant_id == Claim.tenant_id) & (Preapproval.id == Claim.preapproval_id))
        .join(Activity, (Activity.tenant_id == Preapproval.tenant_id) & (Activity.id == Preapproval.activity_id))
        .where(chosen, ClaimRevision.at < published)
        .order_by(Claim.sent_at, Claim.id)
    ).all()  # fmt: skip
    if not found:
        return []
    lines, approved = _costs(session, chosen)
    return [
        Granted(
            one.account_id, one.submitted_by, one.title, one.sha256, one.at,
            Past(
                one.id, tuple(lines[one.id]),
                Trip(one.starts_on, one.ends_on, clock.london(one.sent_at).date(), _years(one.miles_before)), approved[one.id],
            ),
        )
        for one in found
    ]  # fmt: skip


def _years(kept: dict[str, int]) -> dict[tuple[str, int], int]:
    """Miles by (vehicle, tax year), out of the form in which a revision keeps them."""
    return {(vehicle, int(year)): miles for key, miles in kept.items() for vehicle, _, year in [key.rpartition(":")]}


def _line(row: ClaimLine, evidence: frozenset[str]) -> Line:
    """A cost as it was sent. What was not agreed beforehand is known by what the evaluator found then."""
    agreed = all(one["code"] != "agreed" for one in row.found.get("found", ()))
    return Line(
        row.id, row.category, row.incurred_on, row.typed_p, row.quantity, row.miles, row.vehicle, row.passengers, row.region,
        evidence, row.travel_class, bool(row.reason), agreed,
    )  # fmt: skip


def _in_turn(
    found: Iterable[Any], lines: dict[str, list[Line]], approved: dict[str, dict[str, int]]
) -> Iterable[tuple[int, Past]]:
    """The claims in the order in which they were sent, each with the miles of the person's ones before."""
    driven: dict[str | None, dict[tuple[str, int], int]] = defaultdict(dict)
    for one in found:
        before = driven[one.account_id] if one.account_id else {}
        trip = Trip(one.starts_on, one.ends_on, clock.london(one.sent_at).date(), dict(before))
        yield one.tenant_id, Past(one.id, tuple(lines[one.id]), trip, approved[one.id])
        for line in lines[one.id]:
            if line.miles:
                year = (line.vehicle, tax_year(line.incurred_on))
                before[year] = before.get(year, 0) + line.miles


def _site_rules(session: ScopedSession) -> dict[int, tuple[SiteVersion, ...]]:
    """Every site's own rules at every time."""
    rules: dict[int, list[SiteVersion]] = defaultdict(list)
    rows = session.execute(
        sa.select(
            SiteRules.tenant_id, SiteRules.number, SiteRules.effective_from, SiteRules.published_at, SiteRules.content
        ).order_by(SiteRules.tenant_id, SiteRules.number)
    )
    for tenant_id, number, effective_from, published_at, content in rows:
        rules[tenant_id].append(SiteVersion(number, effective_from, published_at, Own.model_validate(content).rules))
    return {tenant_id: tuple(found) for tenant_id, found in rules.items()}
