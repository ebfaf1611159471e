"""What happens by itself: money that was agreed and not used is free again."""

from datetime import datetime

from core.sdk import ScopedSession, every
from plugins.expense_approvals.service import batches, expiring


@every("20 2 * * *", name="expense_approvals.expire")
def expire(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - the slot is every handler's argument
    """Expire pre-approvals whose last day is over."""
    expiring.sweep(session)


@every("50 2 * * *", name="expense_approvals.forget")
def forget(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - the same
    """Forget people's accounts when no bank can send a payment back any more."""
    batches.forget(session)
