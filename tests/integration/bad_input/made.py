"""Making the world: an application with the demonstration's pages, a database of its own, and people who have browsers."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from flask import Flask

from core.app import components, create_app
from core.data.db import db
from core.kernel import clock
from core.web import compiled, unchanged
from tests.integration.bad_input.discovery import NotingRequest
from tests.integration.bad_input.rooms.whole import Filled, fill
from tests.integration.bad_input.watch import Watch
from tests.integration.bad_input.world import World, browser, refresh
from tests.support.app_fixtures import config_for
from tests.support.client import FormClient
from tests.support.databases import Database, Databases

More = Callable[[Flask, Filled], None]
"""Adds to what the rooms have made: rows, people, and what addresses name."""


@contextmanager
def made_world(
    databases: Databases, baseline: Database, people: Sequence[str], more: More = lambda _app, _filled: None
) -> Iterator[World]:
    """The world, on a copy of `baseline`, with a browser for nobody and one for each of `people` (by name, as the rooms and `more`
    call them)."""
    database = databases.create(baseline)
    app = create_app(config_for(database, demo=True))
    components(app.extensions["q.registry"])
    compiled.keep(app, app.extensions[unchanged.RELEASE])  # another test process of this run may have compiled them
    app.test_client_class = FormClient
    app.request_class = NotingRequest
    refresh(app)
    filled = fill(app)
    more(app, filled)
    browsers = [browser(app, "nobody"), *(browser(app, name, filled.people[name]) for name in people)]
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
