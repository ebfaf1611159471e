"""One plugin's page: form, preview, confirmation. The same steps for the central team and for a partner lead."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, abort, current_app, request
from pydantic_core import to_json

from core.admissions.queries import rules
from core.admissions.rulebook import rulebook
from core.console import touched, waiting
from core.console.forms import ConfirmForm
from core.console.preview import Preview, differences, preview
from core.console.queries import Past, PluginNow, history, made_by, plugin_at
from core.console.service import Asked, becoming
from core.console.settings_form import sent_left, settings_form
from core.console.touched import SwitchOff
from core.data.audit import UK
from core.data.db import tenants_session
from core.data.session import ScopedSession
from core.hooks.registry import Plugin
from core.kernel.errors import Conflict, Invalid, Refused
from core.kernel.numbers import whole_number
from core.kernel.text import N_
from core.kernel.views import OpenWork, TenantRef
from core.tenancy import left
from core.tenancy.left import Left
from core.tenancy.settings import kept, read
from core.web.access import access_of
from core.web.context import here
from core.web.i18n import say
from core.web.model_forms import PREFIX, problems, sent_settings, setting_title
from core.web.mount import rooms_of
from core.web.pages import redirect_with, registry, render
from core.web.sent import form_has

NO_REVISION = -1
"""Which no plugin has: what a form carries that no number is."""

WINDOWS = "/manage/admissions/"
PROPOSAL = "proposal"
"""The button that goes back to what the plugin's maker proposes to leave to partners."""
Apply = Callable[[Asked, int, str], int]
Check = Callable[[Asked], PluginNow]


@dataclass(frozen=True, slots=True)
class Steps:
    """What the steps need to know. `central` tells the central team from a partner lead; `check` says what the plugin would become,
    or refuses; `apply` does it; `here_url` is this page, `back` the (endpoint, values) of the page before it; `undo` gives the
    address that undoes a change, where that is offered; `unfit` says what is wrong with settings that do not fit the version that runs."""

    session: ScopedSession
    tenant: TenantRef
    now: PluginNow
    central: bool
    check: Check
    apply: Apply
    here_url: str
    back_url: str
    back: tuple[str, Mapping[str, Any]]
    undo: Callable[[Past], str] | None = None
    unfit: str = ""

    @property
    def only(self) -> Sequence[str] | None:
        """The settings that are shown; None for all of them."""
        return None if self.central else self.now.left.settings

    @property
    def may_switch(self) -> bool:
        """Whether the switch is shown."""
        return self.central or self.now.left.switch

    @property
    def may_leave(self) -> bool:
        """Whether the page asks what is left to the partner."""
        return self.central and left.offered(self.now.plugin, self.tenant)


def plugin_page(steps: Steps) -> Response:
    """The answer to a GET, or to a POST with the step that was asked for."""
    if request.method == "GET":
        return _form_page(steps, _form(steps, steps.now))
    step = request.form.get("step", "preview")
    if step == "edit":
        form_has("why")
        asked, _ = _carried(steps)
        return _form_page(steps, _form(steps, becoming(steps.now, asked)))
    return _apply(steps) if step == "apply" else _preview(steps)


def _form(steps: Steps, state: PluginNow, *, sent: bool = False) -> Any:
    """The form, filled with `state`."""
    form = settings_form(
        steps.now.plugin, steps.only, state.settings,
        enabled=state.enabled, left=state.left, revision=steps.now.revision, sent=sent,
    )  # fmt: skip
    if not steps.may_switch:
        del form.enabled
    if not steps.may_leave:
        del form.left
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
    form = _form(steps, steps.now, sent=True)
    ok = form.validate_on_submit()
    settings = sent_settings(steps.now.plugin.settings, form, request.form)
    offered = steps.may_switch or "enabled" in request.form
    asked = Asked("enabled" in request.form if offered else None, settings, _left(steps))
    becomes, wrong = _checked(steps, asked)
    form.take(wrong)
    if wrong or not ok:
        return _form_page(steps, form, 422)
    if whole_number(form.revision.data, NO_REVISION) != steps.now.revision:
        return _stale(steps, becomes)
    return preview_page(steps, asked, becomes)


def _left(steps: Steps) -> Left | None:
    """What the sent form leaves to the partner: None where no page asks that, and nothing was sent of it."""
    if not steps.may_leave and not {"left", PROPOSAL} & set(request.form):
        return None
    if PROPOSAL in request.form:
        return left.proposed(steps.now.plugin)
    return sent_left(steps.now.plugin, steps.now.left, request.form.getlist("left"))


def _checked(steps: Steps, asked: Asked) -> tuple[PluginNow, dict[str, str]]:
    """What the plugin would become, and what is wrong with that, by the fields of the form."""
    try:
        becomes = steps.check(asked)
    except Invalid as invalid:
        return becoming(steps.now, asked), invalid.field_errors
    return becomes, _by_field(steps, problems(steps.now.plugin.settings, becomes.settings))


def _by_field(steps: Steps, found: Mapping[str, str]) -> dict[str, str]:
    """What is wrong by the fields of the form; what is wrong with a setting that is not on it, by the setting's name."""
    fields, shown = steps.now.plugin.settings.model_fields, steps.only
    return {
        f"{PREFIX}{name}" if name else "": words
        if not name or name not in fields or shown is None or name in shown
        else f"{setting_title(name, fields[name])}: {say(words)}"
        for name, words in found.items()
    }


def preview_page(steps: Steps, asked: Asked, becomes: PluginNow) -> Response:
    """The page that shows a change and asks for the reason."""
    values: dict[str, Any] = {"enabled": asked.enabled, "settings": dict(asked.settings)}
    if asked.left is not None:
        values["left"] = asked.left.kept()
    form = ConfirmForm(formdata=None, data={"values": json.dumps(values), "revision": str(steps.now.revision)})
    return _confirm_page(steps, form, becomes)


def _as_read(state: PluginNow) -> PluginNow:
    """With the settings as the plugin reads them, which is how they are kept."""
    return replace(state, settings=kept(read(state.plugin.settings, state.settings)))


def _confirm_page(steps: Steps, form: ConfirmForm, becomes: PluginNow, status: int = 200) -> Response:
    off = steps.now.enabled and not becomes.enabled
    with _reached(steps) as (session, sites):
        work = _waiting(session, sites, steps.now.name)
        loses = touched.asked(session, registry(), sites, steps.now.name) if off else SwitchOff()
    seen: Preview = preview(
        steps.session, registry(), steps.tenant, steps.now, _as_read(becomes), _routes(steps.now.plugin, off=off), work, loses
    )  # fmt: skip
    return render(
        "console/preview.html", status=status, steps=steps, form=form, seen=seen, manifest=steps.now.plugin.manifest,
        write_to=_write_to, named=_named,
    )  # fmt: skip


def _named(site: TenantRef) -> str:
    """A site's name in the reader's language."""
    found = current_app.extensions["q.directory"].by_id(site.id)
    return str(found.named(here().language)) if found else site.name


@contextmanager
def _reached(steps: Steps) -> Iterator[tuple[ScopedSession, tuple[TenantRef, ...]]]:
    """The sites that the change reaches, with a session that reads them: this site, or every site where the change is for the whole
    platform."""
    if not steps.now.platform_wide:
        yield steps.session, (steps.tenant,)
        return
    directory = current_app.extensions["q.directory"]
    directory.refresh(steps.session)
    everywhere = tuple(tenant.ref() for tenant in directory.all())
    with tenants_session(tenant.id for tenant in everywhere) as session:
        yield session, everywhere


def _write_to(at: touched.AtSite) -> str:
    """The whole address at which somebody can write to the people of one thing."""
    return f"{current_app.config['Q'].base_url}{at.site.prefix}{at.thing.href}"


def _waiting(session: ScopedSession, tenants: tuple[TenantRef, ...], plugin: str) -> list[OpenWork]:
    """What the plugin has waiting at `tenants`: each sort of thing once, whatever their number."""
    totals: dict[str, OpenWork] = {}
    for item in (
        *waiting.asked(registry(), session, tenants, frozenset({plugin})),
        *_windows(session, tenants[0], plugin),
    ):
        before = totals.get(item.label)
        totals[item.label] = replace(item, count=item.count + (before.count if before else 0))
    return list(totals.values())


def _windows(session: ScopedSession, tenant: TenantRef, plugin: str) -> list[OpenWork]:
    """The windows that pin a rule pack of the plugin, whichever plugin brings it: each goes on by the rules that it pins."""
    count = rules.undecided_by(session, rulebook().refs_of(plugin))
    if not count:
        return []
    return [OpenWork(tenant.id, N_("Windows that are assessed by its rules, and go on by them"), count, WINDOWS)]


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
    asked, revision = _carried(steps)
    form = ConfirmForm()
    becomes, wrong = _checked(steps, asked)
    if wrong:
        return _wrong(steps, becomes, wrong)
    if revision != steps.now.revision:
        return _overtaken(steps, becomes, revision, form)
    if not form.validate_on_submit():
        return _confirm_page(steps, form, becomes, 422)
    try:
        steps.apply(asked, revision, form.why.data)
    except Conflict:
        fresh = plugin_at(steps.session, registry(), steps.tenant.id, steps.now.name)
        return _overtaken(replace(steps, now=fresh), becomes, revision, form)
    except Invalid as invalid:
        return _wrong(steps, becomes, _by_field(steps, invalid.field_errors))
    except Refused as refused:
        form.form_errors.append(say(refused.message, refused.params))
        return _confirm_page(steps, form, becomes, 422)
    return _in_force(steps)


def _wrong(steps: Steps, becomes: PluginNow, wrong: dict[str, str]) -> Response:
    """The form once more, with what is wrong beside its fields."""
    edit = _form(steps, becomes)
    edit.take(wrong)
    return _form_page(steps, edit, 422)


def _in_force(steps: Steps) -> Response:
    endpoint, values = steps.back
    title = say(steps.now.plugin.manifest.title)
    return redirect_with(say(N_("%(plugin)s: the change is in force."), {"plugin": title}), endpoint, **values)


def _overtaken(steps: Steps, becomes: PluginNow, revision: int, form: ConfirmForm) -> Response:
    """The plugin is at another revision than the sent one: by this very change, sent twice, or by somebody who was quicker."""
    at = UK if steps.now.platform_wide else steps.tenant.id
    made = made_by(steps.session, at, steps.now.name, revision + 1) if steps.now.revision == revision + 1 else None
    mine = made is not None and (made.actor_id, made.why) == (here().visitor.account_id, form.why.data)
    if made is not None and mine and made.after == _as_read(becomes).kept():
        return _in_force(steps)
    return _stale(steps, becomes)


def _stale(steps: Steps, becomes: PluginNow) -> Response:
    """Somebody was quicker: 409, with everything that was typed and what differs from what is in force now."""
    seen = differences(registry(), steps.now.name, steps.now.kept(), _as_read(becomes).kept())
    return _form_page(steps, _form(steps, becomes), 409, seen)


def _carried(steps: Steps) -> tuple[Asked, int]:
    """The change that the preview carried, and the revision it was made from. A damaged one is answered with 400."""
    raw = request.form.get("values", "")
    try:
        found = json.loads(raw)
        to_json(found)  # lone surrogates cannot be stored
    except (ValueError, RecursionError):
        abort(400)
    shape = (
        isinstance(found, dict)
        and set(found) - {"left"} == {"enabled", "settings"}
        and isinstance(found["settings"], dict)
        and (found["enabled"] is None or isinstance(found["enabled"], bool))
    )
    if not shape or "\\u0000" in raw:
        abort(400)
    asked = Asked(found["enabled"], found["settings"], _carried_left(steps, found["left"]) if "left" in found else None)
    return asked, whole_number(request.form.get("revision"), NO_REVISION)


def _carried_left(steps: Steps, said: Any) -> Left:
    """What a preview carried of what is left to the partner: as the history keeps it, but nobody has looked at it yet."""
    if said is None:
        return left.proposed(steps.now.plugin)
    if not isinstance(said, dict) or set(said) != {"switch", "settings"} or not isinstance(said["switch"], bool):
        abort(400)
    names = said["settings"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        abort(400)
    return left.ticked(steps.now.plugin, steps.now.left, said["switch"], names)
