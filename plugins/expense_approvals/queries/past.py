"""What a site's members asked for, as the evaluator reads it: what another policy is tried out on."""

from collections import defaultdict
from datetime import datetime

import sqlalchemy as sa

from core.sdk import ScopedSession
from plugins.expense_approvals.claims.changes import Past
from plugins.expense_approvals.claims.lines import Line, Trip
from plugins.expense_approvals.models import Activity, Preapproval, PreapprovalLine

EVERY_PROOF = frozenset({"receipt", "bank_line", "map"})
MOST = 2_000
"""Requests that are looked at, the newest ones."""


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
