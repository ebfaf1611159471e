"""What a policy that was published late leaves to pay, or to ask back, of claims that were granted before it was known."""

from datetime import timedelta
from typing import Any, NamedTuple

from flask import Response, request, url_for

from core.sdk import (
    N_,
    Column,
    Listing,
    Sheet,
    clock,
    here,
    in_memory,
    listed,
    needs,
    people_by_id,
    plain_pounds,
    render,
)
from plugins.expense_approvals.claims.changes import adjustments
from plugins.expense_approvals.manifest import BUDGETS
from plugins.expense_approvals.policy.history import Known
from plugins.expense_approvals.policy.local import Local
from plugins.expense_approvals.queries import past, policies
from plugins.expense_approvals.views.base import SHARED, manage_blueprint

LOOKED_BACK = timedelta(days=2 * 366)


class Difference(NamedTuple):
    """One claim: `pence` are still owed (above 0) or were paid too much (below)."""

    claim_id: str
    account_id: str | None
    title: str
    approved: int
    pence: int


SHEET = Sheet(
    "expenses-differences",
    (
        Column(N_("Claim"), lambda row: row.claim_id),
        Column(N_("Activity"), lambda row: row.title),
        Column(N_("Approved"), lambda row: plain_pounds(row.approved)),
        Column(N_("Still owed"), lambda row: plain_pounds(max(0, row.pence))),
        Column(N_("Paid too much"), lambda row: plain_pounds(max(0, -row.pence))),
    ),
    personal=True,
)
SORTS: dict[str, Any] = {
    "title": lambda row: row.title.casefold(),
    "approved": lambda row: row.approved,
    "difference": lambda row: row.pence,
}


@manage_blueprint.get("/figures/differences")
@needs(BUDGETS)
def differences() -> Response:
    """Each claim with its difference to the penny. Nothing is rewritten: what was decided stays as it was decided."""
    session = here().session
    wished = Listing.read(url_for("expense_approvals_manage.differences"), request.args, sorts=tuple(SORTS))
    found = listed(wished, SHEET, in_memory(_found(), wished, SORTS))
    if isinstance(found, Response):
        return found
    listing, rows = found
    names = people_by_id(session, {row.account_id for row in rows if row.account_id})
    return render("expense_approvals/manage/differences.html", listing=listing, rows=rows, names=names, **SHARED)


def _found() -> list[Difference]:
    """The differences of this site's claims of the last two years."""
    session, now = here().session, clock.now()
    local = policies.local(session, now)
    published = [one.published_at for one in local.national.versions] + [one.published_at for one in local.site]
    newest = max(published, default=now)
    rows = []
    for one in past.granted_before(session, now - LOOKED_BACK, newest):
        then = Local(Known(local.national.versions, one.at), local.site)
        for adjustment in adjustments([one.past], then, local):
            approved = sum(one.past.approved.values())
            rows.append(Difference(one.past.ref, one.account_id, one.title, approved, adjustment.total))
    return rows
