"""The rule packs of the plugins in service."""

from types import SimpleNamespace
from typing import Any

from core.admissions.rulebook import Rulebook
from core.hooks.dispatcher import Failure
from core.hooks.registry import Plugin, Registry
from core.hooks.spec import hookimpl
from tests.unit.admissions.rules.cases import Plain


def _plugin(registry: Registry, name: str, answer: Any) -> None:
    def q_rule_sets() -> Any:
        return answer()

    registry.manager.register(SimpleNamespace(q_rule_sets=hookimpl(q_rule_sets)), name=name)
    registry.plugins[name] = _known(name)
    registry.dispatcher.forget_plans()


def _known(name: str) -> Plugin:
    # The rulebook reads names alone.
    return Plugin.__new__(Plugin)


def test_packs_come_from_the_hook_and_go_with_their_plugin():
    registry = Registry()
    _plugin(registry, "one", lambda: [Plain()])
    book = Rulebook(registry)
    assert list(book.catalogue().packs) == ["plain@1.0.0"]
    assert book.catalogue() is book.catalogue()
    registry.mark_broken("one", "no table")
    assert book.catalogue().packs == {}


def test_a_plugin_that_raises_or_answers_nonsense_is_reported_and_the_rest_stands():
    registry = Registry()
    _plugin(registry, "bad", lambda: 1 / 0)
    _plugin(registry, "good", lambda: [Plain()])
    _plugin(registry, "odd", lambda: ["standard"])
    assert list(Rulebook(registry).catalogue().packs) == ["plain@1.0.0"]
    assert sorted((one.plugin, one.hook) for one in registry.failures) == [
        ("bad", "q_rule_sets"),
        ("odd", "q_rule_sets"),
    ]


def test_a_claim_to_another_plugins_id_leaves_neither():
    registry = Registry()
    heard: list[Failure] = []
    registry.dispatcher.on_failure = heard.append
    _plugin(registry, "one", lambda: [Plain()])
    _plugin(registry, "two", lambda: [Plain()])
    assert Rulebook(registry).catalogue().packs == {}
    assert [one.plugin for one in heard] == ["one", "two"]
