"""`qplatform tenants sync` and `diff`: what the files say of plugins, and what a wrong file is told."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask

from core.app import create_app, tenants_folder
from core.cli import main
from core.config import Config
from core.data.db import db
from tests.support.databases import Database
from tests.support.environment import environment

Command = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tenants' files that a test may change."""
    copy = tmp_path / "tenants"
    shutil.copytree(tenants_folder(), copy)
    monkeypatch.setattr("core.app.tenants_folder", lambda: copy)
    monkeypatch.setattr("core.commands.tenants.tenants_folder", lambda: copy)
    return copy


@pytest.fixture
def tenants(folder: Path, other_database: Database, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`tenants("diff")`: the command on the suite's baseline."""
    for name, value in environment(other_database).items():
        monkeypatch.setenv(name, value)
    made: list[Flask] = []

    def make(config: Config) -> Flask:
        made.append(create_app(config))
        return made[-1]

    monkeypatch.setattr("core.commands.base.create_app", make)

    def run(*words: str) -> Result:
        done = CliRunner().invoke(main, ["tenants", *words])
        while made:
            with made.pop().app_context():
                db.engine.dispose()
        return done

    return run


def _add(folder: Path, plugins: str) -> None:
    """A site that the database has not."""
    text = (folder / "oxford" / "tenant.toml").read_text("utf-8").partition("[plugins")[0]
    for before, after in (
        ('slug = "oxford"', 'slug = "atlantis"'),
        ("\nid = ", "\nid = 9"),
        ("\nposition = ", "\nposition = 9"),
    ):
        assert before in f"\n{text}"
        text = f"\n{text}".replace(before, after, 1)
    (folder / "atlantis").mkdir()
    (folder / "atlantis" / "tenant.toml").write_text(f"{text}\n{plugins}\n", "utf-8")


def _change(folder: Path, slug: str, before: str, after: str) -> None:
    path = folder / slug / "tenant.toml"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")


def test_a_fresh_database_agrees_with_its_files(tenants: Command) -> None:
    told = tenants("diff")
    assert (told.exit_code, told.output) == (0, "files and database agree\n")


def test_diff_tells_of_plugins_and_their_settings(tenants: Command, folder: Path, other_database: Database) -> None:
    _change(
        folder,
        "oxford",
        "[plugins.local_events]",
        "[plugins.local_events]\ndefault_capacity = 33\n[plugins.expense_approvals]",
    )
    _change(folder, "wales", "[plugins.local_events]", "[plugins.lokal_events]")
    engine = sa.create_engine(other_database.superuser_url, poolclass=sa.NullPool)
    with engine.begin() as c:
        c.exec_driver_sql(
            "update tenancy_plugin_state set enabled = (1 = 0) where plugin = 'local_events' and at_tenant_id = "
            "(select id from tenancy_tenant where slug = 'eastern')"
        )
    told = tenants("diff")
    assert told.exit_code == 1
    lines = told.output.splitlines()
    assert "eastern: plugins.local_events: file on, database off" in lines
    assert "oxford: plugins.expense_approvals: file on, database off" in lines
    assert any(line.startswith("oxford: plugins.local_events.default_capacity: file 33, database ") for line in lines)
    assert "wales/tenant.toml: plugins.lokal_events: there is no such plugin" in lines
    assert len(lines) == 4


def test_diff_tells_of_settings_that_no_longer_fit(tenants: Command, other_database: Database) -> None:
    engine = sa.create_engine(other_database.superuser_url, poolclass=sa.NullPool)
    with engine.begin() as c:
        c.exec_driver_sql(
            """update tenancy_plugin_state set settings = '{"of_old": 1}' where plugin = 'local_events' and at_tenant_id = 2"""
        )
    told = tenants("diff")
    assert told.exit_code == 1
    assert "scotland: plugins.local_events.of_old: file None, database 1" in told.output.splitlines()


@pytest.mark.parametrize(
    ("plugins", "words"),
    [
        ("[plugins.lokal_events]", "atlantis/tenant.toml: plugins.lokal_events: there is no such plugin"),
        (
            "[plugins.local_events]\ndefault_capacity = 'many'",
            "atlantis/tenant.toml: plugins.local_events.default_capacity: ",
        ),
        ("[plugins.local_events]\nno_such_key = 1", "atlantis/tenant.toml: plugins.local_events.no_such_key: "),
    ],
)
def test_sync_creates_nothing_from_a_file_with_a_wrong_plugin(
    tenants: Command, folder: Path, plugins: str, words: str
) -> None:
    _add(folder, plugins)
    told = tenants("sync")
    assert told.exit_code == 1
    assert told.output.startswith(words)
    assert len(told.output.splitlines()) == 1
    assert "atlantis" not in tenants("list").output


def test_sync_creates_a_site_with_its_plugins(tenants: Command, folder: Path) -> None:
    _add(folder, "[plugins.local_events]\ndefault_capacity = 33")
    told = tenants("sync")
    assert (told.exit_code, told.output) == (0, "atlantis: created\n")
    assert tenants("diff").output == "files and database agree\n"


def test_a_file_that_is_not_right_stops_every_command_with_its_name_and_key(tenants: Command, folder: Path) -> None:
    _change(folder, "wales", "[plugins.local_events]", 'colour = "red"')
    for words in ("sync", "diff", "list"):
        told = tenants(words)
        assert told.exit_code == 1
        assert told.output.startswith("tenants/wales/tenant.toml: colours.colour: ")
