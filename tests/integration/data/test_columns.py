"""PostgreSQL's cursor describes columns as its driver does, when it is asked."""

from typing import Any

import psycopg
import pytest

from core.data.columns import Columns, Cursor
from tests.support.databases import Database

pytestmark = pytest.mark.only("postgres")
QUERY = "select 1 as one, 'x'::varchar(7) as word, now() as at, array[1.5] as many"


def _connect(database: Database) -> Any:
    return psycopg.connect(database.app_url.replace("+psycopg", ""))


def test_columns_are_described_as_the_driver_does(database: Database) -> None:
    with _connect(database) as connection:
        plain = connection.execute(QUERY).description
        found = Cursor(connection).execute(QUERY).description
        assert isinstance(found, Columns)
        assert len(found) == len(plain) == 4
        assert [tuple(column) for column in found] == [tuple(column) for column in plain]
        assert found[-1].name == "many"
        assert [column.name for column in found[1:3]] == ["word", "at"]
        with pytest.raises(IndexError):
            found[4]


def test_what_has_no_rows_to_fetch_has_no_columns(database: Database) -> None:
    with _connect(database) as connection:
        cursor = Cursor(connection)
        assert cursor.description is None
        cursor.execute("set local lock_timeout = 0")
        assert cursor.description is None
        assert list(cursor.execute("select").description) == []
