"""What Joining Q holds about one person, for the one registry of personal data.

That somebody applied in a window, and how it ended, stays as a number without a name: partners report how many applied.
Every word of the application goes, the submitted versions too.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.admissions import personal_assessing
from core.admissions.models import Answer, AnswerRevision, Application, Extension, InfoRequest, Interest, Submission
from core.admissions.states import DRAFT, INFO_REQUESTED, SUBMITTED, WITHDRAWN
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.text import N_
from core.people.models import Account
from core.people.personal.parts import plain
from core.people.personal.registry import Part, contribute

WORDS = (Answer, AnswerRevision, Submission, InfoRequest)
"""What hangs on an application and holds somebody's words."""


def _rows(session: ScopedSession, query: Any) -> list[dict[str, Any]]:
    return [{key: plain(value) for key, value in row._mapping.items()} for row in session.execute(query)]


def _mine(account_id: str) -> Any:
    return sa.select(Application.id).where(Application.account_id == account_id)


def _address(account_id: str) -> Any:
    return sa.select(Account.email_norm).where(Account.id == account_id).scalar_subquery()


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """Applications with every answer that stands and every version that was submitted, extensions, and being on the list
    of those who are told when a window opens."""
    found = _rows(
        session,
        sa.select(
            Application.id, Application.reference, Application.state, Application.created_at, Application.submitted_at,
            Application.seconds, Application.state_why.label("reason"),
        ).where(Application.account_id == account_id).order_by(Application.created_at, Application.id),
    )  # fmt: skip
    for one in found:
        own = one.pop("id")
        one["answers"] = _rows(
            session,
            sa.select(Answer.question, Answer.value, Answer.changed_at)
            .where(Answer.application_id == own)
            .order_by(Answer.question),
        )
        one["submitted"] = _rows(
            session,
            sa.select(Submission.number, Submission.at, Submission.answers)
            .where(Submission.application_id == own)
            .order_by(Submission.number),
        )
        one["asked"] = _rows(
            session,
            sa.select(InfoRequest.at, InfoRequest.question, InfoRequest.due_at)
            .where(InfoRequest.application_id == own)
            .order_by(InfoRequest.at),
        )
    if found:
        yield N_("Applications"), found
    extensions = sa.select(Extension.closes_at, Extension.why, Extension.at).where(Extension.account_id == account_id)
    if longer := _rows(session, extensions):
        yield N_("More time to apply"), longer
    told = sa.select(Interest.email, Interest.state, Interest.created_at)
    if interest := _rows(session, told.where(Interest.email_norm == _address(account_id))):
        yield N_("To be told when a window opens"), interest


def erase(session: ScopedSession, account_id: str) -> int:
    """Delete every word, withdraw what is not decided yet, and leave the number of the application."""
    quiet: dict[str, Any] = {"synchronize_session": False}
    count = personal_assessing.erase_applicant(session, _mine(account_id))  # it hangs on what was submitted: first
    for model in WORDS:
        gone = sa.delete(model).where(model.application_id.in_(_mine(account_id))).returning(model.id)
        count += len(session.execute(gone.execution_options(**quiet)).all())
    state = sa.case((Application.state.in_((DRAFT, SUBMITTED, INFO_REQUESTED)), WITHDRAWN), else_=Application.state)
    changed = (
        sa.update(Application)
        .where(Application.account_id == account_id)
        .values(state=state, state_why="", changed_at=clock.now(), version=Application.version + 1)
        .returning(Application.id)
    )
    count += len(session.execute(changed.execution_options(**quiet)).all())
    for late in (
        sa.delete(Extension).where(Extension.account_id == account_id).returning(Extension.id),
        sa.delete(Interest).where(Interest.email_norm == _address(account_id)).returning(Interest.id),
    ):
        count += len(session.execute(late.execution_options(**quiet)).all())
    return count


contribute(
    Part(
        "admissions",
        (Application.__tablename__, Extension.__tablename__, Interest.__tablename__, *(m.__tablename__ for m in WORDS)),
        export,
        erase,
        N_("That somebody applied in a window and how it ended, without a name: partners report how many applied."),
        per_tenant=True,
    )
)
