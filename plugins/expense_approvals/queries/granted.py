"""What somebody was granted for one activity, by claims and by adjustments: parts of other statements."""

from typing import Any

import sqlalchemy as sa

from core.sdk import another
from plugins.expense_approvals.models import Adjustment, Claim, Preapproval
from plugins.expense_approvals.states import ADJUSTED, GRANTED

# Other rows of what the statement around reads itself.
_ADJUSTMENT, _CLAIM, _GROUND = another(Adjustment), another(Claim), another(Preapproval)


def claimed(tenant_id: Any, account_id: Any, activity_id: Any, but: Any = None) -> sa.ColumnElement[int]:
    """The pence of the granted claims of a person for an activity, `but` for one claim. The arguments are columns of the
    statement that it is put into."""
    query = (
        sa.select(sa.cast(sa.func.coalesce(sa.func.sum(_CLAIM.approved_p), 0), sa.BigInteger))
        .join(_GROUND, (_GROUND.tenant_id == _CLAIM.tenant_id) & (_GROUND.id == _CLAIM.preapproval_id))
        .where(
            _CLAIM.tenant_id == tenant_id, _CLAIM.account_id == account_id, _GROUND.activity_id == activity_id, _CLAIM.state.in_(GRANTED)
        )
    )  # fmt: skip
    return (query.where(_CLAIM.id != but) if but is not None else query).correlate(Claim, Preapproval).scalar_subquery()


def adjusted(tenant_id: Any, account_id: Any, activity_id: Any, but: Any = None) -> sa.ColumnElement[int]:
    """The same of adjustments that were approved, `but` for one adjustment."""
    query = (
        sa.select(sa.cast(sa.func.coalesce(sa.func.sum(_ADJUSTMENT.pence), 0), sa.BigInteger))
        .join(_CLAIM, (_CLAIM.tenant_id == _ADJUSTMENT.tenant_id) & (_CLAIM.id == _ADJUSTMENT.claim_id))
        .join(_GROUND, (_GROUND.tenant_id == _CLAIM.tenant_id) & (_GROUND.id == _CLAIM.preapproval_id))
        .where(
            _ADJUSTMENT.tenant_id == tenant_id, _CLAIM.account_id == account_id, _GROUND.activity_id == activity_id, _ADJUSTMENT.state.in_(ADJUSTED)
        )
    )  # fmt: skip
    query = query.where(_ADJUSTMENT.id != but) if but is not None else query
    return query.correlate(Claim, Preapproval, Adjustment).scalar_subquery()
