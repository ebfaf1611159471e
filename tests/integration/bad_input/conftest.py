"""The world and its forms, made once for these tests."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.app import components, create_app
from core.data.db import db
from core.kernel import clock
from core.web import compiled, unchanged
from tests.integration.bad_input.discovery import NotingRequest, Way, find_ways
from tests.integration.bad_input.rooms.whole import fill
from tests.integration.bad_input.watch import Watch
from tests.integration.bad_input.world import World, browser, refresh
from tests.support.app_fixtures import config_for
from tests.support.client import FormClient
from tests.support.databases import Database, Databases

PEOPLE = ("member", "lead", "central", "assessor")
"""Who the hostile requests come from, besides nobody."""


@pytest.fixture(scope="package")
def world(databases: Databases, baseline: Database) -> Iterator[World]:
    """An application with the demonstration's pages on a database of its own, and people in it."""
    database = databases.create(baseline)
    app = create_app(config_for(database, demo=True))
    components(app.extensions["q.registry"])
    compiled.keep(app, app.extensions[unchanged.RELEASE])  # another test process of this run may have compiled them
    app.test_client_class = FormClient
    app.request_class = NotingRequest
    refresh(app)
    filled = fill(app)
    browsers = [browser(app, "nobody"), *(browser(app, name, filled.people[name]) for name in PEOPLE)]
    _let_go(app)
    made = World(app, Watch(databases, database), browsers, filled.named, filled.foreign, filled.good)
    with clock.frozen(clock.now()):  # else a browser that is seen again after minutes is noted, whatever it asks for
        yield made
    _let_go(app)
    made.watch.close()
    databases.drop(database)


def _let_go(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="package")
def answered(world: World) -> dict[Way, TestResponse | None]:
    """Every form of the application, with what good answers to it were answered; None for those that were only found."""
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
