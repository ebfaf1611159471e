"""What somebody gave by applying: answers, what was submitted, files, more time, and being told of windows.

That somebody applied in a window, and how it ended, stays as a number without a name: partners report how many applied.
Every word of the application goes, the submitted versions too.
"""

import logging
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.admissions.downloads import store
from core.admissions.models import (
    Answer,
    AnswerRevision,
    Application,
    Attachment,
    Extension,
    InfoRequest,
    Interest,
    Redaction,
    Submission,
    Translation,
)
from core.admissions.personal import assessing, deciding
from core.admissions.personal.whose import APPLICATIONS
from core.admissions.queries import public
from core.admissions.service.attachments import REMOVED_KEPT_FOR
from core.admissions.service.ending_decisions import withdraw_in
from core.admissions.service.interest import STOPPED_KEPT_FOR, UNCONFIRMED_KEPT_FOR
from core.admissions.states import DRAFT, INFO_REQUESTED, SUBMITTED, WITHDRAWN
from core.data.session import ScopedSession, after_commit
from core.kernel import clock
from core.kernel.text import N_
from core.people.models import Account
from core.people.personal.registry import Part, contribute, keeps
from core.people.personal.rows import WHO, change, listed, rows

log = logging.getLogger("q.admissions")
OF_SUBMISSIONS = (Redaction, Translation)
WORDS = (Answer, AnswerRevision, Submission, InfoRequest)
"""What hangs on an application and holds somebody's words; files have a place of their own beside the database."""


def _mine(account_id: str) -> Any:
    return sa.select(Application.id).where(Application.account_id == account_id)


def _address(account_id: Any) -> Any:
    return sa.select(Account.email_norm).where(Account.id == account_id).scalar_subquery()


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """Applications with every answer that stands and every version that was submitted, what was made of their words, what was
    decided and released, appeals, extensions, and being on the list of those who are told when a window opens."""
    found = rows(
        session,
        sa.select(
            Application.id, Application.reference, Application.created_at, Application.submitted_at,
            Application.seconds, Application.state_why.label("reason"),
        ).where(Application.account_id == account_id).order_by(Application.created_at, Application.id),
    )  # fmt: skip
    statuses = {one.id: one.status for one in public.all_mine(session, account_id)} if found else {}
    for one in found:
        own = one.pop("id")
        one.update(deciding.export(session, own, statuses[own]))
        one.update({name: rows(session, query) for name, query in _held(own).items()})
    yield from listed(N_("Applications"), found)
    extensions = sa.select(Extension.closes_at, Extension.why, Extension.at).where(Extension.account_id == account_id)
    yield from listed(N_("More time to apply"), rows(session, extensions))
    told = sa.select(Interest.email, Interest.state, Interest.created_at)
    told = told.where(Interest.email_norm == _address(account_id))
    yield from listed(N_("To be told when a window opens"), rows(session, told))


def _held(application_id: str) -> dict[str, Any]:
    """What each part of an application's file is read with."""
    submitted = sa.select(Submission.id).where(Submission.application_id == application_id)
    return {
        "answers": sa.select(Answer.question, Answer.value, Answer.changed_at)
        .where(Answer.application_id == application_id)
        .order_by(Answer.question),
        "submitted": sa.select(Submission.number, Submission.at, Submission.answers)
        .where(Submission.application_id == application_id)
        .order_by(Submission.number),
        "translated": sa.select(Translation.locale.label("language"), Translation.at, Translation.answers)
        .where(Translation.submission_id.in_(submitted))
        .order_by(Translation.at, Translation.id),
        "hidden": sa.select(Redaction.question, Redaction.replacement, Redaction.at, Redaction.ended_at)
        .where(Redaction.submission_id.in_(submitted))
        .order_by(Redaction.at, Redaction.id),
        "asked": sa.select(InfoRequest.at, InfoRequest.question, InfoRequest.due_at)
        .where(InfoRequest.application_id == application_id)
        .order_by(InfoRequest.at),
        "files": sa.select(Attachment.name, Attachment.mime, Attachment.size, Attachment.at, Attachment.removed_at)
        .where(Attachment.application_id == application_id, Attachment.stored_at.is_not(None))
        .order_by(Attachment.at, Attachment.id),
    }


_FILES = (
    sa.select(Application.reference, Attachment.id, Attachment.name, Attachment.key)
    .join(Application, (Application.tenant_id == Attachment.tenant_id) & (Application.id == Attachment.application_id))
    .where(Application.account_id == sa.bindparam("account"))
    .order_by(Attachment.at, Attachment.id)
)


def files(session: ScopedSession, account_id: str) -> Iterator[tuple[str, bytes]]:
    """Every file that is kept, replaced ones too, each under its application's reference and a name of its own."""
    for row in session.execute(_FILES, {"account": account_id}).all():
        content = store().get(row.key)
        if content is not None:
            yield f"{row.reference}/{row.id[-6:]}-{row.name}", content


def _erase_files(session: ScopedSession, account_id: str) -> int:
    """Delete the rows now and the contents after the commit; what then fails is swept by the job, since it has no row."""
    gone = sa.delete(Attachment).where(Attachment.application_id.in_(_mine(account_id))).returning(Attachment.key)
    keys = list(session.scalars(gone))
    if keys:
        kept = store()

        def delete() -> None:
            try:
                kept.delete(keys)
            except OSError:
                log.exception("contents of erased files could not be deleted yet")

        after_commit(session, delete)
    return len(keys)


_SUBMITTED = sa.select(Submission.id).where(Submission.application_id.in_(APPLICATIONS))
_ERASE_SUBMITTED = tuple(sa.delete(model).where(model.submission_id.in_(_SUBMITTED)) for model in OF_SUBMISSIONS)
_UNDECIDED = Application.state.in_((DRAFT, SUBMITTED, INFO_REQUESTED))
_ERASE = (
    *(sa.delete(model).where(model.application_id.in_(APPLICATIONS)) for model in WORDS),
    sa.update(Application)
    .where(Application.account_id == WHO)
    .values(
        state=sa.case((_UNDECIDED, WITHDRAWN), else_=Application.state), state_why="", organisation_norm="",
        changed_at=sa.bindparam("now"), version=Application.version + 1,
    ),
    sa.delete(Extension).where(Extension.account_id == WHO),
    sa.delete(Interest).where(Interest.email_norm == _address(WHO)),
)  # fmt: skip


def erase(session: ScopedSession, account_id: str) -> int:
    """Delete every word, withdraw what is not decided yet, and leave the number of the application."""
    count = change(session, *_ERASE_SUBMITTED, who=account_id)
    count += assessing.erase_applicant(session, account_id)  # it hangs on what was submitted: before that goes
    count += deciding.erase(session, account_id) + _erase_files(session, account_id)
    count += withdraw_in(session, _mine(account_id).where(_UNDECIDED))
    return count + change(session, *_ERASE, who=account_id, now=clock.now())


keeps("removed_file", REMOVED_KEPT_FOR)
keeps("unconfirmed_interest", UNCONFIRMED_KEPT_FOR)
keeps("stopped_interest", STOPPED_KEPT_FOR)
contribute(
    Part(
        "admissions",
        tuple(
            model.__tablename__
            for model in (Application, Attachment, Extension, Interest, *OF_SUBMISSIONS, *WORDS, *deciding.TABLES)
        ),
        export,
        erase,
        N_("That somebody applied in a window and how it ended, without a name: partners report how many applied."),
        per_tenant=True,
        about=lambda who: [
            _mine(who),
            sa.select(Extension.id).where(Extension.account_id == who),
            sa.select(Interest.id).where(Interest.email_norm == _address(who)),
        ],
        files=files,
    )
)
