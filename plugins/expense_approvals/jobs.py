"""What happens by itself: money that was agreed and not used is free again, files that nobody needs any more go, and so do
people from records that are older than the law asks for."""

from datetime import datetime

from core.sdk import ScopedSession, every, sealer, store_of
from plugins.expense_approvals.manifest import MANIFEST
from plugins.expense_approvals.service import batches, expiring, receipts, retiring
from plugins.expense_approvals.service.fingerprints import PROOFS_MARKED


@every("20 2 * * *", name="expense_approvals.expire")
def expire(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - the slot is every handler's argument
    """Expire pre-approvals whose last day is over."""
    expiring.sweep(session)


@every("50 2 * * *", name="expense_approvals.sweep")
def sweep(session: ScopedSession, at: datetime) -> None:
    """Delete proofs that were removed a week ago, and contents without a row."""
    receipts.sweep(session, store_of(MANIFEST.name), at)


@every("50 2 * * *", name="expense_approvals.forget")
def forget(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - the same
    """Forget people's accounts when no bank can send a payment back any more."""
    batches.forget(session)


@every("10 3 * * 1", name="expense_approvals.retire")
def retire(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - the same
    """Take people out of what is older than the law asks for."""
    retiring.retire(session, sealer(PROOFS_MARKED).mark)
