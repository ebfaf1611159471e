"""The application for tests: one per test process on that process's database, its clients, sessions and clock."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
import sqlalchemy as sa
from flask import Flask

from core.config import Config, normalise_url
from core.data.db import db, open_session
from core.data.engine import create_engine
from core.data.scope import Scope
from core.data.session import ScopedSession
from core.kernel import clock
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.tenancy.models import Tenant
from tests.support.client import FormClient
from tests.support.databases import Database, Keeper
from tests.support.environment import FILES, SECRET_KEY
from tests.support.statements import Counter, counted

BASELINE = "tests.baseline"
"""Where the application keeps the tenants as the suite's baseline has them."""


def config_for(database: Database, **changes: Any) -> Config:
    """The suite's settings for an application on `database`; `changes` are fields of Config."""
    config = Config(
        database_url=normalise_url(database.app_url),
        owner_url=normalise_url(database.owner_url),
        secret_key=SECRET_KEY,
        mail_url="smtp://127.0.0.1:1",
        base_url="http://localhost",
        files_url=FILES.as_uri(),
        testing=True,
    )
    return replace(config, **changes)


def _make(config: Config, **options: Any) -> Flask:
    from core.app import components, create_app  # every room at once: unit tests do without
    from core.web import compiled, unchanged

    app = create_app(config, **options)
    components(app.extensions["q.registry"])  # every table of every plugin is known, as in a server process
    if not options.get("packages"):  # with others it is another release, and each forgets what the last one compiled
        compiled.keep(app, app.extensions[unchanged.RELEASE])  # as the servers do: the next test process finds them
    app.test_client_class = FormClient
    return app


def read_tenants(app: Flask) -> None:
    """Read the tenants as the database has them now."""
    with app.app_context(), open_session(Scope.platform("tests")) as session:
        app.extensions["q.directory"].refresh(session)


@pytest.fixture(scope="session")
def kept_app(kept_database: tuple[Database, Keeper]) -> Iterator[Flask]:
    """This test process's application. Ask for `app` instead: it puts the data back."""
    app = _make(config_for(kept_database[0]))
    read_tenants(app)
    app.extensions[BASELINE] = app.extensions["q.directory"].all()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(kept_app: Flask, database: Database) -> Flask:
    """The application, on a database with the partners' tenants; made once, its data put back after each test."""
    if kept_app.extensions["q.directory"].all() != kept_app.extensions[BASELINE]:
        read_tenants(kept_app)  # the last test changed a tenant, and its data has been put back since
    from core.people import limits  # as in `_make`

    limits.limiter.enabled = False  # a command that ran in this process, as it runs outside tests, has switched it on
    return kept_app


@contextmanager
def _makes(database: Database) -> Iterator[Callable[..., Flask]]:
    made: list[Flask] = []

    def make(packages: dict[str, str] | None = None, **changes: Any) -> Flask:
        made.append(_make(config_for(database, **changes), packages=packages))
        read_tenants(made[-1])
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def kept_make_app(kept_database: tuple[Database, Keeper]) -> Iterator[Callable[..., Flask]]:
    """As `make_app`, for all tests of a file. A test that uses such an application asks for `database` too, which is put back after
    it, and has the application `read_tenants` first."""
    with _makes(kept_database[0]) as make:
        yield make


@pytest.fixture
def make_app(database: Database) -> Iterator[Callable[..., Flask]]:
    """Another application on the same database: `make_app(demo=True)`, `make_app(packages={"hostile": "tests.…"})`."""
    with _makes(database) as make:
        yield make


@pytest.fixture
def make_client(app: Flask) -> Callable[[], FormClient]:
    """Further visitors, each with cookies of their own."""
    return lambda: cast("FormClient", app.test_client())


@pytest.fixture
def client(make_client: Callable[[], FormClient]) -> FormClient:
    """A visitor; `client.submit(path, {…})` fills in and sends the form of a page."""
    return make_client()


@pytest.fixture
def app_context(app: Flask) -> Iterator[None]:
    """An application context around the whole test."""
    with app.app_context():
        yield


@pytest.fixture
def tenant(app: Flask) -> Callable[[str], TenantSnapshot]:
    """`tenant("scotland")`: that tenant as the application sees it now."""

    def find(slug: str) -> TenantSnapshot:
        directory: TenantDirectory = app.extensions["q.directory"]
        if directory.by_slug(slug) is None:
            read_tenants(app)
        found = directory.by_slug(slug)
        assert found is not None, f"no tenant {slug}"
        with app.app_context(), open_session(Scope.platform("tests")) as session:
            return directory.current(session, found.id)

    return find


@pytest.fixture
def session_for(app: Flask, tenant: Callable[[str], TenantSnapshot]) -> Iterator[Callable[[str], ScopedSession]]:
    """`session_for("scotland")`: a session in that tenant's scope, closed after the test."""
    with ExitStack() as opened:

        def open_one(slug: str) -> ScopedSession:
            with app.app_context():
                return opened.enter_context(open_session(Scope.tenant(tenant(slug).id)))

        yield open_one


@pytest.fixture
def platform_session(app: Flask) -> Iterator[ScopedSession]:
    """A session across all tenants, for looking at what happened."""
    with app.app_context():
        session = open_session(Scope.platform("tests"))
    yield session
    session.close()


@pytest.fixture
def statements() -> Counter:
    """`with statements() as seen: …`, then `len(seen)`: the SQL statements of a piece of work, whatever engine ran them."""
    return counted


class FrozenClock:
    """The clock held still."""

    def __init__(self, stack: ExitStack, at: datetime) -> None:
        self._stack = stack
        self.now = at
        self.move_to(at)

    def move_to(self, at: datetime) -> None:
        """Hold the clock at `at` (aware)."""
        self._stack.close()
        self.now = at.astimezone(UTC)
        self._stack.enter_context(clock.frozen(self.now))

    def advance(self, **by: float) -> None:
        """Move it on: `advance(minutes=5)`."""
        self.move_to(self.now + timedelta(**by))


@pytest.fixture
def frozen_clock() -> Iterator[FrozenClock]:
    """The clock, held at noon on Monday 23 November 2026 (UTC) until the test moves it."""
    with ExitStack() as stack:
        yield FrozenClock(stack, datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.fixture
def shared(other_database: Database) -> Iterator[ScopedSession]:
    """A session on Scotland's rows of a database that other processes use too."""
    engine = create_engine(normalise_url(other_database.app_url))
    with ScopedSession(scope=Scope.platform("tests"), bind=engine) as everywhere:
        tenant_id = everywhere.scalar(sa.select(Tenant.id).where(Tenant.slug == "scotland"))
    assert tenant_id is not None
    with ScopedSession(scope=Scope.tenant(tenant_id), bind=engine) as session:
        yield session
    engine.dispose()
