"""Giving a file for a question, taking it back, and sweeping up what nobody needs any more."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.admissions.form.schema import Kind
from core.admissions.models import Answer, Application, Attachment
from core.admissions.queries.applying import Mine
from core.admissions.queries.attachments import in_a_submission
from core.admissions.service import drafts
from core.admissions.states import DRAFT, INFO_REQUESTED
from core.data.files import Store, new_key
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import NotFound, Refused
from core.kernel.ids import new_id
from core.kernel.text import N_
from core.kernel.uploads import Upload

MOST_FILES = 20
"""Files of one application whose content is kept, replaced ones included."""
REMOVED_KEPT_FOR = timedelta(days=7)
ORPHAN_AFTER = timedelta(days=1)
"""Content without a row is that of a process that died, or of a request that is still under way: after a day, the former."""
TOO_MANY = N_("You have given too many files. Those you replaced are deleted after a week: try again then.")


def give(session: ScopedSession, mine: Mine, account_id: str, question: str, upload: Upload, store: Store) -> None:
    """Keep `upload` as the answer to `question`; the file that was there before is removed.

    Three steps: a place among the files of the application is taken, so that nothing is stored beyond the limit; the content
    is stored; the file becomes the answer. A process that dies in between leaves a place that the job sweeps. Of two tabs
    the later one stays; the trail of answers has both. Raises NotFound for a question that takes no file or may not be
    changed, Refused when the window takes no more, the application is no draft (then a place stays taken for a day), or it
    has too many files.
    """
    _may_change(mine, question)
    key, now = new_key(session.scope.tenant_id or 0), clock.now()
    file_id = _take_place(session, mine, account_id, question, upload, key, now)
    store.put(key, upload.content)  # never deleted again on an error: whether the commit arrived is not known then
    with transaction(session):
        _lock(session, mine, account_id, now)
        _remove(session, mine.id, question, now)
        session.execute(
            sa.update(Attachment)
            .where(Attachment.id == file_id, Attachment.stored_at.is_(None))
            .values(stored_at=clock.now(), removed_at=None)
        )
        _answer(session, mine, question, upload.answer(), now)


def _take_place(
    session: ScopedSession, mine: Mine, account_id: str, question: str, upload: Upload, key: str, now: datetime
) -> str:  # fmt: skip
    """Write the row of a file whose content is still to be stored: it counts, and is nobody's answer yet. Its id."""
    row = {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": mine.id, "question": question,
        "name": upload.name, "mime": upload.mime, "size": len(upload.content), "sha256": upload.sha256, "key": key,
        "at": now, "stored_at": None, "removed_at": now,
    }  # fmt: skip
    with transaction(session):
        _lock(session, mine, account_id, now)
        kept = sa.select(sa.func.count(Attachment.id)).where(Attachment.application_id == mine.id)
        if int(session.scalar(kept) or 0) >= MOST_FILES:
            raise Refused(TOO_MANY)
        session.execute(sa.insert(Attachment), [row])
    return str(row["id"])


def remove(session: ScopedSession, mine: Mine, account_id: str, question: str) -> None:
    """Take the file of a question back. What was submitted keeps it. Raises as `give` does."""
    _may_change(mine, question)
    now = clock.now()
    with transaction(session):
        _lock(session, mine, account_id, now)
        _remove(session, mine.id, question, now)
        _answer(session, mine, question, None, now)


def _may_change(mine: Mine, question: str) -> None:
    asked = {
        one.key
        for section in mine.schema.sections
        if section.key in mine.sections
        for one in section.questions
        if one.kind is Kind.FILE
    }
    if question not in asked:
        raise NotFound
    if mine.taken(clock.now()) is None:
        raise Refused(drafts.CLOSED)


def _lock(session: ScopedSession, mine: Mine, account_id: str, now: datetime) -> None:
    """The conditional update that each change begins with: it also lets one change of an application wait for another."""
    there = session.execute(
        sa.update(Application)
        .where(
            Application.id == mine.id, Application.account_id == account_id, Application.state.in_((DRAFT, INFO_REQUESTED)),
        )
        .values(changed_at=now)
        .returning(Application.id)
    ).one_or_none()  # fmt: skip
    if there is None:
        raise Refused(drafts.NO_CHANGES)


def _remove(session: ScopedSession, application_id: str, question: str, now: datetime) -> None:
    session.execute(
        sa.update(Attachment)
        .where(
            Attachment.application_id == application_id,
            Attachment.question == question,
            Attachment.removed_at.is_(None),
        )
        .values(removed_at=now)
    )


def _answer(session: ScopedSession, mine: Mine, question: str, value: dict[str, Any] | None, now: datetime) -> None:
    """Write the answer over the one that stands now, whatever the page knew: the lock is held."""
    stands = session.scalar(
        sa.select(Answer.revision).where(Answer.application_id == mine.id, Answer.question == question)
    )
    drafts.write_in(session, mine, {question: drafts.Wish(value, stands or 0)}, now)


def sweep(session: ScopedSession, store: Store, at: datetime) -> int:
    """Delete what was removed a week ago and is in no submission, places that nothing was stored for within a day, and
    contents that have no row; how many contents.

    For the session's tenant. Rows go first, in a transaction: dying in between leaves contents without one, for next time.
    """
    replaced = sa.and_(Attachment.removed_at < at - REMOVED_KEPT_FOR, ~in_a_submission())
    abandoned = sa.and_(Attachment.stored_at.is_(None), Attachment.at < at - ORPHAN_AFTER)
    with transaction(session):
        gone = list(session.scalars(sa.delete(Attachment).where(sa.or_(replaced, abandoned)).returning(Attachment.key)))
    store.delete(gone)
    listed = [key for key, put_at in store.listed(session.scope.tenant_id or 0) if put_at < at - ORPHAN_AFTER]
    known = (
        set(session.scalars(sa.select(Attachment.key))) if listed else set()
    )  # after the listing: a row is never too late
    orphans = [key for key in listed if key not in known]
    store.delete(orphans)
    return len(gone) + len(orphans)
