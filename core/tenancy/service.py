"""Changing tenants: bringing files in, and switching and setting plugins with history."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ValidationError

from core.data import audit, upserts
from core.data.session import ScopedSession, transaction
from core.hooks.dispatcher import Failure
from core.hooks.registry import Registry
from core.kernel import clock
from core.kernel.errors import Conflict, DomainError, Invalid, NotFound, Refused
from core.kernel.text import N_
from core.kernel.views import SYSTEM, Actor, TenantRef
from core.tenancy import left
from core.tenancy.files import TenantFile, TenantFileError, problems_of
from core.tenancy.left import Left
from core.tenancy.models import PluginRevision, PluginState, Tenant
from core.tenancy.settings import kept, read, upgraded
from core.tenancy.switches import kept_at, names_on, on_anywhere


def sync(session: ScopedSession, files: Iterable[TenantFile], registry: Registry, *, strict: bool = False) -> list[str]:
    """Create the tenants that are missing, with the plugins they start with: those of their file, and those that are on by
    default for each site. One line for each; existing ones are left alone.

    Raises TenantFileError, and creates none, where the file of a missing tenant has settings that a plugin does not take and, if
    `strict`, names one that nobody has. Else a plugin that is not in service is left out, with a line.
    """
    lines: list[str] = []
    usual, created = _usual(registry), False
    with transaction(session):
        present = set(session.scalars(sa.select(Tenant.slug)))
        for file in files:
            if file.slug in present:
                continue
            known = {
                name: _settings(registry, file, name, given)
                for name, given in file.plugins.items()
                if strict or name in registry.plugins
            }
            session.add(_row(file))
            session.flush()
            for name, settings in {**usual, **file.plugins, **known}.items():
                if name not in registry.plugins:
                    lines.append(f"{file.slug}: the plugin {name} is not in service")
                    continue
                if kept_at(registry, name, file.id) != file.id:
                    lines.append(
                        f"{file.slug}: the plugin {name} is for the whole platform; it belongs into the UK site's file"
                    )
                    continue
                had = _begin_change(session, registry, file.id, name)
                _write(session, registry, file.id, name, None, True, settings, SYSTEM, "tenant file", had=had)
            audit.record(session, actor=SYSTEM, action="tenant.create", subject=file.slug, tenant_id=file.id)
            lines.append(f"{file.slug}: created")
            created = True
        if created:  # every process reads all sites anew at its next request: cards and items of the new one name it
            session.execute(sa.update(Tenant).values(config_version=Tenant.config_version + 1))
    return lines


def _usual(registry: Registry) -> dict[str, dict[str, Any]]:
    """{plugin: its settings as they come} of those that every site begins with."""
    return {
        name: kept(read(plugin.settings, {}))
        for name, plugin in sorted(registry.plugins.items())
        if plugin.manifest.on_by_default and not plugin.manifest.platform_wide
    }


def _settings(registry: Registry, file: TenantFile, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of the plugin `name` as `file` wants them; those given, where it is broken. Raises TenantFileError."""
    if name in registry.broken:
        return dict(given)
    if name not in registry.plugins:
        raise TenantFileError(f"{file.slug}/tenant.toml: plugins.{name}: there is no such plugin")
    try:
        return kept(read(registry.plugins[name].settings, given))
    except ValidationError as error:
        raise TenantFileError(problems_of(f"{file.slug}/tenant.toml", error, "plugins", name)) from error


def _row(file: TenantFile) -> Tenant:
    return Tenant(
        id=file.id,
        slug=file.slug,
        name=file.name,
        name_cy=file.name_cy,
        partner=file.partner,
        kind=file.kind,
        position=file.position,
        details=file.details(),
        changed_at=clock.now(),
    )


def differences(session: ScopedSession, files: Iterable[TenantFile], registry: Registry) -> list[str]:
    """Where the database has drifted from the files, one line each. The database is the truth; this only tells.

    A file that names a plugin which nobody has, or settings that it does not take, is told so among them.
    """
    rows = {row.slug: row for row in session.scalars(sa.select(Tenant))}
    states: dict[int, dict[str, PluginState]] = {}
    for state in session.scalars(sa.select(PluginState)):
        states.setdefault(state.at_tenant_id, {})[state.plugin] = state
    lines: list[str] = []
    for file in files:
        row = rows.pop(file.slug, None)
        if row is None:
            lines.append(f"{file.slug}: not in the database")
            continue
        lines += [
            f"{file.slug}: {key}: file {getattr(file, key)!r}, database {getattr(row, key)!r}"
            for key in ("name", "name_cy", "partner", "kind", "position")
            if getattr(row, key) != getattr(file, key)
        ]
        for key, value in file.details().items():
            if row.details.get(key) != value:
                lines.append(f"{file.slug}: {key}: file {value!r}, database {row.details.get(key)!r}")
        lines += _plugin_differences(registry, file, states.get(row.id, {}))
    return lines + [f"{slug}: in the database, without a file" for slug in rows]


def _plugin_differences(registry: Registry, file: TenantFile, states: Mapping[str, PluginState]) -> list[str]:
    lines: list[str] = []
    wanted = _usual(registry)
    for name, given in file.plugins.items():
        try:
            wanted[name] = _settings(registry, file, name, given)
        except TenantFileError as error:
            lines.append(str(error))
    unclear = {name for name in file.plugins if name not in wanted}
    for name in sorted({*wanted, *states} - unclear):
        state, here = states.get(name), f"{file.slug}: plugins.{name}"
        on = state is not None and state.enabled
        if on != (name in wanted):
            lines.append(f"{here}: file {'off' if on else 'on'}, database {'on' if on else 'off'}")
        elif state is not None and on and name in registry.plugins:
            asked, have = wanted[name], _kept(registry, state)
            lines += [
                f"{here}.{key}: file {asked.get(key)!r}, database {have.get(key)!r}"
                for key in sorted({*asked, *have})
                if asked.get(key) != have.get(key)
            ]
    return lines


def _kept(registry: Registry, state: PluginState) -> dict[str, Any]:
    """All settings as the plugin reads them; as they lie there where it cannot, for they are another version's."""
    try:
        values = upgraded(registry, state.plugin, state.settings, state.settings_version)
        return kept(read(registry.plugins[state.plugin].settings, values))
    except ValueError:
        return dict(state.settings)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a plugin at a tenant: `revision` is the one the form was made from (0: never touched); `left`, what a partner
    may change from now on, is None where that stays as it is."""

    plugin: str
    enabled: bool
    settings: Mapping[str, Any]
    revision: int
    why: str
    left: Left | None = None


_STATE = sa.select(PluginState).where(
    PluginState.at_tenant_id == sa.bindparam("at"), PluginState.plugin == sa.bindparam("name")
)
_KEPT = _STATE.with_only_columns(
    PluginState.enabled, PluginState.settings, PluginState.settings_version, PluginState.left_to_partner,
    PluginState.revision, PluginState.ever_enabled, PluginState.ever_everywhere,
)  # fmt: skip
_RAISE_ALL = sa.update(Tenant).values(config_version=Tenant.config_version + 1, changed_at=sa.bindparam("now"))
_RAISE = _RAISE_ALL.where(Tenant.id == sa.bindparam("at"))
_INSERT = upserts.for_each_dialect(PluginState, lambda new: new.on_conflict_do_nothing().returning(PluginState.id))


def configure(session: ScopedSession, registry: Registry, tenant: TenantRef, change: Change, actor: Actor) -> int:
    """Switch and set one plugin at one tenant in one transaction; returns the new revision.

    The session's scope must be the tenant; for a plugin of the whole platform that is the UK site, and every site's
    version rises. Raises NotFound (plugin not in service), Invalid (no reason given; settings, by field), Refused
    (another plugin needs it, it is not this site's to decide, nothing of it can be left to a partner, or its own code failed),
    Conflict (changed since `change.revision`), and what its `q_tenant_enabled` refuses.
    """
    plugin = registry.plugins.get(change.plugin)
    if plugin is None:
        raise NotFound
    if kept_at(registry, change.plugin, tenant.id) != tenant.id:
        raise Refused(N_("This plugin is switched and set for the whole platform, at the UK site."))
    if not change.why.strip():
        raise Invalid({"why": N_("Say why you are changing this")})
    if change.left is not None:
        left.check(plugin, tenant, change.left)
    validated = _validated(registry, tenant, change)
    with transaction(session):
        had = _begin_change(session, registry, tenant.id, change.plugin)
        state = session.scalar(_STATE, {"at": tenant.id, "name": change.plugin})
        _check_requirements(session, registry, tenant.id, change)
        turned_on = change.enabled and not (state and state.enabled)
        turned_off = not change.enabled and bool(state and state.enabled)
        revision = _write(
            session, registry, tenant.id, change.plugin, change.revision, change.enabled, validated, actor, change.why,
            change.left, had=had,
        )  # fmt: skip
        only = frozenset({change.plugin})
        if turned_on:
            with _undone_where_it_fails(registry, change.plugin, "q_tenant_enabled"):
                registry.dispatcher.call(
                    "q_tenant_enabled", only, savepoint=session.begin_nested, tenant=tenant, actor=actor
                )
        if turned_off:
            registry.dispatcher.call(
                "q_tenant_disabled", only, savepoint=session.begin_nested, tenant=tenant, actor=actor
            )
    return revision


def _begin_change(session: ScopedSession, registry: Registry, tenant_id: int, plugin: str) -> bool:
    """Raise the version of every site that the change reaches, before anything is looked at: of two changes at one site, the other
    waits here, and sees what the first one made of the plugins that require each other. What a site once said of a plugin that has
    become the whole platform's goes; returned is whether it was ever on at one of these sites."""
    wide = registry.plugins[plugin].manifest.platform_wide
    if wide:
        session.execute(_RAISE_ALL, {"now": clock.now()})
        others = sa.delete(PluginState).where(PluginState.plugin == plugin, PluginState.at_tenant_id != tenant_id)
        return any(session.scalars(others.returning(PluginState.ever_enabled)).all())
    session.execute(_RAISE, {"at": tenant_id, "now": clock.now()})
    return False


def _validated(registry: Registry, tenant: TenantRef, change: Change) -> dict[str, Any]:
    model: type[BaseModel] = registry.plugins[change.plugin].settings
    try:
        settings = read(model, change.settings)
        values = kept(settings)
    except ValidationError as error:
        raise Invalid({str(e["loc"][0]) if e["loc"] else "": e["msg"] for e in error.errors()}) from error
    only = frozenset({change.plugin})
    with _undone_where_it_fails(registry, change.plugin, "q_settings_problems"):
        found = registry.dispatcher.call("q_settings_problems", only, tenant=tenant, settings=settings)
    if problems := {problem.field: problem.message for problem in found.values()}:
        raise Invalid(problems)
    return values


@contextmanager
def _undone_where_it_fails(registry: Registry, plugin: str, hook: str) -> Iterator[None]:
    """Refuse a change in which the plugin's own code failed, and tell the central team of it as of any failure of a plugin. What it
    refuses itself, and in which words, is its own to say."""
    try:
        yield
    except (DomainError, sa.exc.SQLAlchemyError):
        raise
    except (Exception, SystemExit) as error:
        registry.dispatcher.report(Failure(plugin, hook, f"{type(error).__name__}: {error}"))
        raise Refused(
            N_("The plugin failed, so nothing was changed. What went wrong stands on the console’s health page.")
        ) from error


def _check_requirements(session: ScopedSession, registry: Registry, tenant_id: int, change: Change) -> None:
    wide = registry.plugins[change.plugin].manifest.platform_wide
    on = on_anywhere(session) if wide and not change.enabled else names_on(session, registry, tenant_id)
    if change.enabled and (missing := set(registry.plugins[change.plugin].manifest.requires) - on):
        raise Refused(N_("Switch on %(names)s first."), names=", ".join(sorted(missing)))
    needing = {n for n in on if n in registry.plugins and change.plugin in registry.plugins[n].manifest.requires}
    if not change.enabled and needing:
        raise Refused(N_("%(names)s needs this. Switch that off first."), names=", ".join(sorted(needing)))


def _last_revision(session: ScopedSession, tenant_id: int, plugin: str) -> int:
    """The last change that the history has, 0 for none: it stays where the state goes, of a plugin that became the whole platform's."""
    last: int | None = session.scalar(
        sa.select(sa.func.max(PluginRevision.revision)).where(
            PluginRevision.at_tenant_id == tenant_id, PluginRevision.plugin == plugin
        )
    )
    return last or 0


def _write(
    session: ScopedSession,
    registry: Registry,
    tenant_id: int,
    plugin: str,
    expected: int | None,
    enabled: bool,
    settings: dict[str, Any],
    actor: Actor,
    why: str,
    leave: Left | None = None,
    *,
    had: bool,
) -> int:
    """The conditional update, its history row and the audit entry. What is left to the partner stays as it is without `leave`;
    `had`: at sites whose own word on it is gone it was on once."""
    known = registry.plugins[plugin]
    old = session.execute(_KEPT, {"at": tenant_id, "name": plugin}).one_or_none()
    version = known.manifest.settings_version
    kept_left = old.left_to_partner if old else None
    before = {
        "enabled": bool(old and old.enabled), "settings": old.settings if old else {}, "left": kept_left,
        "version": old.settings_version if old else version,
    }  # fmt: skip
    left_after = (left.read(known, kept_left) if leave is None else leave).kept()
    after = {"enabled": enabled, "settings": settings, "left": left_after, "version": version}
    if expected is not None and expected != (old.revision if old else 0):
        raise Conflict
    revision = (old.revision if old else _last_revision(session, tenant_id, plugin)) + 1
    ever = enabled or had or bool(old and old.ever_enabled)
    values: dict[str, Any] = {
        "enabled": enabled, "settings": settings, "settings_version": version,
        "left_to_partner": left_after, "revision": revision,
        "ever_enabled": ever,
        "ever_everywhere": bool(old and old.ever_everywhere) or (ever and known.manifest.platform_wide),
    }  # fmt: skip
    if old is None:
        done = session.execute(_INSERT(session), {"at_tenant_id": tenant_id, "plugin": plugin, **values})
    else:
        done = session.execute(
            sa.update(PluginState)
            .where(
                PluginState.at_tenant_id == tenant_id,
                PluginState.plugin == plugin,
                PluginState.revision == old.revision,
            )
            .values(**values)
            .returning(PluginState.id)
        )
    if done.one_or_none() is None:
        raise Conflict
    session.add(
        PluginRevision(
            at_tenant_id=tenant_id,
            plugin=plugin,
            revision=revision,
            at=clock.now(),
            actor_id=actor.account_id,
            why=why.strip()[:500],
            before=before,
            after=after,
        )
    )
    audit.record(
        session,
        actor=actor,
        action="plugin.configure",
        subject=plugin,
        before=before,
        after=after,
        why=why,
        tenant_id=tenant_id,
    )
    return revision
