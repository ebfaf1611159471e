"""The yardstick, for every module that measures pages."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.bench.bare import create_bare
from tests.support.databases import Database


@pytest.fixture
def bare(module_database: Database) -> Iterator[Flask]:
    """The bare application, on a database of its own."""
    engine = sa.create_engine(module_database.owner_url, pool_size=4)
    yield create_bare(engine)
    engine.dispose()
