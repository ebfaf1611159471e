"""What undoing a change of a plugin goes back to: the settings of that time, as the plugin's present version has them."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.console.queries import start_settings
from core.data.session import ScopedSession
from core.hooks.registry import Plugin, Registry
from core.kernel.errors import Refused
from core.kernel.text import N_
from core.tenancy.models import PluginRevision, PluginState
from core.tenancy.settings import NotUpgraded, kept, read, upgraded

OF_ANOTHER_VERSION = N_("The settings of that time do not fit this version of the plugin. Set them by hand.")
NOT_BROUGHT = N_("The plugin cannot bring the settings of that time to its present version. Set them by hand.")
VERSION_UNKNOWN = N_(
    "Nobody wrote down for which version of the plugin the settings of that time were meant, so they could be misread. "
    "Set them by hand."
)


def settings_before(
    session: ScopedSession, registry: Registry, plugin: Plugin, change: PluginRevision
) -> dict[str, Any]:
    """All settings of `plugin` as they were before `change`, as JSON values of its present version. Where nothing was kept before
    it, they are those that the plugin begins with.

    Raises Refused: they do not fit the present version, the plugin could not bring them to it, or nobody knows from which.
    """
    then: Mapping[str, Any] = {}
    if change.before["enabled"] or change.before["settings"]:  # nothing, as before the first change, is of no version
        version = _version_before(session, change, plugin.manifest.settings_version)
        if version is None:
            raise Refused(VERSION_UNKNOWN)
        try:
            then = upgraded(registry, plugin.manifest.name, change.before["settings"], version)
        except NotUpgraded:
            raise Refused(NOT_BROUGHT) from None
    try:
        return kept(read(plugin.settings, {**start_settings(plugin), **then}))
    except ValueError:
        raise Refused(OF_ANOTHER_VERSION) from None


def _version_before(session: ScopedSession, change: PluginRevision, present: int) -> int | None:
    """Under which version of the plugin's settings those were kept that `change` replaced; None where nobody knows.

    Every change says it of the settings that it found and of those that it made, but for changes made by a release that did not
    write it down. A plugin's version only rises: such settings are of no version before that of an earlier change (the first,
    where none says it), and of none after that of a later one, of the settings in force, or of the plugin as it is (`present`).
    Where these two are the same, it is that one.
    """
    known: dict[int, int] = {}  # {the revision that made the settings: their version}
    of_plugin = sa.and_(PluginRevision.at_tenant_id == change.at_tenant_id, PluginRevision.plugin == change.plugin)
    for number, before, after in session.execute(
        sa.select(PluginRevision.revision, PluginRevision.before, PluginRevision.after).where(of_plugin)
    ):
        known |= {made: kept["version"] for made, kept in ((number - 1, before), (number, after)) if "version" in kept}
    in_force = sa.and_(PluginState.at_tenant_id == change.at_tenant_id, PluginState.plugin == change.plugin)
    for number, version in session.execute(
        sa.select(PluginState.revision, PluginState.settings_version).where(in_force)
    ):
        known[number] = version
    made = change.revision - 1
    if made in known:
        return known[made]
    least = max((version for other, version in known.items() if other < made), default=1)
    most = min((version for other, version in known.items() if other > made), default=present)
    return least if least == most else None
