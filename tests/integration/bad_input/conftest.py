"""The world and its forms, made once for these tests."""

from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from tests.integration.bad_input.discovery import Way, find_ways
from tests.integration.bad_input.judge import nothing_asked_late
from tests.integration.bad_input.made import made_world
from tests.integration.bad_input.world import World
from tests.support.databases import Database, Databases

PEOPLE = ("member", "lead", "central", "assessor")
"""Who the hostile requests come from, besides nobody."""


@pytest.fixture(scope="package")
def world(databases: Databases, baseline: Database) -> Iterator[World]:
    """An application with the demonstration's pages on a database of its own, and people in it."""
    with made_world(databases, baseline, PEOPLE) as made:
        yield made


@pytest.fixture(scope="package")
def answered(world: World) -> dict[Way, TestResponse | None]:
    """Every form of the application, with what good answers to it were answered; None for those that were only found."""
    with nothing_asked_late():
        return find_ways(world)


@pytest.fixture(scope="package")
def ways(answered: dict[Way, TestResponse | None]) -> list[Way]:
    """Every form of the application, with good answers."""
    return list(answered)


@pytest.fixture(autouse=True)
def _as_before(world: World) -> Iterator[None]:
    """Every test begins and ends with the world as it was made."""
    yield
    world.put_back()
