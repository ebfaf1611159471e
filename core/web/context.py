"""What a request knows: the tenant, the visitor and the one session."""

from dataclasses import dataclass
from typing import Protocol

from flask import g

from core.data.session import ScopedSession
from core.kernel.permissions import ROLE_PERMISSIONS, Role
from core.kernel.views import Actor
from core.tenancy.directory import TenantSnapshot


class SignedIn(Protocol):
    """What the people room tells of a signed-in person: to be read, so that its own class may be frozen."""

    @property
    def account_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def locale(self) -> str: ...
    @property
    def sign_in_id(self) -> str: ...
    @property
    def is_member(self) -> bool: ...
    @property
    def home_tenant_id(self) -> int | None: ...

    def roles_at(self, tenant_id: int) -> frozenset[Role]:
        """Roles held at this tenant, UK-wide ones included."""
        ...


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever looks at the page: signed out when `account_id` is None. Roles and permissions are those at this tenant."""

    account_id: str | None = None
    name: str = ""
    email: str = ""
    locale: str = ""
    sign_in_id: str = ""
    is_member: bool = False
    home_tenant_id: int | None = None
    roles: frozenset[Role] = frozenset()
    permissions: frozenset[str] = frozenset()

    @property
    def signed_in(self) -> bool:
        """Whether somebody is signed in."""
        return self.account_id is not None

    def can(self, permission: str) -> bool:
        """Whether the visitor holds `permission` at this tenant."""
        return permission in self.permissions

    def actor(self) -> Actor:
        """The visitor as services and hooks receive them."""
        return Actor(self.account_id, self.name, self.roles, self.permissions, home_tenant_id=self.home_tenant_id)


ANONYMOUS = Visitor()


@dataclass(slots=True)
class Here:
    """This request's tenant, visitor, session and language."""

    tenant: TenantSnapshot
    visitor: Visitor
    session: ScopedSession
    language: str
    by_host: bool = False
    changes: int = 0
    """How many entries the tenant's audit trail holds: it moves with every audited change of the tenant's rows."""
    common: str = ""
    """What stands before every path of the common host: "" on that host itself, its whole address on another one."""

    @property
    def prefix(self) -> str:
        """What stands before every path of this site in this request: "" when it is reached by its own host name."""
        return self.prefix_of(self.tenant)

    def prefix_of(self, site: TenantSnapshot) -> str:
        """What stands before every path of `site` on this request's page, be it this one or another."""
        return "" if self.by_host and site.id == self.tenant.id else self.common + site.prefix


def here() -> Here:
    """The present request's context. Raises RuntimeError outside a request that passed the gate."""
    found: Here | None = g.get("here")
    if found is None:
        raise RuntimeError("no tenant here: this request did not pass the gate")
    return found


def visitor_of(person: SignedIn | None, tenant_id: int, plugin_permissions: dict[Role, frozenset[str]]) -> Visitor:
    """The visitor that `person` is at one tenant: roles at that tenant give the core's and the plugins' permissions."""
    if person is None:
        return ANONYMOUS
    roles = person.roles_at(tenant_id)
    held: frozenset[str] = frozenset()
    for role in roles:
        held |= ROLE_PERMISSIONS.get(role, frozenset()) | plugin_permissions.get(role, frozenset())
    return Visitor(
        account_id=person.account_id, name=person.name, email=person.email, locale=person.locale,
        sign_in_id=person.sign_in_id, is_member=person.is_member, home_tenant_id=person.home_tenant_id, roles=roles,
        permissions=held,
    )  # fmt: skip
