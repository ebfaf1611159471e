"""Migrations, the boot check of PostgreSQL, backup and restore."""

import os
import sqlite3
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa

from core.app import components
from core.config import ROOT
from core.data import backups, migrate, rls
from core.data.base import Base, Shared, TenantOwned, tenant_tables
from core.hooks.registry import Registry, discover, load
from core.people.models import Profile
from core.work.models import Mail
from tests.support.databases import Database
from tests.support.forking import PROCESSES

(CORE,) = components(Registry())


def test_models_and_migrations_agree(empty_database: Database) -> None:
    migrate.upgrade(empty_database.owner_url, [CORE], "qp_app")
    assert migrate.differences(empty_database.owner_url, [CORE]) == []


def test_a_difference_is_found(own_database: Database) -> None:
    engine = sa.create_engine(own_database.owner_url)
    with engine.begin() as c:
        c.exec_driver_sql("alter table people_profile drop column about")
    engine.dispose()
    assert any("about" in line for line in migrate.differences(own_database.owner_url, [CORE]))


def test_every_condition_and_default_of_core_and_plugins_agrees(own_database: Database) -> None:
    owners = components(load(discover(ROOT / "plugins", installed=False)))
    assert len(owners) > 2
    assert migrate.differences(own_database.owner_url, owners) == []


def test_a_condition_that_the_database_has_not_is_found(
    own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = cast("sa.Table", Mail.__table__)
    (state,) = [one for one in table.constraints if "state" in str(one.name) and isinstance(one, sa.CheckConstraint)]
    monkeypatch.setattr(state, "sqltext", sa.text("state in ('queued', 'sending', 'sent', 'kept')"))
    (line,) = migrate.differences(own_database.owner_url, [CORE])
    assert "work_mail: the condition ck_work_mail_state: models" in line
    monkeypatch.undo()
    more = sa.CheckConstraint("attempts >= 0", name="attempts")
    table.append_constraint(more)
    try:
        lines = migrate.differences(own_database.owner_url, [CORE])
    finally:
        table.constraints.discard(more)
    assert lines == ["core: work_mail: the condition ck_work_mail_attempts is missing in the database"]


def test_a_condition_that_the_database_has_alone_is_found(
    own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = cast("sa.Table", Mail.__table__)
    (state,) = [one for one in table.constraints if "state" in str(one.name) and isinstance(one, sa.CheckConstraint)]
    monkeypatch.setattr(table, "constraints", table.constraints - {state})
    (line,) = migrate.differences(own_database.owner_url, [CORE])
    assert "the condition ck_work_mail_state is in the database alone" in line


@pytest.mark.only("postgres")
def test_a_database_that_was_restored_has_the_same_conditions(own_database: Database) -> None:
    engine = sa.create_engine(own_database.owner_url)
    with engine.begin() as c:
        made = c.exec_driver_sql(
            "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint "
            "where contype = 'c' and connamespace = 'public'::regnamespace"
        ).all()
        assert any("ANY" in told for _, _, told in made)
        for table, name, told in made:  # as pg_restore makes them: from the words that pg_dump was told
            c.exec_driver_sql(
                f"alter table {table} drop constraint {name}, add constraint {name} {told}".replace("%", "%%")
            )
    engine.dispose()
    owners = components(load(discover(ROOT / "plugins", installed=False)))
    assert migrate.differences(own_database.owner_url, owners) == []


@pytest.mark.only("postgres")
def test_whom_the_policies_hold_for_cannot_dump_and_the_role_for_backups_can(own_database: Database) -> None:
    whole = "set local row_security = off"  # as pg_dump says it: rather an error than a part of the rows
    owner, superuser = sa.create_engine(own_database.owner_url), sa.create_engine(own_database.superuser_url)
    with owner.begin() as c:
        c.exec_driver_sql(whole)
        with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
            c.exec_driver_sql("select count(*) from data_audit_entry")
    with superuser.connect() as c:
        c.exec_driver_sql("create role qp_backup_trial nosuperuser bypassrls")
        c.exec_driver_sql("grant pg_read_all_data to qp_backup_trial")
        everything = c.exec_driver_sql("select count(*) from data_audit_entry").scalar_one()
        c.exec_driver_sql("set local role qp_backup_trial")
        c.exec_driver_sql(whole)
        assert c.exec_driver_sql("select count(*) from data_audit_entry").scalar_one() == everything > 0
    owner.dispose()
    superuser.dispose()


@pytest.mark.parametrize("default", ["none", None])
def test_another_default_is_found(own_database: Database, monkeypatch: pytest.MonkeyPatch, default: str | None) -> None:
    column = cast("sa.Table", Profile.__table__ if default else Mail.__table__).c["sector" if default else "state"]
    monkeypatch.setattr(column, "server_default", sa.DefaultClause("other"))
    (line,) = migrate.differences(own_database.owner_url, [CORE])
    assert "modify_default" in line
    assert column.name in line


def test_invariant_every_table_is_tenant_owned_or_shared() -> None:
    owned = {table.name for table in tenant_tables()}
    # hostile plugins of other tests may have declared theirs in this process: they are judged by the contract suite
    mappers = [m for m in Base.registry.mappers if m.class_.__module__.startswith(("core.", "plugins."))]
    for mapper in mappers:
        table = mapper.local_table
        assert isinstance(table, sa.Table)
        assert issubclass(mapper.class_, TenantOwned) != issubclass(mapper.class_, Shared), table
        if table.name in owned:
            keys = [{c.name for c in u.columns} for u in table.constraints if isinstance(u, sa.UniqueConstraint)]
            assert any("tenant_id" in key and len(key) == 2 for key in keys), f"{table}: no UNIQUE(tenant_id, id)"
            for foreign in table.foreign_key_constraints:
                if foreign.referred_table.name in owned:
                    assert "tenant_id" in foreign.column_keys, f"{table}: a simple foreign key can cross tenants"
        else:
            assert "tenant_id" not in table.c, f"{table}: a shared table names its tenant column otherwise"
    assert {str(m.local_table) for m in mappers} <= {table.name for table in Base.metadata.sorted_tables}


@pytest.mark.only("postgres")
def test_the_boot_check_passes_for_the_application_role(database: Database) -> None:
    engine = sa.create_engine(database.app_url)
    with engine.connect() as c:
        assert rls.problems(c) == []
    engine.dispose()


@pytest.mark.only("postgres")
def test_the_boot_check_refuses_owner_and_superuser(database: Database) -> None:
    for url, words in ((database.owner_url, "owns"), (database.superuser_url, "superuser")):
        engine = sa.create_engine(url)
        with engine.connect() as c:
            assert any(words in line for line in rls.problems(c))
        engine.dispose()


@pytest.mark.only("postgres")
def test_the_boot_check_refuses_a_table_without_policy(own_database: Database) -> None:
    owner = sa.create_engine(own_database.owner_url)
    with owner.begin() as c:
        c.exec_driver_sql("alter table data_form_key no force row level security")
    owner.dispose()
    engine = sa.create_engine(own_database.app_url)
    with engine.connect() as c:
        assert any("data_form_key" in line for line in rls.problems(c))
    engine.dispose()


MISLEADING = {
    "a second policy that lets everybody in": (
        "create policy reports on data_form_key using (true)",
        "data_form_key has a policy of its own, reports",
    ),
    "the platform's own, replaced": (
        "drop policy tenant_isolation on data_form_key; create policy tenant_isolation on data_form_key using (true)",
        "tenant_isolation of data_form_key",
    ),
    "one that lets everything be written": (
        "alter policy tenant_isolation on data_form_key with check (true)",
        "tenant_isolation of data_form_key",
    ),
    "one for one way of asking only": (
        "drop policy tenant_isolation on data_form_key; create policy tenant_isolation on data_form_key for select using (true)",
        "tenant_isolation of data_form_key",
    ),
}


@pytest.mark.only("postgres")
@pytest.mark.parametrize("how", MISLEADING)
def test_the_boot_check_refuses_a_policy_that_is_not_the_platforms(database: Database, how: str) -> None:
    """In a transaction of the owner's that is taken back: the check itself asks as the application's role."""
    ddl, words = MISLEADING[how]
    engine = sa.create_engine(database.superuser_url)
    app_role = sa.make_url(database.app_url).username
    with engine.connect() as c:
        c.exec_driver_sql(ddl)
        c.exec_driver_sql(f'set local role "{app_role}"')
        assert [words in line for line in rls.problems(c)] == [True]
        c.rollback()
    engine.dispose()


@pytest.mark.only("postgres")
@pytest.mark.parametrize(
    ("kind", "words"),
    [("the owner", "owns data_form_key"), ("superuser", "is a superuser"), ("bypassrls", "has BYPASSRLS")],
)
def test_the_boot_check_refuses_a_role_that_may_act_as_one_that_sees_all(
    database: Database, kind: str, words: str
) -> None:
    engine = sa.create_engine(database.superuser_url)
    app_role, owner = (sa.make_url(url).username for url in (database.app_url, database.owner_url))
    with engine.connect() as c:
        other = owner if kind == "the owner" else "qp_mighty"
        if other != owner:
            c.exec_driver_sql(f"create role {other} {kind}")
        c.exec_driver_sql(f'grant "{other}" to "{app_role}"')
        c.exec_driver_sql(f'set local role "{app_role}"')
        assert any(f"may act as {other}, which {words}" in line for line in rls.problems(c))
        c.rollback()
    engine.dispose()


@pytest.mark.only("sqlite")
def test_backup_and_restore(own_database: Database, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    backups.backup(own_database.app_url, copy)
    engine = sa.create_engine(own_database.app_url)
    with engine.begin() as c:
        c.exec_driver_sql("update tenancy_tenant set name = 'changed' where id = 2")
    engine.dispose()
    kept = backups.restore(own_database.app_url, copy)
    assert kept is not None
    assert kept.exists()
    with engine.connect() as c:
        assert c.exec_driver_sql("select name from tenancy_tenant where id = 2").scalar() == "Scotland"
    engine.dispose()


@pytest.mark.only("sqlite")
def test_the_database_is_no_place_for_its_own_backup(own_database: Database) -> None:
    path = Path(own_database.app_url.removeprefix("sqlite:///"))
    (path.parent / "link").symlink_to(path)
    before = path.read_bytes()
    for target in (path, path.parent / "link", path.parent / ".." / path.parent.name / path.name):
        with pytest.raises(ValueError, match="is the database itself"):
            backups.backup(own_database.app_url, target)
    assert path.read_bytes() == before


@pytest.mark.only("sqlite")
def test_a_backup_that_fails_leaves_the_one_of_before(own_database: Database, tmp_path: Path) -> None:
    path, copy = Path(own_database.app_url.removeprefix("sqlite:///")), tmp_path / "copy.sqlite"
    backups.backup(own_database.app_url, copy)
    good = copy.read_bytes()
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(OSError, match="no backup was written"):
        backups.backup(f"sqlite:///{damaged}", copy)
    with pytest.raises(ValueError, match="there is no database"):
        backups.backup(f"sqlite:///{tmp_path / 'mistyped'}", copy)
    assert copy.read_bytes() == good
    assert sorted(one.name for one in tmp_path.iterdir()) == ["copy.sqlite", "damaged.sqlite"]


@pytest.mark.only("sqlite")
def test_a_damaged_backup_is_refused(own_database: Database, tmp_path: Path) -> None:
    bad = tmp_path / "bad.sqlite"
    bad.write_bytes(b"no database" * 500)
    with pytest.raises(ValueError, match="intact"):
        backups.restore(own_database.app_url, bad)


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("name", ["mistyped.sqlite", "empty.sqlite", "another.sqlite", "."])
def test_what_is_no_backup_replaces_nothing(own_database: Database, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.sqlite").touch()
    another = sqlite3.connect(tmp_path / "another.sqlite")
    another.execute("create table somebody_elses (x)")
    another.close()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValueError, match="intact"):
        backups.restore(own_database.app_url, tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before, "nothing is made where a name was mistyped"
    engine = sa.create_engine(own_database.app_url)
    with engine.connect() as c:
        assert c.exec_driver_sql("select name from tenancy_tenant where id = 2").scalar() == "Scotland"
    engine.dispose()


def _write_and_die(path: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("pragma journal_mode=wal")
    connection.execute("update tenancy_tenant set name = 'the last change' where id = 2")
    connection.commit()
    os._exit(0)


@pytest.mark.only("sqlite")
def test_the_replaced_database_is_kept_with_its_newest_changes(own_database: Database, tmp_path: Path) -> None:
    path, copy = own_database.app_url.removeprefix("sqlite:///"), tmp_path / "copy.sqlite"
    backups.backup(own_database.app_url, copy)
    process = PROCESSES.Process(target=_write_and_die, args=(path,))
    process.start()
    process.join()
    kept = backups.restore(own_database.app_url, copy)
    assert kept is not None
    for file, name in ((kept, "the last change"), (path, "Scotland")):
        c = sqlite3.connect(file)
        assert c.execute("select name from tenancy_tenant where id = 2").fetchall() == [(name,)]
        c.close()
