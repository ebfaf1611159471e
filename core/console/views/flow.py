"""One plugin's page: form, preview, confirmation. The same steps for the central team and for a partner lead."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, abort, current_app, request

from core.admissions.queries import rules
from core.admissions.rulebook import rulebook
from core.console import touched
from core.console.forms import ConfirmForm
from core.console.preview import Preview, differences, preview
from core.console.queries import Past, PluginNow, history, made_by, plugin_at
from core.console.settings_form import settings_form
from core.console.touched import SwitchOff
from core.data.audit import UK
from core.data.db import tenant_session
from core.data.session import ScopedSession
from core.hooks.registry import Plugin
from core.kernel.errors import Conflict, Invalid, Refused
from core.kernel.numbers import whole_number
from core.kernel.text import N_
from core.kernel.views import OpenWork, TenantRef
from core.web.access import access_of
from core.web.context import here
from core.web.i18n import say
from core.web.model_forms import problems, sent_settings
from core.web.mount import rooms_of
from core.web.pages import redirect_with, registry, render

NO_REVISION = -1
"""Which no plugin has: what a form carries that no number is."""

WINDOWS = "/manage/admissions/"
Apply = Callable[[bool | None, Mapping[str, Any], int, str], int]
Check = Callable[[bool | None, Mapping[str, Any]], tuple[bool, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Steps:
    """What the steps need to know. `only` names the settings shown (None: all); `check` says what the whole state would
    be, or refuses; `apply` does it; `here_url` is this page, `back` the (endpoint, values) of the page before it; `undo` gives the
    address that undoes a change, where that is offered."""

    session: ScopedSession
    tenant: TenantRef
    now: PluginNow
    only: Sequence[str] | None
    may_switch: bool
    check: Check
    apply: Apply
    here_url: str
    back_url: str
    back: tuple[str, Mapping[str, Any]]
    undo: Callable[[Past], str] | None = None


def plugin_page(steps: Steps) -> Response:
    """The answer to a GET, or to a POST with the step that was asked for."""
    if request.method == "GET":
        return _form_page(steps, _form(steps, steps.now.settings, steps.now.enabled))
    step = request.form.get("step", "preview")
    if step == "edit":
        enabled, settings, _ = _carried()
        return _form_page(steps, _form(steps, {**steps.now.settings, **settings}, _switch(steps, enabled)))
    return _apply(steps) if step == "apply" else _preview(steps)


def _switch(steps: Steps, enabled: bool | None) -> bool:
    return steps.now.enabled if enabled is None else enabled


def _form(steps: Steps, values: Mapping[str, Any], enabled: bool, *, sent: bool = False) -> Any:
    form = settings_form(
        steps.now.plugin.settings, steps.only, values, enabled=enabled, revision=steps.now.revision, sent=sent
    )
    if not steps.may_switch:
        del form.enabled
    return form


def _form_page(steps: Steps, form: Any, status: int = 200, meanwhile: Sequence[Any] = ()) -> Response:
    return render(
        "console/plugin.html",
        status=status,
        steps=steps,
        named=_named,
        form=form,
        manifest=steps.now.plugin.manifest,
        stale=status == 409,
        meanwhile=meanwhile,
        past=history(steps.session, steps.tenant.id, steps.now.name),
        changes=lambda plugin, before, after: differences(registry(), plugin, before, after),
        undo=steps.undo,
    )


def _preview(steps: Steps) -> Response:
    """Show what the sent form would change; nothing is changed yet."""
    form = _form(steps, steps.now.settings, steps.now.enabled, sent=True)
    ok = form.validate_on_submit()
    settings = sent_settings(steps.now.plugin.settings, form, request.form)
    offered = steps.may_switch or "enabled" in request.form
    enabled = "enabled" in request.form if offered else None
    on, whole = steps.check(enabled, settings)
    if found := problems(steps.now.plugin.settings, whole):
        _take(form, found)
        ok = False
    if not ok:
        return _form_page(steps, form, 422)
    if whole_number(form.revision.data, NO_REVISION) != steps.now.revision:
        return _stale(steps, on, whole)
    return preview_page(steps, on, whole, enabled=enabled, settings=settings)


def _take(form: Any, found: Mapping[str, str]) -> None:
    form.take({f"set-{name}" if name else "": words for name, words in found.items()})


def preview_page(
    steps: Steps, on: bool, whole: Mapping[str, Any], *, enabled: bool | None, settings: Mapping[str, Any]
) -> Response:
    """The page that shows a change and asks for the reason."""
    values = json.dumps({"enabled": enabled, "settings": dict(settings)})
    form = ConfirmForm(formdata=None, data={"values": values, "revision": str(steps.now.revision)})
    return _confirm_page(steps, form, on, whole)


def _confirm_page(steps: Steps, form: ConfirmForm, on: bool, whole: Mapping[str, Any], status: int = 200) -> Response:
    model = steps.now.plugin.settings.model_validate(dict(whole))
    after = {"enabled": on, "settings": model.model_dump(mode="json")}
    seen: Preview = preview(
        steps.session, registry(), steps.tenant, steps.now, after,
        _routes(steps.now.plugin, off=steps.now.enabled and not on), _open_work(steps),
        _touched(steps) if steps.now.enabled and not on else SwitchOff(),
    )  # fmt: skip
    return render(
        "console/preview.html", status=status, steps=steps, form=form, seen=seen, manifest=steps.now.plugin.manifest,
        write_to=_write_to, named=_named,
    )  # fmt: skip


def _named(site: TenantRef) -> str:
    """A site's name in the reader's language."""
    found = current_app.extensions["q.directory"].by_id(site.id)
    return str(found.named(here().language)) if found else site.name


def _touched(steps: Steps) -> SwitchOff:
    """What switching the plugin off touches: at this site, or at every site where the change is for the whole platform."""
    if not steps.now.platform_wide:
        return touched.asked(steps.session, registry(), steps.tenant, steps.now.name)
    sites = []
    for tenant in current_app.extensions["q.directory"].all():
        with tenant_session(tenant.id) as session:
            sites.append(touched.asked(session, registry(), tenant.ref(), steps.now.name))
    return touched.together(sites)


def _write_to(at: touched.AtSite) -> str:
    """The whole address at which somebody can write to the people of one thing."""
    return f"{current_app.config['Q'].base_url}{at.site.prefix}{at.thing.href}"


def _open_work(steps: Steps) -> list[OpenWork]:
    """What the plugin has waiting: at this site, or at every site where the change is for the whole platform."""
    if not steps.now.platform_wide:
        return _waiting(steps.session, steps.tenant, steps.now.name)
    totals: dict[str, OpenWork] = {}
    for tenant in current_app.extensions["q.directory"].all():
        with tenant_session(tenant.id) as session:
            for item in _waiting(session, tenant.ref(), steps.now.name):
                before = totals.get(item.label)
                totals[item.label] = replace(item, count=item.count + (before.count if before else 0))
    return list(totals.values())


def _waiting(session: ScopedSession, tenant: TenantRef, plugin: str) -> list[OpenWork]:
    call, only = registry().dispatcher.call, frozenset({plugin})
    found = call("q_open_work", only, savepoint=session.begin_nested, session=session, tenant=tenant)
    return [*found.values(), *_windows(session, plugin)]


def _windows(session: ScopedSession, plugin: str) -> list[OpenWork]:
    """The windows that pin a rule pack of the plugin, whichever plugin brings it: each goes on by the rules that it pins."""
    count = rules.undecided_by(session, rulebook().refs_of(plugin))
    return [OpenWork(N_("Windows that are assessed by its rules, and go on by them"), count, WINDOWS)] if count else []


def _routes(plugin: Plugin, *, off: bool) -> tuple[list[str], list[str]]:
    """The addresses of a plugin's pages, those for running a site too: (what a switch brings or takes, what goes on when it is
    switched `off`)."""
    names = tuple(f"{room.name}." for room in rooms_of(plugin.manifest))
    found: tuple[list[str], list[str]] = ([], [])
    for rule in current_app.url_map.iter_rules():
        if rule.endpoint.startswith(names):
            access = access_of(current_app, rule.endpoint)
            found[off and access is not None and access.while_off].append(rule.rule)
    return found


def _apply(steps: Steps) -> Response:
    """Do what was previewed."""
    enabled, settings, revision = _carried()
    form = ConfirmForm()
    on, whole = steps.check(enabled, settings)
    if found := problems(steps.now.plugin.settings, whole):
        edit = _form(steps, whole, on)
        _take(edit, found)
        return _form_page(steps, edit, 422)
    if revision != steps.now.revision:
        return _overtaken(steps, on, whole, revision, form)
    if not form.validate_on_submit():
        return _confirm_page(steps, form, on, whole, 422)
    try:
        steps.apply(enabled, settings, revision, form.why.data)
    except Conflict:
        fresh = plugin_at(steps.session, registry(), steps.tenant.id, steps.now.name)
        return _overtaken(replace(steps, now=fresh), on, whole, revision, form)
    except Invalid as invalid:
        edit = _form(steps, whole, on)
        _take(edit, invalid.field_errors)
        return _form_page(steps, edit, 422)
    except Refused as refused:
        form.form_errors.append(say(refused.message, refused.params))
        return _confirm_page(steps, form, on, whole, 422)
    return _in_force(steps)


def _in_force(steps: Steps) -> Response:
    endpoint, values = steps.back
    title = say(steps.now.plugin.manifest.title)
    return redirect_with(say(N_("%(plugin)s: the change is in force."), {"plugin": title}), endpoint, **values)


def _overtaken(steps: Steps, on: bool, whole: Mapping[str, Any], revision: int, form: ConfirmForm) -> Response:
    """The plugin is at another revision than the sent one: by this very change, sent twice, or by somebody who was quicker."""
    asked = steps.now.plugin.settings.model_validate(dict(whole)).model_dump(mode="json")
    at = UK if steps.now.platform_wide else steps.tenant.id
    made = made_by(steps.session, at, steps.now.name, revision + 1) if steps.now.revision == revision + 1 else None
    mine = made is not None and (made.actor_id, made.why) == (here().visitor.account_id, form.why.data)
    if made is not None and mine and made.after == {"enabled": on, "settings": asked}:
        return _in_force(steps)
    return _stale(steps, on, whole)


def _stale(steps: Steps, on: bool, whole: Mapping[str, Any]) -> Response:
    """Somebody was quicker: 409, with everything that was typed and what differs from what is in force now."""
    now = {"enabled": steps.now.enabled, "settings": dict(steps.now.settings)}
    seen = differences(registry(), steps.now.name, now, {"enabled": on, "settings": dict(whole)})
    return _form_page(steps, _form(steps, whole, on), 409, seen)


def _carried() -> tuple[bool | None, dict[str, Any], int]:
    """The change that the preview carried: (switch, settings, revision). A damaged one is answered with 400."""
    raw = request.form.get("values", "")
    try:
        found = json.loads(raw)
        json.dumps(found, ensure_ascii=False).encode()  # lone surrogates cannot be stored
    except (ValueError, RecursionError):
        abort(400)
    shape = isinstance(found, dict) and set(found) == {"enabled", "settings"} and isinstance(found["settings"], dict)
    if not shape or not (found["enabled"] is None or isinstance(found["enabled"], bool)) or "\\u0000" in raw:
        abort(400)
    return found["enabled"], found["settings"], whole_number(request.form.get("revision"), NO_REVISION)
