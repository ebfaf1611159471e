"""Unit tests know no database: connecting to one is an error."""

from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
import sqlalchemy as sa


class DatabaseInUnitTest(RuntimeError):
    """A test in tests/unit reached for a database; such a test belongs into tests/integration."""


def _refuse(*_: Any) -> NoReturn:
    raise DatabaseInUnitTest("tests in tests/unit use no database: move this test to tests/integration")


@pytest.fixture(autouse=True)
def _no_database(request: pytest.FixtureRequest) -> Iterator[None]:
    if "databases" in request.fixturenames:
        _refuse()
    sa.event.listen(sa.Engine, "do_connect", _refuse)
    yield
    sa.event.remove(sa.Engine, "do_connect", _refuse)
