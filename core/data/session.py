"""Sessions with one scope for life, and the one transaction of a service."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm

from core.data.scope import Scope, ScopeError
from core.kernel.errors import Conflict

WRITE_OPTION = "qp_write"
_BEFORE_SERVICES: list[Callable[[], None]] = []
DEADLOCK = "40P01"
"""PostgreSQL's code for a transaction that it ended so that another, which waited for this one, can go on."""


class ScopedSession(orm.Session):
    """A session that knows whose rows it may see. Created without a scope it raises ScopeError."""

    def __init__(self, *, scope: Scope | None = None, db: Any = None, **options: Any) -> None:
        if scope is None:
            raise ScopeError("a session needs a scope: Scope.tenant(id), Scope.tenants(ids) or Scope.platform(reason)")
        self._scope = scope
        self._flask_sqlalchemy = db
        self.in_service = False
        self.flushing = False
        self.announced_by_read = False
        self.began_on: sa.Connection | None = None
        self.only_read = False
        self._after_commit: list[Callable[[], None]] = []
        options.setdefault("expire_on_commit", False)
        # An update or a deletion by a condition is not looked for among the rows that were read before: services read rows as they
        # are, and not again what they have changed themselves.
        options.setdefault("execution_options", {"synchronize_session": False})
        super().__init__(**options)

    @property
    def scope(self) -> Scope:
        """The scope given at birth; it cannot be changed."""
        return self._scope

    @property
    def tenant_id(self) -> int:
        """The tenant of the scope, for statements on the tables themselves. Raises ScopeError where the scope is wider."""
        if self._scope.tenant_id is None:
            raise ScopeError("a session over more than one tenant has no tenant")
        return self._scope.tenant_id

    def close(self) -> None:
        """End the session. A transaction that has only read is committed, which is the same to the database: at a rollback psycopg
        forgets the statements it has prepared, and each page would have all of its own parsed and planned anew."""
        if self.only_read and self.began_on is not None and not self.in_service and not self.began_on.invalidated:
            transaction = self.began_on.get_transaction()
            if transaction is not None and transaction.is_active:
                transaction.commit()
        super().close()

    def get_bind(self, mapper: Any = None, **kwargs: Any) -> sa.Engine | sa.Connection:
        """The one engine of the application."""
        if self._flask_sqlalchemy is not None and self.bind is None:
            engine: sa.Engine = self._flask_sqlalchemy.engine
            return engine
        return super().get_bind(mapper, **kwargs)


@contextmanager
def transaction(session: ScopedSession, *, of_a_service: bool = True) -> Iterator[None]:
    """The one transaction of a service: commits at the end, rolls back on any error, then runs the after-commit effects.

    On SQLite the write lock is taken at the start (BEGIN IMMEDIATE): a read transaction that tries to become a write
    transaction fails at once when another writer came first, however long the busy timeout. What the session read
    before is therefore ended first. What is only put on record, such as that somebody read, is not `of_a_service`: see
    `before_services`. Raises RuntimeError when services are nested: a use case is one transaction; Conflict where
    PostgreSQL ended this transaction because it and another one waited for each other: the other has been quicker.
    """
    for check in _BEFORE_SERVICES if of_a_service else ():
        check()
    if session.in_service:
        raise RuntimeError("services do not nest: one use case is one transaction")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside a service's transaction")
    session.in_service = True
    try:
        if session.get_bind().dialect.name == "sqlite":
            if session.in_transaction():
                session.rollback()
            session.connection(execution_options={WRITE_OPTION: True})
        yield
        session.commit()
    except BaseException as error:
        session._after_commit.clear()
        session.rollback()
        if isinstance(error, sa.exc.DBAPIError) and getattr(error.orig, "sqlstate", "") == DEADLOCK:
            raise Conflict from error
        raise
    finally:
        session.in_service = False
    effects, session._after_commit = session._after_commit, []
    for effect in effects:
        effect()


def before_services(check: Callable[[], None]) -> None:
    """Have `check` called before every service's transaction; what it raises keeps the service from beginning. Once given, it stays."""
    if check not in _BEFORE_SERVICES:
        _BEFORE_SERVICES.append(check)


@contextmanager
def savepoint(session: ScopedSession) -> Iterator[None]:
    """Keep what a stranger's code does wrong in the block from the rest: its error is raised on, the session stays usable.

    Inside a service's transaction this is a savepoint of the database. Outside there are only reads, so an error ends
    the transaction, at no cost where there is none. A failed statement whose error was swallowed is raised here
    (RuntimeError): PostgreSQL would refuse every statement after it.
    """
    if session.in_service:
        with session.begin_nested():
            yield
        return
    try:
        yield
        _refuse_silent_failure(session)
    except BaseException:
        session.rollback()
        raise


def _refuse_silent_failure(session: ScopedSession) -> None:
    if not session.in_transaction() or session.get_bind().dialect.name != "postgresql":
        return
    driver: Any = session.connection().connection.driver_connection
    if driver.info.transaction_status.name == "INERROR":
        raise RuntimeError("a statement failed and its error was swallowed")


def after_commit(session: ScopedSession, effect: Callable[[], None]) -> None:
    """Run `effect` once the service's transaction has committed; never when it rolls back."""
    if not session.in_service:
        raise RuntimeError("after_commit belongs inside a service's transaction")
    session._after_commit.append(effect)


@event.listens_for(ScopedSession, "after_begin")
def _announce_scope(session: ScopedSession, _: orm.SessionTransaction, connection: sa.Connection) -> None:
    """Tell the guard, and PostgreSQL's row-level security, whose transaction this is."""
    connection.info["session"] = session
    if session.began_on is None:
        session.began_on, session.only_read = connection, True
    if connection.dialect.name == "postgresql" and not session.announced_by_read:
        announce(connection, session.scope)


def announce(connection: sa.Connection, scope: Scope) -> None:
    """Set the tenant, the tenants or the platform flag for this transaction only, as the policies of `rls` read them. Where several
    tenants are read together the transaction cannot write, which PostgreSQL lets nobody take back in it."""
    settings = {
        "app.tenant_id": "" if scope.tenant_id is None else str(scope.tenant_id),
        "app.platform": "on" if scope.is_platform else "",
    }
    if scope.tenant_ids:
        settings |= {"app.tenant_ids": ",".join(map(str, sorted(scope.tenant_ids))), "transaction_read_only": "on"}
    calls = ", ".join(f"set_config('{name}', %s, true)" for name in settings)
    connection.exec_driver_sql(f"select {calls}", tuple(settings.values()))


def first_read(
    session: ScopedSession, *, postgresql: str, sqlite: str, alone: bool = False
) -> sa.Row[*tuple[Any, ...]] | None:
    """One row, read by the very statement that begins the session's transaction and announces its tenant.

    Every request begins so: it saves a round trip. `postgresql` is what follows `with announced(tenant) as (…)`, and must
    take the tenant from there, so that row-level security knows it first; `sqlite` takes it as `:tenant`. `alone` is for
    when probably nothing else will be read: PostgreSQL is then asked outside a transaction, which saves two round trips.
    """
    tenant, bind = session.scope.tenant_id, session.get_bind()
    if bind.dialect.name != "postgresql":
        return session.connection().exec_driver_sql(sqlite, {"tenant": tenant}).one_or_none()
    if alone:
        with bind.engine.connect() as connection:
            connection.info["session"] = session
            # The driver itself is told: SQLAlchemy's own option tells it more, and all of it twice.
            driver: Any = connection.connection.driver_connection
            try:
                driver.autocommit = True
                row = connection.exec_driver_sql(_ANNOUNCED + postgresql, (str(tenant),)).one_or_none()
                driver.autocommit = False
            except BaseException:
                connection.invalidate()  # nobody may be given a connection that keeps changes one by one
                raise
            return row
    session.announced_by_read = True
    try:
        return session.connection().exec_driver_sql(_ANNOUNCED + postgresql, (str(tenant),)).one_or_none()
    finally:
        session.announced_by_read = False


_ANNOUNCED = (
    "with announced(tenant) as materialized (select set_config('app.tenant_id', %s, true)::int "
    "from (select set_config('app.platform', '', true)) as nobody) "
)


@event.listens_for(ScopedSession, "after_transaction_end")
def _forget_scope(session: ScopedSession, transaction: orm.SessionTransaction) -> None:
    session.flushing = False
    if transaction.parent is None:
        session.began_on, session.only_read = None, False
