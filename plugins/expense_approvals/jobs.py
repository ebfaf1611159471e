"""What happens by itself: money that was agreed and not used is free again."""

from datetime import datetime

from core.sdk import ScopedSession, every
from plugins.expense_approvals.service import expiring


@every("20 2 * * *", name="expense_approvals.expire")
def expire(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - the slot is every handler's argument
    """Expire pre-approvals whose last day is over."""
    expiring.sweep(session)
