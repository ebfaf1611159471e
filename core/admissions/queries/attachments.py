"""Reading attachments: the writer's own, and those of a submitted version for whoever may read that version.

A file that is in nobody's submission is a draft: only its writer gets it.
"""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import Application, Assessor, Assignment, Attachment, Submission
from core.admissions.queries.sight import clear_of
from core.admissions.states import ASSESSING, SEALED
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.kernel.uploads import KINDS


class File(NamedTuple):
    """One file: what it is called and is, and the key of its content."""

    id: str
    question: str
    name: str
    mime: str
    size: int
    sha256: str
    key: str
    at: datetime

    @property
    def kind(self) -> str:
        """Its kind, as people call it."""
        return KINDS.get(self.mime, self.mime)


_FILE = [getattr(Attachment, name) for name in File._fields]


def in_a_submission() -> sa.ColumnElement[bool]:
    """The condition that some submitted version names the attachment: such a file is never deleted while its writer stays."""
    return (
        sa.select(Submission.id)
        .where(Submission.application_id == Attachment.application_id, Submission.answers.contains(Attachment.sha256))
        .correlate(Attachment)
        .exists()
    )


def own(session: ScopedSession, account_id: str, application_id: str, question: str) -> File:
    """The file that somebody gave for a question of their own application. Raises NotFound."""
    query = (
        sa.select(*_FILE)
        .join(Application, (Application.tenant_id == Attachment.tenant_id) & (Application.id == Attachment.application_id))
        .where(
            Application.account_id == account_id, Attachment.application_id == application_id,
            Attachment.question == question, Attachment.removed_at.is_(None),
        )
    )  # fmt: skip
    return _one(session.execute(query).one_or_none() if is_id(application_id) else None)


def for_lead(session: ScopedSession, account_id: str | None, application_id: str) -> list[File]:
    """The files of an application's submitted versions, for its partner's lead or the central team."""
    return _distinct(session, _submitted(account_id, application_id))


def one_for_lead(session: ScopedSession, account_id: str | None, application_id: str, attachment_id: str) -> File:
    """One of `for_lead`. Raises NotFound: missing, a draft's, another application's, or in conflict with the reader."""
    return _named(session, _submitted(account_id, application_id), application_id, attachment_id)


def for_assessor(session: ScopedSession, account_id: str, application_id: str) -> list[File]:
    """The files of an application's submitted versions, for an assessor who has it and has declared; else none.

    While assessors work blind the caller leaves out those of identifying questions.
    """
    return _distinct(session, _submitted(account_id, application_id).where(_assesses(account_id)))


def one_for_assessor(session: ScopedSession, account_id: str, application_id: str, attachment_id: str) -> File:
    """One of `for_assessor`. Raises NotFound."""
    query = _submitted(account_id, application_id).where(_assesses(account_id))
    return _named(session, query, application_id, attachment_id)


def _submitted(account_id: str | None, application_id: str) -> sa.Select[Any]:
    return (
        sa.select(*_FILE)
        .where(
            Attachment.application_id == application_id, Attachment.stored_at.is_not(None), in_a_submission(),
            clear_of(account_id, Attachment.application_id),
        )
        .order_by(Attachment.at.desc(), Attachment.id)
    )  # fmt: skip


def _assesses(account_id: str) -> sa.ColumnElement[bool]:
    """The condition that an assessor has the application, and nothing stands in the way of reading it."""
    return (
        sa.select(Assignment.id)
        .join(Assessor, (Assessor.tenant_id == Assignment.tenant_id) & (Assessor.id == Assignment.assessor_id))
        .where(
            Assignment.application_id == Attachment.application_id, Assessor.account_id == account_id,
            Assignment.state.in_((ASSESSING, SEALED)),
        )
        .correlate(Attachment)
        .exists()
    )  # fmt: skip


def _distinct(session: ScopedSession, query: sa.Select[Any]) -> list[File]:
    """Each file once, however often it was given; in the order of the questions' keys."""
    found: dict[tuple[str, str], File] = {}
    for row in session.execute(query):
        found.setdefault((row.question, row.sha256), File(*row))
    return sorted(found.values(), key=lambda file: (file.question, file.at))


def _named(session: ScopedSession, query: sa.Select[Any], application_id: str, attachment_id: str) -> File:
    known = is_id(application_id) and is_id(attachment_id)
    return _one(session.execute(query.where(Attachment.id == attachment_id)).one_or_none() if known else None)


def _one(row: Any) -> File:
    if row is None:
        raise NotFound
    return File(*row)
