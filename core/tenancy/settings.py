"""A plugin's settings as its present version has them, whichever version they were kept under."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.hooks.registry import Registry

HOOK = "q_settings_upgrade"


class NotUpgraded(ValueError):
    """A plugin could not bring settings of an older version to its present one. The message says why."""


def upgraded(registry: Registry, plugin: str, settings: Mapping[str, Any], version: int) -> Mapping[str, Any]:
    """`settings`, kept under `version` of those of a plugin in service, as its present version names and means them.

    What is kept stays as it is until the next change: a process of the release before still reads it. Raises NotUpgraded: the same
    names may mean something else by now, so that nobody should go on with the old values.
    """
    known = registry.plugins[plugin].manifest.settings_version
    if version >= known or not hasattr(registry.manager.get_plugin(plugin), HOOK):
        return settings
    found = registry.dispatcher.call(
        HOOK, frozenset({plugin}), settings=MappingProxyType(dict(settings)), from_version=version
    )
    if failed := [failure.error for failure in found.failures if not failure.slow]:
        raise NotUpgraded(f"version {version} could not be brought to the present one: {failed[0]}")
    try:
        return dict(found.values())
    except (TypeError, ValueError) as error:
        raise NotUpgraded(f"version {version} could not be brought to the present one: {HOOK} answers pairs") from error
