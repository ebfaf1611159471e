"""Giving applications to assessors by hand, and taking them back. Nobody gets more than they can hold, or one in conflict."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Application, Assessor, Assignment, Conflict
from core.admissions.queries import conflicts as conflict_queries
from core.admissions.queries import panels as queries
from core.admissions.service.assigned import take_down
from core.admissions.service.windows import may_manage, reason
from core.admissions.states import ASSIGNMENT, HELD_BY_ASSESSOR, OFFERED, SUBMITTED, TAKEN_BACK
from core.data import audit
from core.data.conditional import update_as_seen
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Invalid, Refused
from core.kernel.ids import is_id, new_id
from core.kernel.text import N_
from core.kernel.views import Actor

NO_ROOM = N_("This assessor can take no more applications of this window.")


def lock_in(session: ScopedSession, assessor_ids: Iterable[str]) -> dict[str, int]:
    """Lock the places of assessors who are active, in the caller's transaction: {id: capacity}. Whoever assigns holds these
    locks, so that what is counted afterwards stays true until the commit."""
    rows = session.execute(
        sa.update(Assessor)
        .where(Assessor.id.in_(sorted(assessor_ids)), Assessor.state == "active")
        .values(state="active")
        .returning(Assessor.id, Assessor.capacity)
    )
    return {row.id: row.capacity for row in rows}


def loads_in(session: ScopedSession, window_id: str, assessor_ids: Iterable[str]) -> dict[str, int]:
    """{assessor: how many applications of the window they hold}, all of them: for limits, not for showing."""
    rows = session.execute(
        sa.select(Assignment.assessor_id, sa.func.count())
        .join(Application, (Application.tenant_id == Assignment.tenant_id) & (Application.id == Assignment.application_id))
        .where(
            Application.window_id == window_id, Assignment.assessor_id.in_(sorted(assessor_ids)),
            Assignment.state.in_(HELD_BY_ASSESSOR),
        )
        .group_by(Assignment.assessor_id)
    )  # fmt: skip
    return {row[0]: int(row[1]) for row in rows}


def row_of(
    session: ScopedSession, application_id: str, assessor_id: str, due_at: datetime, by: str | None, *, run_id: str | None = None,
    reasons: Iterable[Any] = (),
) -> dict[str, Any]:  # fmt: skip
    """The values of a new assignment: by hand, or from a plan with its reasons."""
    now = clock.now()
    return {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": application_id, "assessor_id": assessor_id,
        "state": OFFERED, "source": "auto" if run_id else "manual", "run_id": run_id, "reasons": list(reasons), "due_at": due_at,
        "version": 1, "created_by": by, "created_at": now, "changed_at": now,
    }  # fmt: skip


def assign(
    session: ScopedSession, actor: Actor, application_id: str, assessor_id: str, due_at: datetime, form_key: str
) -> str:
    """Offer a submitted application to an assessor until `due_at` (UTC); the assignment's id. The same form sent twice makes
    one. A letter goes out with the next round of them.

    Raises Forbidden, NotFound (also where the actor is in conflict), Invalid (a day that is past, an assessor who is not
    there or not active), and Refused: no room, a conflict of interest, has it already, not submitted.
    """
    may_manage(actor)
    application = conflict_queries.application(session, actor.account_id, application_id)
    if due_at <= clock.now():
        raise Invalid({"due_on": N_("Choose a day to come.")})
    if not is_id(assessor_id):
        raise Invalid({"assessor_id": CHOOSE})
    with transaction(session):
        capacity = lock_in(session, [assessor_id])
        key = once(session, form_key, f"assign:{application_id}")
        if key.result is not None:
            return key.result
        if assessor_id not in capacity:
            raise Invalid({"assessor_id": CHOOSE})
        if loads_in(session, application.window_id, [assessor_id]).get(assessor_id, 0) >= capacity[assessor_id]:
            raise Refused(NO_ROOM)
        row = row_of(session, application_id, assessor_id, due_at, actor.account_id)
        try:
            session.execute(sa.insert(Assignment), [row])
        except sa.exc.IntegrityError:
            raise Refused(N_("This assessor has the application already.")) from None
        key.keep(str(row["id"]))
        audit.record(
            session, actor=actor, action="assignment.offer", subject=application_id,
            after={"assessor": assessor_id, "due_at": due_at.isoformat()},
        )  # fmt: skip
        _still_possible(session, application_id, assessor_id)  # after the entry, as `service.conflicts` says
    return str(row["id"])


CHOOSE = N_("Choose somebody who is active on the panel")


def _still_possible(session: ScopedSession, application_id: str, assessor_id: str) -> None:
    """Raise Refused where the application is no longer submitted, or a conflict with it stands."""
    in_conflict = (
        sa.select(Conflict.id)
        .where(
            Conflict.application_id == Application.id, Conflict.account_id == Assessor.account_id, Conflict.ended_at.is_(None)
        )
        .exists()
    )  # fmt: skip
    row = session.execute(
        sa.select(Application.state, Application.account_id == Assessor.account_id, in_conflict)
        .join(Assessor, Assessor.tenant_id == Application.tenant_id)
        .where(Application.id == application_id, Assessor.id == assessor_id)
    ).one()
    if row[0] != SUBMITTED:
        raise Refused(N_("Only an application that is submitted can be assigned."))
    if row[1] or row[2]:
        raise Refused(N_("This assessor has a conflict of interest with the application."))


def take_back(session: ScopedSession, actor: Actor, assignment_id: str, version: int, why: str) -> None:
    """Take an application back from an assessor who has not sealed it, for a stated reason. What they wrote stays.

    Raises Forbidden, NotFound (also where the actor is in conflict), Invalid, Conflict, and Refused once it is sealed.
    """
    may_manage(actor)
    seat, _, _ = queries.seat(session, actor.account_id, assignment_id)
    why = reason(why)
    with transaction(session):
        update_as_seen(
            session, Assignment, Assignment.id == assignment_id, version, states=ASSIGNMENT.sources("take_back"),
            closed=NOT_TO_TAKE_BACK, state=TAKEN_BACK, state_why=why, changed_at=clock.now(),
        )  # fmt: skip
        take_down(session, [assignment_id])
        audit.record(
            session, actor=actor, action="assignment.take_back", subject=seat.application_id, before={"state": seat.state},
            after={"state": TAKEN_BACK, "assessor": seat.assessor_id}, why=why,
        )  # fmt: skip


NOT_TO_TAKE_BACK = N_("This cannot be taken back: it is sealed, or it has ended already.")
