"""Where a plugin was ever on, which is where it may hold something about people, whatever its level has become since."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from core.data.db import tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.tenancy import noticeboard
from core.tenancy.switches import closed_pages
from tests.integration.plugins.conftest import Switch

pytestmark = pytest.mark.mainly("sqlite")  # what is on is decided before the engine is asked
Level = Callable[[str], None]


@pytest.fixture
def level(wide: Flask) -> Level:
    """`level("tenant")`: the next version of the plugin is of this level, and every site is read anew."""
    registry = wide.extensions["q.registry"]

    def become(name: str) -> None:
        plugin = registry.plugins["everywhere"]
        registry.plugins["everywhere"] = replace(plugin, manifest=replace(plugin.manifest, level=name))

    return become


def ever(app: Flask) -> set[str]:
    """The sites at which the plugin is asked what it holds about somebody."""
    directory = app.extensions["q.directory"]
    with app.app_context(), tenant_session(1) as session:
        directory.refresh(session)
    return {site.slug for site in directory.all() if "everywhere" in site.ever_enabled}


def test_what_it_held_at_one_site_is_asked_for_also_while_it_is_the_whole_platforms(
    wide: Flask, switch: Switch, level: Level
) -> None:
    level("tenant")
    switch(True, "scotland", word="ours")
    assert ever(wide) == {"scotland"}
    level("platform")
    assert ever(wide) == {"scotland"}, "nobody has switched it for the whole platform yet"
    switch(False, word="set, and never on")
    assert "scotland" in ever(wide)
    level("tenant")
    assert "scotland" in ever(wide)


def test_what_it_held_at_every_site_is_asked_for_also_when_it_is_each_sites_own_again(
    wide: Flask, switch: Switch, level: Level
) -> None:
    everybody = {site.slug for site in wide.extensions["q.directory"].all()}
    switch(True)
    assert ever(wide) == everybody
    switch(False, revision=1)
    level("tenant")
    assert ever(wide) == everybody
    switch(False, "wales")
    assert ever(wide) == everybody


def test_its_cards_lead_nowhere_where_it_is_off_when_it_is_each_sites_own_again(
    wide: Flask, switch: Switch, level: Level, session_for: Callable[[str], ScopedSession]
) -> None:
    directory, registry = wide.extensions["q.directory"], wide.extensions["q.registry"]
    scotland, wales = session_for("scotland"), session_for("wales")
    later = clock.now() + timedelta(days=1)
    switch(True)
    with transaction(scotland):
        noticeboard.publish(
            scotland, plugin="everywhere", ref="1", kind="talk", title="A talk", summary="", starts_at=later, ends_at=later,
            place="", path="/everywhere/", audience="public",
        )  # fmt: skip

    def shown() -> tuple[int, bool]:
        wales.rollback()
        directory.current(wales, wales.tenant_id)
        cards = noticeboard.upcoming(wales, audiences=("public",), limit=9)
        return len(cards), closed_pages(wales, registry)(scotland.tenant_id, "everywhere")

    assert shown() == (1, False)
    level("tenant")
    directory.refresh(wales)
    assert shown() == (0, True), "it is on at the UK site alone"
    switch(True, "scotland")
    assert shown() == (1, False)


def test_of_one_that_was_never_on_nobody_is_asked(wide: Flask, switch: Switch, level: Level) -> None:
    switch(False)
    assert ever(wide) == set()
    level("tenant")
    switch(False, "scotland")
    assert ever(wide) == set()
    switch(True, "uk", revision=1)
    assert ever(wide) == {"uk"}
