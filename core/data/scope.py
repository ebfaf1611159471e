"""The scope of a session: one tenant, or the whole platform for a stated reason. There is no third kind and no default."""

from dataclasses import dataclass
from typing import Self


class ScopeError(RuntimeError):
    """A statement was not allowed to run: no scope, a scope it must not have, or a form the guard cannot filter."""


class CrossTenant(ScopeError):
    """A row of one tenant turned up in the session of another."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows a session may see. Exactly one of `tenant_id` and `reason` is set."""

    tenant_id: int | None
    reason: str | None

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

    @property
    def is_platform(self) -> bool:
        """Whether this scope reaches across tenants."""
        return self.tenant_id is None
