"""Parts that the hostile plugins share."""

from collections.abc import Callable
from inspect import signature
from typing import Any

from core.hooks import spec
from core.hooks.spec import HOOKS
from core.sdk import Manifest, hookimpl

BEFORE_IT_HARMS = frozenset({"q_blueprints", "q_manage_blueprints", "q_settings_problems", "q_tenant_enabled"})
"""Hooks that keep a plugin from being mounted or switched on at all when they fail."""


def manifest(name: str, **changes: Any) -> Manifest:
    """The manifest of a hostile plugin."""
    given: dict[str, Any] = {
        "name": name, "title": name, "summary": name, "version": "1.0", "sdk": (1, 0), "url_name": name.replace("_", "-"),
    }  # fmt: skip
    return Manifest(**{**given, **changes})


def every_hook(behave: Callable[[str], Any]) -> dict[str, Callable[..., Any]]:
    """An implementation of every hook that could do harm later, each answering `behave(its name)`."""
    return {name: _hook(name, behave) for name in HOOKS if name not in BEFORE_IT_HARMS}


def _hook(name: str, behave: Callable[[str], Any]) -> Callable[..., Any]:
    def answer(**_: Any) -> Any:
        return behave(name)

    source = f"def {name}({', '.join(signature(getattr(spec, name)).parameters)}): return answer()"
    space: dict[str, Any] = {"answer": answer}
    exec(source, space)  # pluggy reads a hook's own argument names
    made: Callable[..., Any] = hookimpl(space[name])
    return made
