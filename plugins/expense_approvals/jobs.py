"""What happens by itself: money that was agreed and not used is free again, the central team is told of what nobody else can
decide, files that nobody needs any more go, and so do people from records that are older than the law asks for."""

from datetime import datetime

from core.sdk import N_, ScopedSession, every, sealer, site_of, sites, store_of
from plugins.expense_approvals import asking_letters, letters
from plugins.expense_approvals.manifest import MANIFEST
from plugins.expense_approvals.service import batches, escalating, expiring, receipts, retiring
from plugins.expense_approvals.service.fingerprints import PROOFS_MARKED
from plugins.expense_approvals.settings import settings_at


@every("20 2 * * *", name="expense_approvals.expire", title=N_("Agreed costs that were not used in time end"))
def expire(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - the slot is every handler's argument
    """Expire pre-approvals whose last day is over, each with a letter."""
    expiring.sweep(session, asking_letters.post(site_of(session)))


@every(
    "40 6 * * *",
    name="expense_approvals.nobody_left",
    title=N_("The central team is told what nobody at a site can decide"),
)
def nobody_left(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - the same
    """Tell the central team, in the morning, of what nobody of the site can decide."""
    site, uk = site_of(session), next(one for one in sites() if one.kind == "uk")
    escalating.tell_central(session, uk.id, settings_at(site).limits, letters.nobody_left(site))


@every("50 2 * * *", name="expense_approvals.sweep", title=N_("Proofs that were removed are deleted"))
def sweep(session: ScopedSession, at: datetime) -> None:
    """Delete proofs that were removed a week ago, and contents without a row."""
    receipts.sweep(session, store_of(MANIFEST.name), at)


@every(
    "50 2 * * *", name="expense_approvals.forget", title=N_("Bank accounts that are not needed any more are deleted")
)
def forget(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - the same
    """Forget people's accounts when no bank can send a payment back any more."""
    batches.forget(session)


@every("10 3 * * 1", name="expense_approvals.retire", title=N_("People are taken out of records that are old enough"))
def retire(session: ScopedSession, at: datetime) -> None:  # noqa: ARG001 - the same
    """Take people out of what is older than the law asks for."""
    retiring.retire(session, sealer(PROOFS_MARKED).mark)
