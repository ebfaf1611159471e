"""Who and what every room of the world is made with."""

from dataclasses import dataclass, field

from flask import Flask

from core.data.session import ScopedSession
from core.tenancy.directory import TenantSnapshot
from tests.factories.people import make_person

Named = dict[str, tuple[str, ...]]
"""Values of addresses' parameters, the useful ones first: for every route (`window_id`) or one (`windows.show:window_id`)."""
Good = dict[str, dict[str, str]]
"""Good answers that the names of fields do not tell, by route."""
FIRST = "\0first"
"""As a good answer: the first that the page offers."""


@dataclass
class Cast:
    """One site being filled: the session is the site's own. `people` are accounts by name."""

    app: Flask
    session: ScopedSession
    site: TenantSnapshot
    form_id: str
    people: dict[str, str]

    def person(self, name: str) -> str:
        """The account of that name, made when it is asked for first."""
        if name not in self.people:
            email = f"{name}.{self.site.slug}@example.org"
            self.people[name] = make_person(self.app, email, name=name.title())
            self.session.rollback()
        return self.people[name]


@dataclass
class Room:
    """What a room adds to the world."""

    named: Named = field(default_factory=dict)
    good: Good = field(default_factory=dict)
