"""An approver's pages: what waits, and one request with what can be decided about it."""

from collections.abc import Collection
from itertools import chain
from typing import Any

from flask import Response, request, url_for

from core.sdk import (
    N_,
    Column,
    Form,
    Invalid,
    Listing,
    Sheet,
    Visitor,
    gettext,
    here,
    in_memory,
    kept_on,
    listed,
    needs,
    pence_typed,
    people_by_id,
    plain_pounds,
    redirect_with,
    render,
    say,
    whole_number,
)
from plugins.expense_approvals import asking_letters, separation
from plugins.expense_approvals.manifest import APPROVE
from plugins.expense_approvals.queries import budgets, delegations, preapprovals
from plugins.expense_approvals.separation import Task
from plugins.expense_approvals.service import apart, deciding
from plugins.expense_approvals.service.apart import Open
from plugins.expense_approvals.states import AGREED, SUBMITTED, WAITING
from plugins.expense_approvals.views.base import (
    DESK,
    SHARED,
    Room,
    approver_rules,
    manage_blueprint,
    policy_today,
    settings_of,
    titles,
    told,
    undeclared,
)
from plugins.expense_approvals.web_forms.manage import DecideForm
from plugins.expense_approvals.words import STATES

SHEET = Sheet(
    "expenses-waiting",
    (
        Column(N_("Activity"), lambda row: row.title),
        Column(N_("First day"), lambda row: row.starts_on),
        Column(N_("State"), lambda row: gettext(STATES[row.state])),
        Column(N_("Asked for"), lambda row: row.asked_p / 100),
        Column(N_("The policy allows"), lambda row: row.allowed_p / 100),
        Column(N_("Asked"), lambda row: row.asked_at),
    ),
    personal=False,
)
SORTS: dict[str, Any] = {
    "asked": lambda row: (not row.referred, row.asked_at),
    "title": lambda row: row.title.casefold(),
    "amount": lambda row: row.asked_p,
}
WISHES = ("agree", "query", "decline", "revoke")
DONE = {
    "query": N_("Your question is sent."),
    "check": N_("It is noted that costs and proofs are checked."),
    "first_approve": N_("Your approval is noted. A second person decides now."),
}
"""What is said after a button was pressed that decides nothing yet."""


@manage_blueprint.get("/")
@needs(APPROVE)
def home() -> Response:
    """What waits: first what is unusual, then the oldest."""
    return home_page(DESK)


def home_page(room: Room) -> Response:
    """The same in an approver's room or in that of who stands in."""
    session = here().session
    wished = Listing.read(url_for(room.home), request.args, sorts=tuple(SORTS), size=25)
    found = listed(wished, SHEET, in_memory(preapprovals.queue(session), wished, SORTS))
    if isinstance(found, Response):
        return found
    listing, rows = found
    names = people_by_id(session, {row.account_id for row in rows if row.account_id})
    waits = [Open(row.id, Task.PREAPPROVE, row.account_id, row.submitted_by, pence=row.in_all_p) for row in rows]
    limits = settings_of(here()).limits
    return render(
        "expense_approvals/manage/home.html",
        listing=listing,
        rows=rows,
        names=names,
        central=apart.nobody_left(session, waits, limits),
        above=apart.over_limit(session, waits, here().visitor, limits),
        room=room,
        **SHARED,
    )


@manage_blueprint.route("/asked/<preapproval_id>", methods=["GET", "POST"])
@needs(APPROVE)
def decide(preapproval_id: str) -> Response:
    """One request; the button that is pressed says what is decided."""
    return decide_page(preapproval_id, here().visitor, DESK)


def decide_page(preapproval_id: str, visitor: Visitor, room: Room) -> Response:
    """The same in an approver's room or in that of who stands in."""
    session, form = here().session, DecideForm()
    asked = preapprovals.one(session, preapproval_id, visitor)
    lines = preapprovals.lines(session, asked.id)
    activity = budgets.activity(session, asked.activity_id)
    typed = {line.id: request.form.get(f"amount-{line.id}", plain_pounds(line.allowed_p)) for line in lines}
    wrong: dict[str, str] = {}
    wish, limits = request.form.get("do", ""), settings_of(here()).limits
    if form.validate_on_submit() and told_what(wish, WISHES, form):
        version, words = whole_number(form.version.data), form.words.data or ""
        post = asking_letters.post(here().tenant)
        with kept_on(form):
            if wish == "agree":
                amounts = amounts_typed([line.id for line in lines], typed, wrong)
                if not wrong:
                    deciding.agree(
                        session, asked.id, version, amounts, words, visitor, approver_rules(activity, visitor), limits=limits, post=post
                    )  # fmt: skip
            else:
                getattr(deciding, wish)(session, asked.id, version, words, visitor, post)
            if not wrong:
                return redirect_with(done(wish), room.decide, preapproval_id=asked.id)
    if wrong:
        form.form_errors.append(gettext("Mend the amounts that are marked below."))
    form.version.data = str(asked.version)
    steps = preapprovals.steps(session, asked.id)
    for_whom = delegations.stood_in(session, steps)
    people = {asked.account_id, *(step.account_id for step in steps), *chain.from_iterable(for_whom.values())} - {None}
    in_all_p = preapprovals.in_all(session, asked.id)
    waits = Open(asked.id, Task.PREAPPROVE, asked.account_id, asked.submitted_by, pence=in_all_p)
    against = apart.against(session, waits, visitor)
    decidable = asked.state in (*WAITING, *AGREED) and not against
    budget = budgets.one(session, activity.budget_id) if activity.budget_id and asked.state in WAITING else None
    above = apart.over_limit(session, [waits], visitor, limits).get(asked.id) if asked.state in WAITING else None
    gone = undeclared(asked.activity_id, asked.account_id) if asked.state in (*WAITING, *AGREED) else ""
    if asked.state in WAITING and preapprovals.adds_to_nothing(session, asked):
        gone = say(deciding.NOTHING_LEFT)
    agreeable = asked.state == SUBMITTED and not (against or above or gone)
    short = max(0, asked.allowed_p - budget.left_p) if budget and agreeable else 0
    kept = [form.words.data] if form.words.data and not decidable else []
    if against or above or gone:
        kept.extend(request.form[name] for name in (f"amount-{line.id}" for line in lines) if name in request.form)
    policy = policy_today()
    return render(
        "expense_approvals/manage/decide.html", 422 if form.errors else 200, form=form, asked=asked, activity=activity,
        rows=[(line, told(line.found.get("found", ()), policy), typed[line.id], wrong.get(line.id, "")) for line in lines],
        steps=steps, names=people_by_id(session, {one for one in people if one}), titles=titles(policy),
        stop=say(separation.WORDS[against]) if against else "", above=say(above.message, above.params) if above else "",
        budget=budget, short=short, waiting=asked.state in WAITING, agreed=asked.state in AGREED,
        central=asked.state in WAITING and bool(apart.nobody_left(session, [waits], limits)), for_whom=for_whom, room=room, kept=kept, gone=gone, **SHARED,
    )  # fmt: skip


def done(wish: str) -> str:
    """What is said when the button `wish` has done its work."""
    return say(DONE.get(wish, N_("It is decided.")))


def told_what(wish: str, wishes: Collection[str], form: Form) -> bool:
    """Whether the button that was pressed says what to do; where none does, the form says so."""
    if wish not in wishes:
        form.form_errors.append(gettext("Press the button for what you decide."))
    return wish in wishes


def amounts_typed(ids: list[str], typed: dict[str, str], wrong: dict[str, str]) -> dict[str, int]:
    """What was typed for each cost (by its id), in pence; what could not be read stands in `wrong`, in words."""
    amounts = {}
    for one in ids:
        try:
            amounts[one] = pence_typed(typed[one], zero=True)
        except Invalid as error:
            (message,) = error.field_errors.values()
            wrong[one] = say(message)
    return amounts
