"""Two processes at the same moment: one switches a plugin on, the other switches off what it requires."""

import pytest
import sqlalchemy as sa

from core.config import normalise_url
from core.data.session import ScopedSession
from core.tenancy.models import PluginState
from tests.integration.plugins.switch_race import NEEDED, NEEDING, registry, switch
from tests.support.databases import Database
from tests.support.racing import together

pytestmark = pytest.mark.both  # they meet in the database


def _revisions(session: ScopedSession) -> dict[str, tuple[bool, int]]:
    session.rollback()
    rows = session.execute(
        sa.select(PluginState.plugin, PluginState.enabled, PluginState.revision).where(
            PluginState.at_tenant_id == session.scope.tenant_id, PluginState.plugin.in_((NEEDED, NEEDING))
        )
    )
    return {name: (on, revision) for name, on, revision in rows}


def _race(session: ScopedSession, database: Database, *, careless: bool) -> tuple[list[str], bool, bool]:
    """(what the two were told, whether the one that needs is on, whether the needed one is)."""
    plugins = registry()
    for name, wanted in ((NEEDING, False), (NEEDED, True)):
        on, revision = _revisions(session).get(name, (False, 0))
        if on is not wanted:
            switch(session, plugins, name, wanted, revision)
    now = _revisions(session)
    told = together(
        "tests.integration.plugins.switch_race",
        *(
            {
                "url": normalise_url(database.app_url), "tenant": session.scope.tenant_id, "plugin": name, "on": on,
                "revision": now.get(name, (False, 0))[1], "careless": careless,
            }
            for name, on in ((NEEDING, True), (NEEDED, False))
        ),
    )  # fmt: skip
    after = _revisions(session)
    return sorted(told), after.get(NEEDING, (False, 0))[0], after[NEEDED][0]


def test_none_is_on_without_what_it_requires(shared: ScopedSession, other_database: Database) -> None:
    told, needing, needed = _race(shared, other_database, careless=False)
    assert told == ["Refused", "done"]
    assert needing is needed


@pytest.mark.only("postgres")
def test_the_race_of_two_switches_can_be_lost(shared: ScopedSession, other_database: Database) -> None:
    """The control: where none first says that it is at it, both look before either has written. SQLite lets one in at a time."""
    assert _race(shared, other_database, careless=True) == (["done", "done"], True, False)
