"""A plugin's settings: between its model and the JSON in which they are kept, and as its present version has them, whichever
version they were kept under."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic_core import to_json

from core.hooks.registry import Registry

HOOK = "q_settings_upgrade"
Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], values: Mapping[str, Any]) -> Model:
    """The settings that `values` are, as JSON has them: kept in the database, sent by a form, written in a tenant's file. So a strict
    model takes a text for a date, a choice or a decimal, which JSON has no other way to write; and an infinite number is none.

    Raises pydantic's ValidationError, and ValueError for what JSON cannot say.
    """
    return model.model_validate_json(to_json(dict(values), inf_nan_mode="null"))


def kept(settings: BaseModel) -> dict[str, Any]:
    """Settings as they are kept. Raises what `read` raises where they could not be read again."""
    values: dict[str, Any] = json.loads(settings.model_dump_json())
    read(type(settings), values)
    return values


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
