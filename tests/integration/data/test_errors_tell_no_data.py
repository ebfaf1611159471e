"""What a statement was asked with stays out of its error: errors are logged, and it can be an address or a link that signs in."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from core.config import normalise_url
from core.data.engine import create_engine
from core.data.migrate import owner_engine
from core.work.engine import _own_engine
from tests.support.databases import Database

SECRET = "https://q.example/account/reset/a-link"


@pytest.mark.parametrize(
    "engine",
    [create_engine, owner_engine, lambda url: _own_engine(sa.make_url(normalise_url(url)))],
    ids=["pages", "migrations", "jobs"],
)
def test_an_error_names_the_statement_and_not_what_it_was_asked_with(
    database: Database, engine: Callable[[str], sa.Engine]
) -> None:
    made = engine(database.app_url)
    try:
        with made.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="no_such_table") as caught:
            connection.execute(sa.text("select 1 from no_such_table where words = :words"), {"words": SECRET})
    finally:
        made.dispose()
    assert SECRET not in str(caught.value)
