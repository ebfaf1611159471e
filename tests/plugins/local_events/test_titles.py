"""The dates of a series are called alike: what tells their pages apart, in a browser's tabs and on paper."""

from datetime import timedelta

import pytest

from core.kernel import clock
from core.kernel.permissions import Role
from plugins.local_events.service import places
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import ORGANISER, published, visitor


@pytest.fixture
def two_dates(session, scotland):
    """Two events of one title, a month apart."""
    first = clock.now() + timedelta(days=7)
    return [published(session, scotland, starts_at=first + timedelta(days=days)) for days in (0, 28)]


def title(page):
    return page.split("<title>")[1].split("</title>")[0]


def test_no_two_dates_have_a_page_of_the_same_title(app, session, scotland, two_dates):
    account = make_person(
        app, "olla@example.org", home="scotland", grants=[(Role.EVENTS_ORGANISER, "scotland"), (Role.PARTNER_LEAD, "scotland")]
    )  # fmt: skip
    for event_id in two_dates:
        places.register(
            session, scotland, event_id, visitor(account_id=account, email="olla@example.org", home=scotland.id)
        )
    session.rollback()
    browser, looked = client_of(app, account), []
    for rule in app.url_map.iter_rules():
        if rule.arguments != {"event_id"} or "GET" not in rule.methods or not rule.endpoint.startswith("local_events"):
            continue
        answers = [browser.get("/scotland" + rule.rule.replace("<event_id>", event_id)) for event_id in two_dates]
        if all(answer.status_code == 200 and "<title>" in answer.text for answer in answers):
            first, second = (title(answer.text) for answer in answers)
            assert first != second, rule.rule
            looked.append(rule.endpoint)
    assert len(looked) > 18, looked


def test_what_organisers_print_says_of_which_event_and_day_it_is(app, two_dates):
    browser = client_of(app, make_person(app, "olla@example.org", grants=[(ORGANISER, "scotland")]))
    for event_id in two_dates:
        event = browser.get(f"/scotland/events/{event_id}").text
        for path in (f"events/{event_id}/check-in", f"manage/events/{event_id}/", f"manage/events/{event_id}/catering"):
            page = browser.get(f"/scotland/{path}").text
            about = page.split('<p class="over">')[1].split("</p>")[0]
            assert about.startswith("Measuring for improvement, ")
            assert about in title(event)
