"""What entries of the audit trail were about, by name: the rooms of the core and the plugins each know their own things."""

from collections.abc import Iterable, Mapping

from core.admissions.actions import ACTIONS as OF_JOINING
from core.admissions.queries import subjects as of_joining
from core.data.audit import AuditEntry
from core.data.session import ScopedSession
from core.hooks.registry import Registry
from core.kernel.ids import is_id

LONGEST = 200


def names(session: ScopedSession, registry: Registry, entries: Iterable[AuditEntry]) -> dict[str, str]:
    """{entry id: name of what it was about} of those that have one, in one statement for the core and the plugins' own: one call
    for each plugin that wrote any of the entries. A plugin is asked for things of its own entries alone."""
    joining: dict[str, str] = {}
    own: dict[str, dict[str, str]] = {}
    for entry in entries:
        thing = entry.subject.rpartition(":")[2]
        if not is_id(thing):
            continue
        if entry.action in OF_JOINING:
            joining[entry.id] = thing
        elif (plugin := entry.action.partition(".")[0]) in registry.plugins:
            own.setdefault(plugin, {})[entry.id] = thing
    found = _told(joining, of_joining.names(session, set(joining.values())))
    for plugin, things in own.items():
        found |= _told(things, _of_plugin(session, registry, plugin, frozenset(things.values())))
    return found


def _of_plugin(session: ScopedSession, registry: Registry, plugin: str, ids: frozenset[str]) -> dict[str, str]:
    answered = registry.dispatcher.call(
        "q_audit_subjects", frozenset({plugin}), savepoint=session.begin_nested, session=session, ids=ids
    )
    return {one.id: one.name[:LONGEST] for one in answered.values()}


def _told(things: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {entry: names[thing] for entry, thing in things.items() if names.get(thing)}
