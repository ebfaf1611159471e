"""Figures of quality, worked out in the background: at night, and when somebody asks."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from flask import current_app

from core.admissions.letters import windows as window_letters
from core.admissions.quality.outcomes import outcomes
from core.admissions.quality.report import Report
from core.admissions.quality.scoring import scoring
from core.admissions.queries import equality
from core.admissions.queries import quality as queries
from core.admissions.service import calibration
from core.admissions.service import quality as service
from core.data.audit import UK
from core.data.session import ScopedSession
from core.kernel.permissions import Role
from core.kernel.text import N_
from core.kernel.views import SYSTEM
from core.people import queries as people
from core.tenancy.directory import TenantDirectory
from core.work import every, job


@job(service.OF_SITE, title=N_("A partner’s report on fairness and quality is worked out"))
def report_of_site(session: ScopedSession, report_id: str) -> None:
    """Work out a partner's report: its own assessors and applications one by one as well."""
    _make(session, report_id, people=True)


@job(
    service.OF_ALL,
    title=N_("The UK’s report on fairness and quality is worked out"),
    platform="figures of quality over all partners",
)
def report_of_all(session: ScopedSession, report_id: str) -> None:
    """Work out the UK's report: partners side by side, nobody by themselves."""
    _make(session, report_id, people=False)


def _make(session: ScopedSession, report_id: str, *, people: bool) -> None:
    period, left_out = queries.asked(session, report_id)
    facts = queries.facts(session, period, left_out)
    session.rollback()  # nothing is held open while it is worked out

    def progress(percent: int) -> None:
        service.progressed(session, report_id, percent)

    marks = scoring(facts, people=people, progress=progress)
    service.keep(session, report_id, Report(scoring=marks, outcomes=outcomes(facts)))


@every(
    "10,25,40,55 * * * *", name="core.ask_for_calibration", title=N_("Assessors are asked to score calibration cases")
)
def ask_for_calibration(session: ScopedSession, _at: datetime) -> None:
    """Ask this site's assessors about calibration cases that are out."""
    directory: TenantDirectory = current_app.extensions["q.directory"]
    calibration.ask_assessors(
        session, window_letters.calibration(directory.current(session, session.scope.tenant_id or UK))
    )


@every("25 3 * * *", name="core.quality_nightly", title=N_("Reports on fairness and quality are made anew each night"))
def nightly(session: ScopedSession, _at: datetime) -> None:
    """Have each site's report over all its windows made anew, where anything was scored; and the UK's."""
    tenant_id = session.scope.tenant_id or UK
    if tenant_id == UK or queries.any_sealed(session):
        service.ask(session, SYSTEM, tenant_id=tenant_id, period="", left_out=())


@every(
    "*/5 * * * *",
    name="core.quality_for_readers",
    title=N_("Reports on fairness and quality for those who may not read about every application"),
)
def for_readers(session: ScopedSession, _at: datetime) -> None:
    """Make a site's figures also for those of its readers who must not know of everything."""
    tenant_id = session.scope.tenant_id or UK
    if tenant_id != UK:
        service.ask_for_readers(session, tenant_id, _readers(session, tenant_id))


@every(
    "*/5 * * * *",
    name="core.quality_of_all_for_readers",
    title=N_("The UK’s report on fairness and quality for those who may not read about every application"),
    once=True,
    platform="figures of quality for readers in conflict",
)
def of_all_for_readers(session: ScopedSession, _at: datetime) -> None:
    """The same of the UK's figures."""
    service.ask_for_readers(session, UK, _readers(session, UK))


def _readers(session: ScopedSession, tenant_id: int) -> list[str]:
    """Who may read a site's figures: its leads and the central team."""
    return [*people.holders(session, Role.PARTNER_LEAD, tenant_id), *people.holders(session, Role.CENTRAL_TEAM, UK)]


@every(
    "55 4 * * *",
    name="core.publish_equality",
    title=N_("Figures by equality group are published"),
    once=True,
    platform="figures by equality group over all partners",
)
def publish_equality(session: ScopedSession, _at: datetime) -> None:
    """Publish figures by equality group once enough decisions are released that were in no publication before."""
    config: Any = current_app.config["Q"]

    def groups_of(session: ScopedSession, applications: Collection[str], question: str) -> Mapping[str, str]:
        return equality.groups_by_application(
            session, config.secret_key, applications, question, config.secret_key_before
        )

    service.publish_equality(session, groups_of)
