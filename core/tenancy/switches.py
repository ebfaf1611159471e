"""Where a plugin is switched and set: at each tenant or, for a plugin of the whole platform, at the UK site alone."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import sqlalchemy as sa

from core.data.audit import UK
from core.data.session import ScopedSession
from core.hooks.registry import Registry
from core.tenancy.models import PluginState

State = TypeVar("State")
CANNOT_WORK = "q.cannot_work"
"""Under this name a session carries which states of plugins, as (id, revision), cannot work in this process whatever their switch says:
the kept settings do not fit the version that runs, or it is not in service. The directory of tenants finds them when it reads the
states, never once a request. A change of the settings is another revision, so one that another process made is believed at once."""


EACH_SITES_OWN = "q.each_sites_own"
"""Under this name a session carries which plugins in service each site decides for itself: their cards ask no other site's switch."""


def working(session: ScopedSession) -> sa.ColumnElement[bool]:
    """The condition of a state whose plugin is on and can work: the one answer of every statement about other sites' plugins, for
    a session that has asked the directory of tenants for its own."""
    on, out = PluginState.enabled.is_(True), session.info.get(CANNOT_WORK)
    return sa.and_(on, sa.tuple_(PluginState.id, PluginState.revision).not_in(out)) if out else on


def kept_at(registry: Registry, plugin: str, tenant_id: int) -> int:
    """The tenant whose row answers for `plugin` at `tenant_id`: the UK site's for a plugin of level `platform`, else its own."""
    found = registry.plugins.get(plugin)
    return UK if found is not None and found.manifest.platform_wide else tenant_id


def answering(registry: Registry, states: Iterable[State]) -> Callable[[int], list[State]]:
    """Sort all tenants' `states` (anything with at_tenant_id and plugin); the result gives those that answer for a tenant.

    A row left at a partner from the time when each site decided for itself answers nothing.
    """
    own: dict[int, list[State]] = {}
    wide: list[State] = []
    for state in states:
        place: Any = state
        if (at := kept_at(registry, place.plugin, place.at_tenant_id)) != place.at_tenant_id:
            continue
        found = registry.plugins.get(place.plugin)
        (wide if found is not None and found.manifest.platform_wide else own.setdefault(at, [])).append(state)
    return lambda tenant_id: own.get(tenant_id, []) + wide


def ever_on(registry: Registry, states: Iterable[PluginState]) -> Callable[[int], frozenset[str]]:
    """The plugins that were ever on at a tenant, and may hold something there: `ever(tenant id)`, of all tenants' `states`. Here the
    row from the time when each site decided for itself does answer, and that from the time when the plugin was the whole platform's."""
    own: dict[int, set[str]] = {}
    everywhere: set[str] = set()
    for state in states:
        if state.ever_enabled:
            own.setdefault(state.at_tenant_id, set()).add(state.plugin)
        found = registry.plugins.get(state.plugin)
        wide = found is not None and found.manifest.platform_wide and state.at_tenant_id == UK
        if state.ever_everywhere or (wide and state.ever_enabled):
            everywhere.add(state.plugin)
    return lambda tenant_id: frozenset(own.get(tenant_id, set()) | everywhere)


_ON = sa.select(PluginState.at_tenant_id, PluginState.plugin).where(
    PluginState.enabled.is_(True), PluginState.at_tenant_id.in_(sa.bindparam("at", expanding=True))
)


def names_on(session: ScopedSession, registry: Registry, tenant_id: int) -> frozenset[str]:
    """The plugins that are on for `tenant_id` as the database has it now, in one statement."""
    rows = session.execute(_ON, {"at": [tenant_id, UK]})
    return frozenset(plugin for at, plugin in rows if at == kept_at(registry, plugin, tenant_id))


def on_by_tenant(session: ScopedSession, registry: Registry) -> Callable[[int], frozenset[str]]:
    """The plugins that are on at a tenant and can work: `on(tenant id)`, as the database has it now, in one statement for all of
    them."""
    states = answering(
        registry,
        session.execute(sa.select(PluginState.at_tenant_id, PluginState.plugin).where(working(session))),
    )
    return lambda tenant_id: frozenset(state.plugin for state in states(tenant_id) if state.plugin in registry.plugins)


def on_anywhere(session: ScopedSession) -> frozenset[str]:
    """The plugins that are on for one tenant at least, in one statement."""
    return frozenset(session.scalars(sa.select(PluginState.plugin).where(PluginState.enabled.is_(True)).distinct()))


def closed_pages(session: ScopedSession, registry: Registry) -> Callable[[int, str], bool]:
    """Whether the pages of a plugin are gone at a tenant, because it is off or cannot work there: `closed(tenant id, plugin)`, as
    the database has it now, in one statement. A name that is no plugin's is a room of the core's own, which is always there."""
    rows = session.execute(sa.select(PluginState.at_tenant_id, PluginState.plugin, working(session)))
    works = {(at, plugin): bool(can) for at, plugin, can in rows}

    def closed(tenant_id: int, plugin: str) -> bool:
        can = works.get((kept_at(registry, plugin, tenant_id), plugin), plugin not in registry.plugins)
        return plugin in registry.broken or not can

    return closed
