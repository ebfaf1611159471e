"""What a change of a plugin would do at one tenant, before it is done: shown to whoever is about to confirm it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.console.queries import PluginNow
from core.console.rounds import told
from core.console.settings_form import LEFT_TITLE, left_titles
from core.console.touched import SwitchOff
from core.data.session import ScopedSession
from core.hooks.registry import Plugin, Registry
from core.kernel.permissions import ROLE_TITLES
from core.kernel.text import N_
from core.kernel.views import NavItem, OpenWork, TenantRef
from core.tenancy import left
from core.tenancy.switches import names_on, on_anywhere
from core.web.i18n import say
from core.web.model_forms import item_words, setting_title
from core.work.models import OutboxItem
from core.work.registry import JOBS

_PART = re.compile("<[^>]*>")
YES, NO = N_("Yes"), N_("No")
ON, OFF = N_("On"), N_("Off")
LEFT_ONE = N_("The partner may change: %(what)s")
PROPOSED, NOTHING = N_("As the plugin’s maker proposes"), N_("Nothing")


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of before and after, in the reader's language."""

    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The change and what hangs on the plugin. `turns` is `on`, `off` or empty where the switch stays as it is; `gains` and `loses`
    are what the partner may change from now on, and no longer."""

    turns: str
    differences: Sequence[Difference]
    gains: Sequence[str]
    loses: Sequence[str]
    routes: Sequence[str]
    going_on: Sequence[str]
    nav: Sequence[NavItem]
    permissions: Sequence[tuple[str, str]]
    jobs: Sequence[str]
    waiting_jobs: int
    open_work: Sequence[OpenWork]
    touched: SwitchOff
    needs: Sequence[str]
    needed_by: Sequence[str]


def shown_value(registry: Registry, plugin: str, name: str, value: Any) -> str:
    """A setting's value as people read it."""
    loaded = registry.plugins.get(plugin)
    info = loaded.settings.model_fields.get(name) if loaded else None
    if isinstance(value, bool):
        return say(YES if value else NO)
    if value is None or value == "":
        return "–"
    items = [str(item) for item in (value if isinstance(value, list) else [value])]
    return ", ".join(items if info is None else [item_words(info, item) for item in items])


def differences(
    registry: Registry, plugin: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    """What differs between two states of a plugin as the history keeps them, the switch first."""
    found = []
    was, becomes = bool(before.get("enabled")), bool(after.get("enabled"))
    if was != becomes:
        found.append(Difference(say(N_("Switch")), say(ON if was else OFF), say(ON if becomes else OFF)))
    loaded = registry.plugins.get(plugin)
    old, new = before.get("settings") or {}, after.get("settings") or {}
    found += [
        Difference(
            setting_title(name, loaded.settings.model_fields.get(name) if loaded else None),
            shown_value(registry, plugin, name, old.get(name)),
            shown_value(registry, plugin, name, new.get(name)),
        )
        for name in sorted(set(old) | set(new))
        if old.get(name) != new.get(name)
    ]
    return found if loaded is None else found + _left_differences(loaded, before.get("left"), after.get("left"))


def _left_differences(
    plugin: Plugin, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[Difference]:
    """What the partner may change that differs: each thing by itself where the central team decided both times. What the plugin's
    maker proposed at a time that is past, nobody knows any more."""
    if before == after:
        return []
    if before is None or after is None:
        return [Difference(say(LEFT_TITLE), _left(plugin, before), _left(plugin, after))]
    old, new = left.read(plugin, before), left.read(plugin, after)
    return [
        Difference(say(LEFT_ONE, {"what": title}), say(was), say(becomes))
        for one, was, becomes in ((new.beyond(old), NO, YES), (old.beyond(new), YES, NO))
        for title in left_titles(plugin.settings, one)
    ]


def _left(plugin: Plugin, kept: Mapping[str, Any] | None) -> str:
    if kept is None:
        return say(PROPOSED)
    return "; ".join(left_titles(plugin.settings, left.read(plugin, kept))) or say(NOTHING)


def preview(
    session: ScopedSession,
    registry: Registry,
    tenant: TenantRef,
    now: PluginNow,
    becomes: PluginNow,
    routes: tuple[Iterable[str], Iterable[str]],
    open_work: Iterable[OpenWork],
    touched: SwitchOff,
) -> Preview:
    """What differs when `now` becomes `becomes`. The session's scope must be the tenant.

    `routes` are the addresses that come or go with the switch, and those that go on; `open_work` is what the plugin has waiting wherever the change reaches, `touched` what switching it off would touch there.
    """
    only = frozenset({now.name})
    manifest = now.plugin.manifest
    nav = registry.dispatcher.call("q_nav_items", only, tenant=tenant)
    waiting = session.scalar(
        sa.select(sa.func.count())
        .select_from(OutboxItem)
        .where(
            sa.true() if now.platform_wide else OutboxItem.at_tenant_id == tenant.id,
            OutboxItem.name.startswith(f"{now.name}.", autoescape=True),
        )
    )
    on = on_anywhere(session) if now.platform_wide and not becomes.enabled else names_on(session, registry, tenant.id)
    return Preview(
        turns="" if becomes.enabled == now.enabled else "on" if becomes.enabled else "off",
        differences=differences(registry, now.name, now.kept(), becomes.kept()),
        gains=left_titles(now.plugin.settings, becomes.left.beyond(now.left)),
        loses=left_titles(now.plugin.settings, now.left.beyond(becomes.left)),
        routes=sorted(map(_plain, set(routes[0]))),
        going_on=sorted(map(_plain, set(routes[1]))),
        nav=list(nav.values()),
        permissions=[
            (say(p.title), ", ".join(say(ROLE_TITLES[role]) for role in p.roles)) for p in manifest.permissions
        ],
        jobs=sorted(told(job) for job in JOBS.values() if job.owner == now.name),
        waiting_jobs=waiting or 0,
        open_work=list(open_work),
        touched=touched,
        needs=[_called(registry, name) for name in manifest.requires if name not in on],
        needed_by=[
            _called(registry, name)
            for name in sorted(on)
            if name in registry.plugins and now.name in registry.plugins[name].manifest.requires
        ],
    )


def _plain(rule: str) -> str:
    """An address without the names of its parts: "…" stands for whatever can be there."""
    return _PART.sub("…", rule)


def _called(registry: Registry, name: str) -> str:
    return say(registry.plugins[name].manifest.title) if name in registry.plugins else name
