"""The rule packs that plugins bring (`q_rule_sets`), collected once for each set of plugins in service."""

from collections.abc import Mapping

from flask import current_app

from core.admissions.rules import Catalogue, Incident, collect
from core.hooks.dispatcher import Failure
from core.hooks.registry import Registry

HOOK = "q_rule_sets"


class Rulebook:
    """The catalogue over one registry: `rulebook.catalogue().resolve("standard@1.0.0")`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: tuple[frozenset[str], Catalogue] | None = None

    def catalogue(self) -> Catalogue:
        """What can be pinned now. A refused rule pack is reported like a failed hook; the plugin stays in service."""
        names = self._registry.names()
        if self._known is None or self._known[0] != names:
            answers = self._registry.dispatcher.call(HOOK, None).answers
            found = collect((answer.plugin, answer.value) for answer in answers)
            for problem in found.problems:
                self._registry.dispatcher.report(Failure(problem.plugin, HOOK, f"{problem.ref}: {problem.error}"))
            self._known = (names, found)
        return self._known[1]

    def report(self, ref: str, incident: Incident) -> None:
        """Tell the central team that the rules `id@version` failed on a case, like any hook of their plugin that fails."""
        plugin = self.plugin_of(ref)
        self._registry.dispatcher.report(Failure(plugin, HOOK, f"{ref}: {incident.kind}: {incident.detail}"))

    def plugin_of(self, ref: str) -> str:
        """The plugin that offers `id@version`; "core" for one that is not in service."""
        found = self.catalogue().packs.get(ref)
        return found[0] if found is not None else "core"

    def refs_of(self, plugin: str) -> list[str]:
        """The `id@version` of each rule pack in service that a plugin offers."""
        return sorted(ref for ref, (offered_by, _) in self.catalogue().packs.items() if offered_by == plugin)

    def words_of(self, ref: str) -> Mapping[str, str]:
        """The words for the reasons of `id@version`; none for one that is not in service."""
        found = self.catalogue().packs.get(ref)
        return found[1].words if found is not None else {}


def rulebook() -> Rulebook:
    """The rule packs of the running application."""
    found: Rulebook = current_app.extensions["q.rulebook"]
    return found
