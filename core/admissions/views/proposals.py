"""What the rules propose for each application of a window: the lead's list, one application's history, asking now."""

from typing import Any

from flask import Response, request, url_for

from core.admissions import rule_words as words
from core.admissions.queries import proposals as queries
from core.admissions.queries import rules, windows
from core.admissions.rulebook import rulebook
from core.admissions.service import proposing
from core.admissions.views.windows import blueprint
from core.admissions.web_forms.windows import PressForm
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import listed
from core.web.pages import redirect_with, render
from core.web.sheets import Column, Sheet

MAY = Permission.TENANT_ADMISSIONS_MANAGE
SIZE = 25


def told(said: queries.Said) -> list[str]:
    """A proposal's reasons in the reader's language."""
    return words.reasons(rulebook(), said.rule, said.proposal.reasons)


def noted(said: queries.Said) -> list[str]:
    """The facts that did not sway it, in the reader's language."""
    return words.reasons(rulebook(), said.rule, said.proposal.notices)


PROPOSALS = Sheet(
    "proposals",
    (
        Column(N_("Reference"), lambda row: row.reference),
        Column(N_("Language"), lambda row: row.language),
        Column(N_("Submitted"), lambda row: row.submitted_at),
        Column(N_("Sealed"), lambda row: row.sealed),
        Column(N_("Proposal"), lambda row: say(words.OUTCOMES[row.said.outcome][0]) if row.said else None),
        Column(N_("Why"), lambda row: " ".join(told(row.said)) if row.said else None),
        Column(N_("Also"), lambda row: " ".join(noted(row.said)) if row.said else None),
        Column(N_("Rules"), lambda row: row.said.rule if row.said else None),
        Column(N_("Made"), lambda row: row.said.at if row.said else None),
        Column(N_("The rules failed"), lambda row: row.said.incident.kind if row.said and row.said.incident else None),
    ),
    personal=True,
)


@blueprint.get("/windows/<window_id>/proposals")
@needs(MAY)
def proposals(window_id: str) -> Response:
    """Every submitted application of a window with its proposal. Whoever is in conflict with one finds a list without it."""
    context = here()
    window, outcome = windows.one(context.session, window_id), request.args.get("outcome", "")
    outcome = outcome if outcome in words.FILTERS else ""
    wished = Listing.read(
        url_for("windows.proposals", window_id=window_id), request.args, sorts=tuple(queries.SORTS),
        filters=("outcome",) if outcome else (), size=SIZE,
    )  # fmt: skip

    def read(limit: int | None, offset: int) -> tuple[list[queries.Row], int]:
        return queries.listed(
            context.session, window_id, context.visitor.account_id, outcome=outcome, sort=wished.sort, limit=limit, offset=offset
        )  # fmt: skip

    found = listed(wished, PROPOSALS, read, of=window_id)
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render(
        "admissions/rules/proposals.html", window=window, listing=listing, rows=rows, outcome=outcome, words=words,
        pinned=rules.pinned(context.session, window_id), told=told, book=rulebook(), press=PressForm(formdata=None),
    )  # fmt: skip


@blueprint.get("/windows/<window_id>/proposals/<application_id>")
@needs(MAY)
def proposal(window_id: str, application_id: str) -> Response:
    """Everything that rules ever proposed for one application."""
    context = here()
    window = windows.one(context.session, window_id)
    found = queries.history(context.session, window_id, application_id, context.visitor.account_id)
    return render(
        "admissions/rules/proposal.html", window=window, row=found.row, proposals=found.proposals, words=words, told=told,
        noted=noted, book=rulebook(),
    )  # fmt: skip


@blueprint.post("/windows/<window_id>/proposals/ask")
@needs(MAY)
def proposals_ask(window_id: str) -> Response:
    """Ask the rules now, and those that failed once more. Nothing is said of how many answered: a number would tell somebody
    in conflict with an application that it is there."""
    context = here()
    windows.one(context.session, window_id)
    book: Any = rulebook()
    proposing.propose_due(
        context.session, book.catalogue(), area=context.tenant.slug, report=book.report, actor=context.visitor.actor(),
        window_id=window_id, again=True,
    )  # fmt: skip
    return redirect_with(_("The rules were asked."), "windows.proposals", window_id=window_id)
