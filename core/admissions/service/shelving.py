"""An application's card among a person's own items, in step with its state."""

from collections.abc import Collection
from datetime import datetime

from core.admissions.states import DRAFT, INFO_REQUESTED, SUBMITTED
from core.data.session import ScopedSession
from core.kernel.text import N_
from core.tenancy import shelf

TITLE = N_("Your application to join Q")
SHOWN = {DRAFT: N_("Not submitted yet"), SUBMITTED: N_("Submitted"), INFO_REQUESTED: N_("More is asked of you")}
"""What the card says in the states in which there is one."""
DECIDED = N_("There is a decision")


def show(
    session: ScopedSession, account_id: str, application_id: str, state: str, when: datetime | None = None, *,
    tenant_id: int | None = None,
) -> None:  # fmt: skip
    """Put up the card, bring it up to date, or take it down where the state has none, in the caller's transaction.

    `when` (UTC) is the instant by which something is to be done; `tenant_id` names the site where the session has platform scope.
    """
    if state not in SHOWN:
        shelf.remove(session, account_id=account_id, plugin="admissions", ref=application_id, tenant_id=tenant_id)
        return
    shelf.put(
        session, account_id=account_id, plugin="admissions", ref=application_id, kind="application", title=TITLE,
        title_is_message=True, status=SHOWN[state], when=when, path=f"/apply/{application_id}/", needs_action=state != SUBMITTED,
        tenant_id=tenant_id,
    )  # fmt: skip


def decided(session: ScopedSession, application_ids: Collection[str], released_at: datetime) -> None:
    """Put a decision released at that instant (UTC) on the cards of these applications, in the caller's transaction and in one
    statement.

    The card says that there is a decision, not which: a shelf is shown beside other things, perhaps to others.
    """
    shelf.change_many(
        session, plugin="admissions", refs=application_ids, title=TITLE, status=DECIDED, needs_action=False,
        when=released_at,
    )  # fmt: skip
