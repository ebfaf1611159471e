"""What Joining Q holds about one person, for the one registry of personal data.

That somebody applied in a window, and how it ended, stays as a number without a name: partners report how many applied.
Every word of the application goes, the submitted versions too.
"""

import logging
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.admissions import personal_assessing
from core.admissions.downloads import store
from core.admissions.models import (
    Answer,
    AnswerRevision,
    Appeal,
    Application,
    Attachment,
    Decision,
    DecisionFeedback,
    DecisionLetter,
    Extension,
    InfoRequest,
    Interest,
    Submission,
)
from core.admissions.projection import PublicStatus
from core.admissions.queries import public
from core.admissions.states import DRAFT, INFO_REQUESTED, SUBMITTED, WITHDRAWN
from core.data.session import ScopedSession, after_commit
from core.kernel import clock
from core.kernel.text import N_
from core.people.models import Account
from core.people.personal.parts import plain
from core.people.personal.registry import Part, contribute

log = logging.getLogger("q.admissions")
WORDS = (Answer, AnswerRevision, Submission, InfoRequest)
"""What hangs on an application and holds somebody's words; files have a place of their own beside the database."""
DECIDED = (Decision, DecisionLetter, Appeal, DecisionFeedback)
"""What stays when a person is erased, without the words in it."""


def _rows(session: ScopedSession, query: Any) -> list[dict[str, Any]]:
    return [{key: plain(value) for key, value in row._mapping.items()} for row in session.execute(query)]


def _mine(account_id: str) -> Any:
    return sa.select(Application.id).where(Application.account_id == account_id)


def _address(account_id: str) -> Any:
    return sa.select(Account.email_norm).where(Account.id == account_id).scalar_subquery()


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """Applications with every answer that stands and every version that was submitted, what was decided and released, appeals, extensions,
    and being on the list of those who are told when a window opens."""
    found = _rows(
        session,
        sa.select(
            Application.id, Application.reference, Application.created_at, Application.submitted_at,
            Application.seconds, Application.state_why.label("reason"),
        ).where(Application.account_id == account_id).order_by(Application.created_at, Application.id),
    )  # fmt: skip
    statuses = {one.id: one.status for one in public.all_mine(session, account_id)} if found else {}
    for one in found:
        own = one.pop("id")
        one.update(_decided(session, own, statuses[own]))
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
        one["files"] = _rows(
            session,
            sa.select(Attachment.name, Attachment.mime, Attachment.size, Attachment.at, Attachment.removed_at)
            .where(Attachment.application_id == own)
            .order_by(Attachment.at, Attachment.id),
        )
    if found:
        yield N_("Applications"), found
    extensions = sa.select(Extension.closes_at, Extension.why, Extension.at).where(Extension.account_id == account_id)
    if longer := _rows(session, extensions):
        yield N_("More time to apply"), longer
    told = sa.select(Interest.email, Interest.state, Interest.created_at)
    if interest := _rows(session, told.where(Interest.email_norm == _address(account_id))):
        yield N_("To be told when a window opens"), interest


def _decided(session: ScopedSession, application_id: str, told: PublicStatus) -> dict[str, Any]:
    """What has become of an application as its applicant may know it: nothing of a decision that is not released."""
    found: dict[str, Any] = {"state": told.stage.value}
    if told.decision_id:
        letters = public.letters(session, told).values()
        found["decision"] = {
            "outcome": told.outcome, "released_at": plain(told.decided_at),
            "letters": [{"language": one.locale, "subject": one.subject, "text": list(one.paragraphs)} for one in letters],
        }  # fmt: skip
    appeals = [
        {name: plain(value) for name, value in one._asdict().items()}
        for one in public.appeals(session, application_id, told)
    ]
    if appeals:
        found["appeals"] = appeals
    if (said := public.feedback(session, application_id)) is not None:
        found["feedback"] = said._asdict()
    return found


def _empty_decisions(session: ScopedSession, account_id: str) -> int:
    """Take the words about and of the person out of decisions, letters, appeals and feedback: outcomes stay, as numbers.

    What cannot be empty holds a dash.
    """
    quiet: dict[str, Any] = {"synchronize_session": False}
    mine = _mine(account_id)
    of = sa.select(Decision.id).where(Decision.application_id.in_(mine))
    override = sa.case((Decision.override_code == "", ""), else_="-")
    count = 0
    for changed in (
        sa.update(Decision)
        .where(Decision.application_id.in_(mine))
        .values(comments={}, override_text=override, moderation_why="")
        .returning(Decision.id),
        sa.update(DecisionLetter)
        .where(DecisionLetter.decision_id.in_(of))
        .values(paragraphs=[])
        .returning(DecisionLetter.id),
        sa.update(Appeal).where(Appeal.application_id.in_(mine)).values(grounds="-", answer="").returning(Appeal.id),
        sa.update(DecisionFeedback)
        .where(DecisionFeedback.application_id.in_(mine))
        .values(words="")
        .returning(DecisionFeedback.id),
    ):
        count += len(session.execute(changed.execution_options(**quiet)).all())
    return count


def files(session: ScopedSession, account_id: str) -> Iterator[tuple[str, bytes]]:
    """Every file that is kept, replaced ones too, each under its application's reference and a name of its own."""
    query = (
        sa.select(Application.reference, Attachment.id, Attachment.name, Attachment.key)
        .join(
            Application, (Application.tenant_id == Attachment.tenant_id) & (Application.id == Attachment.application_id)
        )
        .where(Application.account_id == account_id)
        .order_by(Attachment.at, Attachment.id)
    )
    for row in session.execute(query).all():
        content = store().get(row.key)
        if content is not None:
            yield f"{row.reference}/{row.id[-6:]}-{row.name}", content


def _erase_files(session: ScopedSession, account_id: str) -> int:
    """Delete the rows now and the contents after the commit; what then fails is swept by the job, since it has no row."""
    gone = sa.delete(Attachment).where(Attachment.application_id.in_(_mine(account_id))).returning(Attachment.key)
    keys = list(session.scalars(gone.execution_options(synchronize_session=False)))
    kept = store()

    def delete() -> None:
        try:
            kept.delete(keys)
        except OSError:
            log.exception("contents of erased files could not be deleted yet")

    if keys:
        after_commit(session, delete)
    return len(keys)


def erase(session: ScopedSession, account_id: str) -> int:
    """Delete every word, withdraw what is not decided yet, and leave the number of the application."""
    quiet: dict[str, Any] = {"synchronize_session": False}
    count = personal_assessing.erase_applicant(session, _mine(account_id))  # it hangs on what was submitted: first
    count += _empty_decisions(session, account_id) + _erase_files(session, account_id)
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
        tuple(model.__tablename__ for model in (Application, Attachment, Extension, Interest, *WORDS, *DECIDED)),
        export,
        erase,
        N_("That somebody applied in a window and how it ended, without a name: partners report how many applied."),
        per_tenant=True,
        files=files,
    )
)
