"""The rule packs that plugins bring (`q_rule_sets`), collected once for each set of plugins in service."""

from core.admissions.rules import Catalogue, collect
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
