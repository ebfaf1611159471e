"""The page of quality over 5,000 assessments: what the background job takes, and what a page takes that shows its result."""

import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.jobs import quality as quality_jobs
from core.admissions.models import QualityReport
from core.admissions.queries import quality as queries
from core.admissions.service import quality
from core.data.session import ScopedSession
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from tests.bench.grown import analyse
from tests.bench.harness import table, verdict
from tests.factories.admissions import make_form, make_window
from tests.factories.people import client_of, make_person
from tests.factories.quality import make_accounts, make_round

APPLICATIONS, ASSESSORS = 2500, 40
FACTS_GOAL, PAGE_GOAL, JOB_GOAL = 2.0, 0.15, 6.0
"""Seconds of CPU: reading everything, showing a page, and the job as a whole, which nobody waits for."""
PAGES = ("", "outcomes", "scores")


def test_quality_over_five_thousand_assessments(
    app: Flask, session_for: Callable[[str], ScopedSession], capsys: pytest.CaptureFixture[str]
) -> None:
    session = session_for("scotland")
    lead = make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")])
    form_id = make_form(session)
    people = make_accounts(app, APPLICATIONS + ASSESSORS, "p")
    window_id = make_window(session, form_id, -60, -30)
    make_round(session, window_id, form_id, people, lead, applications=APPLICATIONS, assessors=ASSESSORS)
    analyse(app.config["Q"].owner_url)
    began = time.process_time()
    assert len(queries.facts(session).sealed) == 2 * APPLICATIONS
    reading = time.process_time() - began
    quality.ask(session, SYSTEM, tenant_id=session.scope.tenant_id or 0, period="", left_out=())
    report_id = session.scalars(sa.select(QualityReport.id)).one()
    session.rollback()
    began = time.process_time()
    with app.app_context():
        quality_jobs.report_of_site(session, report_id)
    job = time.process_time() - began
    client = client_of(app, lead)
    rows = [
        ("what", "CPU s", "", "goal"),
        ("reading the facts", f"{reading:.2f}", "", verdict(reading, FACTS_GOAL)),
        ("the job as a whole", f"{job:.2f}", "", verdict(job, JOB_GOAL)),
    ]
    for page in PAGES:
        path = f"/scotland/manage/admissions/quality/{page}"
        client.get(path)
        began = time.process_time()
        assert client.get(path).status_code == 200
        taken = time.process_time() - began
        rows.append((f"page {page or 'scoring'}", f"{taken:.3f}", "", verdict(taken, PAGE_GOAL)))
    with capsys.disabled():
        print(f"\n{app.config['Q'].database_url.split(':')[0]}\n{table(rows)}")
    assert reading < FACTS_GOAL
