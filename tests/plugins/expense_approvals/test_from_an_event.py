"""From an event's page to whether its costs may be covered, and to saying so. The two plugins do not see each other."""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core.kernel import clock
from core.kernel.errors import Refused
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.sdk import ScopedSession, TenantRef
from plugins.expense_approvals.models import Activity
from plugins.expense_approvals.queries import budgets
from plugins.expense_approvals.service import activities
from plugins.expense_approvals.service.activities import Wanted
from tests.plugins.expense_approvals.helpers import LEAD, opened, switched_on
from tests.plugins.expense_approvals.test_pages import member
from tests.plugins.local_events.helpers import published
from tests.support.app_fixtures import FrozenClock
from tests.support.statements import Counter

ASK, SAY = "Can my costs be covered?", "Cover costs of this event"


def _link(page: str, words: str) -> str:
    (found,) = (href for href, text in re.findall(r'<a href="([^"]+)">((?:(?!</a>).)*)</a>', page) if words in text)
    return html.unescape(found)


def test_from_the_event_to_asking(site: Flask, session: ScopedSession, scotland: TenantRef) -> None:
    event_id = published(session, scotland, title="Measuring & more")
    opened(session, name="Travel")
    session.rollback()
    ann, lead = member(site, "ann"), member(site, "lena", Role.PARTNER_LEAD)
    page = f"/scotland/events/{event_id}"
    seen = ann.get(page).text
    assert SAY not in seen
    assert "Costs of this event are not covered." in ann.get(_link(seen, ASK)).text

    say = _link(lead.get(page).text, SAY)
    form = lead.get(say).text
    assert 'value="Measuring &amp; more"' in form
    budget = re.search(r'<option value="(\w{26})">Travel', form)
    assert budget
    assert lead.submit(say, {"budget_id": budget[1]}).status_code == 303
    made = session.scalars(sa.select(Activity).where(Activity.event_id == event_id)).one()
    begins = clock.london(clock.now() + timedelta(days=7)).date()
    assert (made.title, made.starts_on, made.covered) == ("Measuring & more", begins, True)

    led = ann.get(_link(seen, ASK))
    assert (led.status_code, led.location) == (303, f"/scotland/expenses/for/{made.id}")
    assert "Not declared" in ann.get(led.location).text

    again = lead.submit(say, {"budget_id": budget[1]})
    assert (again.status_code, "It is already said" in again.text) == (422, True)


def test_the_links_are_for_who_is_signed_in_where_the_plugin_is_on(
    app: Flask, session: ScopedSession, scotland: TenantRef, statements: Counter
) -> None:
    page = f"/scotland/events/{published(session, scotland)}"
    session.rollback()
    ann = member(app, "ann")
    ann.get(page)
    with statements() as before:
        assert ASK not in ann.get(page).text
    switched_on(app, "scotland")
    assert ASK not in app.test_client().get(page).text
    ann.get(page)
    with statements() as after:
        assert ASK in ann.get(page).text
    assert len(after) == len(before), "the links are read from nowhere"


def test_there_are_none_once_the_event_is_over(
    site: Flask, session: ScopedSession, scotland: TenantRef, frozen_clock: FrozenClock
) -> None:
    page = f"/scotland/events/{published(session, scotland)}"
    session.rollback()
    frozen_clock.advance(days=8)
    assert ASK not in member(site, "ann").get(page).text


@pytest.mark.parametrize("asked", ["event=nonsense", "event=", "event=%00"])
def test_an_address_that_names_no_event_is_the_start_page(site: Flask, asked: str) -> None:
    shown = member(site, "ann").get(f"/scotland/expenses/?{asked}")
    assert (shown.status_code, "Costs of this event" in shown.text) == (200, False)


@pytest.mark.parametrize("asked", ["first=2026-13-01&last=2026-12-01", "first=2026-12-01", "event=%00&title=x"])
def test_days_that_are_none_leave_the_form_empty(site: Flask, asked: str) -> None:
    form = member(site, "lena", Role.PARTNER_LEAD).get(f"/scotland/manage/expenses/activities/new?{asked}")
    assert (form.status_code, 'value="x"' in form.text) == (200, False)


def test_an_event_is_one_activity_at_most(session: ScopedSession, session_for: Callable[[str], ScopedSession]) -> None:
    day = clock.today() + timedelta(days=14)
    wanted, event_id = Wanted("Measuring", day, day, opened(session)), new_id()
    made = activities.add(session, wanted, LEAD, new_token(), event_id)
    with pytest.raises(Refused):
        activities.add(session, wanted, LEAD, new_token(), event_id)
    assert budgets.of_event(session, event_id) == made
    session.rollback()
    assert budgets.of_event(session_for("wales"), event_id) is None
    for _ in range(2):  # those that are no event's are as many as one likes
        activities.add(session, wanted, LEAD, new_token())
