"""Erasing a person while a plugin is broken or not installed: it ends erased everywhere, and the console shows it until then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.audit import AuditEntry
from core.data.migrations.versions import core0016_plugins_not_asked
from core.data.session import ScopedSession, transaction
from core.hooks.registry import Broken, Registry
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.people import housekeeping
from core.people.models import Account, Closure
from core.people.personal import gone
from core.people.personal.service import OutOfService
from core.people.service import accounts
from core.tenancy.directory import TenantSnapshot
from core.work.models import OutboxItem
from core.work.registry import JOBS
from plugins.local_events.models import Registration
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import published
from tests.support.app_fixtures import FrozenClock
from tests.support.databases import Database

HEADING = "People who are not erased everywhere"
LEFT = "What “local_events” holds"


@contextmanager
def without(app: Flask, *, broken: bool) -> Iterator[None]:
    """Local events are broken, or not installed, for a while."""
    registry: Registry = app.extensions["q.registry"]
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(registry.plugins, "local_events")
        if broken:
            patch.setitem(registry.broken, "local_events", Broken("local_events", "does not load"))
        yield


@pytest.fixture
def sam(
    app: Flask, session_for: Callable[[str], ScopedSession], tenant: Callable[[str], TenantSnapshot],
    frozen_clock: FrozenClock,
) -> str:  # fmt: skip
    """Somebody with a place at an event of Scotland's, whose account was closed 32 days ago."""
    account_id = make_person(app, "sam@example.org", name="Sam Whole")
    event_id = published(session_for("scotland"), tenant("scotland").ref())
    session_for("scotland").rollback()
    client = client_of(app, account_id)
    assert client.submit(f"/scotland/events/{event_id}", form="register").status_code == 303
    scotland = session_for("scotland")
    accounts.close(scotland, SYSTEM, account_id=account_id, reason="asked for it", erase=True)
    frozen_clock.advance(days=32)
    return account_id


@pytest.fixture
def health(app: Flask) -> Callable[[], str]:
    """What the console's page of what is out of order says now."""
    numbers = count()

    def read() -> str:
        address = f"central-{next(numbers)}@example.org"
        person = make_person(app, address, grants=[(Role.CENTRAL_TEAM, "uk")])
        return client_of(app, person).get("/console/health").text

    return read


def erase(app: Flask, session: ScopedSession, account_id: str) -> None:
    session.rollback()
    with app.app_context():
        JOBS[housekeeping.ERASE].handler(session, account_id=account_id)


def asked_for(app: Flask, session: ScopedSession, at: FrozenClock) -> int:
    """How many jobs the night asks for."""
    session.rollback()
    with app.app_context():
        housekeeping.erase_closed(session, at.now)
    found = session.scalar(
        sa.select(sa.func.count()).select_from(OutboxItem).where(OutboxItem.name == housekeeping.ERASE)
    )
    session.rollback()
    return found or 0


def held(session: ScopedSession) -> int:
    """How many rows of local events name the person's account."""
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(Registration)) or 0


def test_who_waits_for_a_broken_plugin_is_shown_until_everything_is_erased(
    app: Flask, sam: str, health: Callable[[], str], session: ScopedSession, platform_session: ScopedSession
) -> None:
    with without(app, broken=True):
        for _ in range(2):  # asking once more changes nothing
            with pytest.raises(OutOfService):
                erase(app, session, sam)
        page = health()
        assert HEADING in page
        assert '<th scope="row">Everything</th>' in page
    assert session.scalar(sa.select(Account.name).where(Account.id == sam)) == "Sam Whole"
    erase(app, session, sam)
    assert session.scalar(sa.select(Account.name).where(Account.id == sam)) == ""
    assert held(platform_session) == 0
    assert HEADING not in health()


def test_what_a_plugin_holds_that_was_not_installed_is_erased_once_it_is_back(
    app: Flask, sam: str, health: Callable[[], str], session: ScopedSession, platform_session: ScopedSession,
    frozen_clock: FrozenClock,
) -> None:  # fmt: skip
    with without(app, broken=False):
        erase(app, session, sam)
        assert session.scalar(sa.select(Account.name).where(Account.id == sam)) == ""
        assert held(platform_session) == 1, "nobody could be asked"
        assert LEFT in health()
        erase(app, session, sam)
        assert asked_for(app, session, frozen_clock) == 0, "there is nobody to ask"
    with without(app, broken=True):
        assert LEFT in health()
        assert asked_for(app, session, frozen_clock) == 0
        with pytest.raises(OutOfService):
            erase(app, session, sam)
    assert asked_for(app, session, frozen_clock) == 1
    erase(app, session, sam)
    assert held(platform_session) == 0
    assert HEADING not in health()
    assert session.scalar(sa.select(Closure.not_asked).where(Closure.account_id == sam)) is None
    told = sa.select(AuditEntry.after).where(AuditEntry.action == "account.erased").order_by(AuditEntry.seq)
    assert list(session.scalars(told)) == [{"not_asked": ["local_events"]}, {"not_asked": []}]
    frozen_clock.advance(days=1)
    assert asked_for(app, session, frozen_clock) == 1, "the night before asked, and nobody since"


def test_while_a_plugin_is_broken_the_night_asks_for_nothing_in_vain(
    app: Flask, sam: str, health: Callable[[], str], session: ScopedSession, frozen_clock: FrozenClock
) -> None:
    with without(app, broken=True):
        for _ in range(3):
            assert asked_for(app, session, frozen_clock) == 0
            frozen_clock.advance(days=1)
        page = health()
        assert '<th scope="row">Everything</th>' in page
        assert "No job has failed" in page
    assert asked_for(app, session, frozen_clock) == 1


GONE = "/console/health/gone/local_events"


def test_a_plugin_that_is_gone_for_good_is_waited_for_until_somebody_says_so(
    app: Flask, sam: str, health: Callable[[], str], session: ScopedSession, frozen_clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    central = client_of(app, make_person(app, "cen@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    assert central.get(GONE).status_code == 404, "nobody waits for it"
    with without(app, broken=False):
        erase(app, session, sam)
        assert GONE in health()
        refused = central.submit(GONE, {"reason": "it was a trial"})
        assert refused.status_code == 422
        assert "Its tables are still there: local_events_" in refused.text
        assert "it was a trial" in refused.text
        monkeypatch.setattr(gone, "tables_of", lambda *_: [])
        assert central.submit(GONE, {"reason": " "}).status_code == 422
        assert central.submit(GONE, {"reason": "it was a trial"}).status_code == 303
        page = health()
        assert HEADING not in page
        session.rollback()
        assert session.scalar(sa.select(Closure.not_asked).where(Closure.account_id == sam)) is None
        [entry] = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "plugin.gone"))
        assert (entry.subject, entry.why, entry.after) == ("local_events", "it was a trial", {"people": 1})
        other = make_person(app, "other@example.org", name="Other Person")
        accounts.close(session, SYSTEM, account_id=other, reason="asked for it", erase=True)
        frozen_clock.advance(days=32)
        erase(app, session, other)
        assert session.scalar(sa.select(Closure.erased_at).where(Closure.account_id == other)) is not None
        assert HEADING not in health(), "it is not waited for again"
    assert central.get("/scotland/events/").status_code == 404, "it begins anew, switched off"


def test_one_that_is_installed_is_never_gone(app: Flask, sam: str, session: ScopedSession) -> None:
    central = client_of(app, make_person(app, "cen@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    with without(app, broken=False):
        erase(app, session, sam)
    assert central.get(GONE).status_code == 404
    with without(app, broken=True):
        assert central.get(GONE).status_code == 404
        page = central.get("/console/health").text
        assert LEFT in page
        assert GONE not in page


def test_who_was_erased_before_it_was_written_down_is_found_in_the_audit_trail(
    app: Flask, sam: str, database: Database, session: ScopedSession
) -> None:
    with without(app, broken=False):
        erase(app, session, sam)
    kept = sa.select(Closure.not_asked).where(Closure.account_id == sam)
    with transaction(session):
        session.execute(sa.update(Closure).values(not_asked=None))
    engine = sa.create_engine(database.owner_url)
    with engine.begin() as owner:
        core0016_plugins_not_asked.fill_from_the_audit_trail(owner)
    engine.dispose()
    assert session.scalar(kept) == ["local_events"]


def test_nobody_hears_of_a_broken_plugin_for_who_is_erased_or_open_again(
    app: Flask, sam: str, session: ScopedSession
) -> None:
    other = make_person(app, "other@example.org", name="Other Person")
    erase(app, session, sam)
    with without(app, broken=True):
        for account_id in (sam, other):
            erase(app, session, account_id)
    assert session.scalar(sa.select(Account.name).where(Account.id == other)) == "Other Person"
