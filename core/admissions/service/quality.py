"""Reports of quality: asking for one, and keeping what was worked out; figures by equality group, published for good."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta

import sqlalchemy as sa

from core.admissions import content
from core.admissions.models import EqualityFigures, QualityReport
from core.admissions.quality.equality import FEWEST_PUBLISHED, published
from core.admissions.quality.report import Report
from core.admissions.queries import quality as queries
from core.data import audit, upserts
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Forbidden
from core.kernel.ids import new_id
from core.kernel.permissions import Permission
from core.kernel.views import SYSTEM, Actor
from core.work import enqueue

OF_SITE, OF_ALL = "core.quality_report", "core.quality_report_of_all"
"""The jobs that work a report out: over one site's rows, over every site's."""
LOST = timedelta(minutes=15)
"""A report that is not there after so long was lost on the way: it may be asked for again."""

GroupsOf = Callable[[ScopedSession, Collection[str], str], Mapping[str, str]]
"""(session, applications, question) to the group of each application that has answered."""


def ask(session: ScopedSession, actor: Actor, *, tenant_id: int, period: str, left_out: Collection[str]) -> None:
    """Have the report of a site (the UK site's is over all) worked out anew, unless that is being done. What there was stays
    to be read meanwhile. Raises Forbidden."""
    permission = Permission.ADMISSIONS_CONFIGURE if tenant_id == audit.UK else Permission.TENANT_ADMISSIONS_MANAGE
    if not actor.can(permission):
        raise Forbidden(permission)
    now, without = clock.now(), queries.hash_of(left_out)
    with transaction(session):
        taken = session.execute(
            sa.update(QualityReport)
            .where(
                QualityReport.tenant_id == tenant_id, QualityReport.period == period, QualityReport.without == without,
                (QualityReport.state != "queued") | (QualityReport.asked_at < now - LOST),
            )
            .values(state="queued", progress=0, asked_at=now)
            .returning(QualityReport.id)
        ).scalar_one_or_none()  # fmt: skip
        if taken is None:
            row = {
                "id": new_id(), "tenant_id": tenant_id, "period": period, "without": without, "left_out": sorted(left_out),
                "state": "queued", "progress": 0, "asked_at": now, "content": None, "made_at": None,
            }  # fmt: skip
            taken = session.execute(
                upserts.insert(session, QualityReport)
                .values(**row)
                .on_conflict_do_nothing()
                .returning(QualityReport.id)
            ).scalar_one_or_none()
        if taken is None:
            return  # it is being worked out
        enqueue(session, OF_ALL if tenant_id == audit.UK else OF_SITE, tenant_id=tenant_id, report_id=taken)
        if actor.is_system and left_out:
            return  # an entry would tell its readers that somebody is in conflict with something
        audit.record(
            session, actor=actor, action="quality.ask", subject=f"quality:{taken}", after={"period": period}, tenant_id=tenant_id
        )  # fmt: skip


def ask_for_readers(session: ScopedSession, tenant_id: int, readers: Iterable[str]) -> int:
    """Have the reports made that leave out what one of `readers` (accounts) must not know of, wherever there is one with
    everything; how many. In the UK site's case over all sites, which needs platform scope."""
    site = None if tenant_id == audit.UK else tenant_id
    lists = [queries.hidden_from(session, account_id, site) for account_id in readers]
    due = queries.behind(session, tenant_id, lists)
    for period, left_out in due:
        ask(session, SYSTEM, tenant_id=tenant_id, period=period, left_out=left_out)
    return len(due)


def progressed(session: ScopedSession, report_id: str, percent: int) -> None:
    """Note how far the work is."""
    with transaction(session):
        session.execute(
            sa.update(QualityReport)
            .where(QualityReport.id == report_id, QualityReport.state == "queued")
            .values(progress=percent)
        )


def keep(session: ScopedSession, report_id: str, report: Report) -> None:
    """Keep a report with the time it was made. Twice the same job keeps the later."""
    with transaction(session):
        session.execute(
            sa.update(QualityReport)
            .where(QualityReport.id == report_id)
            .values(state="ready", progress=100, content=report.model_dump(mode="json"), made_at=clock.now())
        )


def publish_equality(session: ScopedSession, groups_of: GroupsOf) -> int | None:
    """Publish the figures by equality group of all decided applications that were in no publication before, once they are
    enough; the publication's number, or None. Needs a session of the whole platform.

    The figures are worked out before the transaction; its first statement takes the number, which is unique and was read
    before the applications were: of two workers one publishes.
    """
    number = queries.last_number(session) + 1
    outcome = queries.decided_and_not_counted(session)
    if len(outcome) < FEWEST_PUBLISHED:
        return None
    questions = {one.key: tuple(parent.key for parent in one.parents) for one in content.equality().questions}
    answers = {key: groups_of(session, list(outcome), key) for key in questions}
    figures = published(outcome, answers, questions)
    row = {
        "id": new_id(), "number": number, "counted": sorted(outcome), "content": figures.model_dump(mode="json"),
        "at": clock.now(),
    }  # fmt: skip
    with transaction(session):
        made = session.execute(
            upserts.insert(session, EqualityFigures)
            .values(**row)
            .on_conflict_do_nothing()
            .returning(EqualityFigures.id)
        ).first()
        if made is None:
            return None
        audit.record(
            session, actor=SYSTEM, action="quality.publish_equality", subject=f"equality:{number}",
            after={"applications": len(outcome)}, tenant_id=audit.UK,
        )  # fmt: skip
    return number
