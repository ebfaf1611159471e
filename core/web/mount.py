"""Putting the plugins' pages under their addresses. Each is rehearsed on an empty application before it touches ours."""

from inspect import iscoroutinefunction
from typing import Any

from flask import Flask

from core.config import ROOT
from core.hooks.manifest import ManifestError
from core.hooks.registry import Plugin, Registry

APPLICATION_WIDE = (
    "before_request_funcs",
    "after_request_funcs",
    "teardown_request_funcs",
    "url_value_preprocessors",
    "url_default_functions",
    "template_context_processors",
    "error_handler_spec",
)


def mount(app: Flask, registry: Registry) -> None:
    """Register every plugin's blueprint under its own name and address; a plugin that goes outside them is broken."""
    results = registry.dispatcher.call("q_blueprints", None)
    for failure in results.failures:
        if not failure.slow:
            registry.mark_broken(failure.plugin, f"{failure.hook}: {failure.error}")
    for name, plugin in list(registry.plugins.items()):
        blueprints = [answer.value for answer in results.answers if answer.plugin == name]
        try:
            _rehearse(app, plugin, blueprints)
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises, the rest must start
            registry.mark_broken(name, error)
            continue
        for blueprint in blueprints:
            app.register_blueprint(blueprint, url_prefix=f"/{plugin.manifest.url_name}")
            registry.addresses[plugin.manifest.url_name] = name


def _rehearse(app: Flask, plugin: Plugin, blueprints: list[Any]) -> None:
    """Raise ManifestError, or whatever Flask raises, when `blueprints` cannot stand beside what `app` already has."""
    name, url_name = plugin.manifest.name, plugin.manifest.url_name
    if any(getattr(blueprint, "name", None) != name for blueprint in blueprints):
        raise ManifestError(f"its blueprint must be called {name!r}")
    if not blueprints:
        return
    if name in app.blueprints:
        raise ManifestError(f"the platform itself uses the name {name!r}")
    taken = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    if url_name in taken or (ROOT / "tenants" / url_name).is_dir():
        raise ManifestError(f"the address /{url_name}/ is taken")
    stage, plain = Flask("stage", static_folder=None), Flask("plain", static_folder=None)
    for blueprint in blueprints:
        stage.register_blueprint(blueprint, url_prefix=f"/{url_name}")
    for what in APPLICATION_WIDE:
        if getattr(stage, what).get(None) != getattr(plain, what).get(None):
            raise ManifestError(f"its blueprint reaches beyond its own pages: {what}")
    outside = [rule.rule for rule in stage.url_map.iter_rules() if not rule.rule.startswith(f"/{url_name}/")]
    if outside:
        raise ManifestError(f"outside /{url_name}/: {', '.join(sorted(outside))}")
    waiting = [name for name, view in stage.view_functions.items() if iscoroutinefunction(view)]
    if waiting:
        raise ManifestError(f"its views must be plain functions: {', '.join(sorted(waiting))}")
