"""The UK site's calendar: every site's public events from the noticeboard, under the names that each site's own feed gives them."""

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import icalendar
import sqlalchemy as sa
from flask import Flask

from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.views import SYSTEM, Actor
from core.people.models import AREA
from core.people.service import calendar_keys
from core.sdk import ScopedSession, TenantRef
from core.tenancy.directory import TenantSnapshot
from core.tenancy.models import PluginState
from core.tenancy.service import Change, configure
from plugins.local_events.service import drafts, running
from plugins.local_events.settings import Settings
from tests.factories.people import make_person
from tests.plugins.local_events.helpers import OPEN, ORGANISER, draft, drafted, published, row, visitor
from tests.support.app_fixtures import FrozenClock
from tests.support.client import FormClient

FEED = "/events/feed.ics"


def _read(client: FormClient, path: str = FEED) -> dict[str, Any]:
    """The feed's entries by title, as another program reads them."""
    answer = client.get(path)
    assert answer.status_code == 200
    calendar: Any = icalendar.Calendar.from_ical(answer.data)
    return {str(entry["summary"]): entry for entry in calendar.walk("VEVENT")}


def test_it_holds_every_sites_public_events_as_their_own_feeds_name_them(
    session: ScopedSession, scotland: TenantRef, session_for: Callable[[str], ScopedSession], wales: TenantRef,
    tenant: Callable[[str], TenantSnapshot], client: FormClient,
) -> None:  # fmt: skip
    starts = clock.now().replace(microsecond=0) + timedelta(days=30)
    published(session, scotland, title="Scottish", starts_at=starts)
    published(session_for("wales"), wales, title="Welsh")
    published(session_for("uk"), tenant("uk").ref(), title="Central")
    for audience in ("area", "uk"):
        published(session, scotland, title=f"For {audience}", audience=audience)
    drafted(session, scotland, title="Draft")
    found = _read(client)
    assert set(found) == {"Scottish", "Welsh", "Central"}
    one, own = found["Scottish"], _read(client, "/scotland/events/feed.ics")["Scottish"]
    for name in ("uid", "sequence", "dtstart", "dtend", "location", "status", "url"):
        assert one[name] == own[name], name
    assert one["dtstart"].dt.astimezone(UTC) == starts
    assert "Scotland" in one["description"]


def test_a_members_address_holds_what_is_for_all_members_too(
    app: Flask, session: ScopedSession, scotland: TenantRef, client: FormClient
) -> None:
    for audience in ("area", "uk", "public"):
        published(session, scotland, title=f"For {audience}", audience=audience)
    account_id = make_person(app, "sam@example.org", home="wales")
    token = calendar_keys.make(session, Actor(account_id, "", frozenset(), frozenset()), AREA, new_token())
    assert set(_read(client, f"{FEED}?token={token}")) == {"For uk", "For public"}


def test_it_follows_what_becomes_of_an_event(
    session: ScopedSession, scotland: TenantRef, client: FormClient, frozen_clock: FrozenClock
) -> None:
    who = visitor(ORGANISER)
    moved, off, narrowed, over = (
        published(session, scotland, who, title=title) for title in ("Moved", "Off", "Narrowed", "Over")
    )
    before = {title: entry["sequence"] for title, entry in _read(client).items()}
    later = clock.now() + timedelta(days=9)
    drafts.edit(session, scotland, OPEN, moved, draft(title="Moved", starts_at=later), 2, who)
    drafts.edit(session, scotland, OPEN, narrowed, draft(title="Narrowed", audience="area"), 2, who)
    running.cancel(session, scotland, OPEN, off, "Snow", who)
    found = _read(client)
    assert set(found) == {"Moved", "Off", "Over"}, "what is for fewer people now is taken back from everybody else"
    assert found["Moved"]["dtstart"].dt.astimezone(UTC) == later.replace(microsecond=0)
    assert found["Moved"]["sequence"] == row(session, moved).sequence > before["Moved"]
    assert (found["Off"]["status"], found["Off"]["sequence"]) == ("CANCELLED", before["Off"] + 1)
    frozen_clock.advance(days=8)
    running.complete(session, scotland, OPEN, over, who)
    assert _read(client)["Over"]["status"] == "CONFIRMED"
    frozen_clock.advance(days=31)
    assert set(_read(client)) == {"Moved", "Over"}
    frozen_clock.advance(days=90)
    assert _read(client) == {}


def test_what_was_taken_back_from_everybody_does_not_come_back_when_it_is_off_or_over(
    session: ScopedSession, scotland: TenantRef, client: FormClient, frozen_clock: FrozenClock
) -> None:
    who = visitor(ORGANISER)
    off, over, again = (published(session, scotland, who, title=title) for title in ("Off", "Over", "Again"))
    for event_id, title in ((off, "Off"), (over, "Over"), (again, "Again")):
        drafts.edit(session, scotland, OPEN, event_id, draft(title=title, audience="area"), 2, who)
    assert _read(client) == {}
    running.cancel(session, scotland, OPEN, off, "Snow", who)
    drafts.edit(session, scotland, OPEN, again, draft(title="Again"), 3, who)
    frozen_clock.advance(days=8)
    running.complete(session, scotland, OPEN, over, who)
    found = _read(client)
    assert set(found) == {"Again"}
    assert found["Again"]["uid"] == _read(client, "/scotland/events/feed.ics")["Again"]["uid"]


def test_it_does_not_lead_to_a_site_that_has_switched_its_events_off(
    app: Flask, session: ScopedSession, scotland: TenantRef, client: FormClient
) -> None:
    published(session, scotland, title="Scottish")
    before = _read(client)["Scottish"]
    where = (PluginState.at_tenant_id == scotland.id, PluginState.plugin == "local_events")
    revision = session.scalar(sa.select(PluginState.revision).where(*where)) or 0
    change = Change("local_events", False, Settings().model_dump(mode="json"), revision, "test")
    configure(session, app.extensions["q.registry"], scotland, change, SYSTEM)
    now = _read(client)["Scottish"]
    assert (now["uid"], now["sequence"]) == (before["uid"], before["sequence"])
    assert "url" not in now
    assert "closed for now" in now["description"]
