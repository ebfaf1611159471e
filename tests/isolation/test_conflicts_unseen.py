"""Whoever is in conflict with an application gets the site that does not have it: pages, counts, searches, files, letters.

Most leaks of conflicts of interest are in aggregates, files and letters (anchors, section 5). So nothing here knows a page:
the addresses come from the application's own URL map, and a page that is added later is asked too.
"""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Conflict
from core.data.db import db
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from tests.integration.bad_input.discovery import NotingRequest
from tests.integration.bad_input.watch import Watch
from tests.isolation.unseen import WHO, World, add_the_hidden_application, answers, first_world, letters
from tests.support.app_fixtures import FrozenClock
from tests.support.databases import Database, Databases

CONTROL = frozenset({"windows.listing", "windows.show", "panels.show", "assessors.listing", "plans.show"})
"""Pages on which an application shows to whoever may see it: as long as they differ, the comparison sees something."""


@pytest.fixture
def world(
    app: Flask, session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> World:
    monkeypatch.setattr(app, "request_class", NotingRequest)
    assert clock.now() == frozen_clock.now
    return first_world(app, session_for("scotland"))


@pytest.mark.slow
@pytest.mark.only(
    "sqlite"
)  # the conditions that hide are tested one by one on both engines; here every address is asked
def test_conflicted_user_sees_identical_dashboards_whether_or_not_hidden_assignment_exists(
    world: World, databases: Databases, database: Database
) -> None:
    world.session.rollback()
    with world.app.app_context():
        db.engine.dispose()
    world.session.close()
    watch = Watch(databases, database)
    try:
        before = {who: answers(world, who) for who in WHO}
        with world.app.app_context():
            mail_before = letters(world)
        world.session.rollback()
        watch.restore()
        add_the_hidden_application(world)
        world.session.rollback()
        after = {who: answers(world, who) for who in WHO}
        with world.app.app_context():
            mail_after = letters(world)
        world.session.rollback()
    finally:
        watch.close()
    for who in WHO:
        assert before[who].keys() == after[who].keys()
        different = [path for path, answer in before[who].items() if after[who][path] != answer]
        assert different == [], f"{who} can tell that there is something to hide"
        assert any(status == 200 for status, _ in before[who].values())
    assert mail_before
    assert mail_before == mail_after


@pytest.mark.only("sqlite")  # as above
def test_the_comparison_sees_an_application_that_nobody_hides(world: World) -> None:
    """The control: the same two worlds without the conflicts differ on every page that shows applications."""
    before = answers(world, "lead", CONTROL)
    add_the_hidden_application(world)
    with transaction(world.session):
        world.session.execute(sa.update(Conflict).values(ended_at=clock.now()))
    after = answers(world, "lead", CONTROL)
    same = {path for path, answer in before.items() if after[path] == answer}
    assert not [path for path in same if "format" not in path and "?" not in path and before[path][0] == 200], same
