"""Undoing a change of a plugin whose settings were of another version then: what the history knows of it, and what it does not."""

from collections.abc import Callable, Collection
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.db import tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.tenancy.models import PluginRevision, PluginState
from core.tenancy.service import Change, configure
from tests.factories.people import client_of, make_person
from tests.integration.console.conftest import Changes
from tests.support.client import FormClient

pytestmark = pytest.mark.mainly("sqlite")  # what the settings say is told before the engine is asked
PACKAGES = {"renamed": "tests.integration.plugins.renamed"}
PAGE = "/console/tenants/scotland/plugins/renamed/"


class Kept(NamedTuple):
    """Settings, and the version under which they were kept."""

    version: int
    settings: dict[str, Any]


NOTHING = Kept(1, {})
HOURS = Kept(1, {"hours": 3, "word": "kept"})
UNLUCKY = Kept(1, {"hours": 13, "word": "kept"})
MINUTES = Kept(2, {"minutes": 45, "word": "kept"})
Central = Callable[..., FormClient]


@pytest.fixture
def central(make_app: Callable[..., Flask], app: Flask, platform_session: ScopedSession) -> Central:
    """`central(before the first change, after it, after the second, …, silent={revision, …})`: the central team's client of a site
    where a plugin, whose settings are of version 2 now, was changed so; `silent` changes were made by a release that did not
    write down the versions."""

    def make(*states: Kept, silent: Collection[int] = ()) -> FormClient:
        here = {"at_tenant_id": 2, "plugin": "renamed"}
        last = states[-1]
        row = {"enabled": True, "ever_enabled": True, "settings": last.settings, "settings_version": last.version}
        with transaction(platform_session):
            platform_session.execute(
                sa.insert(PluginState).values(id=new_id(), **here, **row, revision=len(states) - 1)
            )
            for number, both in enumerate(pairwise(states), 1):
                before, after = (
                    {
                        "enabled": made > 0, "settings": state.settings, "left": None,
                        **({} if number in silent else {"version": state.version}),
                    }
                    for made, state in enumerate(both, number - 1)
                )  # fmt: skip
                said = {"at": clock.now(), "actor_id": None, "why": "so", "before": before, "after": after}
                platform_session.add(PluginRevision(**here, revision=number, **said))
        made = make_app(packages=PACKAGES)
        return client_of(made, make_person(made, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))

    return make


def in_force(session: ScopedSession) -> tuple[bool, dict[str, Any]]:
    session.rollback()
    row = session.execute(sa.select(PluginState.enabled, PluginState.settings).where(PluginState.plugin == "renamed"))
    return tuple(row.one())


@pytest.mark.parametrize(
    ("states", "silent", "undone", "minutes"),
    [
        pytest.param((NOTHING, HOURS, HOURS), {1, 2}, 2, 180, id="those in force are of the first version"),
        pytest.param((NOTHING, HOURS, HOURS, MINUTES), {1, 2}, 2, 180, id="a later change found the first version"),
        pytest.param((NOTHING, HOURS, MINUTES), {1}, 2, 180, id="the change itself says it"),
        pytest.param((NOTHING, MINUTES, MINUTES), {2}, 2, 45, id="the change before says it"),
        pytest.param((NOTHING, MINUTES, MINUTES, MINUTES, MINUTES), {2, 3}, 3, 45, id="the second before and after it"),
    ],
)  # fmt: skip
def test_settings_of_no_version_are_of_the_only_one_that_the_changes_around_them_leave(
    central: Central, confirm: Changes, platform_session: ScopedSession, states: tuple[Kept, ...], silent: set[int], undone: int,
    minutes: int,
) -> None:  # fmt: skip
    person = central(*states, silent=silent)
    page = person.get(f"{PAGE}undo/{undone}")
    assert page.status_code == 200, page.text
    assert confirm(person, page, why="back").status_code == 303
    assert in_force(platform_session) == (True, {"minutes": minutes, "word": "kept"})


def test_where_it_could_be_this_version_or_that_nothing_is_guessed(central: Central) -> None:
    person = central(NOTHING, HOURS, MINUTES, MINUTES, silent={1, 2, 3})
    for number in (2, 3):
        page = person.get(f"{PAGE}undo/{number}")
        assert page.status_code == 422
        assert "Nobody wrote down for which version of the plugin the settings of that time were meant" in page.text
        assert "Set them by hand." in page.text


@pytest.mark.parametrize("silent", [{1}, {}], ids=["of no version", "of the first version"])
def test_undoing_the_first_change_goes_back_to_how_the_plugin_begins(
    central: Central, confirm: Changes, platform_session: ScopedSession, silent: Collection[int]
) -> None:
    person = central(NOTHING, HOURS, silent=silent)
    page = person.get(f"{PAGE}undo/1")
    assert page.status_code == 200, page.text
    assert confirm(person, page, why="not yet").status_code == 303
    assert in_force(platform_session) == (False, {"minutes": 60, "word": "plain"})


def test_what_the_plugin_cannot_bring_to_its_present_version_is_told_so(central: Central) -> None:
    page = central(NOTHING, UNLUCKY, MINUTES).get(f"{PAGE}undo/2")
    assert page.status_code == 422
    assert "The plugin cannot bring the settings of that time to its present version. Set them by hand." in page.text


def test_the_history_goes_on_where_a_plugin_was_the_whole_platforms_for_a_while(
    central: Central, confirm: Changes, platform_session: ScopedSession
) -> None:
    """What a site said of it went then, and its history stayed."""
    person = central(NOTHING, HOURS, MINUTES)
    with transaction(platform_session):
        platform_session.execute(sa.delete(PluginState).where(PluginState.plugin == "renamed"))
    app = person.application
    with app.app_context(), tenant_session(2) as session:
        change = Change("renamed", True, {"minutes": 20}, 0, "on again")
        configure(session, app.extensions["q.registry"], app.extensions["q.directory"].by_id(2).ref(), change, SYSTEM)
    assert in_force(platform_session) == (True, {"minutes": 20, "word": "plain"})
    assert confirm(person, person.get(f"{PAGE}undo/3"), why="not yet").status_code == 303
    assert in_force(platform_session) == (False, {"minutes": 60, "word": "plain"})
    assert confirm(person, person.get(f"{PAGE}undo/2"), why="as at the beginning").status_code == 303
    assert in_force(platform_session) == (True, {"minutes": 180, "word": "kept"})
