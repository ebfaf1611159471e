"""The rule packs of this installation, each under its `id@version`."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.admissions.rules.ruleset import REF, RuleConfig, RuleSet
from core.admissions.rules.snapshot import Input
from core.kernel.errors import NotFound
from core.kernel.text import N_


class UnknownRule(NotFound):
    """No rule pack of that reference is in service."""

    default = N_("The rules of this window are not installed.")


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """Why a rule pack that a plugin offers is refused."""

    plugin: str
    ref: str
    error: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What can be pinned. `packs` maps `id@version` to (plugin, rule pack); `problems` tells what was refused."""

    packs: dict[str, tuple[str, RuleSet[Any]]]
    problems: tuple[RuleProblem, ...]

    def resolve(self, ref: str) -> RuleSet[Any]:
        """The one rule pack `id@version`. Raises UnknownRule."""
        found = self.packs.get(ref)
        if found is None:
            raise UnknownRule
        return found[1]

    def offered(self, plugins: Collection[str]) -> tuple[RuleSet[Any], ...]:
        """The rule packs of these plugins, for the choice in a window's form; pinned ones resolve wherever they are on."""
        return tuple(rules for _, (plugin, rules) in sorted(self.packs.items()) if plugin in plugins)


def collect(offers: Iterable[tuple[str, object]]) -> Catalogue:
    """The catalogue of (plugin, rule pack) pairs.

    A wrong one is refused and told. An id that two plugins claim is refused to both, and so is a reference that is offered
    twice: who decides about people must not depend on an order.
    """
    problems: list[RuleProblem] = []
    sound: list[tuple[str, RuleSet[Any]]] = []
    for plugin, offer in offers:
        if isinstance(offer, RuleSet) and not (fault := _fault(offer)):
            sound.append((plugin, offer))
        else:
            error = fault if isinstance(offer, RuleSet) else "it is no RuleSet"
            problems.append(RuleProblem(plugin, _name(offer), error))
    claims: dict[str, set[str]] = {}
    counts: dict[str, int] = {}
    for plugin, rules in sound:
        claims.setdefault(rules.id, set()).add(plugin)
        counts[rules.ref] = counts.get(rules.ref, 0) + 1
    packs: dict[str, tuple[str, RuleSet[Any]]] = {}
    for plugin, rules in sound:
        if len(claims[rules.id]) > 1:
            problems.append(
                RuleProblem(plugin, rules.ref, f"its id is claimed by {', '.join(sorted(claims[rules.id]))}")
            )
        elif counts[rules.ref] > 1:
            problems.append(RuleProblem(plugin, rules.ref, "it is offered twice"))
        else:
            packs[rules.ref] = (plugin, rules)
    return Catalogue(packs, tuple(problems))


def _name(offer: object) -> str:
    return offer.ref if isinstance(offer, RuleSet) and _has(offer, "id", "version") else type(offer).__name__


def _has(offer: object, *names: str) -> bool:
    return all(isinstance(getattr(offer, name, None), str) for name in names)


def _fault(rules: RuleSet[Any]) -> str:
    """Why a rule pack cannot be offered, or nothing."""
    if not _has(rules, "id", "version", "title") or not REF.match(rules.ref):
        return "it needs an id (lower-case letters, digits and underscores), a version like 1.0.0 and a title"
    model: object = getattr(rules, "config_model", None)
    if not (isinstance(model, type) and issubclass(model, RuleConfig)):
        return "config_model must be a RuleConfig"
    kept = {"frozen": True, "extra": "forbid", "strict": True}
    if any(model.model_config.get(name) != value for name, value in kept.items()):
        return "config_model must stay frozen, strict and without unknown fields"
    if untitled := [name for name, info in model.model_fields.items() if not info.title]:
        return f"config_model has fields without a title: {', '.join(untitled)}"
    words: object = getattr(rules, "words", None)
    if (
        not isinstance(words, Mapping)
        or not words
        or not all(isinstance(one, str) for one in (*words, *words.values()))
    ):
        return "it has no words for its reasons: a mapping of codes to msgids"
    if not set(rules.inputs) <= set(Input):
        return "it declares inputs that do not exist"
    return ""
