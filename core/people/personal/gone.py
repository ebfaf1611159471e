"""A plugin that was uninstalled for good: nobody waits for it any longer to erase what it held."""

import sqlalchemy as sa

from core.data import audit
from core.data.session import ScopedSession, transaction
from core.hooks.registry import Registry
from core.kernel import clock
from core.kernel.errors import Forbidden, Invalid, NotFound, Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import Actor
from core.people.personal.service import Unfinished, unfinished
from core.people.service import erasure
from core.tenancy.models import PluginState


def waiting_for(session: ScopedSession, registry: Registry, plugin: str) -> Unfinished:
    """What is left of people who are erased because `plugin` is not installed. Raises NotFound where nothing is."""
    for left in unfinished(session, registry, clock.now()):
        if left.gone and left.plugins == (plugin,):
            return left
    raise NotFound


def note_gone(session: ScopedSession, registry: Registry, plugin: str, why: str, actor: Actor) -> int:
    """Note that nothing is left of what a plugin held: it is off everywhere as if it had never been on, and whoever waits for it is
    erased. Returns how many people these are.

    Raises Forbidden, NotFound (nobody waits for such a plugin), Invalid (no reason), and Refused while its tables are there.
    """
    if not actor.can(Permission.PLUGINS_CONFIGURE):
        raise Forbidden(Permission.PLUGINS_CONFIGURE)
    people = waiting_for(session, registry, plugin).people
    if not why.strip():
        raise Invalid({"reason": N_("Say why")})
    if tables := tables_of(session, plugin):
        raise Refused(
            N_("Its tables are still there: %(tables)s. They are deleted first, by whoever runs the platform."),
            tables=", ".join(tables),
        )
    with transaction(session):
        session.execute(
            sa.update(PluginState)
            .where(PluginState.plugin == plugin)
            .values(enabled=False, ever_enabled=False, ever_everywhere=False)
        )
        for owed in erasure.owed(session):
            if plugin in owed.plugins:
                erasure.note_asked_in(session, owed.account_id, owed.plugins - {plugin})
        audit.record(
            session, actor=actor, action="plugin.gone", subject=plugin, after={"people": people}, why=why.strip()
        )
    return people


def tables_of(session: ScopedSession, plugin: str) -> list[str]:
    """The tables in the database that are the plugin's by their names."""
    return sorted(name for name in sa.inspect(session.connection()).get_table_names() if name.startswith(f"{plugin}_"))
