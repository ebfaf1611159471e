"""The frozen views that hooks and services receive: never rows of the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from core.kernel.permissions import Role


@dataclass(frozen=True, slots=True)
class TenantRef:
    """A tenant as a plugin sees it. `languages` are codes, the first being the site's default."""

    id: int
    slug: str
    name: str
    kind: str
    languages: tuple[str, ...] = ("en",)

    @property
    def prefix(self) -> str:
        """What stands before every path of this site when it is reached by path: "" for the UK site."""
        return "" if self.kind == "uk" else f"/{self.slug}"


@dataclass(frozen=True, slots=True)
class Person:
    """An account as others may see it."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a signed-in person at one tenant, or the platform itself (`system`)."""

    account_id: str | None
    name: str
    roles: frozenset[Role] = frozenset()
    permissions: frozenset[str] = frozenset()
    is_system: bool = False
    home_tenant_id: int | None = None
    """Of a member the site that is their home, which need not be the one that the actor was made for."""

    def can(self, permission: str) -> bool:
        """Whether this actor holds `permission` at the tenant the actor was made for."""
        return self.is_system or permission in self.permissions


SYSTEM = Actor(account_id=None, name="system", is_system=True)


@dataclass(frozen=True, slots=True)
class NavItem:
    """A link in a site's main navigation, or beside the pages for running it. `label` is a msgid; `href` is a path inside
    the site; `icon` (a name of lucide's) is shown beside the pages for running it alone. In the main navigation a link that is
    `signed_in` is for who is signed in alone: whoever is not would be led to a page for signing in."""

    label: str
    href: str
    order: int = 100
    icon: str = "puzzle"
    signed_in: bool = False


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a page: a template of the plugin's own, rendered by the core with `context` and nothing else."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    order: int = 100


@dataclass(frozen=True, slots=True)
class OpenWork:
    """Something that waits for a person at one site: shown to partner leads and the central team."""

    tenant_id: int
    label: str
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class SubjectName:
    """What an entry of the audit trail was about: its `id`, and the `name` that it goes by, in nobody's translation."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class TouchedThing:
    """One thing to come at one site that people cannot open while a plugin is off. `title` is its own, in nobody's translation;
    `people` are those who count on it; `href` is the path inside the site where somebody can write to them, "" for nowhere."""

    tenant_id: int
    title: str
    when: datetime
    people: int
    href: str = ""


@dataclass(frozen=True, slots=True)
class Touched:
    """Things of one sort that switching a plugin off touches: `count` of them, on which `people` count in all; `first` are
    the soonest. `label` and `note`, which says what those people will see, are msgids."""

    label: str
    note: str
    count: int
    people: int
    first: tuple[TouchedThing, ...]


@dataclass(frozen=True, slots=True)
class Renewed:
    """Rows of one sort that have the present secret key now in the place of the one before: `what` they are, in English for who
    runs the platform, how many, and how many there are that neither key opens."""

    what: str
    rows: int
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """Why a settings value cannot stand. `field` is the setting's name, `message` a msgid."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class EventRef:
    """An event as other plugins see it, for instance to find something against publishing it."""

    id: str
    kind: str
    title: str
    starts_at: datetime
    ends_at: datetime
    mode: str
    audience: str
    capacity: int | None


@dataclass(frozen=True, slots=True)
class ExpenseLine:
    """One cost of an expense claim as other plugins see it. Amounts are pence; `miles` are thousandths of one."""

    key: str
    category: str
    incurred_on: date
    claimed: int
    allowed: int
    quantity: int
    miles: int
    region: str


@dataclass(frozen=True, slots=True)
class ExpenseClaim:
    """An expense claim as other plugins see it: of whom, for which days of an activity, and its lines under the policy."""

    id: str
    account_id: str
    starts_on: date
    ends_on: date
    lines: tuple[ExpenseLine, ...]


@dataclass(frozen=True, slots=True)
class ExpenseLimit:
    """The most that one plugin would allow of one line, in pence from 0. `code` names the plugin's rule."""

    line: str
    pence: int
    code: str

    def __post_init__(self) -> None:
        """Raises ValueError below 0."""
        if self.pence < 0:
            raise ValueError("a limit is at least 0 pence")
