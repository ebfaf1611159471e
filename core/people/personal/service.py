"""Everything held about one person, from the core's parts and every plugin, also of those that are switched off."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from core.data import audit
from core.data.session import ScopedSession, savepoint, transaction
from core.hooks.registry import Registry
from core.kernel.errors import Refused
from core.kernel.text import N_
from core.kernel.views import SYSTEM
from core.people.personal import parts
from core.people.personal.registry import PARTS, Part
from core.people.service import erasure
from core.tenancy.directory import TenantSnapshot
from core.tenancy.models import PluginState

__all__ = ["House", "OutOfService", "Section", "collect", "erase", "out_of_service", "parts"]
# `parts` is imported for what it does: it tells the registry of the core's own.


class OutOfService(Refused):
    """A plugin that may hold something about the person is broken: it must be mended before anything is whole."""

    default = N_(
        "A part of the platform is being mended (%(plugins)s), so not everything can be reached. Try again later."
    )

    def __init__(self, plugins: Iterable[str]) -> None:
        super().__init__(plugins=", ".join(sorted(plugins)))


@dataclass(frozen=True, slots=True)
class House:
    """What has to be asked: the plugins, the tenants as they are now, and how to open a session of one."""

    registry: Registry
    tenants: Sequence[TenantSnapshot]
    open: Callable[[int], AbstractContextManager[ScopedSession]]


@dataclass(frozen=True, slots=True)
class Section:
    """One thing that is held. `source` is a part of the core or a plugin, `site` a tenant where it belongs to one."""

    source: str
    heading: str
    site: TenantSnapshot | None
    data: Any


_EVER_ON = sa.select(PluginState.plugin).where(PluginState.ever_enabled.is_(True)).distinct()


def out_of_service(session: ScopedSession, house: House) -> tuple[frozenset[str], frozenset[str]]:
    """(broken, removed): plugins that were on once and cannot be asked, as they are installed and not, in one statement."""
    ever = frozenset(session.scalars(_EVER_ON))
    gone = ever - house.registry.names()
    broken = gone & frozenset(house.registry.broken)
    return broken, gone - broken


def collect(session: ScopedSession, house: House, account_id: str) -> list[Section]:
    """Everything held about one person: the core's parts first, then site by site. Writes nothing.

    Raises OutOfService where a plugin cannot be asked: an export that leaves something out must not look whole.
    """
    broken, _ = out_of_service(session, house)
    if broken:
        raise OutOfService(broken)
    found = [
        Section(part.name, heading, None, data)
        for part in PARTS.values()
        if not part.per_tenant
        for heading, data in part.export(session, account_id)
    ]
    for tenant in house.tenants:
        with house.open(tenant.id) as own:
            found += _at(own, house, tenant, account_id)
    return found


def _at(session: ScopedSession, house: House, tenant: TenantSnapshot, account_id: str) -> Iterator[Section]:
    answers = house.registry.dispatcher.call(
        "q_export_person_data", tenant.ever_enabled, savepoint=lambda: savepoint(session), session=session,
        tenant=tenant.ref(), account_id=account_id,
    ).answers  # fmt: skip
    for answer in answers:
        heading, data = answer.value
        yield Section(answer.plugin, heading, tenant, data)
    for part in _holding(session, account_id):
        for heading, data in part.export(session, account_id):
            yield Section(part.name, heading, tenant, data)


def _holding(session: ScopedSession, account_id: str) -> list[Part]:
    """The parts that hold something about the person at the session's tenant, found in one statement."""
    parts = tuple(part for part in PARTS.values() if part.per_tenant)
    held = set(session.scalars(_anything(parts), {"who": account_id}))
    return [part for part in parts if part.about is None or part.name in held]


@lru_cache(maxsize=8)
def _anything(parts: tuple[Part, ...]) -> sa.CompoundSelect[Any]:
    """The names of the parts of which something is about `who`. Made once: it is asked at every site."""
    who = sa.bindparam("who", type_=sa.String)
    return sa.union(
        *(
            one.with_only_columns(sa.literal(part.name))
            for part in parts
            for one in (part.about(who) if part.about is not None else ())
        )
    )


def files(house: House, account_id: str) -> Iterator[tuple[str, bytes]]:
    """(path, content) of every file that the person gave, one after the other: `<site>/<name>`. Writes nothing."""
    for tenant in house.tenants:
        with house.open(tenant.id) as own:
            for part in PARTS.values():
                for name, content in part.files(own, account_id) if part.files is not None else ():
                    yield f"{tenant.slug}/{name}", content


def erase(session: ScopedSession, house: House, account_id: str) -> list[str]:
    """Erase one person whose closing is due: site by site, then the core's own. Returns what was erased, one line each.

    A transaction for each tenant and one for the core, each of which may be run again. Of who is erased already, the plugins are
    asked that were not installed then and are in service now. Does nothing for an account that is open again or not due yet.
    Raises OutOfService before it begins: nothing is erased then, and the account can be opened again as before.
    """
    if owed := erasure.owed(session, account_id):
        return _erase_the_rest(session, house, owed[0])
    if not erasure.wanted(session, account_id):
        return []
    broken, removed = out_of_service(session, house)
    if broken:
        raise OutOfService(broken)
    if not erasure.claim(session, account_id):
        return []
    lines = _erase_at_sites(house, account_id)
    with transaction(session):
        if not erasure.finish_in(session, account_id, removed):
            return []
        for part in reversed(list(PARTS.values())):
            if part.erase is not None and not part.per_tenant and (rows := part.erase(session, account_id)):
                lines.append(f"{part.name}: {rows}")
        _record_erased(session, account_id, removed)
    return lines


def _erase_the_rest(session: ScopedSession, house: House, owed: erasure.Owed) -> list[str]:
    """Ask the plugins that are back. Raises OutOfService where none is, and one of them is installed again and broken."""
    back = owed.plugins & house.registry.names()
    if not back:
        if broken := owed.plugins & frozenset(house.registry.broken):
            raise OutOfService(broken)
        return []
    lines = _erase_at_sites(house, owed.account_id, back)
    with transaction(session):
        erasure.note_asked_in(session, owed.account_id, owed.plugins - back)
        _record_erased(session, owed.account_id, owed.plugins - back)
    return lines


def _erase_at_sites(house: House, account_id: str, only: frozenset[str] | None = None) -> list[str]:
    """Erase at every site, in a transaction and with an entry of the audit trail of its own: everything, or what the plugins
    `only` hold. What was erased, one line each."""
    lines: list[str] = []
    for tenant in house.tenants:
        with house.open(tenant.id) as own, transaction(own):
            said = [f"{tenant.slug}: {line}" for line in _erase_at(own, house, tenant, account_id, only)]
            if said:
                audit.record(own, actor=SYSTEM, action="account.erase", subject=account_id)
            lines += said
    return lines


def _record_erased(session: ScopedSession, account_id: str, not_asked: Iterable[str]) -> None:
    after = {"not_asked": sorted(not_asked)}
    audit.record(session, actor=SYSTEM, action="account.erased", subject=account_id, after=after)


def _erase_at(
    session: ScopedSession, house: House, tenant: TenantSnapshot, account_id: str, only: frozenset[str] | None
) -> Iterable[str]:
    plugins = tenant.ever_enabled if only is None else tenant.ever_enabled & only
    yield from house.registry.dispatcher.call(
        "q_erase_person_data", plugins, savepoint=session.begin_nested, session=session,
        tenant=tenant.ref(), account_id=account_id, dry_run=False,
    ).values()  # fmt: skip
    for part in PARTS.values() if only is None else ():
        if part.per_tenant and part.erase is not None and (rows := part.erase(session, account_id)):
            yield f"{part.name}: {rows}"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """People who are not erased everywhere though it is time, and since when. `plugins` are those it waits for: with `whole`,
    everything about these people does, else what the plugin holds, which was not installed when they were erased; `gone`: nor is
    it now."""

    whole: bool
    plugins: tuple[str, ...]
    people: int
    since: datetime
    gone: bool = False


def unfinished(session: ScopedSession, registry: Registry, now: datetime) -> list[Unfinished]:
    """What of erasing people is behind: for the central team, in at most three statements."""
    found = []
    late, since = erasure.overdue(session, now - timedelta(days=1))  # the job comes round once a day
    if since is not None:
        ever = frozenset(session.scalars(_EVER_ON))
        found.append(Unfinished(True, tuple(sorted(ever & frozenset(registry.broken))), late, since))
    left: dict[str, list[datetime]] = {}
    for owed in erasure.owed(session):
        for plugin in owed.plugins:
            left.setdefault(plugin, []).append(owed.erased_at)
    installed = registry.names() | frozenset(registry.broken)
    return found + [
        Unfinished(False, (plugin,), len(at), min(at), plugin not in installed) for plugin, at in sorted(left.items())
    ]
