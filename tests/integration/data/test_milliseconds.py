"""`unixepoch('subsec')`, which the job engine's tables ask for on a Python from 3.12 on, whichever SQLite that Python has."""

import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from core.data.engine import create_engine
from core.work.engine import _own_engine
from tests.support.databases import Database

pytestmark = pytest.mark.only("sqlite")
DEFAULT = "create table t (id integer primary key, at integer not null default (unixepoch('subsec') * 1000))"
"""As the job engine writes its tables."""


@pytest.mark.parametrize("make", [create_engine, lambda url: _own_engine(sa.make_url(url))], ids=["ours", "jobs"])
def test_every_connection_knows_the_time_to_the_millisecond(
    empty_database: Database, make: Callable[[str], sa.Engine]
) -> None:
    engine = make(empty_database.app_url)
    with engine.begin() as connection:
        before = time.time()
        connection.exec_driver_sql(DEFAULT)
        connection.exec_driver_sql("insert into t (id) values (1)")
        told = connection.exec_driver_sql("select at from t").scalar_one()
    engine.dispose()
    assert int(before * 1000) - 1 <= told <= time.time() * 1000 + 1
