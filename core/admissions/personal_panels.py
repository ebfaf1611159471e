"""What panels hold about one person: about an assessor, and about an applicant with whom somebody is in conflict.

That somebody had a place on a panel, and that there was a conflict, stays as a row without words: who may decide about whom
must be provable afterwards.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Application, Assessor, AssessorInterest, Assignment, Conflict
from core.admissions.queries.sight import clear_of
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.text import N_
from core.people.personal.parts import plain
from core.people.personal.registry import Part, contribute


def _rows(session: ScopedSession, query: Any) -> list[dict[str, Any]]:
    return [{key: plain(value) for key, value in row._mapping.items()} for row in session.execute(query)]


def _place(account_id: str) -> Any:
    return sa.select(Assessor.id).where(Assessor.account_id == account_id)


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """The place on the panel with its interests and assignments, and the conflicts that the person declared.

    Conflicts that others put down, or that follow from what is known, are left out, and so are the assignments they ended:
    that somebody close has applied is the applicant's to tell.
    """
    place = sa.select(
        Assessor.roles, Assessor.capacity, Assessor.workplace, Assessor.trained_on, Assessor.state, Assessor.created_at
    ).where(Assessor.account_id == account_id)
    if found := _rows(session, place):
        yield N_("Place on a panel"), found
    interests = (
        sa.select(AssessorInterest.kind, AssessorInterest.target, AssessorInterest.at, AssessorInterest.ended_at)
        .where(AssessorInterest.assessor_id.in_(_place(account_id)))
        .order_by(AssessorInterest.at)
    )
    if found := _rows(session, interests):
        yield N_("Interests"), found
    assignments = (
        sa.select(
            Assignment.state, Assignment.level, Assignment.declaration, Assignment.declared_at, Assignment.due_at,
            Assignment.created_at,
        )
        .where(
            Assignment.assessor_id.in_(_place(account_id)),
            Assignment.declared_at.is_not(None) | clear_of(account_id, Assignment.application_id),  # type: ignore[arg-type]  # an attribute is a column element
        )
        .order_by(Assignment.created_at)
    )  # fmt: skip
    if found := _rows(session, assignments):
        yield N_("Applications to assess"), found
    conflicts = (
        sa.select(Conflict.kind, Conflict.why, Conflict.at, Conflict.ended_at)
        .where(Conflict.account_id == account_id, Conflict.source == "declared")
        .order_by(Conflict.at)
    )
    if found := _rows(session, conflicts):
        yield N_("Conflicts of interest"), found


def erase(session: ScopedSession, account_id: str) -> int:
    """End the place, delete the interests, empty every word of and about the person."""
    quiet: dict[str, Any] = {"synchronize_session": False}
    place = _place(account_id)
    applications = sa.select(Application.id).where(Application.account_id == account_id)
    statements: tuple[Any, ...] = (
        sa.delete(AssessorInterest).where(AssessorInterest.assessor_id.in_(place)).returning(AssessorInterest.id),
        sa.update(Assignment)
        .where(Assignment.assessor_id.in_(place))
        .values(declaration="", state_why="", resolution="")
        .returning(Assignment.id),
        sa.update(Conflict)
        .where((Conflict.account_id == account_id) | Conflict.application_id.in_(applications))
        .values(why="", end_why="")
        .returning(Conflict.id),
        sa.update(Application)
        .where(Application.account_id == account_id)
        .values(organisation_norm="", changed_at=clock.now())
        .returning(Application.id),
        sa.update(Assessor)
        .where(Assessor.account_id == account_id)
        .values(workplace="", workplace_norm="", state="ended", version=Assessor.version + 1)
        .returning(Assessor.id),
    )
    return sum(len(session.execute(one.execution_options(**quiet)).all()) for one in statements)


contribute(
    Part(
        "admissions_panels",
        tuple(model.__tablename__ for model in (Assessor, AssessorInterest, Assignment, Conflict)),
        export,
        erase,
        N_(
            "That there was a place on a panel, an assignment or a conflict of interest: who may decide must be provable."
        ),
        per_tenant=True,
    )
)
