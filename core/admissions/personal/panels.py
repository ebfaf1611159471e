"""What panels hold about one person: about an assessor, and about an applicant with whom somebody is in conflict.

That somebody had a place on a panel or was present, and that there was a conflict, stays as a row without words: who may
decide about whom must be provable afterwards. Plans and meetings name assessors by number alone.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Assessor, AssessorInterest, AssignmentRun, Conflict, PanelMeeting
from core.admissions.personal.whose import APPLICATIONS
from core.data.session import ScopedSession
from core.kernel.text import N_
from core.people.personal.registry import Part, contribute
from core.people.personal.rows import WHO, change, listed, rows

TABLES = (Assessor, AssessorInterest, Conflict, AssignmentRun, PanelMeeting)


def _place(account_id: Any) -> Any:
    return sa.select(Assessor.id).where(Assessor.account_id == account_id)


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """The place on the panel with its interests, meetings that the person was at, and the conflicts that they declared.

    Conflicts that others put down, or that follow from what is known, are left out: that somebody close has applied is the
    applicant's to tell.
    """
    place = sa.select(
        Assessor.roles, Assessor.capacity, Assessor.workplace, Assessor.trained_on, Assessor.state, Assessor.created_at
    ).where(Assessor.account_id == account_id)
    yield from listed(N_("Place on a panel"), rows(session, place))
    interests = (
        sa.select(AssessorInterest.kind, AssessorInterest.target, AssessorInterest.at, AssessorInterest.ended_at)
        .where(AssessorInterest.assessor_id.in_(_place(account_id)))
        .order_by(AssessorInterest.at)
    )
    yield from listed(N_("Interests"), rows(session, interests))
    yield from listed(N_("Panel meetings you were at"), _meetings(session, account_id))
    conflicts = (
        sa.select(Conflict.kind, Conflict.why, Conflict.at, Conflict.ended_at)
        .where(Conflict.account_id == account_id, Conflict.source == "declared")
        .order_by(Conflict.at)
    )
    yield from listed(N_("Conflicts of interest"), rows(session, conflicts))


def _meetings(session: ScopedSession, account_id: str) -> list[dict[str, Any]]:
    """Who is present is a list in the meeting's row: the few meetings of a site are read and looked through."""
    own = session.scalar(_place(account_id))
    if own is None:
        return []
    query = sa.select(PanelMeeting.held_at, PanelMeeting.place, PanelMeeting.present).order_by(PanelMeeting.held_at)
    return [{"held_at": one["held_at"], "place": one["place"]} for one in rows(session, query) if own in one["present"]]


_ERASE = (
    sa.delete(AssessorInterest).where(AssessorInterest.assessor_id.in_(_place(WHO))),
    sa.update(Conflict)
    .where((Conflict.account_id == WHO) | Conflict.application_id.in_(APPLICATIONS))
    .values(why="", end_why=""),
    sa.update(Assessor)
    .where(Assessor.account_id == WHO)
    .values(workplace="", workplace_norm="", state="ended", version=Assessor.version + 1),
)


def erase(session: ScopedSession, account_id: str) -> int:
    """End the place, delete the interests, empty every word of and about the person."""
    return change(session, *_ERASE, who=account_id)


contribute(
    Part(
        "admissions_panels",
        tuple(model.__tablename__ for model in TABLES),
        export,
        erase,
        N_(
            "That there was a place on a panel, an assignment or a conflict of interest: who may decide must be provable."
        ),
        per_tenant=True,
        about=lambda who: [_place(who), sa.select(Conflict.id).where(Conflict.account_id == who)],
    )
)
