"""What waits for somebody at sites, as the plugins tell it."""

from collections.abc import Collection, Iterator

from core.data.db import tenants_session
from core.data.session import ScopedSession, savepoint
from core.hooks.dispatcher import Failure
from core.hooks.registry import Registry
from core.kernel.views import OpenWork, TenantRef
from core.tenancy.directory import TenantSnapshot

HOOK = "q_open_work"


def asked(
    registry: Registry, session: ScopedSession, tenants: tuple[TenantRef, ...], plugins: frozenset[str]
) -> Iterator[OpenWork]:
    """What `plugins` have waiting at `tenants`, whose rows `session` reads. One that fails is noted and left out, and so is what one
    tells of a site that it was not asked about."""
    found = registry.dispatcher.call(
        HOOK, plugins, savepoint=lambda: savepoint(session), session=session, tenants=tenants
    )
    asked_about = {tenant.id for tenant in tenants}
    for answer in found.answers:
        if answer.value.tenant_id in asked_about:
            yield answer.value
        else:
            told = f"it was not asked about the tenant {answer.value.tenant_id}"
            registry.dispatcher.report(Failure(answer.plugin, HOOK, told))


def at_sites(registry: Registry, sites: Collection[TenantSnapshot]) -> dict[int, list[OpenWork]]:
    """What waits at each of `sites`, by tenant id. Each plugin is asked once, for the sites where it is on, with a session that reads
    those and no others."""
    found: dict[int, list[OpenWork]] = {site.id: [] for site in sites}
    for plugin in sorted(frozenset[str]().union(*(site.enabled for site in sites))):
        there = tuple(site.ref() for site in sites if plugin in site.enabled)
        with tenants_session(tenant.id for tenant in there) as session:
            for work in asked(registry, session, there, frozenset({plugin})):
                found[work.tenant_id].append(work)
    return found
