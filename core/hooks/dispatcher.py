"""The only place that calls a hook: gates, error policies, type checks, attribution, and a plan cached per enabled set."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, fields, is_dataclass
from functools import lru_cache
from time import perf_counter
from typing import Any, get_args, get_origin

import pluggy

from core.hooks.spec import HOOKS, Gate, HookMeta, OnError
from core.kernel.findings import Finding, Verdict
from core.kernel.text import N_

log = logging.getLogger("q.hooks")
SLOW_SECONDS = 0.25
SLOW_IN_A_ROW = 3
"""A hook that takes longer so often, one time after another in one process, is reported to the central team like a failure, though its
answer is used. One time may be the machine's fault, or the first time's."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One item that one plugin gave."""

    plugin: str
    value: Any


@dataclass(frozen=True, slots=True)
class Failure:
    """One plugin's failure in one hook."""

    plugin: str
    hook: str
    error: str
    slow: bool = False


@dataclass(slots=True)
class Results:
    """All answers, in the order of plugin names, and all failures."""

    answers: list[Answer] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def values(self) -> Iterator[Any]:
        """The answered items alone."""
        return (answer.value for answer in self.answers)


Plan = tuple[tuple[str, Callable[..., Any], tuple[str, ...]], ...]


class Dispatcher:
    """Calls hooks over the implementations that pluggy holds. `on_failure` hears of every isolated failure."""

    def __init__(self, manager: pluggy.PluginManager, on_failure: Callable[[Failure], None] | None = None) -> None:
        self._manager = manager
        self._plans: dict[tuple[str, frozenset[str] | None], Plan] = {}
        self._slow: dict[tuple[str, str], int] = {}
        self.on_failure = on_failure

    def _plan(self, name: str, plugins: frozenset[str] | None) -> Plan:
        key = (name, plugins)
        plan = self._plans.get(key)
        if plan is None:
            found = getattr(self._manager.hook, name).get_hookimpls()
            asked = [impl for impl in found if plugins is None or impl.plugin_name in plugins]
            asked.sort(key=lambda impl: impl.plugin_name)  # by name alone: one plugin may have two of them
            plan = tuple((impl.plugin_name, impl.function, impl.argnames) for impl in asked)
            self._plans[key] = plan
        return plan

    def call(
        self,
        name: str,
        plugins: frozenset[str] | None,
        /,
        *,
        savepoint: Callable[[], AbstractContextManager[Any]] = nullcontext,
        **arguments: Any,
    ) -> Results:
        """Call hook `name` on `plugins` (None only for a BOOT hook: all).

        Each implementation runs inside `savepoint()`, so that a failed flush in one leaves the rest of the transaction
        whole. Raises KeyError for an unknown hook, TypeError for the wrong gate, and the plugin's own error where the
        hook's policy is RAISE.
        """
        meta = HOOKS[name]
        if (plugins is None) != (meta.gate is Gate.BOOT):
            raise TypeError(f"{name} is called {'without' if meta.gate is Gate.BOOT else 'with'} a set of plugins")
        results = Results()
        for plugin, function, names in self._plan(name, plugins):
            started = perf_counter()
            try:
                with savepoint():
                    items = _checked(meta, plugin, function(*[arguments[key] for key in names]))
            except (Exception, SystemExit) as error:
                if meta.on_error is OnError.RAISE:
                    raise
                results.failures.append(self.report(Failure(plugin, name, f"{type(error).__name__}: {error}")))
                if meta.on_error is OnError.REFER:
                    results.answers.append(Answer(plugin, _referral(plugin)))
                continue
            results.answers.extend(Answer(plugin, item) for item in items)
            if meta.waited_for and (slow := self._too_slow(plugin, name, perf_counter() - started)) is not None:
                results.failures.append(self.report(slow))
        return results

    def _too_slow(self, plugin: str, hook: str, seconds: float) -> Failure | None:
        """What is to be told of a call that took so long, if anything."""
        if seconds <= SLOW_SECONDS:
            self._slow.pop((plugin, hook), None)
            return None
        times = self._slow[(plugin, hook)] = self._slow.get((plugin, hook), 0) + 1
        told = f"slow: {seconds:.2f} s, {times} times in a row"
        return Failure(plugin, hook, told, slow=True) if times >= SLOW_IN_A_ROW else None

    def report(self, failure: Failure) -> Failure:
        """Log a failure and tell whoever listens; the failure itself."""
        log.error("plugin %s failed in %s: %s", failure.plugin, failure.hook, failure.error)
        if self.on_failure is not None:
            self.on_failure(failure)
        return failure

    def forget_plans(self) -> None:
        """Work out anew who is called: after a plugin was taken out of service."""
        self._plans.clear()


def _checked(meta: HookMeta, plugin: str, value: Any) -> list[Any]:
    """The answer as a list of items of the hook's type; TypeError for anything else."""
    if value is None:
        return []
    if meta.item is None:
        raise TypeError(f"{meta.name} answers nothing, {plugin} answered {type(value).__name__}")
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise TypeError(f"{meta.name} answers a list, {plugin} answered {type(value).__name__}")
    items = list(value)
    for item in items:
        if not isinstance(item, meta.item):
            raise TypeError(f"{meta.name} answers {meta.item.__name__}, {plugin} answered {type(item).__name__}")
        if problem := _misfit(item, meta.item):
            raise TypeError(f"{meta.name}: {problem}")
    if meta.item is Finding:
        return [Finding(item.verdict, item.message, item.code, plugin) for item in items]
    return items


def _misfit(item: Any, kind: Any) -> str:
    """What of a view has the wrong type, the views inside it included; "" where all is right."""
    if not isinstance(item, kind):
        return f"{kind.__name__} expected, not {type(item).__name__}"
    for name, wanted, inside in _shape(kind):
        value = getattr(item, name)
        if not isinstance(value, wanted):
            return f"{name} must be {wanted.__name__}, not {type(value).__name__}"
        for one in getattr(item, name) if inside is not None else ():
            if problem := _misfit(one, inside):
                return f"{name}: {problem}"
    return ""


@lru_cache(maxsize=64)
def _shape(item: Any) -> tuple[tuple[str, type, Any], ...]:
    """The fields of a view with the type each must have, and the view that a tuple's items must be (else None): a label that
    is no text would fail only where it is shown."""
    if not is_dataclass(item):
        return ()
    found: list[tuple[str, type, Any]] = []
    for one in fields(item):
        kind: Any = get_origin(one.type) or one.type
        inside = next(iter(get_args(one.type)), None) if kind is tuple else None
        if isinstance(kind, type):
            found.append((one.name, kind, inside if is_dataclass(inside) else None))
    return tuple(found)


def _referral(plugin: str) -> Finding:
    return Finding(Verdict.REFER, N_("A check could not be made. A person must decide."), "check_failed", plugin)
