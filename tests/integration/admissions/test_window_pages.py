"""The partner's pages about windows: dates on London's clock, reasons, history, and what is typed is never lost."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask

from core.admissions.models import Window
from core.admissions.queries import windows as queries
from core.data.session import ScopedSession
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from tests.factories.admissions import make_form, make_window
from tests.factories.people import client_of, make_person
from tests.support.app_fixtures import FrozenClock
from tests.support.client import FormClient, forms

ROOM = "/scotland/manage/admissions/"
NEW = f"{ROOM}windows/new"
START = datetime(2027, 2, 1, 12, tzinfo=UTC)


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock) -> ScopedSession:
    """A session on Scotland's rows, on 1 February 2027."""
    frozen_clock.move_to(START)
    return session_for("scotland")


@pytest.fixture
def form(session: ScopedSession) -> str:
    """A published form version."""
    return make_form(session)


@pytest.fixture
def lead(app: Flask, session: ScopedSession) -> FormClient:
    """Scotland's lead, signed in."""
    assert session.scope.tenant_id
    return client_of(app, make_person(app, "lead@example.org", name="Isla", grants=[(Role.PARTNER_LEAD, "scotland")]))


def spring(**changes: str) -> dict[str, str]:
    usual = {"name": "Spring", "opens_at": "2027-03-09T00:00", "closes_at": "2027-04-10T23:59", "grace_minutes": "45"}
    return usual | changes


def only(session: ScopedSession) -> queries.WindowRow:
    session.rollback()
    [row] = queries.listed(session, None)
    return row.window


def test_a_window_is_planned_changed_published_and_amended(session: ScopedSession, lead: FormClient, form: str) -> None:
    assert "No windows yet" in lead.get(ROOM).text
    answer = lead.submit(NEW, spring(name="Sprung"))
    assert answer.status_code == 303
    row = only(session)
    assert (row.closes_at, row.grace_seconds, row.form_version_id) == (
        datetime(2027, 4, 10, 22, 59, tzinfo=UTC), 2700, form
    )  # fmt: skip
    page = f"{ROOM}windows/{row.id}"
    text = lead.get(page).text
    assert "Draft" in text
    assert "Saturday 10 April 2027, 23:59" in text
    assert lead.submit(f"{page}/edit", {"name": "Spring"}).status_code == 303
    assert lead.submit(page, form="publish").status_code == 303
    assert "To come" in lead.get(page).text
    answer = lead.submit(f"{page}/edit", {"closes_at": "2027-04-12T23:59", "why": "Easter"})
    assert answer.status_code == 303
    text = lead.get(page).text
    assert "Easter" in text
    assert "Closes: Saturday 10 April 2027, 23:59 → Monday 12 April 2027, 23:59" in text
    text = lead.get(ROOM).text
    assert "Spring" in text
    assert "12 Apr 2027, 23:59" in text
    assert "Spring" in lead.get(f"{ROOM}?format=csv").text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"opens_at": "2027-03-28T01:30"}, "the clocks go forward that night"),
        ({"closes_at": "2027-10-31T01:30"}, "the clocks go back that night"),
        ({"closes_at": "2027-03-08T00:00"}, "must be after the opening time"),
        ({"closes_at": "tomorrow"}, "Enter a date and a time like"),
        ({"opens_at": ""}, "Enter the day and time"),
        ({"grace_minutes": "1441"}, "from 0 to 1,440"),
        ({"name": ""}, "Give the window a name"),
        ({"closes_at": "9999-12-31T23:59"}, "more than five years away"),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(
    session: ScopedSession, lead: FormClient, form: str, changes: dict[str, str], words: str
) -> None:
    assert form
    answer = lead.submit(NEW, spring(**changes))
    assert answer.status_code == 422
    assert words in answer.text
    assert "There is a problem" in answer.text
    assert 'value="45"' in answer.text or "grace_minutes" in changes
    session.rollback()
    assert queries.listed(session, None) == []


def test_an_amendment_without_a_reason_or_from_an_old_page(session: ScopedSession, lead: FormClient, form: str) -> None:
    window_id = make_window(session, form, 5, 30)
    page = f"{ROOM}windows/{window_id}"
    answer = lead.submit(f"{page}/edit", {"name": "Kept words"})
    assert answer.status_code == 422
    assert "Say why" in answer.text
    assert "Kept words" in answer.text
    answer = lead.submit(f"{page}/edit", {"name": "Kept words", "why": "a reason", "version": "7"})
    assert answer.status_code == 422
    assert "Somebody changed this" in answer.text
    assert "a reason" in answer.text
    assert only(session).name == "Spring"


def test_cancelling_and_overlapping(session: ScopedSession, lead: FormClient, form: str) -> None:
    window_id = make_window(session, form, 5, 30)
    draft = make_window(session, form, 10, 40, name="Other", state="draft")
    answer = lead.submit(f"{ROOM}windows/{draft}", form="publish")
    assert answer.status_code == 422
    assert "Another window of this area is open at that time" in answer.text
    page = f"{ROOM}windows/{window_id}"
    assert lead.submit(f"{page}/cancel", {"why": " "}).status_code == 422
    assert lead.submit(f"{page}/cancel", {"why": "No panel"}).status_code == 303
    assert "No panel" in lead.get(page).text
    assert lead.submit(f"{ROOM}windows/{draft}", form="publish").status_code == 303
    assert lead.get(f"{page}/edit").status_code == 422


def test_more_time_writes_to_the_person_in_their_language(
    app: Flask, session: ScopedSession, lead: FormClient, form: str
) -> None:
    window_id = make_window(session, form)
    make_person(app, "ann@example.org", name="Ann")
    page = f"{ROOM}windows/{window_id}"
    answer = lead.submit(
        f"{page}/extend", {"email": "nobody@example.org", "closes_at": "2027-02-20T12:00", "why": "Ill"}
    )
    assert answer.status_code == 422
    assert "Nobody has an account with this address" in answer.text
    answer = lead.submit(f"{page}/extend", {"email": "ann@example.org", "closes_at": "2027-02-20T12:00", "why": "Ill"})
    assert answer.status_code == 303
    text = lead.get(page).text
    assert "Ann" in text
    assert "20 Feb 2027, 12:00" in text


def test_without_a_published_form_it_says_so(lead: FormClient) -> None:
    assert "has not published an application form yet" in lead.get(NEW).text
    assert lead.submit(NEW, spring()).status_code == 422


def test_who_reaches_the_pages(app: Flask, session: ScopedSession, lead: FormClient, form: str) -> None:
    window_id = make_window(session, form)
    page = f"{ROOM}windows/{window_id}"
    central = client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    assert central.get(page).status_code == 200
    assert "Joining Q" in lead.get("/scotland/manage/").text
    wales = client_of(app, make_person(app, "wales@example.org", grants=[(Role.PARTNER_LEAD, "wales")]))
    assert wales.get(page).status_code == 403
    assert wales.get(f"/wales/manage/admissions/windows/{window_id}").status_code == 404
    assert central.get("/manage/admissions/").status_code == 404
    assert lead.get(f"{ROOM}windows/{new_id()}").status_code == 404
    assert lead.get(f"{ROOM}windows/x%00y").status_code == 404
    assert session.get(Window, window_id) is not None


def test_fifty_windows_cost_what_one_costs(
    session: ScopedSession, lead: FormClient, form: str, statements: Callable[[], object]
) -> None:
    def cost() -> int:
        lead.get(ROOM)
        with statements() as seen:  # type: ignore[attr-defined]  # the fixture's own class
            assert lead.get(ROOM).status_code == 200
        return len(seen)

    make_window(session, form, 1, 2)
    one = cost()
    for number in range(50):
        make_window(session, form, 10 + number, 10.5 + number)
    assert cost() == one


def test_what_was_typed_survives_a_cancellation_meanwhile(
    app: Flask, session: ScopedSession, lead: FormClient, form: str
) -> None:
    make_person(app, "ann@example.org")
    window_id = make_window(session, form, 5, 30)
    page = f"{ROOM}windows/{window_id}"
    sent = {
        f"{page}/edit": {"name": "Kept words", "why": "Kept words"},
        f"{page}/cancel": {"why": "Kept words"},
        f"{page}/extend": {"email": "ann@example.org", "closes_at": "2027-03-20T12:00", "why": "Kept words"},
    }
    loaded = {path: forms(lead.get(path).text)[-1].fields for path in sent}
    assert lead.submit(f"{page}/cancel", {"why": "No panel"}).status_code == 303
    for path, values in sent.items():
        answer = lead.post(path, data={**loaded[path], **values})
        assert answer.status_code == 422, path
        assert "Kept words" in answer.text
        assert "state has changed" in answer.text
