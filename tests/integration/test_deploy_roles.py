"""The roles that .deploy/postgres/roles.sh makes are enough for the platform, and no more than it allows."""

import os
import subprocess

import pytest
import sqlalchemy as sa

from core.data import rls
from tests.support.data_fixtures import prepare
from tests.support.databases import Database
from tests.support.environment import ROOT
from tests.support.postgres import private_server, programs


@pytest.mark.only("postgres")
def test_the_roles_of_the_compose_file_let_the_platform_run_isolated(engine_name: str) -> None:
    with private_server() as url:
        admin = sa.make_url(url)
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as c:
            c.exec_driver_sql("create database q")
        engine.dispose()
        env = {
            **os.environ,
            "PATH": f"{programs()}{os.pathsep}{os.environ['PATH']}",
            "PGHOST": str(admin.query["host"]),
            "POSTGRES_USER": "super",
            "POSTGRES_DB": "q",
            "QP_OWNER_PASSWORD": "owner'1",
            "QP_APP_PASSWORD": "app'1",
        }
        subprocess.run([ROOT / ".deploy/postgres/roles.sh"], env=env, check=True, capture_output=True)
        base = admin.set(database="q")
        urls = [
            base.set(username=user, password="x" if user else None).render_as_string(hide_password=False)
            for user in (None, "qp_owner", "qp_app")
        ]
        prepare(Database(*urls), "db upgrade", "db check", "tenants sync")
        app = sa.create_engine(urls[2])
        with app.connect() as c:
            assert rls.problems(c) == []
        app.dispose()
