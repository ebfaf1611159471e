"""Reading every site's rows for a page of the UK site."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.data.audit import UK
from core.data.db import platform_scope
from core.data.session import ScopedSession
from core.kernel.errors import Forbidden
from core.web.context import here


@contextmanager
def every_site(reason: str, permission: str) -> Iterator[ScopedSession]:
    """A session over all sites, for whoever holds `permission` at the UK site: what is granted there is granted UK-wide.

    Its use, and the `reason`, stand in the UK site's audit trail first. Raises Forbidden at any other site, and for anybody
    else: a page cannot reach beyond its own site by a mistake in its access.
    """
    context = here()
    if context.tenant.id != UK or not context.visitor.can(permission):
        raise Forbidden(permission)
    with platform_scope(reason, context.visitor.actor()) as session:
        yield session
