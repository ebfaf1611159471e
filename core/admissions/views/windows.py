"""A partner's windows: what was planned, what is open, and everything that can be done about it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request, url_for

from core.admissions import rule_words
from core.admissions.instants import WindowState
from core.admissions.letters import windows as window_letters
from core.admissions.queries import policies, rules, time_spent
from core.admissions.queries import windows as queries
from core.admissions.queries.windows import Counted, WindowRow
from core.admissions.rulebook import rulebook
from core.admissions.service import extensions
from core.admissions.service import windows as service
from core.admissions.views.shared import still
from core.admissions.web_forms.windows import AmendForm, CancelForm, ExtendForm, PressForm, WindowForm, values_of
from core.kernel import wall_clock
from core.kernel.errors import Conflict, Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on, next_version, version_sent
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import in_memory, listed
from core.web.pages import redirect_with, render
from core.web.sheets import Column, Sheet
from core.web.where import only_at_partners_sites

blueprint = Blueprint("windows", __name__, url_prefix="/manage/admissions")
only_at_partners_sites(blueprint)
SIZE = 25
USUAL_GRACE = 30
"""Minutes: long enough for a slow connection at the last moment."""
STATES = {
    WindowState.DRAFT: (N_("Draft"), "neutral"),
    WindowState.CANCELLED: (N_("Cancelled"), "err"),
    WindowState.SCHEDULED: (N_("To come"), "info"),
    WindowState.OPEN: (N_("Open"), "ok"),
    WindowState.GRACE: (N_("In grace"), "warn"),
    WindowState.ASSESSING: (N_("Being assessed"), "brand"),
    WindowState.RELEASED: (N_("Released"), "neutral"),
}
CHANGED = {
    "name": N_("Name"),
    "opens_at": N_("Opens"),
    "closes_at": N_("Closes"),
    "grace_seconds": N_("Grace"),
    "form_version_id": N_("Application form"),
}
AMENDABLE = {WindowState.SCHEDULED, WindowState.OPEN, WindowState.GRACE}
SORTS: dict[str, Callable[[Counted], Any]] = {
    "-opens": lambda row: row.window.opens_at,
    "opens": lambda row: row.window.opens_at,
    "closes": lambda row: row.window.closes_at,
    "name": lambda row: row.window.name.casefold(),
    "state": lambda row: list(WindowState).index(row.window.now),
    "begun": lambda row: row.begun,
    "submitted": lambda row: row.submitted,
}
WINDOWS = Sheet(
    "windows",
    (
        Column(N_("Name"), lambda row: row.window.name),
        Column(N_("State"), lambda row: say(STATES[row.window.now][0])),
        Column(N_("Opens"), lambda row: row.window.opens_at),
        Column(N_("Closes"), lambda row: row.window.closes_at),
        Column(N_("Grace in minutes"), lambda row: row.window.grace_minutes),
        Column(N_("Begun"), lambda row: row.begun),
        Column(N_("Submitted"), lambda row: row.submitted),
    ),
    personal=False,
)


@blueprint.get("/")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def listing() -> Response:
    """Every window of this site."""
    session = here().session
    wished = Listing.read(url_for("windows.listing"), request.args, sorts=tuple(SORTS), size=SIZE)
    found = listed(wished, WINDOWS, in_memory(queries.listed(session, here().visitor.account_id), wished, SORTS))
    if isinstance(found, Response):
        return found
    page, rows = found
    waiting = queries.waiting_to_hear(session)
    return render("admissions/windows/list.html", listing=page, rows=rows, states=STATES, waiting=waiting)


@blueprint.route("/windows/new", methods=["GET", "POST"])
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def new() -> Response:
    """Plan a window."""
    context = here()
    choices = queries.form_choices(context.session)
    first = {"grace_minutes": USUAL_GRACE, "form_version_id": choices[0].id if choices else None}
    form = WindowForm(choices, data=first)
    if form.validate_on_submit():
        with kept_on(form):
            window_id = service.plan(context.session, context.visitor.actor(), form.plan(), form.form_key.data)
            return redirect_with(
                _("The draft is saved. Nobody else sees it until it is published."), "windows.show", window_id=window_id
            )
    return render(
        "admissions/windows/edit.html", 422 if form.errors else 200, form=form, window=None, choices=choices, version=0
    )


@blueprint.get("/windows/<window_id>")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def show(window_id: str) -> Response:
    """One window: its dates, its grace, its history, who has more time."""
    return _page(queries.one(here().session, window_id))


def _page(window: WindowRow, status: int = 200, problem: str = "") -> Response:
    session, state = here().session, window.now
    pinned, versions = rules.pinned(session, window.id), {one.id: one.number for one in policies.versions(session)}
    begun, submitted = queries.drafts_in(session, window.id, here().visitor.account_id)
    return render(
        "admissions/windows/show.html",
        status,
        window=window,
        state=state,
        states=STATES,
        problem=problem,
        begun=begun,
        spent=time_spent.in_window(session, here().visitor.account_id, window.id),
        submitted=submitted,
        history=[_told(one, versions) for one in queries.amendments(session, window.id)],
        rules=rule_words.title(rulebook(), pinned.rule) if pinned is not None else "",
        extensions=queries.extensions(session, window.id),
        form_numbers={choice.id: choice.number for choice in queries.form_choices(session)},
        press=PressForm(formdata=None),
        can={
            "edit": state is WindowState.DRAFT,
            "amend": state in AMENDABLE,
            "cancel": state is not WindowState.CANCELLED and not submitted,
            "extend": state not in extensions.NO_MORE_TIME,
        },
    )


def _told(change: queries.Amended, versions: Mapping[str, int]) -> dict[str, Any]:
    """A change of a window as the page says it: (what, before, after) for each thing that changed. `versions` are the
    national policy's numbers, by id."""
    return {
        "at": change.at,
        "by": change.by,
        "why": change.why,
        "rules": rule_words.changed(rulebook(), change.before, change.after, versions),
        "parts": [
            (CHANGED[key], key, _read(key, change.before[key]), _read(key, change.after[key]))
            for key in CHANGED
            if key in change.after
        ],
    }


def _read(key: str, value: Any) -> Any:
    """A value of the history as it was before it became JSON."""
    return datetime.fromisoformat(value) if key.endswith("_at") else value


@blueprint.route("/windows/<window_id>/edit", methods=["GET", "POST"])
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def edit(window_id: str) -> Response:
    """Change a draft, or amend a published window for a reason."""
    context = here()
    window = queries.one(context.session, window_id)
    state = window.now
    still(state in {WindowState.DRAFT, *AMENDABLE}, service.OVER if window.state == "published" else "")
    choices, draft = queries.form_choices(context.session), state is WindowState.DRAFT
    make = WindowForm if draft else AmendForm
    form = make(choices, data=values_of(window))
    if form.validate_on_submit():
        actor, wanted = context.visitor.actor(), form.plan()
        with kept_on(form, lambda: make(choices, formdata=None, data=values_of(window))):
            if draft:
                service.change(context.session, actor, window_id, version_sent(), wanted)
            else:
                service.amend(context.session, actor, window_id, version_sent(), wanted, form.why.data)
            return redirect_with(_("The window is changed."), "windows.show", window_id=window_id)
    return render(
        "admissions/windows/edit.html",
        422 if form.errors else 200,
        form=form,
        window=window,
        state=state,
        choices=choices,
        version=next_version(form, window.version),
    )


@blueprint.post("/windows/<window_id>/publish")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def publish(window_id: str) -> Response:
    """Publish a draft."""
    context = here()
    try:
        service.publish(context.session, context.visitor.actor(), window_id, version_sent(0))
    except (Conflict, Refused) as error:
        return _page(queries.one(context.session, window_id), 422, say(error.message, error.params))
    return redirect_with(_("The window is published."), "windows.show", window_id=window_id)


@blueprint.route("/windows/<window_id>/cancel", methods=["GET", "POST"])
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def cancel(window_id: str) -> Response:
    """Cancel a window for a reason."""
    context = here()
    window, form = queries.one(context.session, window_id), CancelForm()
    still(window.state != "cancelled")
    if form.validate_on_submit():
        with kept_on(form):
            service.cancel(context.session, context.visitor.actor(), window_id, version_sent(), form.why.data)
            return redirect_with(_("The window is cancelled."), "windows.show", window_id=window_id)
    return render(
        "admissions/windows/cancel.html", 422 if form.errors else 200, form=form, window=window,
        version=next_version(form, window.version),
    )  # fmt: skip


@blueprint.route("/windows/<window_id>/extend", methods=["GET", "POST"])
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def extend(window_id: str) -> Response:
    """Give one person more time."""
    context = here()
    window, form = queries.one(context.session, window_id), ExtendForm()
    still(window.now not in extensions.NO_MORE_TIME)
    if form.validate_on_submit():
        with kept_on(form):
            extensions.extend(
                context.session, context.visitor.actor(), window_id, email=form.email.data,
                closes_at=wall_clock.instant(form.closes_at.data), why=form.why.data, key=form.form_key.data,
                post=window_letters.more_time(context.tenant),
            )  # fmt: skip
            return redirect_with(
                _("The person has more time, and a letter is on its way."), "windows.show", window_id=window_id
            )
    return render("admissions/windows/extend.html", 422 if form.errors else 200, form=form, window=window)
