"""Conflicts of interest: derived from what is known, declared by people about themselves, set by the partner. Kept for good.

The functions that end in `_in` belong into the transaction of what brings a conflict about, **after its audit entry**:
whoever writes there waits for whoever wrote before, so of an interest declared and an application submitted at the same
moment the second sees the first. **Before** the entry `hold_assignments` takes what a conflict could recuse: an assessor
who seals holds an assignment and then waits for the trail, and would wait in a circle otherwise.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.admissions import conflict_rules
from core.admissions.conflict_rules import DERIVED, Applicant, Known
from core.admissions.models import Application, Assessor, AssessorInterest, Assignment, Conflict
from core.admissions.models.panels import NOT_ENDED
from core.admissions.queries import conflicts as queries
from core.admissions.service.assigned import take_down
from core.admissions.service.windows import may_manage, reason
from core.admissions.states import ASSIGNMENT, RECUSED
from core.data import audit, upserts
from core.data.locks import hold_in_order
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict as Stale
from core.kernel.errors import Invalid, Refused
from core.kernel.ids import new_id
from core.kernel.text import N_
from core.kernel.views import Actor
from core.people.models import Account

DECLARED, SET = "declared", "set"
ORGANISATION = "organisation"
"""The question of the form whose answer is compared with assessors' workplaces and interests."""
FLOOR_HOLDS = N_(
    "This conflict stays: nobody assesses or decides an application of their own, of somebody with the same employer, or one that they assessed before it came here. "
    "If the workplace is wrong, correct it on the assessor’s page."
)
_APPLICANTS = (
    sa.select(Application.id, Application.account_id, Application.organisation_norm, Account.name, Account.email_norm)
    .join(Account, Account.id == Application.account_id)
    .where(Application.submitted_at.is_not(None))
)  # fmt: skip
_PANEL = sa.select(
    Assessor.account_id, Assessor.workplace_norm, AssessorInterest.kind, AssessorInterest.target_norm
).outerjoin(
    AssessorInterest,
    (AssessorInterest.tenant_id == Assessor.tenant_id)
    & (AssessorInterest.assessor_id == Assessor.id)
    & AssessorInterest.ended_at.is_(None),
)


def organisation_of(answers: Mapping[str, Any]) -> str:
    """The applicant's workplace as it is compared, from the answers of an application; "" where nothing was asked or said."""
    answer = answers.get(ORGANISATION)
    return conflict_rules.normal(answer) if isinstance(answer, str) else ""


def hold_assignments(session: ScopedSession, *which: sa.ColumnElement[bool]) -> None:
    """Hold the assignments that `which` describes and that could be recused, in the caller's transaction before its audit entry."""
    hold_in_order(session, Assignment, Assignment.state.in_(ASSIGNMENT.sources("recuse")), *which)


def derive_for_application_in(session: ScopedSession, application_id: str, *, tenant_id: int | None = None) -> None:
    """Bring the derived conflicts of an application in step with what is known, in the caller's transaction after its audit
    entry: three to six statements, however large the panel. `tenant_id` names its site where the session has platform scope."""
    panel = _PANEL if tenant_id is None else _PANEL.where(Assessor.tenant_id == tenant_id)
    applicants = _APPLICANTS.where(Application.id == application_id)
    _reconcile(session, applicants, panel, Conflict.application_id == application_id, tenant_id)


def derive_for_assessor_in(session: ScopedSession, assessor_id: str) -> None:
    """The same for one assessor, after a change of workplace or interests."""
    account = sa.select(Assessor.account_id).where(Assessor.id == assessor_id).scalar_subquery()
    panel = _PANEL.where(Assessor.id == assessor_id)
    _reconcile(session, _APPLICANTS, panel, Conflict.account_id == account, session.scope.tenant_id)


def _reconcile(
    session: ScopedSession, applicants: Any, panel: Any, whose: sa.ColumnElement[bool], tenant_id: int | None = None
) -> None:
    people: dict[str, tuple[str, set[tuple[str, str]]]] = {}
    for row in session.execute(panel):
        _, interests = people.setdefault(row.account_id, (row.workplace_norm, set()))
        if row.kind is not None:
            interests.add((row.kind, row.target_norm))
    known = [Known(account, place, frozenset(interests)) for account, (place, interests) in people.items()]
    wanted = conflict_rules.conflicts(known, (Applicant(*row) for row in session.execute(applicants)))
    rows = session.execute(
        sa.select(
            Conflict.id, Conflict.application_id, Conflict.account_id, Conflict.source, Conflict.kind, Conflict.ended_at,
            Conflict.ended_by,
        ).where(whose, Conflict.ended_at.is_(None) | ((Conflict.source == DERIVED) & Conflict.ended_by.is_not(None)))
    ).all()  # fmt: skip
    standing = {(row.application_id, row.account_id): row for row in rows if row.ended_at is None}
    overruled = {(row.application_id, row.account_id, row.kind) for row in rows if row.ended_at is not None}
    now, site = clock.now(), tenant_id or session.scope.tenant_id
    over = [
        row.id for pair, row in standing.items()
        # of somebody on this very panel: one that came along from another site rests on what is known there
        if row.source == DERIVED and pair[1] in people and wanted.get(pair) != row.kind
    ]  # fmt: skip
    if over:
        ended = sa.update(Conflict).where(Conflict.id.in_(over), Conflict.ended_at.is_(None)).values(ended_at=now)
        session.execute(ended)
    new = [
        _row(site, pair, DERIVED, kind, "", None, now)
        for pair, kind in sorted(wanted.items())
        if (pair not in standing or standing[pair].id in over) and (*pair, kind) not in overruled
    ]
    if new:
        session.execute(upserts.insert(session, Conflict).on_conflict_do_nothing(), new)
        recuse_in(session, sorted({row["application_id"] for row in new}))


def _row(
    tenant_id: int | None, pair: tuple[str, str], source: str, kind: str, why: str, by: str | None, at: datetime
) -> dict[str, Any]:
    return {
        "id": new_id(), "tenant_id": tenant_id, "application_id": pair[0], "account_id": pair[1], "source": source,
        "kind": kind, "why": why, "by": by, "at": at, "end_why": "",
    }  # fmt: skip


def recuse_in(session: ScopedSession, application_ids: list[str]) -> int:
    """Recuse every assignment of these applications that a standing conflict forbids and that is not sealed yet, in the
    caller's transaction; how many."""
    in_conflict = (
        sa.select(Conflict.id)
        .join(Assessor, (Assessor.tenant_id == Conflict.tenant_id) & (Assessor.account_id == Conflict.account_id))
        .where(
            Conflict.application_id == Assignment.application_id, Assessor.id == Assignment.assessor_id,
            Conflict.ended_at.is_(None),
        )
        .exists()
    )  # fmt: skip
    done = session.scalars(
        sa.update(Assignment)
        .where(
            Assignment.application_id.in_(application_ids), Assignment.state.in_(ASSIGNMENT.sources("recuse")), in_conflict
        )
        .values(state=RECUSED, changed_at=clock.now(), version=Assignment.version + 1)
        .returning(Assignment.id)
    ).all()  # fmt: skip
    take_down(session, done)
    return len(done)


def set_in(
    session: ScopedSession, application_id: str, account_id: str, source: str, kind: str, why: str, by: str | None
) -> bool:
    """Put a conflict down and recuse what it forbids, in the caller's transaction after its audit entry. False when one
    stands already for this person, which then stays as it is."""
    row = _row(session.scope.tenant_id, (application_id, account_id), source, kind, why.strip()[:500], by, clock.now())
    made = session.execute(
        upserts.insert(session, Conflict).values(**row).on_conflict_do_nothing().returning(Conflict.id)
    ).one_or_none()
    recuse_in(session, [application_id])
    return made is not None


def bar_in(
    session: ScopedSession, application_id: str, account_id: str, kind: str, at: datetime, *, tenant_id: int
) -> None:  # fmt: skip
    """Put a conflict down at a site that `tenant_id` names, in the caller's transaction in platform scope, about an application that
    nobody has there yet. One that stands already is kept as the kind that stays."""
    row = _row(tenant_id, (application_id, account_id), SET, kind, "", None, at)
    statement: Any = upserts.insert(session, Conflict).values(**row)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "application_id", "account_id"], index_where=NOT_ENDED,
            set_={"kind": kind, "source": SET},
        )
    )  # fmt: skip


def put_down(session: ScopedSession, actor: Actor, application_id: str, account_id: str, kind: str, why: str) -> None:
    """A conflict of somebody on the panel, or of the actor, for a stated reason. The actor who puts down one of their own
    sees nothing of the application from then on.

    Raises Forbidden, NotFound (also where the actor is in conflict), Invalid (nobody of the panel, no reason) and Refused
    where a conflict stands.
    """
    may_manage(actor)
    queries.application(session, actor.account_id, application_id)
    why = reason(why)
    own = account_id == actor.account_id
    if kind not in conflict_rules.KINDS or kind in conflict_rules.FLOOR:
        raise Invalid({"kind": N_("Choose what it is")})
    if not own and session.scalar(sa.select(Assessor.id).where(Assessor.account_id == account_id)) is None:
        raise Invalid({"account_id": N_("Choose yourself, or somebody on the panel")})
    with transaction(session):
        hold_assignments(session, Assignment.application_id == application_id)
        audit.record(
            session, actor=actor, action="conflict.set", subject=application_id,
            after={"account": account_id, "kind": kind, "source": DECLARED if own else SET},
        )  # fmt: skip
        if not set_in(session, application_id, account_id, DECLARED if own else SET, kind, why, actor.account_id):
            raise Refused(N_("A conflict of interest of this person with this application stands already."))


def end(session: ScopedSession, actor: Actor, conflict_id: str, why: str) -> str:
    """End a conflict for a stated reason; the application's id. What was recused stays recused: assign it again.

    Raises Forbidden, NotFound (also where the actor is in conflict), Invalid, Conflict (ended meanwhile), and Refused for
    what the national floor holds: the same employer, one's own application, and one that was assessed before it was moved.
    """
    may_manage(actor)
    found = queries.one(session, actor.account_id, conflict_id)
    why = reason(why)
    if conflict_rules.stays(found.kind, found.source):
        raise Refused(FLOOR_HOLDS)
    with transaction(session):
        done = session.execute(
            sa.update(Conflict)
            .where(Conflict.id == conflict_id, Conflict.ended_at.is_(None))
            .values(ended_at=clock.now(), ended_by=actor.account_id, end_why=why)
            .returning(Conflict.id)
        ).one_or_none()
        if done is None:
            raise Stale
        hold_assignments(session, Assignment.application_id == found.application_id)
        audit.record(
            session, actor=actor, action="conflict.end", subject=found.application_id,
            before={"account": found.account_id, "kind": found.kind, "source": found.source},
        )  # fmt: skip
        derive_for_application_in(session, found.application_id)
    return found.application_id
