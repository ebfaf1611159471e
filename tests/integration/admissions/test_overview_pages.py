"""The pages of what waits and of how many came how far: each thing leads to where it is done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.permissions import Role
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_assessor, make_assignment, make_decision, make_proposal, make_submitted
from tests.factories.people import client_of, make_person
from tests.support.client import FormClient


@pytest.fixture
def scotland(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    return session_for("scotland")


@pytest.fixture
def window(scotland: ScopedSession) -> str:
    return make_window(scotland, make_form(scotland), -40, -10, name="Spring round")


@pytest.fixture
def submitted(app: Flask, scotland: ScopedSession, window: str) -> Callable[[str], str]:
    form = str(
        scotland.connection().exec_driver_sql("select id from admissions_form_version where number = 1001").scalar()
    )

    def make(name: str) -> str:
        return make_submitted(scotland, window, form, make_person(app, f"{name}@example.org", name=name))

    return make


@pytest.fixture
def lead(app: Flask) -> FormClient:
    return client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))


@pytest.fixture
def central(app: Flask) -> FormClient:
    return client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))


def test_everything_that_waits_leads_to_where_it_is_done(
    app: Flask, scotland: ScopedSession, window: str, submitted: Any, lead: FormClient
) -> None:
    someone = make_person(app, "someone@example.org")
    assessor = make_assessor(scotland, someone)
    submitted("nobody has it")
    make_assignment(
        scotland, submitted("declared"), assessor, "declared", level="minor", declared_at=clock.now(), declaration="We met"
    )  # fmt: skip
    make_assignment(scotland, submitted("late"), assessor, due_at=clock.now() - timedelta(days=1))
    for outcome in ("accept", "panel", "more_assessors"):
        make_assignment(scotland, submitted(outcome), assessor, "sealed")
    by_outcome = {}
    for outcome in ("accept", "panel", "more_assessors"):
        by_outcome[outcome] = submitted(f"proposed {outcome}")
        make_assignment(scotland, by_outcome[outcome], assessor, "sealed")
        make_proposal(scotland, by_outcome[outcome], outcome)
    make_decision(scotland, submitted("held"), "accept", "moderated", signed_by=someone, moderated_by=lead_id(app))
    page = lead.get("/scotland/manage/admissions/waiting")
    assert page.status_code == 200
    links = page.text.split("<main", 1)[1]
    for words in (
        "Nobody assesses it yet", "A conflict of interest was declared", "An assessment is overdue", "Ready to be decided",
        "The panel has to discuss it", "It needs another assessor", "Its decision can go into a batch",
    ):  # fmt: skip
        assert words in links, words
    for address in [part.split('"', 1)[0] for part in links.split('<th scope="row"><a href="')[1:]]:
        assert lead.get(address).status_code == 200, address
    only = lead.get("/scotland/manage/admissions/waiting?kind=overdue").text.split("<tbody", 1)[1]
    assert only.count("<tr>") == 1
    start = lead.get("/scotland/manage/").text
    assert "/scotland/manage/admissions/waiting?kind=overdue" in start
    assert "/manage/admissions/waiting?kind=release" not in start
    file = lead.get("/scotland/manage/admissions/waiting?format=csv")
    assert file.mimetype == "text/csv"
    assert "Ready to be decided" in file.text


def lead_id(app: Flask) -> str:
    return make_person(app, "another@example.org")


def test_nothing_waits_and_nothing_to_count(lead: FormClient, central: FormClient) -> None:
    assert "Nothing waits for anybody here" in lead.get("/scotland/manage/").text
    assert "Nothing waits for you" in lead.get("/scotland/manage/admissions/waiting").text
    assert "No figures yet" in lead.get("/scotland/manage/admissions/funnel").text
    assert "Nothing waits for the central team" in central.get("/console/admissions/waiting").text
    assert "No figures yet" in central.get("/console/admissions/funnel").text


def test_the_figures_of_a_window_and_of_every_partner(
    app: Flask, scotland: ScopedSession, window: str, submitted: Any, lead: FormClient, central: FormClient
) -> None:
    for number in range(3):
        submitted(f"applicant{number}")
    page = lead.get("/scotland/manage/admissions/funnel").text
    assert "Spring round" in page
    assert "How many came so far" in page
    file = lead.get("/scotland/manage/admissions/funnel?format=csv&sort=-submitted").text.splitlines()
    assert file[1].split(",")[3:5] == ['"3"', '"3"']
    uk = central.get("/console/admissions/funnel").text
    assert "The UK as a whole" in uk
    assert "/scotland/manage/admissions/funnel" in uk
    assert central.get("/scotland/manage/admissions/funnel").status_code == 200


def test_a_signed_decision_leads_to_moderation(
    app: Flask, scotland: ScopedSession, submitted: Any, central: FormClient
) -> None:
    decision = make_decision(scotland, submitted("signed"), signed_by=lead_id(app))
    page = central.get("/console/admissions/waiting").text
    address = f"/console/admissions/moderation/scotland/{decision}"
    assert address in page
    assert central.get(address).status_code == 200
