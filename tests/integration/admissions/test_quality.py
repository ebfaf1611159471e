"""Figures of quality: made from sealed scores and released decisions, without what the reader must not see."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.jobs import quality as quality_jobs
from core.admissions.models import Application, Assessment, Conflict, QualityReport, Score
from core.admissions.quality.facts import Facts
from core.admissions.quality.report import Report
from core.admissions.queries import quality as queries
from core.admissions.service import quality as service
from core.data.audit import UK, AuditEntry
from core.data.db import open_session
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Forbidden
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM, Actor
from core.work.models import OutboxItem
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_assessment, make_assessor, make_assignment
from tests.factories.people import client_of, make_person
from tests.factories.quality import Round, make_accounts, make_round
from tests.integration.admissions.test_lead_pages import conflicted
from tests.support.app_fixtures import FrozenClock
from tests.support.statements import Counter

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


def a_round(app: Flask, session: ScopedSession, form_id: str, lead: str, applications: int = 12, name: str = "p") -> Round:  # fmt: skip
    people = make_accounts(app, applications + 3, name)
    window_id = make_window(session, form_id, -60, -30)
    return make_round(session, window_id, form_id, people, lead, applications=applications, assessors=3)


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
    scores = client.get(f"{ROOM}scores").text
    links = [part.split('"', 1)[0].replace("&amp;", "&") for part in scores.split("<table", 1)[1].split('href="')[1:]]
    for link in [one for one in links if "sort=" in one or "format=" in one or "/applications/" in one][:7]:
        assert client.get(link).status_code == 200, link
    assert any("/scotland/manage/admissions/applications/" in one for one in links)


def test_the_same_statements_at_one_and_at_fifty_applications(
    app: Flask, session: ScopedSession, lead: str, central: str, statements: Counter
) -> None:
    form_id = make_form(session)
    client, console = client_of(app, lead), client_of(app, central)
    counts: dict[str, list[int]] = {}
    for rows in (1, 49):
        a_round(app, session, form_id, lead, rows, f"p{rows}")
        report_for(app, session)
        with statements() as seen:
            queries.facts(session)
        counts.setdefault("facts", []).append(len(seen))
        session.rollback()
        pages = [(client, ROOM + page) for page in ("", "outcomes", "scores", "equality")]
        for who, path in [*pages, (console, f"{CONSOLE}?site=scotland"), (console, f"{CONSOLE}outcomes?site=scotland")]:
            who.get(path)
            with statements() as seen:
                assert who.get(path).status_code == 200
            counts.setdefault(path, []).append(len(seen))
    assert all(first == second for first, second in counts.values()), counts
    assert counts["facts"] == [5, 5]


def test_invariant_raw_scores_are_never_changed_by_a_report(app: Flask, session: ScopedSession, lead: str) -> None:
    a_round(app, session, make_form(session), lead)
    columns = sa.select(Score.id, Score.value, Score.words).order_by(Score.id)
    sealed = sa.select(Assessment.id, Assessment.sha256, Assessment.version).order_by(Assessment.id)
    before = session.execute(columns).all(), session.execute(sealed).all()
    assert report_for(app, session).scoring.adjusted
    session.rollback()
    assert (session.execute(columns).all(), session.execute(sealed).all()) == before


def test_what_a_reader_is_in_conflict_with_wrote_or_has_still_to_score_does_not_count(
    app: Flask, session: ScopedSession, lead: str
) -> None:
    made = a_round(app, session, make_form(session), lead)
    assert report_for(app, session, lead).scoring.applications == 12
    with transaction(session):
        session.execute(sa.insert(Conflict), [a_conflict(session, made.applications[0], lead)])
    assert queries.hidden_from(session, lead) == [made.applications[0]]
    assert report_for(app, session, lead).scoring.applications == 11
    assert report_for(app, session).scoring.applications == 12
    own = make_assessor(session, lead)
    assignment = make_assignment(session, made.applications[1], own, "assessing")
    assert queries.hidden_from(session, lead) == sorted(made.applications[:2])
    make_assessment(session, assignment)
    assert queries.hidden_from(session, lead) == [made.applications[0]]
    session.rollback()
    client = client_of(app, lead)
    references = queries.references(session, None)
    text = client.get(f"{ROOM}scores?format=csv").text
    assert references[made.applications[0]] not in text


def test_invariant_a_conflicted_reader_sees_the_bytes_of_a_site_without_the_application(
    app: Flask, session: ScopedSession, lead: str, frozen_clock: FrozenClock
) -> None:
    """Once with a hidden application that is scored, once with the same one never scored."""
    made = a_round(app, session, make_form(session), lead)
    with transaction(session):
        session.execute(sa.insert(Conflict), [a_conflict(session, made.applications[0], lead)])
    with_it = report_for(app, session, lead)
    with transaction(session):
        session.execute(sa.update(Application).where(Application.id == made.applications[0]).values(state="withdrawn"))
    assert report_for(app, session, lead) == with_it


def a_conflict(session: ScopedSession, application_id: str, account_id: str) -> dict[str, Any]:
    return {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": application_id, "account_id": account_id,
        "source": "declared", "kind": "other", "why": "", "by": None, "at": clock.now(), "ended_at": None, "ended_by": None,
        "end_why": "",
    }  # fmt: skip


def test_a_partner_sees_no_other_partner(app: Flask, session_for: Sessions, lead: str) -> None:
    scotland, wales = session_for("scotland"), session_for("wales")
    form_id = make_form(scotland)
    a_round(app, scotland, form_id, lead, name="scot")
    wales.rollback()
    a_round(app, wales, form_id, lead, 4, name="welsh")
    assert report_for(app, scotland).outcomes.submitted == 12
    assert report_for(app, wales).outcomes.submitted == 4
    text = "".join(client_of(app, lead).get(f"{ROOM}{page}").text for page in ("", "outcomes"))
    assert "Scot 0" in text
    assert "Welsh 0" not in text
    assert client_of(app, lead).get("/wales/manage/admissions/quality/").status_code == 403
    assert client_of(app, lead).get(CONSOLE).status_code in {403, 404}


def test_the_console_over_all_partners_and_nothing_of_severity_where_nothing_links_them(
    app: Flask, session_for: Sessions, lead: str, central: str
) -> None:
    form_id = make_form(session_for("scotland"))
    for slug in ("scotland", "wales"):
        session = session_for(slug)
        session.rollback()
        a_round(app, session, form_id, lead, name=slug)
    client = client_of(app, central)
    assert client.submit(CONSOLE, form="refresh").status_code == 303
    make_reports_of_all(app)
    text = client.get(CONSOLE).text
    assert "Not all partners are linked" in text
    assert "No partner can be compared with another yet" in text
    assert "more generous" not in text
    assert "Scotland 0" not in text
    outcomes = client.get(f"{CONSOLE}outcomes").text
    assert "By area" in outcomes
    assert "Limits at 99.8%" in outcomes
    assert "Wales" in client.get(f"{CONSOLE}outcomes?format=csv").text
    assert client.submit(f"{CONSOLE}?site=wales", form="refresh").status_code == 303
    make_reports(app, session_for("wales"))
    own = client.get(f"{CONSOLE}?site=wales").text
    assert "Assessor 1" in own
    assert "Wales 0" not in own


def make_reports_of_all(app: Flask) -> None:
    with app.app_context(), open_session(Scope.platform("tests")) as session:
        found = session.scalar(sa.select(QualityReport.id).where(QualityReport.tenant_id == UK))
        session.rollback()
        quality_jobs.report_of_all(session, str(found))


def test_asking_twice_makes_one_job_and_a_lost_one_can_be_asked_for_again(
    session: ScopedSession, frozen_clock: FrozenClock
) -> None:
    tenant_id = session.scope.tenant_id or 0

    def ask() -> int:
        service.ask(session, SYSTEM, tenant_id=tenant_id, period="", left_out=["b", "a"])
        return len(session.scalars(sa.select(OutboxItem.id).where(OutboxItem.name == service.OF_SITE)).all())

    assert [ask(), ask()] == [1, 1]
    frozen_clock.advance(minutes=16)
    assert ask() == 2
    with pytest.raises(Forbidden):
        service.ask(session, Actor("x", "X"), tenant_id=tenant_id, period="", left_out=())
    with pytest.raises(Forbidden):
        service.ask(session, Actor("x", "X"), tenant_id=UK, period="", left_out=())


def test_a_window_and_a_year_narrow_the_figures(app: Flask, session: ScopedSession, lead: str) -> None:
    form_id = make_form(session)
    a_round(app, session, form_id, lead, 3, "one")
    a_round(app, session, form_id, lead, 5, "two")
    first, second = (window_id for window_id, _name in queries.windows(session, session.scope.tenant_id or 0))
    assert {len(queries.facts(session, one).applications) for one in (first, second)} == {3, 5}
    [year] = queries.years(session)
    assert len(queries.facts(session, year).applications) == 8
    assert queries.facts(session, str(int(year) - 1)) == Facts([], [], [], [], [])


def test_the_night_asks_for_what_was_scored(app: Flask, session_for: Sessions, lead: str) -> None:
    scotland, wales, uk = session_for("scotland"), session_for("wales"), session_for("uk")
    a_round(app, scotland, make_form(scotland), lead, 2)
    for one in (scotland, wales, uk):
        one.rollback()
        quality_jobs.nightly(one, clock.now())
    asked = [len(one.scalars(sa.select(QualityReport.id)).all()) for one in (scotland, wales, uk)]
    assert asked == [1, 0, 1]


def test_a_reader_in_conflict_finds_figures_wherever_others_do(app: Flask, session: ScopedSession, lead: str) -> None:
    """A page on which only they are asked to work the figures out would tell that something is hidden from them."""
    a_round(app, session, make_form(session), lead, 4)
    other = make_person(app, "other@example.org", name="Oda", grants=[(Role.PARTNER_LEAD, "scotland")])
    hidden = session.scalar(sa.select(Application.id).order_by(Application.id).limit(1))
    conflicted(session, str(hidden), other)
    readers = [client_of(app, one) for one in (lead, other)]
    assert [("Work out the figures" in one.get(ROOM).text) for one in readers] == [True, True]
    quality_jobs.nightly(session, clock.now())
    assert [("being worked out" in one.get(ROOM).text) for one in readers] == [True, True]
    assert [("it can take five minutes" in one.get(ROOM).text) for one in readers] == [True, True]
    for _ in range(2):
        quality_jobs.for_readers(session, clock.now())
    queued = session.scalars(sa.select(QualityReport.id).where(QualityReport.state == "queued")).all()
    assert len(queued) == 2
    for report_id in queued:
        quality_jobs.report_of_site(session, report_id)
    pages = [one.get(ROOM).text for one in readers]
    assert all("As at" in page and "Work out the figures" not in page for page in pages)
    asked = sa.select(sa.func.count(AuditEntry.id)).where(AuditEntry.action == "quality.ask")
    assert session.scalar(asked) == 1
