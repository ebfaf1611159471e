"""`make demo-reset`: what the demonstration held is gone, whatever kept it."""

import socket
from pathlib import Path

import sqlalchemy as sa
from click.testing import CliRunner

from core.app import components
from core.cli import main
from core.config import ROOT
from core.data.files import new_key, open_store
from core.demo.reset import forget
from core.hooks.registry import discover, load
from tests.support.app_fixtures import config_for
from tests.support.data_fixtures import prepare
from tests.support.databases import Database

OWNERS = components(load(discover(ROOT / "plugins", installed=False)))


def _tables(database: Database) -> set[str]:
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.connect() as c:
        inspector = sa.inspect(c)
        engines = inspector.get_table_names(schema="dbos") if "dbos" in inspector.get_schema_names() else []
        return {*inspector.get_table_names(), *engines}


def test_rows_and_files_go_and_the_tables_can_be_made_anew(own_database: Database, tmp_path: Path) -> None:
    config = config_for(own_database, demo=True, files_url=(tmp_path / "files").as_uri())
    store = open_store(config.files_url)
    keys = [new_key(1), new_key(2), new_key(2)]
    for key in keys:
        store.put(key, b"what an applicant gave")
    (tmp_path / "files" / "somebody-elses.txt").write_text("stays")
    before = _tables(own_database)
    assert {"tenancy_tenant", "alembic_core", "alembic_local_events", "workflow_status"} <= before
    forget(config, OWNERS, [1, 2])
    assert _tables(own_database) == set()
    assert [store.get(key) for key in keys] == [None, None, None]
    assert (tmp_path / "files" / "somebody-elses.txt").exists()
    prepare(own_database, "db upgrade", "tenants sync")
    assert _tables(own_database) == before


def test_a_second_demonstration_on_a_port_touches_nothing(own_database: Database) -> None:
    """Least of all with --reset: the first one's rows would go while it serves them."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        done = CliRunner(env={**own_database.environment(), "QP_DEMO": "1", "QP_MAIL_URL": "demo:"}).invoke(
            main, ["demo", "--reset", "--port", str(port)]
        )
    assert done.exit_code == 1
    assert done.output == f"port {port} of 127.0.0.1 is taken; stop what listens there, or name another with --port\n"
    assert "tenancy_tenant" in _tables(own_database)
