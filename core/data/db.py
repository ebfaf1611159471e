"""The application's database object and the ways to a session."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from core.data import audit
from core.data.base import Base
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.kernel.views import SYSTEM, Actor

db = SQLAlchemy(
    model_class=Base, session_options={"class_": ScopedSession, "expire_on_commit": False}, disable_autonaming=True
)


def open_session(scope: Scope) -> ScopedSession:
    """A new session for `scope` on the application's engine (needs an application context). The caller closes it."""
    return ScopedSession(scope=scope, bind=db.engine)


@contextmanager
def tenant_session(tenant_id: int) -> Iterator[ScopedSession]:
    """A session on one tenant's rows, closed at the end of the block."""
    with open_session(Scope.tenant(tenant_id)) as session:
        yield session


@contextmanager
def tenants_session(tenant_ids: Iterable[int]) -> Iterator[ScopedSession]:
    """A session that reads the rows of several tenants together and changes none, closed at the end of the block: for counting at
    many sites in as many statements as at one. Raises ValueError for no tenant at all.

    A test holds the list of places that may call it.
    """
    with open_session(Scope.tenants(tenant_ids)) as session:
        yield session


@contextmanager
def platform_scope(reason: str, actor: Actor = SYSTEM) -> Iterator[ScopedSession]:
    """A session across all tenants, for the stated `reason`; its use is written to the UK site's audit chain first.

    The only way to all rows, and to changing those of several tenants. A test holds the list of places that may call it.
    """
    with open_session(Scope.platform(reason)) as session:
        with transaction(session, of_a_service=False):
            if session.execute(
                sa.text("select 1 from tenancy_tenant where id = 1")
            ).first():  # before the first sync: no chain
                audit.record(
                    session, actor=actor, action="platform.read", subject="platform", why=reason, tenant_id=audit.UK
                )
        yield session
