"""The table of who may use which route, written by hand, and the visitors it is asked of.

It stands in `who_may.txt` beside this file and, for the routes of a plugin, in its folder under tests/plugins/. A line is an
endpoint and who is let in: `anyone`, `signed in`, `whose it is` (signed in, and everybody but one person finds nothing), or
names of roles with commas between; ` *` behind it where a rule inside (the event's, the site's, a conflict of interest) may still
refuse somebody who is let in. Nothing here reads what a route declares, nor what a role is granted: both are what the table is
there to check.
"""

from dataclasses import dataclass
from pathlib import Path

from core.kernel.permissions import Role
from tests.support.environment import ROOT

ANYONE, SIGNED_IN, OWNER = frozenset({"anyone"}), frozenset({"signed in"}), frozenset({"whose it is"})
ROLES = {
    "assessor": Role.ASSESSOR, "organiser": Role.EVENTS_ORGANISER, "approver": Role.EXPENSE_APPROVER, "lead": Role.PARTNER_LEAD,
    "central": Role.CENTRAL_TEAM, "auditor": Role.AUDITOR,
}  # fmt: skip
UK_WIDE = frozenset({"central", "auditor"})


@dataclass(frozen=True)
class Line:
    """Who is let in, and whether somebody who is may still be refused inside."""

    who: frozenset[str]
    rules_inside: bool


@dataclass(frozen=True)
class Visitor:
    """Somebody with roles at one site; `at` is its address, empty for the whole UK."""

    name: str
    at: str = ""
    roles: frozenset[str] = frozenset()

    def is_let_in(self, line: Line, site: str) -> bool:
        """Whether the table lets them in at a site."""
        if line.who == ANYONE:
            return True
        if self.name == "signed out":
            return False
        held = {role for role in self.roles if role in UK_WIDE or self.at == site}
        return line.who in (SIGNED_IN, OWNER) or bool(line.who & held)


def _visitor(name: str, at: str = "", *roles: str) -> Visitor:
    return Visitor(name, at, frozenset(roles))


A, B, UK = "/scotland", "/wales", ""
VISITORS = (
    _visitor("signed out"), _visitor("member of A", A), _visitor("assessor of A", A, "assessor"),
    _visitor("organiser and assessor of A", A, "organiser", "assessor"), _visitor("lead of A", A, "lead"),
    _visitor("approver of A, auditor", A, "approver", "auditor"), _visitor("member of B", B), _visitor("lead of B", B, "lead"),
    _visitor("central", UK, "central"),
)  # fmt: skip
"""Everybody of the specification's matrix, and whoever holds a further role that the table names."""


def files() -> list[Path]:
    """Where the table stands."""
    return [ROOT / "tests/isolation/who_may.txt", *sorted((ROOT / "tests/plugins").glob("*/who_may.txt"))]


def read() -> dict[str, Line]:
    """The table. Raises ValueError for a line that says nothing, or that there is twice."""
    found: dict[str, Line] = {}
    for file in files():
        for text in file.read_text(encoding="utf-8").splitlines():
            if not text or text.startswith("#"):
                continue
            endpoint, _, said = text.partition(" ")
            who = frozenset(word.strip() for word in said.removesuffix("*").split(","))
            if endpoint in found or not (who in (ANYONE, SIGNED_IN, OWNER) or who <= ROLES.keys()):
                raise ValueError(f"{file.name}: {text}")
            found[endpoint] = Line(who, said.endswith("*"))
    return found
