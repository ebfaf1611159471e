"""`qplatform db copy`: a SQLite database's rows on PostgreSQL."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from core.cli import main
from core.config import ROOT
from core.data import audit
from core.data.base import Base, tenant_tables
from core.data.engine import create_engine
from core.data.scope import Scope
from core.data.session import ScopedSession
from core.hooks.registry import discover, load
from tests.support.data_fixtures import prepare
from tests.support.databases import Database, SqliteDatabases
from tests.support.environment import environment

pytestmark = [pytest.mark.only("postgres"), pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def tables() -> None:
    """Every plugin's tables: the command brings them along, and what a test looks at before it would be the core's alone."""
    load(discover(ROOT / "plugins", installed=False))


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The demonstration on SQLite: rows in nearly every table, sealed and chained ones among them."""
    database = SqliteDatabases(tmp_path_factory.mktemp("old")).create()
    return prepare(database, "demo --load-only", QP_DEMO="1", QP_MAIL_URL="demo:")


@pytest.fixture
def changed(old: Database, tmp_path: Path) -> Database:
    """A copy of it, for a test that changes what is copied."""
    return SqliteDatabases(tmp_path).create(old)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The partners' sites and nobody in them."""
    database = SqliteDatabases(tmp_path_factory.mktemp("small")).create()
    return prepare(database, "db upgrade", "tenants sync", "tenants sync")


def _copy(old: Database, target: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    for name, value in environment(old).items():
        if name.startswith("QP_"):
            monkeypatch.setenv(name, value)
    return CliRunner().invoke(main, ["db", "copy", "--to", target])


def _rows(url: str) -> dict[str, list[tuple[str, ...]]]:
    """Every row of every table, sorted, as both databases give them."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as c:
        return {
            table.name: sorted(tuple(map(repr, row)) for row in c.execute(sa.select(table)))
            for table in Base.metadata.sorted_tables
        }


@pytest.fixture
def new(empty_database: Database) -> Database:
    """Where the rows are copied to: PostgreSQL with its two roles, and nothing in it."""
    return empty_database


def test_every_row_arrives_and_the_new_database_isolates_tenants(
    old: Database, new: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = _copy(old, new.owner_url, monkeypatch)
    assert done.exit_code == 0, done.output
    before, after = _rows(old.app_url), _rows(new.superuser_url)
    assert sum(map(bool, before.values())) > 80, "hardly a table with rows: this says little"
    for name, rows in before.items():
        assert rows == after[name], name
    _nulls_of_json_stay_two_things(old, new)
    engine = create_engine(new.app_url)
    with ScopedSession(scope=Scope.platform("tests"), bind=engine) as session:
        tenants = session.scalars(sa.select(audit.AuditHead.tenant_id)).all()
        assert len(tenants) > 18
        assert [tenant for tenant in tenants if not audit.verify(session, tenant).ok] == []
    engine.dispose()
    bare = sa.create_engine(new.app_url, poolclass=sa.NullPool)
    with bare.connect() as c:  # nobody announced whose rows these are
        seen = {
            table.name: c.exec_driver_sql(f"select count(*) from {table.name}").scalar() for table in tenant_tables()
        }
    assert set(seen.values()) == {0}
    with bare.begin() as c:
        c.exec_driver_sql("select set_config('app.tenant_id', '2', true)")
        assert set(c.exec_driver_sql("select tenant_id from data_audit_entry").scalars()) == {2}
    owner = sa.create_engine(new.owner_url, poolclass=sa.NullPool)
    with owner.begin() as c:
        c.exec_driver_sql("select set_config('app.platform', 'on', true)")
        off = c.exec_driver_sql("select tgname from pg_trigger where not tgisinternal and tgenabled <> 'O'").all()
        loose = c.exec_driver_sql("select conname from pg_constraint where contype = 'f' and condeferrable").all()
        assert (off, loose) == ([], [])
        with pytest.raises(sa.exc.DBAPIError):
            c.exec_driver_sql("update data_audit_entry set why = 'changed'")


def _nulls_of_json_stay_two_things(old: Database, new: Database) -> None:
    counts = []
    for url in (old.app_url, new.superuser_url):
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as c:
            asked = "select count(*), count(before), count(nullif(cast(before as text), 'null')) from data_audit_entry"
            counts.append(tuple(c.exec_driver_sql(asked).one()))
    assert counts[0] == counts[1]


def test_a_database_with_rows_is_no_target(
    old: Database, own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _rows(own_database.superuser_url)
    done = _copy(old, own_database.owner_url, monkeypatch)
    assert done.exit_code == 1
    assert "has rows already" in done.output
    assert _rows(own_database.superuser_url) == before


def test_what_postgresql_refuses_is_said_in_one_line_and_nothing_is_copied(
    changed: Database, new: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite keeps a text that is longer than its column; PostgreSQL does not."""
    engine = sa.create_engine(changed.app_url, poolclass=sa.NullPool)
    with engine.begin() as c:
        c.exec_driver_sql("update tenancy_tenant set name_cy = ? where id = 19", ("x" * 500,))
    done = _copy(changed, new.owner_url, monkeypatch)
    assert done.exit_code == 1
    assert "tenancy_tenant" in done.output
    assert "Traceback" not in done.output
    engine = sa.create_engine(new.superuser_url, poolclass=sa.NullPool)
    with engine.connect() as c:
        assert c.exec_driver_sql("select count(*) from tenancy_tenant").scalar() == 0


BROKEN = {
    "an entry that was changed": (
        "update data_audit_entry set why = 'another' where tenant_id = 1 and seq = 2",
        "uk (from entry 2 on)",
    ),
    "the end cut off": (
        "delete from data_audit_entry where tenant_id = 1 and seq > 1",
        "uk (its end is not the recorded one)",
    ),
    "no end recorded": ("delete from data_audit_head where tenant_id = 1", "uk (its end is not the recorded one)"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_nothing_is_copied_whose_audit_trail_does_not_hold(
    tmp_path: Path, small: Database, new: Database, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    statement, words = BROKEN[how]
    old = SqliteDatabases(tmp_path).create(small)
    file = sqlite3.connect(old.name)
    triggers = file.execute("select name from sqlite_master where type = 'trigger' and tbl_name = 'data_audit_entry'")
    for (trigger,) in triggers.fetchall():
        file.execute(f"drop trigger {trigger}")
    file.execute(statement)
    file.commit()
    file.close()
    done = _copy(old, new.owner_url, monkeypatch)
    assert done.exit_code == 1
    assert f"nothing was copied: the audit trail does not hold together for {words}" in done.output
    assert "Traceback" not in done.output
    engine = sa.create_engine(new.superuser_url, poolclass=sa.NullPool)
    with engine.connect() as c:
        for table in ("tenancy_tenant", "data_audit_entry", "data_audit_head"):
            assert c.exec_driver_sql(f"select count(*) from {table}").scalar() == 0, table
    assert _copy(small, new.owner_url, monkeypatch).exit_code == 0, "it can be asked again"


def test_jobs_that_have_begun_are_waited_for(changed: Database, new: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = sa.create_engine(changed.app_url, poolclass=sa.NullPool)
    with engine.begin() as c:
        c.exec_driver_sql("insert into workflow_status (workflow_uuid, status) values ('a~1', 'PENDING')")
    done = _copy(changed, new.owner_url, monkeypatch)
    assert done.exit_code == 1
    assert "1 jobs have begun" in done.output


def test_only_a_database_at_its_newest_revision_is_copied(
    tmp_path: Path, new: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = _copy(SqliteDatabases(tmp_path).create(), new.owner_url, monkeypatch)
    assert done.exit_code == 1
    assert "qplatform db upgrade" in done.output
