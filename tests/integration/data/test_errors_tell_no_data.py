"""What a statement was asked with stays out of its error: errors are logged, and it can be an address or a link that signs in."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from core.config import normalise_url
from core.data.engine import create_engine
from core.data.migrate import owner_engine
from core.work.engine import _own_engine
from core.work.runner import describe
from tests.support.databases import Database

SECRET = "https://q.example/account/reset/a-link"


ENGINES = pytest.mark.parametrize(
    "engine",
    [create_engine, owner_engine, lambda url: _own_engine(sa.make_url(normalise_url(url)))],
    ids=["pages", "migrations", "jobs"],
)


@ENGINES
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


@ENGINES
def test_an_error_names_what_a_row_breaks_and_not_what_stands_in_it(
    database: Database, engine: Callable[[str], sa.Engine]
) -> None:
    """PostgreSQL adds the whole row, or the key that is there twice, as a detail."""
    made = engine(database.app_url)
    whole = sa.text(
        "insert into people_account (id, email, email_norm, name, stamp, locale, created_at, version) "
        "values (:id, 'A', :words, 'A', 's', 'en', :at, 1)"
    )
    values = {"words": SECRET, "at": "2026-12-01 12:00:00+00"}
    try:
        with made.connect() as connection:
            with pytest.raises(sa.exc.IntegrityError, match=r"(?i)not.null") as lacking, connection.begin():
                connection.execute(sa.text("insert into people_account (email) values (:words)"), values)
            with pytest.raises(sa.exc.IntegrityError, match="email_norm") as twice, connection.begin():
                connection.execute(whole, [{"id": number, **values} for number in "12"])
    finally:
        made.dispose()
    for caught in (lacking, twice):
        assert SECRET not in str(caught.value)
        assert SECRET not in str(caught.value.orig)
        assert SECRET not in describe(caught.value)
