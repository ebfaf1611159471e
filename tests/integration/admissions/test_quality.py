"""Figures of quality: made from sealed scores and released decisions, without what the reader must not see."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions import quality_jobs
from core.admissions.models import QualityReport
from core.admissions.quality.report import Report
from core.admissions.queries import quality as queries
from core.admissions.service import quality as service
from core.data.session import ScopedSession
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from tests.factories.admissions import make_form, make_window
from tests.factories.people import client_of, make_person
from tests.factories.quality import Round, make_accounts, make_round

Sessions = Callable[[str], ScopedSession]
ROOM = "/scotland/manage/admissions/quality/"
CONSOLE = "/console/admissions/quality/"


@pytest.fixture
def session(session_for: Sessions) -> ScopedSession:
    """A session on Scotland's rows."""
    return session_for("scotland")


@pytest.fixture
def lead(app: Flask) -> str:
    """Scotland's lead."""
    return make_person(app, "lead@example.org", name="Isla", grants=[(Role.PARTNER_LEAD, "scotland")])


@pytest.fixture
def central(app: Flask) -> str:
    """Somebody of the central team."""
    return make_person(app, "central@example.org", name="Cai", grants=[(Role.CENTRAL_TEAM, "uk")])


def a_round(app: Flask, session: ScopedSession, form_id: str, lead: str, applications: int = 12, name: str = "p", **changes: int) -> Round:  # fmt: skip
    people = make_accounts(app, applications + 3, name)
    window_id = make_window(session, form_id, -60, -30)
    return make_round(session, window_id, form_id, people, lead, applications=applications, assessors=3, **changes)


def make_reports(app: Flask, session: ScopedSession) -> None:
    """Work out every report that was asked for, as the worker does."""
    session.rollback()
    found = session.execute(sa.select(QualityReport.id).where(QualityReport.state == "queued")).scalars().all()
    for report_id in found:
        session.rollback()
        with app.app_context():
            quality_jobs.report_of_site(session, report_id)


def report_for(app: Flask, session: ScopedSession, account_id: str | None = None) -> Report:
    left_out = queries.hidden_from(session, account_id) if account_id else []
    tenant_id = session.scope.tenant_id or 0
    service.ask(session, SYSTEM, tenant_id=tenant_id, period="", left_out=left_out)
    make_reports(app, session)
    kept = queries.kept(session, tenant_id, "", queries.hash_of(left_out))
    assert kept is not None
    assert kept.report is not None
    return kept.report


def test_the_page_from_no_figures_to_figures(app: Flask, session: ScopedSession, lead: str) -> None:
    a_round(app, session, make_form(session), lead)
    client = client_of(app, lead)
    assert "No figures yet" in client.get(ROOM).text
    assert client.submit(ROOM, form="refresh").status_code == 303
    assert "The figures are being worked out" in client.get(ROOM).text
    make_reports(app, session)
    for page in ("", "outcomes", "scores", "equality"):
        answer = client.get(ROOM + page)
        assert answer.status_code == 200, page
        if page != "equality":
            assert "As at" in answer.text
    text = client.get(ROOM).text
    assert "ICC(1,1)" in text
    assert "P 0" in text
    assert "Median" in client.get(f"{ROOM}outcomes?format=csv").text
