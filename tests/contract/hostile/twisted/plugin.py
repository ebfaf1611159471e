"""Right types, wrong insides: an order that cannot be sorted, somebody else's template, one that does not exist, bad SQL."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from core.sdk import Fragment, NavItem, OpenWork, ScopedSession, TenantRef, Touched, hookimpl


@hookimpl
def q_nav_items() -> Iterable[NavItem]:
    """An order that no list can be sorted by."""
    order: Any = "first!"
    return [NavItem("TWISTED", "/", order)]


@hookimpl
def q_page_fragments(session: ScopedSession) -> Iterable[Fragment]:
    """A failed statement whose error is swallowed, then pages that are not its own or not there."""
    with suppress(sa.exc.DatabaseError):
        session.execute(sa.text("select no_such_column from tenancy_tenant"))
    return [Fragment("errors/page.html", {}), Fragment("twisted/missing.html"), Fragment("twisted/../site/home.html")]


@hookimpl
def q_open_work(tenants: tuple[TenantRef, ...]) -> Iterable[OpenWork]:
    """A count that is none."""
    count: Any = None
    return [OpenWork(tenant.id, "TWISTED", count, "/") for tenant in tenants]


@hookimpl
def q_switch_off_touches() -> Iterable[Touched]:
    """A list of things that are none."""
    first: Any = (None,)
    return [Touched("TWISTED", "TWISTED", 1, 1, first)]
