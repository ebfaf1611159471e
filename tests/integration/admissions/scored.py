"""A window under way, with applications and sealed scores, for the tests of rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from core.admissions.rules import Catalogue, Incident, collect, standard_config
from core.admissions.service import policies, proposing
from core.admissions.service.proposing import Made
from core.data.session import ScopedSession
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import (
    make_assessment,
    make_assessor,
    make_assignment,
    make_rules,
    make_submitted,
)
from tests.factories.people import make_person

Values = Mapping[str, int | None] | int


@dataclass
class Panel:
    """Scotland's spring window, its panel, and what the rules say of its applications."""

    app: Flask
    session: ScopedSession
    rule: str = "standard@1.0.0"
    incidents: list[tuple[str, Incident]] = field(default_factory=list)
    assessors: dict[str, str] = field(default_factory=dict)
    _people: int = 0

    def __post_init__(self) -> None:
        self.form = make_form(self.session)
        self.window = make_window(self.session, self.form, -40, -10)
        self.policy = policies.ensure_first(self.session)
        make_rules(self.session, self.window, self.policy, self.rule, config=standard_config())

    def person(self, name: str = "Sam Example") -> str:
        self._people += 1
        return make_person(self.app, f"someone{self._people}@example.org", name=name)

    def application(self, *scores: Values, person: str = "", **changes: Any) -> str:
        """A submitted application, with one sealed assessment for each of `scores`."""
        made = make_submitted(self.session, self.window, self.form, person or self.person(), **changes)
        for number, values in enumerate(scores):
            self.seal(made, f"assessor {number}", values)
        return made

    def assessor(self, name: str) -> str:
        if name not in self.assessors:
            self.assessors[name] = make_assessor(self.session, self.person(name), ["lay"])
        return self.assessors[name]

    def seal(self, application_id: str, name: str, values: Values = 3, **changes: Any) -> str:
        """Somebody's sealed assessment; the id of the assignment."""
        assignment = make_assignment(self.session, application_id, self.assessor(name), "assessing")
        make_assessment(self.session, assignment, values, **changes)
        return assignment

    def ask(self, catalogue: Catalogue | None = None, **more: Any) -> Made:
        """Make what proposals are due."""
        return proposing.propose_due(
            self.session, catalogue or self.app.extensions["q.rulebook"].catalogue(), area="scotland",
            report=lambda rule, incident: self.incidents.append((rule, incident)), **more,
        )  # fmt: skip


def offering(*packs: Any) -> Catalogue:
    """A catalogue of these packs alone."""
    return collect([("test", pack) for pack in packs])
