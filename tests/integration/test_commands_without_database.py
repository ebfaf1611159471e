"""Commands where the database cannot be used: one line says so, and no traceback."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from core.cli import main
from tests.support.databases import Database
from tests.support.environment import SECRET_KEY

NOBODY_LISTENS = "postgresql://qp_app:none@127.0.0.1:1/q"


def _run(monkeypatch: pytest.MonkeyPatch, url: str, *words: str) -> Result:
    monkeypatch.setenv("QP_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("QP_MAIL_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("QP_DATABASE_URL", url)
    return CliRunner().invoke(main, words, catch_exceptions=False)


@pytest.mark.parametrize(
    "words", [("db", "upgrade"), ("db", "check"), ("tenants", "list"), ("central", "ann@example.org")], ids=" ".join
)
def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    done = _run(monkeypatch, NOBODY_LISTENS, *words)
    assert done.exit_code == 1
    assert done.output.startswith("the database cannot be used: connection failed")
    assert done.output.count("\n") == 1


def test_a_database_without_tables_is_told_with_what_makes_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = _run(monkeypatch, f"sqlite:///{tmp_path / 'q.sqlite'}", "tenants", "list")
    assert done.exit_code == 1
    assert "no such table" in done.output
    assert "has qplatform db upgrade run?" in done.output


def test_a_restore_that_ended_half_way_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, own_database: Database
) -> None:
    engine = sa.create_engine(own_database.owner_url)
    with engine.begin() as c:
        c.exec_driver_sql("delete from alembic_core")  # the tables are made before any is filled
    engine.dispose()
    monkeypatch.setenv("QP_DATABASE_OWNER_URL", own_database.owner_url)
    done = _run(monkeypatch, own_database.app_url, "db", "upgrade")
    assert done.exit_code == 1
    assert "ended half-way; begin again with an empty database" in done.output
    assert done.output.count("\n") == 1
