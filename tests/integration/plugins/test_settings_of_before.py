"""Settings that were kept under an older version of a plugin's, read by the present one."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.db import tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.sdk.testing.files import settings_problems
from core.tenancy.directory import TenantDirectory
from core.tenancy.models import PluginRevision, PluginState
from core.tenancy.service import Change, configure
from core.tenancy.settings import NotUpgraded, upgraded
from tests.factories.people import client_of, make_person
from tests.integration.console.conftest import Changes, confirm
from tests.support.client import FormClient

__all__ = ["confirm"]  # a step of the console's own tests
pytestmark = pytest.mark.mainly("sqlite")  # what the settings say is told before the engine is asked
PACKAGES = {"renamed": "tests.integration.plugins.renamed"}
PAGE = "/console/tenants/scotland/plugins/renamed/"


@pytest.fixture
def renamed(make_app: Callable[..., Flask], app: Flask, platform_session: ScopedSession) -> Callable[[int], Flask]:
    """`renamed(hours)`: an application with the plugin, which the release before had set to so many hours in Scotland."""

    def make(hours: int) -> Flask:
        row = {"at_tenant_id": 2, "plugin": "renamed", "enabled": True, "ever_enabled": True, "revision": 1}
        with transaction(platform_session):
            kept = {"settings": {"hours": hours, "word": "kept"}, "settings_version": 1}
            platform_session.execute(sa.insert(PluginState).values(id=new_id(), **row, **kept))
        return make_app(packages=PACKAGES)

    return make


def _central(app: Flask) -> FormClient:
    return client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))


def test_they_are_read_as_the_present_version_means_them_and_kept_so_by_the_next_change(
    renamed: Callable[[int], Flask], platform_session: ScopedSession
) -> None:
    app = renamed(3)
    directory: TenantDirectory = app.extensions["q.directory"]
    scotland = directory.by_id(2)
    assert scotland is not None
    assert scotland.unfit == {}
    assert scotland.settings["renamed"].model_dump() == {"minutes": 180, "word": "kept"}
    page = _central(app).get(PAGE).text
    assert 'value="180"' in page
    assert 'value="kept"' in page
    state = sa.select(PluginState.settings, PluginState.settings_version).where(PluginState.plugin == "renamed")
    assert platform_session.execute(state).one() == ({"hours": 3, "word": "kept"}, 1), (
        "a process of the release before reads it"
    )
    platform_session.rollback()
    registry = app.extensions["q.registry"]
    with app.app_context(), tenant_session(2) as session:
        change = Change("renamed", True, {"minutes": 15, "word": "new"}, 1, "shorter")
        configure(session, registry, scotland.ref(), change, SYSTEM)
    assert platform_session.execute(state).one() == ({"minutes": 15, "word": "new"}, 2)


def test_undoing_a_change_brings_what_was_before_to_the_present_version(
    renamed: Callable[[int], Flask], confirm: Changes, platform_session: ScopedSession
) -> None:
    app = renamed(3)
    registry = app.extensions["q.registry"]
    scotland = app.extensions["q.directory"].by_id(2).ref()
    with app.app_context(), tenant_session(2) as session:
        configure(session, registry, scotland, Change("renamed", True, {"minutes": 15, "word": "new"}, 1, "x"), SYSTEM)
    past = platform_session.scalars(sa.select(PluginRevision).where(PluginRevision.plugin == "renamed")).one()
    assert (past.before["version"], past.after["version"]) == (1, 2)
    central = _central(app)
    preview = central.get(f"{PAGE}undo/2")
    assert confirm(central, preview, why="back").status_code == 303
    platform_session.rollback()
    now = platform_session.execute(sa.select(PluginState.settings).where(PluginState.plugin == "renamed")).scalar_one()
    assert now == {"minutes": 180, "word": "kept"}


def test_where_they_cannot_be_brought_there_the_site_is_without_the_plugin_until_somebody_sets_it(
    renamed: Callable[[int], Flask],
) -> None:
    app = renamed(13)
    scotland = app.extensions["q.directory"].by_id(2)
    assert "an unlucky number" in scotland.unfit["renamed"]
    assert "renamed" not in scotland.settings
    assert "renamed" not in scotland.enabled
    central = _central(app)
    assert "an unlucky number" in central.get("/console/health").text
    page = central.get(PAGE)
    assert page.status_code == 200
    assert "is off here until its settings are mended" in page.text
    assert 'value="plain"' in page.text, "the old word may mean something else by now"


def test_of_those_that_all_begin_as_new_nothing_old_is_read(renamed: Callable[[int], Flask]) -> None:
    scotland = renamed(0).extensions["q.directory"].by_id(2)
    assert scotland.unfit == {}
    assert scotland.settings["renamed"].model_dump() == {"minutes": 60, "word": "plain"}


def test_an_answer_that_is_no_pairs_leaves_the_page_on_which_they_are_mended(renamed: Callable[[int], Flask]) -> None:
    app = renamed(14)
    assert "q_settings_upgrade answers pairs" in app.extensions["q.directory"].by_id(2).unfit["renamed"]
    assert _central(app).get(PAGE).status_code == 200


def test_nobody_is_asked_about_settings_of_the_present_version_or_of_a_later_one(
    renamed: Callable[[int], Flask],
) -> None:
    registry = renamed(3).extensions["q.registry"]
    for version in (2, 3):
        assert upgraded(registry, "renamed", {"hours": 13}, version) == {"hours": 13}
    with pytest.raises(NotUpgraded, match="version 1 could not be brought to the present one"):
        upgraded(registry, "renamed", {"hours": 13}, 1)


def test_the_contract_asks_what_becomes_of_older_settings(
    renamed: Callable[[int], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = renamed(3).extensions["q.registry"].plugins["renamed"]
    assert settings_problems(plugin) == []
    silent = replace(plugin, package="tests.contract.hostile.everywhere")
    assert settings_problems(silent)[0].startswith("settings_version is 2, and no q_settings_upgrade says")
