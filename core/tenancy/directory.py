"""Snapshots of tenants, kept per process and checked against the database's version at every request."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ValidationError

from core.data.session import ScopedSession, first_read
from core.hooks.registry import Registry
from core.kernel.views import TenantRef
from core.tenancy.models import PluginState, Tenant
from core.tenancy.settings import read, upgraded
from core.tenancy.switches import CANNOT_WORK, EACH_SITES_OWN, answering, ever_on

log = logging.getLogger("q.tenancy")


@dataclass(frozen=True, slots=True)
class TenantSnapshot:
    """A tenant as one version of its configuration has it. `states` maps every plugin ever on to (enabled, settings)."""

    id: int
    slug: str
    name: str
    name_cy: str
    partner: str
    kind: str
    position: int
    details: Mapping[str, Any]
    version: int
    enabled: frozenset[str]
    ever_enabled: frozenset[str]
    settings: Mapping[str, BaseModel]
    unfit: Mapping[str, str] = field(default_factory=dict)
    """Plugins that are switched on and whose settings as they are kept do not fit the version that runs, with what is wrong: they are off
    here until mended."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Language codes of the site, its default first."""
        return tuple(self.details["languages"])

    @property
    def prefix(self) -> str:
        """What stands before every path of this site when it is reached by path."""
        return "" if self.kind == "uk" else f"/{self.slug}"

    def ref(self) -> TenantRef:
        """The view that hooks receive."""
        return TenantRef(self.id, self.slug, self.name, self.kind, self.languages)

    def named(self, language: str) -> str:
        """The site's name in `language`."""
        return self.name_cy if language == "cy" else self.name

    def led_by(self, language: str) -> str:
        """The partner's name in `language`: its own name where it has none in Welsh."""
        return str(self.details["partner_cy"] if language == "cy" else "") or self.partner


def is_on(tenant: TenantSnapshot, plugin: str) -> bool:
    """Whether `plugin` is on for `tenant`: the one answer that hooks, routes, navigation, jobs and the CLI all use.

    For a plugin of the whole platform the snapshot holds the UK site's answer and the UK site's settings.
    """
    return plugin in tenant.enabled


_STANDING = {
    # LATERAL and OFFSET 0 keep PostgreSQL from looking at the trail before the tenant is announced: it would see nothing.
    "postgresql": (
        "select t.config_version, trail.seq from announced join tenancy_tenant t on t.id = announced.tenant "
        "left join lateral (select h.seq from data_audit_head h where h.tenant_id = announced.tenant offset 0) trail on true"
    ),
    "sqlite": (
        "select t.config_version, h.seq from tenancy_tenant t left join data_audit_head h on h.tenant_id = t.id "
        "where t.id = :tenant"
    ),
}


_VERSION = sa.select(Tenant.config_version).where(Tenant.id == sa.bindparam("tenant_id"))
_SITES, _STATES = sa.select(Tenant), sa.select(PluginState)


@dataclass(frozen=True, slots=True)
class _Reading:
    """All tenants as the database was read once. It takes the place of the one before as a whole: who asks while another thread
    reads must not find a site by its id and not by its address."""

    all: tuple[TenantSnapshot, ...]
    by_id: Mapping[int, TenantSnapshot]
    ids: Mapping[str, int]
    hosts: Mapping[str, int]
    cannot_work: frozenset[tuple[str, int]]
    own: frozenset[str]

    def tell(self, session: ScopedSession) -> None:
        """Have `session` carry what statements about other sites' plugins ask."""
        session.info[CANNOT_WORK], session.info[EACH_SITES_OWN] = self.cannot_work, self.own


def _wrong(error: ValueError) -> str:
    """What does not fit, in one line."""
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())


class TenantDirectory:
    """All tenants of this process: which slug or host is which, and the newest snapshot of each."""

    def __init__(self, registry: Registry, hosts: Mapping[str, str] | None = None) -> None:
        self._registry, self._env_hosts = registry, dict(hosts or {})
        self._read = _Reading((), {}, {}, {}, frozenset(), frozenset())

    def refresh(self, session: ScopedSession) -> None:
        """Read every tenant anew (two statements). The versions come first: what is changed between the two is then kept under a version
        that is over, and read once more. The other way round it would be missed until the next change."""
        sites = session.scalars(_SITES).all()
        rows = session.scalars(_STATES).all()
        states, ever = answering(self._registry, rows), ever_on(self._registry, rows)
        tenants = tuple(
            self._snapshot(row, states(row.id), ever(row.id)) for row in sorted(sites, key=lambda site: site.position)
        )
        by_id = {tenant.id: tenant for tenant in tenants}
        ids = {tenant.slug: tenant.id for tenant in tenants}
        hosts = {host: tenant.id for tenant in tenants for host in tenant.details["hosts"]}
        hosts |= {host: ids[slug] for host, slug in self._env_hosts.items() if slug in ids}
        cannot_work = frozenset(
            (row.id, row.revision)
            for row in rows
            if row.plugin not in self._registry.plugins
            or ((site := by_id.get(row.at_tenant_id)) is not None and row.plugin in site.unfit)
        )
        plugins = self._registry.plugins.items()
        own = frozenset(name for name, plugin in plugins if not plugin.manifest.platform_wide)
        self._read = _Reading(tenants, by_id, ids, hosts, cannot_work, own)
        self._read.tell(session)

    def _snapshot(self, row: Tenant, states: list[PluginState], ever: frozenset[str]) -> TenantSnapshot:
        in_service = self._registry.names()
        settings, unfit = {}, {}
        for state in states:
            if state.plugin not in in_service:
                continue
            try:
                kept = upgraded(self._registry, state.plugin, state.settings, state.settings_version)
                settings[state.plugin] = read(self._registry.plugins[state.plugin].settings, kept)
            except ValueError as error:
                wrong = _wrong(error)
                if state.at_tenant_id == row.id:  # of a plugin of the whole platform once, not for every site
                    log.warning("settings of %s do not fit at %s: %s", state.plugin, row.slug, wrong)
                if state.enabled:
                    unfit[state.plugin] = wrong
        return TenantSnapshot(
            id=row.id,
            slug=row.slug,
            name=row.name,
            name_cy=row.name_cy,
            partner=row.partner,
            kind=row.kind,
            position=row.position,
            details=MappingProxyType(row.details),
            version=row.config_version,
            enabled=(frozenset(s.plugin for s in states if s.enabled) & in_service).difference(unfit),
            ever_enabled=ever & in_service,
            settings=MappingProxyType(settings),
            unfit=MappingProxyType(unfit),
        )

    def by_slug(self, slug: str) -> TenantSnapshot | None:
        """The tenant reached as `/<slug>/`."""
        read = self._read
        return read.by_id.get(read.ids.get(slug, 0))

    def by_host(self, host: str) -> TenantSnapshot | None:
        """The tenant whose own host name this is."""
        read = self._read
        return read.by_id.get(read.hosts.get(host.lower(), 0))

    def by_id(self, tenant_id: int) -> TenantSnapshot | None:
        """The tenant with this internal id."""
        return self._read.by_id.get(tenant_id)

    def all(self) -> tuple[TenantSnapshot, ...]:
        """Every tenant, the UK site first."""
        return self._read.all

    def partners(self) -> tuple[TenantSnapshot, ...]:
        """Every partner's site: all but the UK site."""
        return tuple(tenant for tenant in self.all() if tenant.kind != "uk")

    def current(self, session: ScopedSession, tenant_id: int) -> TenantSnapshot:
        """The snapshot of the tenant's present version: one statement, and a refresh when another process changed it.

        Raises LookupError when the tenant is gone.
        """
        return self._fresh(session, tenant_id, session.scalar(_VERSION, {"tenant_id": tenant_id}))

    def arrive(self, session: ScopedSession, alone: bool = False) -> tuple[TenantSnapshot, int]:
        """The session's own tenant as `current` gives it, and how many changes its audit trail holds.

        Both come with the statement that begins the session's transaction (`alone`: as in `first_read`). Raises LookupError when the tenant is gone.
        """
        row = first_read(session, **_STANDING, alone=alone)
        version, changes = row if row is not None else (None, 0)
        return self._fresh(session, session.scope.tenant_id or 0, version), changes or 0

    def _fresh(self, session: ScopedSession, tenant_id: int, version: int | None) -> TenantSnapshot:
        known = self._read.by_id.get(tenant_id)
        if known is None or known.version != version:
            self.refresh(session)
            known = self._read.by_id.get(tenant_id)
        if known is None:
            raise LookupError(f"there is no tenant {tenant_id}")
        self._read.tell(session)
        return known
