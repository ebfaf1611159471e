"""The scope of a session: one tenant, several to read together, or the whole platform for a stated reason. There is no default."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


class ScopeError(RuntimeError):
    """A statement was not allowed to run: no scope, a scope it must not have, or a form the guard cannot filter."""


class CrossTenant(ScopeError):
    """A row of one tenant turned up in the session of another."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows a session may see. Exactly one of `tenant_id`, `reason` and `tenant_ids` is set."""

    tenant_id: int | None
    reason: str | None
    tenant_ids: frozenset[int] | None = None

    @classmethod
    def tenant(cls, tenant_id: int) -> Self:
        """The rows of one tenant and the shared tables."""
        return cls(tenant_id, None)

    @classmethod
    def platform(cls, reason: str) -> Self:
        """Every tenant's rows. `reason` says why in words; raises ValueError when it is empty."""
        if not reason.strip():
            raise ValueError("a platform scope needs its reason")
        return cls(None, reason)

    @classmethod
    def tenants(cls, tenant_ids: Iterable[int]) -> Self:
        """The rows of these tenants and the shared tables, to read and not to change. Raises ValueError for none at all."""
        found = frozenset(tenant_ids)
        if not found:
            raise ValueError("a scope over tenants names them")
        return cls(None, None, found)

    @property
    def is_platform(self) -> bool:
        """Whether this scope is every tenant's."""
        return self.reason is not None

    def has(self, tenant_id: int) -> bool:
        """Whether a tenant's rows are within it."""
        return self.is_platform or tenant_id == self.tenant_id or tenant_id in (self.tenant_ids or ())
