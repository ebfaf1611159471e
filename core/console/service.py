"""Changing plugins from the pages: a partner lead within what is left to partners, the central team anything."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.console.queries import PluginNow, plugin_at
from core.data.session import ScopedSession
from core.hooks.registry import Registry
from core.kernel.errors import Conflict, Forbidden
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import Actor, TenantRef
from core.tenancy import left
from core.tenancy.left import Left
from core.tenancy.service import Change, configure


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks of a plugin. The switch, and what is left to the partner, stay as they are where None; so does every
    setting that is not named."""

    enabled: bool | None
    settings: Mapping[str, Any]
    left: Left | None = None


def becoming(now: PluginNow, asked: Asked) -> PluginNow:
    """The plugin as it would be; whether that may be is for others to say."""
    return replace(
        now,
        enabled=now.enabled if asked.enabled is None else asked.enabled,
        settings={**now.settings, **asked.settings},
        left=now.left if asked.left is None else asked.left,
    )


def as_lead(
    session: ScopedSession, registry: Registry, tenant: TenantRef, actor: Actor, plugin: str, asked: Asked
) -> PluginNow:
    """The plugin as a lead's change would make it.

    Raises NotFound (no such plugin), and Forbidden where nothing of it is left to partners, for a switch or a setting that is
    not, and for saying what is left, whatever the values: nothing of such a change is applied.
    """
    if not actor.can(Permission.TENANT_PLUGINS_CONFIGURE):
        raise Forbidden(Permission.TENANT_PLUGINS_CONFIGURE)
    now = plugin_at(session, registry, tenant.id, plugin)
    switched = asked.enabled is not None and asked.enabled != now.enabled
    if (
        not now.left
        or asked.left is not None
        or set(asked.settings) - set(now.left.settings)
        or (switched and not now.left.switch)
    ):
        raise Forbidden(Permission.PLUGINS_CONFIGURE, N_("This is decided by the central team."))
    return becoming(now, asked)


def as_central(tenant: TenantRef, now: PluginNow, asked: Asked) -> PluginNow:
    """The plugin as a change of the central team would make it. Raises what `core.tenancy.left.check` raises."""
    if asked.left is not None:
        left.check(now.plugin, tenant, asked.left)
    return becoming(now, asked)


def configure_as_lead(
    session: ScopedSession,
    registry: Registry,
    tenant: TenantRef,
    actor: Actor,
    *,
    plugin: str,
    asked: Asked,
    revision: int,
    why: str,
) -> int:
    """A partner lead's change of one plugin at the own tenant; returns the new revision.

    Raises what `as_lead` and `core.tenancy.service.configure` raise; Conflict, too, where `revision` is not the one that was
    looked at: what is left to partners may be other there.
    """
    becomes = as_lead(session, registry, tenant, actor, plugin, asked)
    if becomes.revision != revision:
        raise Conflict
    change = Change(plugin, becomes.enabled, becomes.settings, revision, why)
    return configure(session, registry, tenant, change, actor)


def configure_as_central(
    session: ScopedSession, registry: Registry, tenant: TenantRef, actor: Actor, change: Change
) -> int:
    """The central team's change of one plugin at any tenant; returns the new revision.

    Raises Forbidden without `plugins.configure`, and what `core.tenancy.service.configure` raises.
    """
    if not actor.can(Permission.PLUGINS_CONFIGURE):
        raise Forbidden(Permission.PLUGINS_CONFIGURE)
    return configure(session, registry, tenant, change, actor)
