"""What a partner lead may change of the plugins: no more than the plugin's manifest leaves to partners."""

from collections.abc import Mapping
from typing import Any

from core.console.queries import plugin_at
from core.data.session import ScopedSession
from core.hooks.manifest import Manifest
from core.hooks.registry import Registry
from core.kernel.errors import Forbidden
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import Actor, TenantRef
from core.tenancy.service import Change, configure


def leaves_something(manifest: Manifest) -> bool:
    """Whether the manifest leaves anything at all to a partner: a plugin of the whole platform never does."""
    return not manifest.platform_wide and (manifest.partner_may_switch or bool(manifest.partner_may_set))


def within_limits(
    session: ScopedSession,
    registry: Registry,
    tenant: TenantRef,
    actor: Actor,
    plugin: str,
    enabled: bool | None,
    settings: Mapping[str, Any],
) -> tuple[bool, dict[str, Any]]:
    """The whole state that a lead's change would make: (enabled, all settings). `enabled` None leaves the switch alone.

    Raises NotFound (no such plugin, or it leaves nothing to partners) and Forbidden for a switch or a setting that the
    manifest does not name, whatever its value: nothing of such a change is applied.
    """
    if not actor.can(Permission.TENANT_PLUGINS_CONFIGURE):
        raise Forbidden(Permission.TENANT_PLUGINS_CONFIGURE)
    now = plugin_at(session, registry, tenant.id, plugin)
    manifest = now.plugin.manifest
    if not leaves_something(manifest) or set(settings) - set(manifest.partner_may_set):
        raise Forbidden(Permission.PLUGINS_CONFIGURE, N_("This is decided by the central team."))
    if enabled is not None and enabled != now.enabled and not manifest.partner_may_switch:
        raise Forbidden(Permission.PLUGINS_CONFIGURE, N_("This is decided by the central team."))
    return (now.enabled if enabled is None else enabled), {**now.settings, **settings}


def configure_as_lead(
    session: ScopedSession,
    registry: Registry,
    tenant: TenantRef,
    actor: Actor,
    *,
    plugin: str,
    enabled: bool | None,
    settings: Mapping[str, Any],
    revision: int,
    why: str,
) -> int:
    """A partner lead's change of one plugin at the own tenant; returns the new revision.

    Raises what `within_limits` and `core.tenancy.service.configure` raise.
    """
    on, whole = within_limits(session, registry, tenant, actor, plugin, enabled, settings)
    return configure(session, registry, tenant, Change(plugin, on, whole, revision, why), actor)


def configure_as_central(
    session: ScopedSession, registry: Registry, tenant: TenantRef, actor: Actor, change: Change
) -> int:
    """The central team's change of one plugin at any tenant; returns the new revision.

    Raises Forbidden without `plugins.configure`, and what `core.tenancy.service.configure` raises.
    """
    if not actor.can(Permission.PLUGINS_CONFIGURE):
        raise Forbidden(Permission.PLUGINS_CONFIGURE)
    return configure(session, registry, tenant, change, actor)
