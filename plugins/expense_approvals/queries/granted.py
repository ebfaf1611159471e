"""What somebody was granted for one activity, by claims and by adjustments: parts of other statements."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from plugins.expense_approvals.models import Adjustment, Claim, Preapproval
from plugins.expense_approvals.states import ADJUSTED, GRANTED


def claimed(tenant_id: Any, account_id: Any, activity_id: Any, but: Any = None) -> sa.ColumnElement[int]:
    """The pence of the granted claims of a person for an activity, `but` for one claim. The arguments are columns of the
    statement that it is put into."""
    other, ground = aliased(Claim), aliased(Preapproval)
    query = (
        sa.select(sa.cast(sa.func.coalesce(sa.func.sum(other.approved_p), 0), sa.BigInteger))
        .join(ground, (ground.tenant_id == other.tenant_id) & (ground.id == other.preapproval_id))
        .where(
            other.tenant_id == tenant_id, other.account_id == account_id, ground.activity_id == activity_id, other.state.in_(GRANTED)
        )
    )  # fmt: skip
    return (query.where(other.id != but) if but is not None else query).correlate(Claim, Preapproval).scalar_subquery()


def adjusted(tenant_id: Any, account_id: Any, activity_id: Any, but: Any = None) -> sa.ColumnElement[int]:
    """The same of adjustments that were approved, `but` for one adjustment."""
    other, claim, ground = aliased(Adjustment), aliased(Claim), aliased(Preapproval)
    query = (
        sa.select(sa.cast(sa.func.coalesce(sa.func.sum(other.pence), 0), sa.BigInteger))
        .join(claim, (claim.tenant_id == other.tenant_id) & (claim.id == other.claim_id))
        .join(ground, (ground.tenant_id == claim.tenant_id) & (ground.id == claim.preapproval_id))
        .where(
            other.tenant_id == tenant_id, claim.account_id == account_id, ground.activity_id == activity_id, other.state.in_(ADJUSTED)
        )
    )  # fmt: skip
    query = query.where(other.id != but) if but is not None else query
    return query.correlate(Claim, Preapproval, Adjustment).scalar_subquery()
