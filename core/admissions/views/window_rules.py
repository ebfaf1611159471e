"""A window's rules: which pack it pins, its configuration within the national policy, and trying others on past cases."""

from typing import Any

from flask import Response, request, url_for

from core.admissions import rule_words as words
from core.admissions.queries import policies, shadows
from core.admissions.queries import rules as queries
from core.admissions.queries import windows as window_queries
from core.admissions.rulebook import rulebook
from core.admissions.rules import STANDARD, deviations
from core.admissions.service import pinning, shadowing
from core.admissions.service import policies as policy_service
from core.admissions.views.windows import blueprint
from core.admissions.web_forms.rules import first_values, rules_form, take, wanted
from core.admissions.web_forms.windows import PressForm
from core.kernel.errors import Conflict, Invalid, NotFound, Refused
from core.kernel.permissions import Permission
from core.web.access import needs
from core.web.context import here
from core.web.forms import version_sent
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.pages import redirect_with, render

MAY = Permission.TENANT_ADMISSIONS_MANAGE


@blueprint.get("/windows/<window_id>/rules")
@needs(MAY)
def rules(window_id: str) -> Response:
    """What a window pins, how far that is from the national standard, and what was tried."""
    session, book = here().session, rulebook()
    window, pinned = window_queries.one(session, window_id), queries.pinned(session, window_id)
    return render(
        "admissions/rules/window.html",
        window=window, pinned=pinned, words=words, book=book, lines=_lines(pinned),
        apart=[(_named(one.field), one) for one in deviations(pinned.rule, pinned.config)] if pinned else [],
        choices=pinning.choices(book.catalogue(), here().tenant.enabled, pinned),
        usual=pinned.rule if pinned else STANDARD, may_change=window.now in pinning.CHANGEABLE,
        runs=shadows.listed(session),
    )  # fmt: skip


def _lines(pinned: queries.Pinned | None) -> list[tuple[str, str]]:
    return words.config_lines(rulebook(), pinned.rule, pinned.config) if pinned is not None else []


def _named(field: str) -> str:
    title = words.PINNED.get(field)
    return say(title) if title is not None else words.label(rulebook(), (), field)


@blueprint.route("/windows/<window_id>/rules/edit", methods=["GET", "POST"])
@needs(MAY)
def rules_edit(window_id: str) -> Response:
    """Choose the rules `?rule=id@version` for a window, or try them on past cases first. `?tried=` begins with those of a run."""
    context, catalogue = here(), rulebook().catalogue()
    session = context.session
    window, pinned = window_queries.one(session, window_id), queries.pinned(session, window_id)
    if window.now not in pinning.CHANGEABLE and request.method != "POST":
        raise Refused(pinning.OVER)
    rule = request.args.get("rule", pinned.rule if pinned else STANDARD)
    if rule not in pinning.choices(catalogue, context.tenant.enabled, pinned):
        raise NotFound
    pack, versions = catalogue.resolve(rule), _versions()
    amends = window.now in pinning.BEGUN and pinned is not None
    form = rules_form(pack, first_values(pack, pinned, *_begin(rule, pinned, versions)), versions, amends=amends)
    if form.validate_on_submit():
        tries, version = request.form.get("step") == "try", version_sent()
        try:
            choice = wanted(pack, form, list(request.form))
            if tries:
                run_id = shadowing.ask(
                    session, context.visitor.actor(), choice, catalogue=catalogue, plugins=context.tenant.enabled,
                    key=form.form_key.data,
                )  # fmt: skip
                return redirect_with(
                    _("The rules are being tried."), "windows.tried", window_id=window_id, run_id=run_id
                )
            pinning.pin(
                session, context.visitor.actor(), window_id, version, choice, catalogue=catalogue,
                plugins=context.tenant.enabled, why=form.why.data if amends else "",
            )  # fmt: skip
            return redirect_with(_("The window has these rules now."), "windows.rules", window_id=window_id)
        except Invalid as error:
            take(form, error)
        except (Conflict, Refused) as error:
            form.take({"": error.message})
    return render(
        "admissions/rules/edit.html", 422 if form.errors else 200, form=form, window=window, pinned=pinned, rule=rule,
        title=words.title(rulebook(), rule), names=list(pack.config_model.model_fields), amends=amends,
        version=version_sent(pinned.version if pinned else 0),
        sent_to=url_for("windows.rules_edit", window_id=window_id, rule=rule),
    )  # fmt: skip


def _versions() -> list[policies.Published]:
    """The national policy's versions. Raises Refused before the first: it comes with the first window that is planned."""
    found = policies.versions(here().session)
    if not found:
        raise Refused(policy_service.NO_POLICY)
    return found


def _begin(
    rule: str, pinned: queries.Pinned | None, versions: list[policies.Published]
) -> tuple[dict[str, Any] | None, str]:
    """The configuration and the policy that the form begins with: of the run that is named, else what the window pins."""
    if run_id := request.args.get("tried", ""):
        run = shadows.one(here().session, run_id)
        if run.rule == rule:
            return dict(run.config), run.policy_id
    if pinned is not None and pinned.rule == rule:
        return dict(pinned.config), pinned.policy_id
    return None, versions[0].id


@blueprint.get("/windows/<window_id>/rules/tried/<run_id>")
@needs(MAY)
def tried(window_id: str, run_id: str) -> Response:
    """What rules would have changed on past cases."""
    return _tried(window_id, run_id)


def _tried(window_id: str, run_id: str, status: int = 200, problem: str = "") -> Response:
    session, book = here().session, rulebook()
    window, run = window_queries.one(session, window_id), shadows.one(session, run_id)
    seen = shadows.report(session, run_id, here().visitor.account_id) if run.state == "ready" else None
    return render(
        "admissions/rules/tried.html", status, window=window, run=run, seen=seen, words=words, book=book,
        lines=words.config_lines(book, run.rule, run.config), problem=problem, press=PressForm(formdata=None),
        may_change=window.now in pinning.CHANGEABLE,
    )  # fmt: skip


@blueprint.post("/windows/<window_id>/rules/tried/<run_id>/agree")
@needs(MAY)
def tried_agree(window_id: str, run_id: str) -> Response:
    """Agree to what was shown."""
    try:
        shadowing.agree(here().session, here().visitor.actor(), run_id, request.form.get("sha", ""))
    except Refused as refused:
        return _tried(window_id, run_id, 422, say(refused.message, refused.params))
    return redirect_with(
        _("You agreed. A window can use these rules now."), "windows.tried", window_id=window_id, run_id=run_id
    )
