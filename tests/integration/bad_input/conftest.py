"""The world and its forms, made once for these tests."""

from collections.abc import Iterator

import pytest

from tests.integration.bad_input.discovery import Way
from tests.integration.bad_input.judge import nothing_asked_late
from tests.integration.bad_input.made import made_world
from tests.integration.bad_input.trials import Trials, try_all
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
def trials(world: World) -> Trials:
    """Every form of the application, with what good answers to it were answered, once, twice and after somebody else's."""
    with nothing_asked_late():
        return try_all(world)


@pytest.fixture(scope="package")
def ways(trials: Trials) -> list[Way]:
    """Every form of the application, with good answers."""
    return list(trials.answered)


@pytest.fixture(autouse=True)
def _as_before(world: World) -> Iterator[None]:
    """Every test begins and ends with the world as it was made."""
    yield
    world.put_back()
