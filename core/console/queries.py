"""What the console lists: tenants, plugins and their history, the audit trail, grants."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from core.admissions.queries.sight import clear_of_subject
from core.data.audit import UK, AuditEntry, ChainReport, verify
from core.data.session import ScopedSession
from core.hooks.registry import Plugin, Registry
from core.kernel import clock
from core.kernel.errors import NotFound
from core.kernel.permissions import Role
from core.people.models import Account, RoleGrant
from core.people.queries import account_by_email, members_by_tenant
from core.tenancy import left
from core.tenancy.left import Left
from core.tenancy.models import PluginRevision, PluginState, Tenant
from core.tenancy.settings import NotUpgraded, kept, upgraded
from core.tenancy.switches import kept_at, on_by_tenant, working

PAGE = 50
BLOCK = 500
"""Entries of the audit trail that are in memory at a time while all of them go into a file."""


@dataclass(frozen=True, slots=True)
class TenantRow:
    """One line of the tenants table. `on` names the plugins that are on and in service."""

    id: int
    slug: str
    name: str
    name_cy: str
    kind: str
    members: int
    on: tuple[str, ...]
    changed_at: datetime

    @property
    def path(self) -> str:
        """What stands before the site's addresses."""
        return "" if self.kind == "uk" else f"/{self.slug}"


_TENANTS = sa.select(
    Tenant.id, Tenant.slug, Tenant.name, Tenant.name_cy, Tenant.kind, Tenant.changed_at
).order_by(Tenant.position)  # fmt: skip


def tenants_table(session: ScopedSession, registry: Registry) -> list[TenantRow]:
    """Every tenant in its order, in three statements whatever their number."""
    on = on_by_tenant(session, registry)
    members = members_by_tenant(session)
    rows = session.execute(_TENANTS)
    return [
        TenantRow(
            r.id,
            r.slug,
            r.name,
            r.name_cy,
            r.kind,
            members.get(r.id, 0),
            tuple(sorted(on(r.id))),
            r.changed_at,
        )
        for r in rows
    ]


@dataclass(frozen=True, slots=True)
class PluginRow:
    """One line of the plugins table. `on` counts the sites where it is on and can work; `error` says why it is out of service."""

    name: str
    title: str
    version: str
    platform_wide: bool
    on: int
    error: str


def plugins_table(session: ScopedSession, registry: Registry) -> list[PluginRow]:
    """Every plugin of this installation, the broken ones too, in one statement."""
    on: dict[str, int] = {}
    for at, plugin in session.execute(sa.select(PluginState.at_tenant_id, PluginState.plugin).where(working(session))):
        if at == kept_at(registry, plugin, at):
            on[plugin] = on.get(plugin, 0) + 1
    manifests = (plugin.manifest for plugin in registry.plugins.values())
    rows = [PluginRow(m.name, m.title, m.version, m.platform_wide, on.get(m.name, 0), "") for m in manifests]
    return rows + [PluginRow(one.name, one.name, "", False, 0, one.error) for one in registry.broken.values()]


@dataclass(frozen=True, slots=True)
class PluginNow:
    """A plugin at one tenant at this moment, or as a change would make it. `revision` is 0 where it was never touched; `settings`
    are complete; `left` is what the partner may change.

    `platform_wide`: all of it is the UK site's, whichever tenant was asked for.
    """

    plugin: Plugin
    enabled: bool
    settings: Mapping[str, Any]
    left: Left
    revision: int

    def kept(self) -> dict[str, Any]:
        """As the history keeps it: see `PluginRevision.after`."""
        version = self.plugin.manifest.settings_version
        return {"enabled": self.enabled, "settings": dict(self.settings), "left": self.left.kept(), "version": version}

    @property
    def name(self) -> str:
        """The plugin's name, as in addresses."""
        return self.plugin.manifest.name

    @property
    def platform_wide(self) -> bool:
        """Whether it is switched and set at the UK site, for every site at once."""
        return self.plugin.manifest.platform_wide


_STATES = sa.select(
    PluginState.at_tenant_id, PluginState.plugin, PluginState.enabled, PluginState.settings, PluginState.settings_version,
    PluginState.left_to_partner, PluginState.revision,
).where(PluginState.at_tenant_id.in_(sa.bindparam("at", expanding=True)))  # fmt: skip


def plugins_at(session: ScopedSession, registry: Registry, tenant_id: int) -> list[PluginNow]:
    """Every plugin in service as it is at one tenant, by name, in one statement."""
    states = {
        row.plugin: row
        for row in session.execute(_STATES, {"at": [tenant_id, UK]})
        if row.at_tenant_id == kept_at(registry, row.plugin, tenant_id)
    }
    found = []
    for name in sorted(registry.plugins):
        plugin, state = registry.plugins[name], states.get(name)
        if state is None:
            found.append(PluginNow(plugin, False, start_settings(plugin), left.proposed(plugin), 0))
        else:
            whole = _whole(registry, plugin, state.settings, state.settings_version)
            leaves = left.read(plugin, state.left_to_partner)
            found.append(PluginNow(plugin, state.enabled, whole, leaves, state.revision))
    return found


def _whole(registry: Registry, plugin: Plugin, stored: Mapping[str, Any], version: int) -> dict[str, Any]:
    """All settings of the present version, those that do not fit it as they begin: all of them, where none could be brought to it."""
    try:
        present = upgraded(registry, plugin.manifest.name, stored, version)
    except NotUpgraded:
        present = {}
    return {
        **start_settings(plugin),
        **{name: present[name] for name in plugin.settings.model_fields if name in present},
    }


def start_settings(plugin: Plugin) -> dict[str, Any]:
    """The settings a plugin begins with, as JSON values; empty where it has none it could begin with."""
    fields = plugin.settings.model_fields
    if any(field.is_required() for field in fields.values()):
        return {}
    return kept(plugin.settings())


def plugin_at(session: ScopedSession, registry: Registry, tenant_id: int, name: str) -> PluginNow:
    """One plugin at one tenant. Raises NotFound when it is not in service."""
    for now in plugins_at(session, registry, tenant_id):
        if now.name == name:
            return now
    raise NotFound


@dataclass(frozen=True, slots=True)
class Past:
    """One change in a plugin's history, with the name of who made it."""

    plugin: str
    revision: int
    at: datetime
    who: str
    why: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def made_by(session: ScopedSession, tenant_id: int, plugin: str, revision: int) -> PluginRevision | None:
    """What led to one revision of a plugin at one tenant: who, why, before and after."""
    return session.scalar(
        sa.select(PluginRevision).where(
            PluginRevision.at_tenant_id == tenant_id,
            PluginRevision.plugin == plugin,
            PluginRevision.revision == revision,
        )
    )


def history(session: ScopedSession, tenant_id: int, plugin: str | None = None, limit: int = 30) -> list[Past]:
    """A tenant's latest changes of plugins (or of one), the newest first, in one statement."""
    query = (
        sa.select(PluginRevision, Account.name)
        .outerjoin(Account, Account.id == PluginRevision.actor_id)
        .where(PluginRevision.at_tenant_id == tenant_id)
    )
    if plugin is not None:
        query = query.where(PluginRevision.plugin == plugin)
    rows = session.execute(query.order_by(PluginRevision.at.desc(), PluginRevision.revision.desc()).limit(limit))
    return [Past(r.plugin, r.revision, r.at, name or "", r.why, r.before, r.after) for r, name in rows]


def past(session: ScopedSession, tenant_id: int, plugin: str, revision: int) -> PluginRevision:
    """One change of one plugin at one tenant. Raises NotFound."""
    found = session.scalar(
        sa.select(PluginRevision).where(
            PluginRevision.at_tenant_id == tenant_id,
            PluginRevision.plugin == plugin,
            PluginRevision.revision == revision,
        )
    )
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which audit entries to list: days are London's, both included; `actor` is an address, `action` a beginning, or with
    `exactly` the whole.

    `before` is the entry that ended the page before, in the order asked for. What is about an application with which the
    account `reader` is in conflict is left out.
    """

    tenant_id: int | None = None
    action: str = ""
    exactly: bool = False
    actor: str = ""
    since: date | None = None
    until: date | None = None
    before: str = ""
    oldest_first: bool = False
    reader: str | None = None


ROLES = "role."
"""What the actions begin with whose subject is the account that holds a role."""


@dataclass(frozen=True, slots=True)
class Trail:
    """One page of the audit trail; `older` is where the next page begins, empty at the end.

    `names` are those of who did something, and of who was given a role or lost one (a list of roles tells these too).
    """

    entries: Sequence[AuditEntry]
    names: Mapping[str, str]
    older: str


def trail(session: ScopedSession, wanted: Wanted, size: int = PAGE) -> Trail:
    """A page of audit entries: of the session's tenant, or of all in platform scope."""
    rows = list(session.scalars(_trail_query(session, wanted, sa.select(AuditEntry)).limit(size + 1)))
    page = rows[:size]
    return Trail(page, _people(session, page), page[-1].id if len(rows) > size else "")


def whole_trail(session: ScopedSession, wanted: Wanted) -> Iterator[Trail]:
    """Every entry that is wanted, from the beginning, BLOCK of them at a time: for the export. `older` is always empty."""
    query = _trail_query(session, replace(wanted, before=""), sa.select(AuditEntry))
    for entries in session.scalars(query.execution_options(yield_per=BLOCK)).partitions():
        yield Trail(entries, _people(session, entries), "")


def _people(session: ScopedSession, entries: Sequence[AuditEntry]) -> dict[str, str]:
    people = {one.actor_id for one in entries} | {one.subject for one in entries if one.action.startswith(ROLES)}
    return names_of(session, people)


def _trail_query(session: ScopedSession, wanted: Wanted, query: Any) -> Any:
    if wanted.reader is not None:
        query = query.where(clear_of_subject(wanted.reader, AuditEntry.subject))
    if wanted.tenant_id is not None:
        query = query.where(AuditEntry.tenant_id == wanted.tenant_id)
    if wanted.action and wanted.exactly:
        query = query.where(AuditEntry.action == wanted.action)
    elif wanted.action:
        query = query.where(AuditEntry.action.startswith(wanted.action, autoescape=True))
    if wanted.actor:
        account = account_by_email(session, wanted.actor)
        query = query.where(AuditEntry.actor_id == (account.id if account else ""))  # nobody's id finds nothing
    if wanted.since:
        query = query.where(AuditEntry.at >= clock.from_london(datetime.combine(wanted.since, time())))
    if wanted.until:
        query = query.where(
            AuditEntry.at < clock.from_london(datetime.combine(wanted.until + timedelta(days=1), time()))
        )
    if wanted.before:
        last = session.execute(
            sa.select(AuditEntry.at, AuditEntry.id).where(AuditEntry.id == wanted.before)
        ).one_or_none()
        if last is None:
            raise NotFound
        if wanted.oldest_first:
            query = query.where((AuditEntry.at > last.at) | ((AuditEntry.at == last.at) & (AuditEntry.id > last.id)))
        else:
            query = query.where((AuditEntry.at < last.at) | ((AuditEntry.at == last.at) & (AuditEntry.id < last.id)))
    if wanted.oldest_first:
        return query.order_by(AuditEntry.at, AuditEntry.id)
    return query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc())


_NAMES = sa.select(Account.id, Account.name).where(Account.id.in_(sa.bindparam("wanted", expanding=True)))


def names_of(session: ScopedSession, account_ids: Iterable[str | None]) -> dict[str, str]:
    """{account id: name} in one statement."""
    wanted = {account_id for account_id in account_ids if account_id}
    if not wanted:
        return {}
    rows = session.execute(_NAMES, {"wanted": list(wanted)})
    return {row.id: row.name for row in rows}


def chains(session: ScopedSession, tenants: Iterable[tuple[int, str]]) -> list[tuple[str, ChainReport]]:
    """The result of walking each tenant's audit chain from its start (platform scope)."""
    return [(name, verify(session, tenant_id)) for tenant_id, name in tenants]


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant that somebody may want to end."""

    id: str
    account_id: str
    name: str
    email: str
    role: Role
    at_tenant_id: int


def grant(session: ScopedSession, grant_id: str, at_tenant_id: int | None = None) -> Grant:
    """A grant that has not ended, of one tenant where that is given. Raises NotFound."""
    query = (
        sa.select(RoleGrant.id, Account.id, Account.name, Account.email, RoleGrant.role, RoleGrant.at_tenant_id)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(RoleGrant.id == grant_id, RoleGrant.ended_at.is_(None))
    )
    if at_tenant_id is not None:
        query = query.where(RoleGrant.at_tenant_id == at_tenant_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return Grant(row[0], row[1], row[2], row[3], Role(row[4]), row[5])
