"""The dispatcher against plugins that misbehave in every way it knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from core.hooks import dispatcher
from core.hooks.dispatcher import SLOW_SECONDS
from core.hooks.registry import Registry
from core.hooks.spec import HOOKS, hookimpl, hooks_markdown
from core.kernel.findings import Finding, Verdict, worst
from core.kernel.views import SYSTEM, NavItem, TenantRef, Touched, TouchedThing

TENANT = TenantRef(2, "scotland", "Scotland", "nation")
ROOT = Path(__file__).resolve().parents[3]


def _registry(**plugins: dict[str, Any]) -> Registry:
    registry = Registry()
    for name, functions in plugins.items():
        module = ModuleType(name)
        for key, function in functions.items():
            setattr(module, key, hookimpl(function))
        registry.manager.register(module, name=name)
    return registry


def _nav(label: str) -> dict[str, Any]:
    def q_nav_items(tenant: TenantRef) -> list[NavItem]:
        return [NavItem(f"{label} {tenant.slug}", "/x")]

    return {"q_nav_items": q_nav_items}


def q_nav_raises(tenant: TenantRef) -> list[NavItem]:
    raise ValueError("broken on purpose")


def test_only_enabled_plugins_are_called_in_a_steady_order() -> None:
    registry = _registry(b=_nav("b"), a=_nav("a"), c=_nav("c"))
    found = registry.dispatcher.call("q_nav_items", frozenset({"a", "b"}), tenant=TENANT)
    assert [answer.plugin for answer in found.answers] == ["a", "b"]
    assert registry.dispatcher.call("q_nav_items", frozenset(), tenant=TENANT).answers == []


def test_one_plugin_may_answer_a_hook_twice() -> None:
    """`specname` lets it: what each says is used."""
    registry = _registry(a=_nav("a"))
    module = ModuleType("two")
    module.second = hookimpl(_nav("second")["q_nav_items"], specname="q_nav_items")  # type: ignore[attr-defined]  # as written
    module.first = hookimpl(_nav("first")["q_nav_items"], specname="q_nav_items")  # type: ignore[attr-defined]  # in a file
    registry.manager.register(module, name="two")
    found = registry.dispatcher.call("q_nav_items", frozenset({"a", "two"}), tenant=TENANT)
    assert [answer.plugin for answer in found.answers] == ["a", "two", "two"]
    assert {answer.value.label for answer in found.answers} == {"a scotland", "first scotland", "second scotland"}


def test_a_failure_is_isolated_and_named() -> None:
    registry = _registry(good=_nav("good"), bad={"q_nav_items": q_nav_raises})
    found = registry.dispatcher.call("q_nav_items", frozenset({"good", "bad"}), tenant=TENANT)
    assert [answer.plugin for answer in found.answers] == ["good"]
    assert [(f.plugin, f.hook) for f in found.failures] == [("bad", "q_nav_items")]
    assert list(registry.failures) == found.failures


@pytest.mark.parametrize("answer", ["text", 7, {"a": 1}, [1, 2], [NavItem("ok", "/"), "not one"]])
def test_a_wrong_type_is_a_failure(answer: Any) -> None:
    registry = _registry(bad={"q_nav_items": lambda tenant: answer})
    found = registry.dispatcher.call("q_nav_items", frozenset({"bad"}), tenant=TENANT)
    assert not found.answers
    assert "TypeError" in found.failures[0].error


@pytest.mark.parametrize("first", [(None,), [], (TouchedThing(1, "Tea", cast("Any", "soon"), 3),)])
def test_a_wrong_type_inside_a_view_is_a_failure(first: Any) -> None:
    registry = _registry(bad={"q_switch_off_touches": lambda tenants: [Touched("Events", "", 1, 3, first)]})
    found = registry.dispatcher.call("q_switch_off_touches", frozenset({"bad"}), tenants=(TENANT,))
    assert not found.answers
    assert "first" in found.failures[0].error


def test_a_failing_check_refers_to_a_person_and_never_approves() -> None:
    def q_event_publish_check(event: Any) -> list[Finding]:
        raise RuntimeError("the check is broken")

    registry = _registry(bad={"q_event_publish_check": q_event_publish_check})
    found = registry.dispatcher.call(
        "q_event_publish_check", frozenset({"bad"}), tenant=TENANT, event=None, actor=SYSTEM
    )
    assert worst(found.values()) is Verdict.REFER
    assert next(found.values()).plugin == "bad"


def test_no_plugin_undoes_another_plugins_refusal() -> None:
    def allow(event: Any) -> list[Finding]:
        return [Finding(Verdict.ALLOW, "fine", "fine")]

    def deny(event: Any) -> list[Finding]:
        return [Finding(Verdict.DENY, "no", "no")]

    registry = _registry(
        a={"q_event_publish_check": allow}, b={"q_event_publish_check": deny}, c={"q_event_publish_check": allow}
    )
    found = registry.dispatcher.call("q_event_publish_check", frozenset("abc"), tenant=TENANT, event=None, actor=SYSTEM)
    assert worst(found.values()) is Verdict.DENY
    assert {finding.plugin for finding in found.values()} == {"a", "b", "c"}


def test_a_raise_hook_raises() -> None:
    def q_tenant_enabled(tenant: TenantRef) -> None:
        raise ValueError("not here")

    registry = _registry(bad={"q_tenant_enabled": q_tenant_enabled})
    with pytest.raises(ValueError, match="not here"):
        registry.dispatcher.call("q_tenant_enabled", frozenset({"bad"}), tenant=TENANT, actor=SYSTEM)


def test_each_call_runs_inside_its_own_savepoint() -> None:
    seen: list[str] = []

    @contextmanager
    def savepoint() -> Iterator[None]:
        seen.append("begin")
        try:
            yield
        except ValueError:
            seen.append("rolled back")
            raise

    registry = _registry(bad={"q_nav_items": q_nav_raises}, good=_nav("good"))
    registry.dispatcher.call("q_nav_items", frozenset({"bad", "good"}), savepoint=savepoint, tenant=TENANT)
    assert seen == ["begin", "rolled back", "begin"]


def test_a_hook_that_is_slow_again_and_again_is_reported_and_its_answer_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once can be the machine's fault: each time in a row counts, and one that is in time begins anew."""
    now, takes = [0.0], [0.0]
    monkeypatch.setattr(dispatcher, "perf_counter", lambda: now[0])

    def q_nav_items(tenant: TenantRef) -> list[NavItem]:
        now[0] += takes[0]
        return [NavItem("late", "/")]

    registry = _registry(slow={"q_nav_items": q_nav_items})
    late, in_time = SLOW_SECONDS + 0.02, 0.01
    told = []
    for takes[0] in (late, late, in_time, late, late, late, late, in_time, late):
        found = registry.dispatcher.call("q_nav_items", frozenset({"slow"}), tenant=TENANT)
        assert [item.label for item in found.values()] == ["late"]
        told.append([failure.error for failure in found.failures])
    assert told == [[], [], [], [], [], ["slow: 0.27 s, 3 times in a row"], ["slow: 0.27 s, 4 times in a row"], [], []]


def test_the_wrong_gate_is_a_programming_error() -> None:
    registry = _registry()
    with pytest.raises(TypeError):
        registry.dispatcher.call("q_nav_items", None, tenant=TENANT)
    with pytest.raises(TypeError):
        registry.dispatcher.call("q_blueprints", frozenset())
    with pytest.raises(KeyError):
        registry.dispatcher.call("q_no_such_hook", None)


def test_every_hook_is_documented_with_its_signature() -> None:
    assert (ROOT / "plugins" / "HOOKS.md").read_text("utf-8") == hooks_markdown()
    assert all(meta.doc.strip() for meta in HOOKS.values())
