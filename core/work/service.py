"""What the central team does about failed work.

A tenant's session reaches that tenant's work alone; the platform's own work (of no tenant) belongs to the UK site. A session
in platform scope reaches all. What was done is written to the chain of the work's tenant.
"""

import sqlalchemy as sa

from core.data import audit
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, NotFound
from core.kernel.permissions import Permission
from core.kernel.views import Actor
from core.work import registry
from core.work.delivery import JOB as MAIL_JOB
from core.work.models import (
    FAILED,
    MAIL_FAILED,
    MAIL_QUEUED,
    QUEUED,
    SET_ASIDE,
    SKIPPED,
    Mail,
    OutboxItem,
    WorkFailure,
)
from core.work.outbox import item


def run_again(session: ScopedSession, failure_id: str, actor: Actor) -> str:
    """Ask for a failed or skipped job once more, with a fresh set of tries. Returns the new outbox row's id.

    Raises Forbidden, NotFound (also for another tenant's), Conflict when it has been asked for already, and UnknownJob when
    no such job exists now.
    """
    with transaction(session):
        row = _move(session, failure_id, actor, QUEUED, retried_at=clock.now())
        again = item(registry.find(row.name), row.args, row.at_tenant_id) | {"failure_id": row.id}
        session.execute(sa.insert(OutboxItem), [again])
        _note(session, row, actor, "work.run_again", QUEUED, "")
    return str(again["id"])


def set_aside(session: ScopedSession, failure_id: str, actor: Actor, why: str) -> None:
    """Close a failed or skipped job that need not run any more. Raises Forbidden, NotFound, Conflict."""
    with transaction(session):
        row = _move(session, failure_id, actor, SET_ASIDE, resolved_at=clock.now())
        _note(session, row, actor, "work.set_aside", SET_ASIDE, why)


def send_again(session: ScopedSession, mail_id: str, actor: Actor) -> None:
    """Ask that a message which failed be sent once more, with a fresh set of tries; its failed job, where there is one, runs again.

    Raises Forbidden, NotFound (also for another tenant's), and Conflict when it has been asked for already, or when its text
    has been forgotten.
    """
    if not actor.can(Permission.WORK_MANAGE):
        raise Forbidden(Permission.WORK_MANAGE)
    within = Mail.at_tenant_id == session.scope.tenant_id if session.scope.tenant_id is not None else sa.true()
    with transaction(session):
        tenant_id = session.scalar(
            sa.update(Mail)
            .where(Mail.id == mail_id, within, Mail.state == MAIL_FAILED, Mail.text != "")
            .values(state=MAIL_QUEUED)
            .returning(Mail.at_tenant_id)
        )
        if tenant_id is None:
            raise Conflict if session.scalar(sa.select(Mail.id).where(Mail.id == mail_id, within)) else NotFound
        failure_id = session.scalar(
            sa.update(WorkFailure)
            .where(
                WorkFailure.name == MAIL_JOB, WorkFailure.at_tenant_id == tenant_id, WorkFailure.state == FAILED,
                WorkFailure.args["mail_id"].as_string() == mail_id,
            )
            .values(state=QUEUED, retried_at=clock.now())
            .returning(WorkFailure.id)
        )  # fmt: skip
        again = item(registry.find(MAIL_JOB), {"mail_id": mail_id}, tenant_id) | {"failure_id": failure_id}
        session.execute(sa.insert(OutboxItem), [again])
        audit.record(
            session, actor=actor, action="work.send_again", subject=f"work_mail:{mail_id}",
            after={"state": MAIL_QUEUED, "tenant_id": tenant_id}, tenant_id=tenant_id,
        )  # fmt: skip


def _move(session: ScopedSession, failure_id: str, actor: Actor, state: str, **values: object) -> WorkFailure:
    """The conditional update that only one of two people wins."""
    if not actor.can(Permission.WORK_MANAGE):
        raise Forbidden(Permission.WORK_MANAGE)
    within = _within(session)
    moved = session.scalars(
        sa.update(WorkFailure)
        .where(WorkFailure.id == failure_id, within, WorkFailure.state.in_((FAILED, SKIPPED)))
        .values(state=state, **values)
        .returning(WorkFailure)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if moved is not None:
        return moved
    if session.scalar(sa.select(WorkFailure.id).where(WorkFailure.id == failure_id, within)) is None:
        raise NotFound
    raise Conflict


def _within(session: ScopedSession) -> sa.ColumnElement[bool]:
    """The work that this session may act on."""
    tenant_id = session.scope.tenant_id
    if tenant_id is None:  # platform scope: a session without a scope cannot be made
        return sa.true()
    own = WorkFailure.at_tenant_id == tenant_id
    return own | WorkFailure.at_tenant_id.is_(None) if tenant_id == audit.UK else own


def _note(session: ScopedSession, row: WorkFailure, actor: Actor, action: str, state: str, why: str) -> None:
    audit.record(
        session,
        actor=actor,
        action=action,
        subject=f"work_failure:{row.id}",
        after={"state": state, "job": row.name, "tenant_id": row.at_tenant_id},
        why=why,
        tenant_id=row.at_tenant_id if row.at_tenant_id is not None else audit.UK,
    )
