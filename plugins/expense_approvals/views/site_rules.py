"""A lead's page: what this site adds to the national expenses policy."""

from datetime import date

from flask import Response, request

from core.sdk import N_, clock, gettext, here, kept_on, needs, redirect_with, render, say, whole_number
from plugins.expense_approvals.claims.changes import DryRun
from plugins.expense_approvals.manifest import TIGHTEN
from plugins.expense_approvals.policy.canonical import sha256
from plugins.expense_approvals.policy.local import Local, SiteVersion, standing
from plugins.expense_approvals.policy.reading import Unread, rules_of, rules_text
from plugins.expense_approvals.policy.rules import AnyRule, Policy
from plugins.expense_approvals.queries import policies as reading
from plugins.expense_approvals.service import site_rules as service
from plugins.expense_approvals.views import policy_words as words
from plugins.expense_approvals.views.base import SHARED, manage_blueprint, settings_of
from plugins.expense_approvals.views.policy import tried_on_past
from plugins.expense_approvals.web_forms.policy import SiteRulesForm

LOOK = N_("Look at what changes below, then publish.")


@manage_blueprint.route("/rules", methods=["GET", "POST"])
@needs(TIGHTEN)
def site_rules() -> Response:
    """The rules that hold here, this site's own as data, and first what they would change, then publishing them."""
    context, form = here(), SiteRulesForm()
    local = reading.local(context.session)
    newest = max(local.site, key=lambda one: one.number, default=None)
    wished: tuple[AnyRule, ...] | None = None
    if form.validate_on_submit() and (wished := _wished(form)) is not None:
        seen = _hash(wished, form.effective_from.data, local)
        if request.form.get("do") == "publish" and _published(form, wished, seen):
            told = gettext("This site’s rules are published.")
            return redirect_with(told, "expense_approvals_manage.site_rules")
        form.seen.data = seen
    if not form.is_submitted():
        form.after.data = str(newest.number if newest else 0)
        form.text.data = rules_text(newest.rules if newest else ())
        form.effective_from.data = clock.today()
    today = local.national(clock.today())
    own = local.rules_on(clock.today())
    return render(
        "expense_approvals/manage/site_rules.html", 422 if form.errors else 200, form=form, wished=wished,
        national=words.told_rules(today, today.rules) if today else [], own=words.told_rules(today, own) if today else [],
        waiting={rule.key for rule in own} - {rule.key for rule in standing(today, own)} if today else set(),
        history=reading.added(context.session), past=_past(local, wished, form.effective_from.data), limits=settings_of(context).limits,
        **SHARED,
    )  # fmt: skip


def _wished(form: SiteRulesForm) -> tuple[AnyRule, ...] | None:
    """The rules that were typed; None with the reasons on the form when they cannot be this site's."""
    try:
        rules = rules_of(form.text.data or "")
    except Unread as error:
        form.text.errors = [*form.text.errors, *(words.mistake(one) for one in error.mistakes)]
        return None
    found = service.wrong_with(here().session, rules, form.effective_from.data)
    national = reading.known(here().session)(form.effective_from.data) if found else None
    form.text.errors = [*form.text.errors, *(words.problem(one, national) for one in found)]
    return None if found else rules


def _published(form: SiteRulesForm, rules: tuple[AnyRule, ...], seen: str) -> bool:
    """Publish what was looked at; False with the reason on the form."""
    if form.seen.data != seen:
        form.form_errors.append(say(LOOK))
        return False
    context = here()
    with kept_on(form):
        service.publish(
            context.session, whole_number(form.after.data), rules, form.effective_from.data, form.note.data, context.visitor,
            form.form_key.data,
        )  # fmt: skip
        return True
    return False


def _hash(rules: tuple[AnyRule, ...], day: date, local: Local) -> str:
    """What was looked at: the rules, beside the national ones of their first day."""
    national = local.national(day)
    return sha256(_joined(national, rules)) if national is not None else ""


def _joined(national: Policy, rules: tuple[AnyRule, ...]) -> Policy:
    return national.model_copy(update={"rules": (*national.rules, *rules)})


def _past(
    local: Local, wished: tuple[AnyRule, ...] | None, day: date | None
) -> tuple[DryRun, list[words.Turned]] | None:
    """What the rules would have changed, had they held all the time; None before any were typed."""
    national = local.national(day) if day is not None else None
    if wished is None or national is None:
        return None
    then = Local(local.national, (SiteVersion(1, date.min, local.national.known_at, wished),))
    return tried_on_past(local, then, _joined(national, wished))
