"""The leak matrix: every kind of statement that can read or change another tenant's rows, on both engines."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.data import rls
from core.data.engine import create_engine
from core.data.scope import Scope, ScopeError
from core.data.session import ScopedSession
from tests.isolation.matrix_cases import CASES, Case, World
from tests.isolation.matrix_models import Claim, Line, LooseLine, MatrixBase, MileageClaim, Tag, TagLink, Tenant
from tests.support.databases import Database

TABLES = MatrixBase.metadata.sorted_tables
ONE = Scope.tenant(1)
REFUSED_TOGETHER = {
    "joined-inheritance subclass", "with_polymorphic",  # a table without a criterion of its own
    "update(Entity)", "query().update()", "update().returning()", "delete(Entity)", "update SET = subquery",
    "delete where in (select foreign)",
}  # fmt: skip
"""What one tenant's session filters and does, and one over several refuses."""


def _seed(owner: sa.Engine) -> None:
    with Session(owner) as s:
        s.add_all([Tenant(id=1, name="one"), Tenant(id=2, name="two"), Tag(id=1, name="x")])
        s.flush()
        for t in (1, 2):
            s.add(Claim(id=t * 10, tenant_id=t, title=f"c{t}", amount=100 * t))
            s.add(MileageClaim(id=t * 10 + 1, tenant_id=t, title=f"m{t}", amount=10 * t, miles=5))
            s.flush()
            s.add(Line(id=t * 100, tenant_id=t, claim_id=t * 10, amount=7 * t))
            s.add(LooseLine(id=t * 100, tenant_id=t, claim_id=t * 10, amount=7 * t))
            s.add(TagLink(tenant_id=t, claim_id=t * 10, tag_id=1))
        s.flush()
        s.add(LooseLine(id=999, tenant_id=2, claim_id=10, amount=5))  # poisoned: tenant 2's line on tenant 1's claim
        s.commit()


@pytest.fixture(scope="module")
def matrix(module_database: Database) -> Iterator[tuple[sa.Engine, sa.Engine]]:
    """(the guarded engine under test, an unguarded hand on the same tables)."""
    bare = sa.create_engine(module_database.superuser_url)
    owner = sa.create_engine(module_database.owner_url)
    MatrixBase.metadata.create_all(owner)
    if owner.dialect.name == "postgresql":
        with owner.begin() as c:
            for table in TABLES:
                if "tenant_id" in table.c:
                    for ddl in rls.policy_ddl(table.name):
                        c.exec_driver_sql(ddl)
            for ddl in rls.grant_ddl("qp_app", [t.name for t in TABLES]):
                c.exec_driver_sql(ddl)
    app = create_engine(module_database.app_url)
    yield app, bare
    for engine in (app, bare, owner):
        engine.dispose()


@contextmanager
def _world(app: sa.Engine, bare: sa.Engine, scope: Scope = ONE) -> Iterator[World]:
    with bare.begin() as c:
        for table in reversed(TABLES):
            c.execute(table.delete())
    _seed(bare)

    def foreign(cls: type, key: int) -> object:
        with Session(bare) as s:
            row = s.get(cls, key)
            s.expunge_all()
            return row

    def peek(question: str) -> object:
        with bare.connect() as c:
            return c.exec_driver_sql(question).scalar()

    def poke(statement: str) -> None:
        with bare.begin() as c:
            c.exec_driver_sql(statement)

    with ScopedSession(scope=scope, bind=app) as session:
        yield World(session, foreign, peek, poke)


def _outcome(case: Case, world: World) -> str:
    try:
        return "LEAK" if case.leaks(case.run(world)) else "ok"
    except ScopeError:
        return "blocked"
    except sa.exc.DBAPIError as refused:
        words = str(refused).lower()
        if "row-level security" in words or "foreign key" in words or "unique" in words:
            return "blocked"
        raise


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_statement_reaches_another_tenant(case: Case, matrix: tuple[sa.Engine, sa.Engine]) -> None:
    with _world(*matrix) as world:
        assert _outcome(case, world) == case.outcome


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_none_does_where_several_tenants_are_read_together(case: Case, matrix: tuple[sa.Engine, sa.Engine]) -> None:
    with _world(*matrix, Scope.tenants([1])) as world:
        assert _outcome(case, world) == ("blocked" if case.name in REFUSED_TOGETHER else case.outcome)


def test_the_matrix_keeps_its_size() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 75


def test_without_the_guard_the_matrix_leaks(matrix: tuple[sa.Engine, sa.Engine]) -> None:
    """Negative control: the same cases on a plain session must leak, or the matrix proves nothing."""
    _, bare = matrix
    leaks = 0
    for case in CASES:
        with _world(bare, bare) as world, Session(bare) as plain:
            try:
                leaks += bool(case.leaks(case.run(world._replace(session=plain))))
            except (sa.exc.DBAPIError, ScopeError):
                continue
    assert leaks > 50


TABLE: Any = LooseLine.__table__
KEPT = (
    sa.select(LooseLine.id).join(Claim, Claim.id == LooseLine.claim_id).where(LooseLine.amount > sa.bindparam("above"))
)


def test_a_statement_that_is_kept_gives_each_tenant_its_own(matrix: tuple[sa.Engine, sa.Engine]) -> None:
    """The same object, its criterion added once, in the sessions of two tenants and of the platform."""
    app, _ = matrix
    with _world(*matrix):
        pass
    found = []
    for scope in (Scope.tenant(1), Scope.tenant(2), Scope.tenant(1), Scope.platform("tests")):
        with ScopedSession(scope=scope, bind=app) as session:
            found.append(sorted(session.scalars(KEPT, {"above": 0, "qp_tenant": 2})))
    assert found == [[100], [200], [100], [100, 200, 999]]


def test_several_tenants_are_read_together_in_one_statement_and_none_is_changed(
    matrix: tuple[sa.Engine, sa.Engine],
) -> None:
    app, _ = matrix
    by_tenant = sa.select(LooseLine.tenant_id, sa.func.count(LooseLine.id)).group_by(LooseLine.tenant_id)
    joined = sa.select(LooseLine.id).join(Claim, Claim.id == LooseLine.claim_id).order_by(LooseLine.id)
    found = []
    with _world(*matrix):
        pass
    for tenants in ([1], [1, 2], [2], [3]):
        with ScopedSession(scope=Scope.tenants(tenants), bind=app) as session:
            found.append(({row[0]: row[1] for row in session.execute(by_tenant)}, session.scalars(joined).all()))
    assert found == [({1: 1}, [100]), ({1: 1, 2: 2}, [100, 200, 999]), ({2: 2}, [200]), ({}, [])]
    changes: list[Any] = [
        sa.update(LooseLine).where(LooseLine.id == 100).values(note="new"),
        sa.delete(LooseLine).where(LooseLine.tenant_id == 1),
        sa.insert(LooseLine).values(id=1, tenant_id=1, claim_id=10, amount=1),
        sa.insert(Tag).values(id=2, name="y"),
        sa.text("update mx_tag set name = 'z'"),
    ]
    for change in changes:
        with (
            ScopedSession(scope=Scope.tenants([1, 2]), bind=app) as session,
            pytest.raises(ScopeError, match="only reads"),
        ):
            session.execute(change)
    with ScopedSession(scope=Scope.tenants([1, 2]), bind=app) as session:
        session.add(Tag(id=3, name="w"))
        with pytest.raises(ScopeError, match="only reads"):
            session.flush()
    with ScopedSession(scope=Scope.tenants([1]), bind=app) as session:
        with pytest.raises(ScopeError, match="through the ORM"):
            session.execute(sa.select(TABLE.c.id).where(TABLE.c.tenant_id.in_([2])))
        with pytest.raises(ScopeError, match="through the ORM"):
            session.execute(sa.select(Claim.id).join(TABLE, TABLE.c.tenant_id.in_([2])))
        with pytest.raises(ScopeError, match="through the ORM"):
            session.execute(sa.select(Claim.id).join(TABLE, TABLE.c.tenant_id == TABLE.c.tenant_id))
        with pytest.raises(ScopeError, match="through the ORM"):
            session.execute(
                sa.select(TABLE.c.id).where(TABLE.c.tenant_id.in_(sa.bindparam("qp_tenants", expanding=True))),
                {"qp_tenants": [2]},
                execution_options={"qp_criterion": True},
            )
        with pytest.raises(ScopeError, match="only selects"):
            session.execute(sa.text("select id from mx_claim"), execution_options={"unscoped_reason": "a try"})
    with pytest.raises(ValueError, match="names them"):
        Scope.tenants([])


@pytest.mark.only("postgres")
def test_postgresql_itself_keeps_the_others_out_where_several_are_read_and_writes_nothing(
    matrix: tuple[sa.Engine, sa.Engine],
) -> None:
    """Asked past the guard, by the driver: `(scope, whose rows there are)`, on one connection after the other."""
    app, _ = matrix
    with _world(*matrix):
        pass
    together = [(Scope.tenants(tenants), set(tenants)) for tenants in ([1], [1, 2], [2])]
    for scope, seen in (*together, (ONE, {1}), (Scope.tenants([3]), set()), (ONE, {1})):
        with ScopedSession(scope=scope, bind=app) as session:
            session.scalar(sa.select(sa.func.count(Claim.id)))
            driver: Any = session.connection().connection.driver_connection
            rows = driver.execute("select distinct tenant_id from mx_loose_line").fetchall()
            assert {row[0] for row in rows} == seen
            if scope.tenant_ids:
                with pytest.raises(Exception, match="read-only transaction"):
                    driver.execute("update mx_claim set title = 'new'")


def test_a_row_of_ones_own_can_be_put_into_the_table_itself(matrix: tuple[sa.Engine, sa.Engine]) -> None:
    own = {"id": 790, "tenant_id": 1, "claim_id": 10, "amount": 1, "note": ""}
    with _world(*matrix) as world:
        world.session.execute(sa.insert(TABLE), [own])
        world.session.commit()
        assert world.peek("select tenant_id from mx_loose_line where id = 790") == 1


def test_an_update_reaches_the_rows_that_the_session_has(matrix: tuple[sa.Engine, sa.Engine]) -> None:
    with _world(*matrix) as world:
        line = world.session.get(LooseLine, 100)
        assert line is not None
        world.session.execute(
            sa.update(LooseLine).where(LooseLine.amount > 0).values(note="new"),
            execution_options={"synchronize_session": "evaluate"},
        )
        assert line.note == "new"
