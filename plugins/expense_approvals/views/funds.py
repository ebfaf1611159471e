"""A lead's pages: budgets, and which activities they cover."""

from datetime import date
from typing import Any, TypeVar

from flask import Response, request

from core.sdk import (
    gettext,
    here,
    kept_on,
    needs,
    next_version,
    pence_typed,
    plain_pounds,
    redirect_with,
    render,
    version_sent,
)
from plugins.expense_approvals.manifest import BUDGETS
from plugins.expense_approvals.queries import budgets, figures
from plugins.expense_approvals.service import activities
from plugins.expense_approvals.service import budgets as changing
from plugins.expense_approvals.service.activities import Wanted
from plugins.expense_approvals.views.base import SHARED, manage_blueprint
from plugins.expense_approvals.views.figures import look_at
from plugins.expense_approvals.web_forms.manage import (
    ActivityChangedForm,
    ActivityForm,
    BudgetForm,
    EventActivityForm,
    LimitForm,
)
from plugins.expense_approvals.words import WARNINGS

F = TypeVar("F", bound=ActivityForm)


@manage_blueprint.route("/budgets", methods=["GET", "POST"])
@needs(BUDGETS)
def budget_list() -> Response:
    """Every budget with what is committed, spent and left; and opening another."""
    context, form = here(), BudgetForm()
    if form.validate_on_submit():
        with kept_on(form):
            limit = pence_typed(form.limit.data or "", "limit")
            changing.open_budget(context.session, form.name.data, limit, context.visitor, form.form_key.data)
            return redirect_with(gettext("The budget is open."), "expense_approvals_manage.budget_list")
    return render(
        "expense_approvals/manage/budgets.html", 422 if form.errors else 200, form=form,
        held=budgets.all_of_site(context.session), warnings=WARNINGS,
        look={one.id: look_at(one) for one in figures.funds(context.session)}, **SHARED,
    )  # fmt: skip


@manage_blueprint.route("/budgets/<budget_id>", methods=["GET", "POST"])
@needs(BUDGETS)
def budget(budget_id: str) -> Response:
    """One budget's limit."""
    context, form = here(), LimitForm()
    found = budgets.one(context.session, budget_id)
    if form.validate_on_submit():
        with kept_on(form, lambda: LimitForm(formdata=None, data={"limit": plain_pounds(found.limit_p)})):
            limit = pence_typed(form.limit.data or "", "limit")
            changing.change_limit(context.session, budget_id, version_sent(), limit, context.visitor)
            return redirect_with(gettext("The limit is changed."), "expense_approvals_manage.budget_list")
    form.version.data = str(next_version(form, found.version))
    if not form.is_submitted():
        form.limit.data = plain_pounds(found.limit_p)
    return render(
        "expense_approvals/manage/budget.html", 422 if form.errors else 200, form=form, budget=found, **SHARED
    )


@manage_blueprint.get("/activities")
@needs(BUDGETS)
def activity_list() -> Response:
    """Activities that are not over."""
    session = here().session
    names = {one.id: one.name for one in budgets.all_of_site(session)}
    return render(
        "expense_approvals/manage/activities.html",
        planned=budgets.activities(session, covered_only=False),
        names=names,
        **SHARED,
    )


@manage_blueprint.route("/activities/new", methods=["GET", "POST"])
@needs(BUDGETS)
def new_activity() -> Response:
    """Add an activity."""
    context, form = here(), _with_budgets(EventActivityForm(data=_of_event()))
    if form.validate_on_submit():
        with kept_on(form):
            activities.add(
                context.session, _wanted(form), context.visitor, form.form_key.data, form.event_id.data or ""
            )
            return redirect_with(gettext("The activity is added."), "expense_approvals_manage.activity_list")
    return render("expense_approvals/manage/activity.html", 422 if form.errors else 200, form=form, found=None)


@manage_blueprint.route("/activities/<activity_id>", methods=["GET", "POST"])
@needs(BUDGETS)
def change_activity(activity_id: str) -> Response:
    """Change an activity."""
    context = here()
    found = budgets.activity(context.session, activity_id)
    form = _with_budgets(ActivityChangedForm(obj=found))
    if form.validate_on_submit():
        with kept_on(form, lambda: _with_budgets(ActivityChangedForm(formdata=None, obj=found))):
            activities.change(context.session, activity_id, version_sent(), _wanted(form), context.visitor)
            return redirect_with(gettext("The activity is changed."), "expense_approvals_manage.activity_list")
    form.version.data = str(next_version(form, found.version))
    return render("expense_approvals/manage/activity.html", 422 if form.errors else 200, form=form, found=found)


def _of_event() -> dict[str, Any]:
    """What the way from an event's page says of it, for a form that is still empty; nothing where it cannot be read."""
    asked = request.args
    try:
        days = {f"{end}s_on": date.fromisoformat(asked[name]) for end, name in (("start", "first"), ("end", "last"))}
    except (KeyError, ValueError):
        return {}
    return {"event_id": asked.get("event", ""), "title": asked.get("title", "")[:200], **days}


def _with_budgets(form: F) -> F:
    """The form with the site's budgets to choose from."""
    held = budgets.all_of_site(here().session)
    form.budget_id.choices = [("", gettext("Not covered")), *((one.id, one.name) for one in held)]
    if form.budget_id.data in (None, "None"):
        form.budget_id.data = ""
    return form


def _wanted(form: ActivityForm) -> Wanted:
    return Wanted(form.title.data, form.starts_on.data, form.ends_on.data, form.budget_id.data or None)
