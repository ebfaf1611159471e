"""The present secret key takes the place of the one before in what plugins sealed, site by site."""

from collections.abc import Iterable, Iterator

from core.data.db import tenant_session
from core.hooks.registry import Registry
from core.kernel.views import Renewed
from core.tenancy.directory import TenantSnapshot

DONE = "all is under QP_SECRET_KEY now: QP_SECRET_KEY_BEFORE can be taken away"
LEFT = (
    "what neither key opens stays as it is: if it was sealed with a third key, give that one to QP_SECRET_KEY_BEFORE and run this "
    "again; if that key is lost, so is this"
)


def renew(registry: Registry, tenants: Iterable[TenantSnapshot], core: Renewed) -> Iterator[str]:
    """Have every plugin that was ever on at a site renew what it sealed there (`q_renew_sealed`), and tell in lines what there was to
    do, after what the `core` did, and what comes next. Needs an application context. What a plugin raises ends it; what was renewed
    until then stays."""
    yield _line(core)
    whole = not core.unreadable
    for tenant in tenants:
        with tenant_session(tenant.id) as session:
            found = registry.dispatcher.call(
                "q_renew_sealed", tenant.ever_enabled, session=session, tenant=tenant.ref()
            ).values()  # fmt: skip
            for one in found:
                whole = whole and not one.unreadable
                if one.rows or one.unreadable:
                    yield f"{tenant.slug}: {_line(one)}"
    yield DONE if whole else LEFT


def _line(one: Renewed) -> str:
    left = f", {one.unreadable} left that neither key opens" if one.unreadable else ""
    return f"{one.what}: {one.rows} renewed{left}"
