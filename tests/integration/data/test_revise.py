"""Writing a plugin's next migration from the difference between models and database."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.app import components
from core.config import ROOT
from core.data import migrate
from core.hooks.registry import discover, load
from tests.support.databases import Database


@pytest.fixture
def events(tmp_path: Path) -> migrate.Component:
    """The component local_events, with its migrations in a folder of the test's own."""
    (found,) = (
        one for one in components(load(discover(ROOT / "plugins", installed=False))) if one.name == "local_events"
    )
    return replace(found, versions=Path(shutil.copytree(found.versions, tmp_path / "versions")))


def test_a_difference_is_written_and_the_next_only_after_an_upgrade(
    own_database: Database, events: migrate.Component
) -> None:
    before = set(events.versions.glob("*.py"))
    engine = sa.create_engine(own_database.owner_url)
    with engine.begin() as c:
        c.exec_driver_sql("drop table local_events_sealed_answer")
    engine.dispose()
    assert migrate.revise(own_database.owner_url, events, "again")
    (written,) = set(events.versions.glob("*.py")) - before
    assert written.name == f"local_events{len(before) + 1:04d}_again.py"
    assert "local_events_sealed_answer" in written.read_text("utf-8")
    with pytest.raises(ValueError, match="local_events is not at its newest revision; run: qplatform db upgrade"):
        migrate.revise(own_database.owner_url, events, "too soon")


def test_an_empty_migration_is_said_to_be_empty(own_database: Database, events: migrate.Component) -> None:
    assert not migrate.revise(own_database.owner_url, events, "by hand")


@pytest.mark.only("sqlite")
def test_where_there_is_no_database_one_is_told_how_to_make_it(tmp_path: Path, events: migrate.Component) -> None:
    with pytest.raises(ValueError, match=r"cannot be opened .* run: qplatform db upgrade"):
        migrate.revise(f"sqlite:///{tmp_path / 'none' / 'q.sqlite'}", events, "first")
