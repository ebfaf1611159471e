"""The central team's pages of the national policy, and of the rules that windows pin under it, across all sites."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from flask import Response, current_app, request, url_for

from core.admissions import rule_words as words
from core.admissions.queries import policies, proposals, rules
from core.admissions.queries.rules import Use
from core.admissions.rulebook import rulebook
from core.admissions.rules import (
    ConfigProblem,
    ConfigRefused,
    Deviation,
    NationalPolicy,
    UnknownRule,
    canonical,
    checked_config,
    deviations,
    sha256,
)
from core.admissions.service import policies as service
from core.admissions.views.blueprints import central
from core.admissions.web_forms.policy import PolicyForm, values_of
from core.data.db import platform_scope
from core.kernel.errors import Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import in_memory, listed
from core.web.pages import redirect_with, registry, render
from core.web.sheets import Column, Sheet

MAY = Permission.ADMISSIONS_CONFIGURE
SIZE = 50


def _sites() -> dict[int, TenantSnapshot]:
    directory: TenantDirectory = current_app.extensions["q.directory"]
    return {one.id: one for one in directory.all()}


class Breach(NamedTuple):
    """A window whose pinned rules a policy would not allow, and why."""

    site: TenantSnapshot
    use: Use
    problems: list[str]


def _breaches(uses: Iterable[Use], policy: NationalPolicy) -> list[Breach]:
    """Which of the windows under way or to come would have to choose anew under `policy`."""
    catalogue, sites = rulebook().catalogue(), _sites()
    found = []
    for use in uses:
        try:
            checked_config(catalogue.resolve(use.pinned.rule), use.pinned.config, policy)
        except ConfigRefused as refused:
            found.append(Breach(sites[use.tenant_id], use, [_problem(use, one) for one in refused.problems]))
        except UnknownRule as gone:
            found.append(Breach(sites[use.tenant_id], use, [say(gone.message, gone.params)]))
    return found


def _problem(use: Use, one: ConfigProblem) -> str:
    what = words.label(rulebook(), [use.pinned.rule], one.field) if one.field else ""
    message = say(one.message, dict(one.params))
    return f"{what}: {message}" if what else message


def _in_use(why: str, *, over: bool) -> list[Use]:
    with platform_scope(why, here().visitor.actor()) as session:
        return rules.in_use(session, over=over)


@central.get("/policy/")
@needs(MAY)
def policy_list() -> Response:
    """Every version of the national policy, with why."""
    return render("admissions/rules/policy_list.html", versions=policies.versions(here().session))


@central.post("/policy/first")
@needs(MAY)
def policy_first() -> Response:
    """Take in the policy that the platform comes with."""
    service.ensure_first(here().session, here().visitor.actor())
    return redirect_with(_("The first version is published."), "admissions.policy_list")


@central.get("/policy/<int:number>/")
@needs(MAY)
def policy_show(number: int) -> Response:
    """One version, beside the one that `?with=` names, by default the one before it."""
    found = policies.versions(here().session)
    one = policies.one(here().session, number)
    asked = request.args.get("with", "")
    other = next((v for v in found if str(v.number) == asked), None) or next(
        (v for v in found if v.number < number), None
    )
    return render(
        "admissions/rules/policy_show.html", one=one, other=other, versions=found,
        rows=_rows(other.policy, one.policy) if other else [], lines=words.policy_lines(one.policy),
    )  # fmt: skip


def _rows(before: NationalPolicy, after: NationalPolicy) -> list[tuple[str, str, str]]:
    old, new = words.policy_lines(before), words.policy_lines(after)
    return [(label, was, becomes) for (label, was), (_same, becomes) in zip(old, new, strict=True)]


@central.route("/policy/new", methods=["GET", "POST"])
@needs(MAY)
def policy_new() -> Response:
    """A new version: typed, then shown with all that it would not allow any more, then published."""
    context = here()
    newest = policies.newest(context.session)
    if newest is None:
        raise Refused(service.NO_POLICY)
    form = PolicyForm(data={**values_of(newest.policy), "after": str(newest.number)})
    wished: NationalPolicy | None = None
    breaches: list[Breach] = []
    if form.validate_on_submit() and (wished := form.policy()) is not None:
        breaches = _breaches(_in_use("Joining Q: windows that a new national policy would touch", over=False), wished)
        effect = _effect(wished, breaches)
        if request.form.get("step") == "publish" and (number := _publish(form, wished, effect)) is not None:
            told = _("Version %(number)s is published.", number=number)
            return redirect_with(told, "admissions.policy_show", number=number)
        form.seen.data = effect
    return render(
        "admissions/rules/policy_new.html", 422 if form.errors else 200, form=form, newest=newest, wished=wished,
        rows=_rows(newest.policy, wished) if wished else [], breaches=breaches, words=words, book=rulebook(),
    )  # fmt: skip


def _effect(policy: NationalPolicy, breaches: list[Breach]) -> str:
    """The hash of a policy and of what it would not allow: what is published is what was looked at."""
    return sha256("\n".join([canonical(policy), *(f"{one.use.window_id} {one.problems}" for one in breaches)]))


def _publish(form: PolicyForm, policy: NationalPolicy, effect: str) -> int | None:
    """Publish what was looked at; the version's number, or None with the reason on the form."""
    if form.seen.data != effect:
        form.take({"": N_("Look at what changes below, then publish.")})
        return None
    after = form.after.data or ""
    with kept_on(form):
        return service.publish(
            here().session, here().visitor.actor(), after=int(after) if after.isdecimal() and len(after) < 7 else 0,
            policy=policy, note=form.note.data,
        )  # fmt: skip
    return None


class Line(NamedTuple):
    """A window of a site with what it pins, and how far that is from the national standard."""

    site: TenantSnapshot
    use: Use
    apart: list[Deviation]


def _apart(line: Line) -> list[str]:
    """The deviations of a window in words."""
    book = rulebook()
    return [
        _("%(rules)s in place of %(standard)s", rules=words.title(book, one.here), standard=words.title(book, one.standard))
        if one.field == "rule"
        else _(
            "%(what)s: %(value)s in place of %(standard)s", what=words.label(book, (), one.field),
            value=words.value(one.field, one.here), standard=words.value(one.field, one.standard),
        )
        for one in line.apart
    ]  # fmt: skip


PINS = Sheet(
    "window-rules",
    (
        Column(N_("Site"), lambda line: line.site.named(here().language)),
        Column(N_("Window"), lambda line: line.use.window),
        Column(N_("Opens"), lambda line: line.use.opens_at),
        Column(N_("Rules"), lambda line: line.use.pinned.rule),
        Column(N_("National policy"), lambda line: line.use.pinned.policy_number),
        Column(N_("Differs from the national standard"), lambda line: "; ".join(_apart(line))),
    ),
    personal=False,
)
SORTS: dict[str, Any] = {
    "-opens": lambda line: line.use.opens_at,
    "site": lambda line: line.site.named(here().language).casefold(),
    "window": lambda line: line.use.window.casefold(),
    "rules": lambda line: line.use.pinned.rule,
    "apart": lambda line: len(line.apart),
}


def _plugin_titles() -> dict[str, str]:
    """What each plugin is called, by its name."""
    return {name: plugin.manifest.title for name, plugin in registry().plugins.items()}


@central.get("/rules/")
@needs(MAY)
def rules_overview() -> Response:
    """Rule packs in service, what windows pin, how far that is from the standard, what failed, what replays found."""
    sites, catalogue = _sites(), rulebook().catalogue()
    with platform_scope("Joining Q: what windows pin, and how their rules fared", here().visitor.actor()) as session:
        uses = rules.in_use(session, over=True)
        failed = proposals.incidents(session, here().visitor.account_id)
        replays = proposals.replays(session, here().visitor.account_id)
    pins = [Line(sites[use.tenant_id], use, deviations(use.pinned.rule, use.pinned.config)) for use in uses]
    wished = Listing.read(url_for("admissions.rules_overview"), request.args, sorts=tuple(SORTS), size=SIZE)
    found = listed(
        wished, PINS, in_memory(pins, wished, {**SORTS, "opens": SORTS["-opens"]})
    )  # fmt: skip
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render(
        "admissions/rules/overview.html", listing=listing, rows=rows, plugins=_plugin_titles(), apart=_apart, sites=sites, catalogue=catalogue,
        pinned={use.pinned.rule for use in uses}, failed=failed, replays=replays, words=words, book=rulebook(),
        standing=sum(bool(line.apart) for line in pins), windows=len(pins),
    )  # fmt: skip
