"""Putting the plugins' pages under their addresses. Each is rehearsed on an empty application before it touches ours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any

from flask import Flask

from core.config import ROOT
from core.hooks.manifest import Manifest, ManifestError
from core.hooks.registry import Registry
from core.web.flask_app import PlatformFlask

APPLICATION_WIDE = (
    "before_request_funcs",
    "after_request_funcs",
    "teardown_request_funcs",
    "url_value_preprocessors",
    "url_default_functions",
    "template_context_processors",
    "error_handler_spec",
)


@dataclass(frozen=True, slots=True)
class Room:
    """One of the two places where a plugin's pages stand: the name its blueprint must have, and the address it gets."""

    hook: str
    name: str
    address: str


def rooms_of(manifest: Manifest) -> tuple[Room, Room]:
    """A plugin's own pages, and those for whoever runs the site."""
    return (
        Room("q_blueprints", manifest.name, manifest.url_name),
        Room("q_manage_blueprints", f"{manifest.name}_manage", f"manage/{manifest.url_name}"),
    )


def mount(app: Flask, registry: Registry) -> None:
    """Register every plugin's blueprints under their own names and addresses; a plugin that goes outside them is broken."""
    answers = {}
    for hook in ("q_blueprints", "q_manage_blueprints"):
        results = registry.dispatcher.call(hook, None)
        answers[hook] = results.answers
        for failure in results.failures:
            if not failure.slow:
                registry.mark_broken(failure.plugin, f"{failure.hook}: {failure.error}")
    for name, plugin in list(registry.plugins.items()):
        brought = [
            (room, [answer.value for answer in answers[room.hook] if answer.plugin == name])
            for room in rooms_of(plugin.manifest)
        ]
        try:
            for room, blueprints in brought:
                _rehearse(app, room, blueprints)
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises, the rest must start
            registry.mark_broken(name, error)
            continue
        for room, blueprints in brought:
            for blueprint in blueprints:
                app.register_blueprint(blueprint, url_prefix=f"/{room.address}")
                registry.addresses[room.address] = name


def _segments(app: Flask) -> Iterator[str]:
    """What is taken of the first segments of addresses, and of the second ones below `/manage/`."""
    for rule in app.url_map.iter_rules():
        first, _, rest = rule.rule[1:].partition("/")
        yield first
        if first == "manage" and rest:
            yield f"manage/{rest.partition('/')[0]}"


def refuse_taken_names(app: Flask, room: Room) -> None:
    """Raise ManifestError when the platform, another plugin or a site has the name or the address of a plugin's `room`."""
    if room.name in app.blueprints:
        raise ManifestError(f"the platform itself uses the name {room.name!r}")
    if room.address in set(_segments(app)) or (ROOT / "tenants" / room.address.removeprefix("manage/")).is_dir():
        raise ManifestError(f"the address /{room.address}/ is taken")


def _rehearse(app: Flask, room: Room, blueprints: Sequence[Any]) -> None:
    """Raise ManifestError, or whatever Flask raises, when `blueprints` cannot stand beside what `app` already has."""
    if any(getattr(blueprint, "name", None) != room.name for blueprint in blueprints):
        raise ManifestError(f"its blueprint must be called {room.name!r}")
    if not blueprints:
        return
    refuse_taken_names(app, room)
    stage, plain = PlatformFlask("stage", static_folder=None), PlatformFlask("plain", static_folder=None)
    for blueprint in blueprints:
        stage.register_blueprint(blueprint, url_prefix=f"/{room.address}")
    for what in APPLICATION_WIDE:
        if getattr(stage, what).get(None) != getattr(plain, what).get(None):
            raise ManifestError(f"its blueprint reaches beyond its own pages: {what}")
    outside = [rule.rule for rule in stage.url_map.iter_rules() if not rule.rule.startswith(f"/{room.address}/")]
    if outside:
        raise ManifestError(f"outside /{room.address}/: {', '.join(sorted(outside))}")
    waiting = [name for name, view in stage.view_functions.items() if iscoroutinefunction(view)]
    if waiting:
        raise ManifestError(f"its views must be plain functions: {', '.join(sorted(waiting))}")
    open_ones = [name for name, view in stage.view_functions.items() if _is_open(view)]
    if room.hook == "q_manage_blueprints" and open_ones:
        raise ManifestError(f"pages for running a site need a permission: {', '.join(sorted(open_ones))}")


def _is_open(view: Any) -> bool:
    access = getattr(view, "__access__", None)
    return access is None or access.kind != "needs"
