"""Reading batches: what is held in them, what could be, what is missing, whom their letters have reached.

Every statement leaves out what its reader is in conflict with, counts included.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import Application, Decision, DecisionLetter, ReleaseBatch, Window, WindowRules
from core.admissions.projection import USUAL_APPEAL_DAYS
from core.admissions.queries.sight import READER, clear_of
from core.admissions.states import (
    HELD,
    INFO_REQUESTED,
    MODERATED,
    RELEASED,
    SUBMITTED,
    SUPERSEDED,
    UNDER_WAY,
)
from core.data.listing import caseless, ordered
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account
from core.work.models import MAIL_FAILED, Mail


class Batch(NamedTuple):
    """A batch with its window, and how many decisions of it its reader may know of: to accept, and in all."""

    id: str
    name: str
    state: str
    embargo_until: datetime | None
    released_at: datetime | None
    version: int
    window_id: str
    window_name: str
    accepted: int
    size: int


def _batches(account_id: str | sa.SQLColumnExpression[str] | None) -> Any:
    inside = (
        sa.select(
            Decision.batch_id,
            sa.func.count().label("size"),
            sa.func.sum(sa.case((Decision.outcome == "accept", 1), else_=0)).label("accepted"),
        )
        .where(Decision.batch_id.is_not(None), clear_of(account_id, Decision.application_id))
        .group_by(Decision.batch_id)
        .subquery()
    )
    return (
        sa.select(
            ReleaseBatch.id, ReleaseBatch.name, ReleaseBatch.state, ReleaseBatch.embargo_until, ReleaseBatch.released_at,
            ReleaseBatch.version, ReleaseBatch.window_id, Window.name.label("window_name"),
            sa.func.coalesce(inside.c.accepted, 0).label("accepted"), sa.func.coalesce(inside.c.size, 0).label("size"),
        )
        .join(Window, Window.id == ReleaseBatch.window_id)
        .outerjoin(inside, inside.c.batch_id == ReleaseBatch.id)
    )  # fmt: skip


def _batch(row: Any) -> Batch:
    found = dict(row._mapping)
    return Batch(**{**found, "accepted": int(found["accepted"]), "size": int(found["size"])})


def all_of(session: ScopedSession, account_id: str | None) -> list[Batch]:
    """Every batch of the site, the newest first; in one statement."""
    query = _batches(account_id).order_by(ReleaseBatch.created_at.desc(), ReleaseBatch.id.desc())
    return [_batch(row) for row in session.execute(query)]


_ONE = _batches(READER).where(ReleaseBatch.id == sa.bindparam("wanted"))


def one(session: ScopedSession, account_id: str | None, batch_id: str) -> Batch:
    """One batch. Raises NotFound: missing, or another site's."""
    asked = {"wanted": batch_id, "reader": account_id or ""}
    row = session.execute(_ONE, asked).one_or_none() if is_id(batch_id) else None
    if row is None:
        raise NotFound
    return _batch(row)


class Entry(NamedTuple):
    """One decision of a batch, or one that could be put into it. `mail` is how the letter stands: queued, sending, sent,
    kept, failed, or None before the release. `language` is the one that the person is written to in."""

    id: str
    application_id: str
    reference: str
    name: str
    state: str
    outcome: str
    override_code: str
    comments: Mapping[str, Mapping[str, str]]
    application_state: str
    language: str
    supersedes_id: str | None
    version: int
    mail: str | None
    mail_error: str | None

    @property
    def stands(self) -> bool:
        """Whether the application can be decided still: it was not withdrawn, and nothing more is asked about it."""
        return self.supersedes_id is not None or self.application_state == SUBMITTED or self.state == RELEASED

    @property
    def comment_count(self) -> int:
        """On how many criteria something was written for this person."""
        return len(self.comments)


SORTS: Mapping[str, Any] = {
    "reference": Application.reference, "name": caseless(Account.name), "outcome": Decision.outcome, "mail": Mail.state,
}  # fmt: skip


def _entries(account_id: str | None) -> Any:
    return (
        sa.select(
            Decision.id, Decision.application_id, Application.reference, Account.name, Decision.state, Decision.outcome,
            Decision.override_code, Decision.comments, Application.state, Application.locale, Decision.supersedes_id,
            Decision.version, Mail.state, Mail.last_error,
        )
        .join(Application, Application.id == Decision.application_id)
        .join(Account, Account.id == Application.account_id)
        .outerjoin(DecisionLetter, (DecisionLetter.decision_id == Decision.id) & (DecisionLetter.locale == Application.locale))
        .outerjoin(Mail, Mail.id == DecisionLetter.mail_id)
        .where(clear_of(account_id))
    )  # fmt: skip


def entries(
    session: ScopedSession, account_id: str | None, batch_id: str, *, sort: str = "reference", failed: bool = False,
    limit: int | None = None, offset: int = 0,
) -> tuple[list[Entry], int]:  # fmt: skip
    """(one page of what is in a batch, how many); in two statements. `failed`: only those whose letter did not go out."""
    query = _entries(account_id).where(Decision.batch_id == batch_id)
    if failed:
        query = query.where(Mail.state == MAIL_FAILED)
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    order = ordered(SORTS, sort, Decision.id, empty=("mail",))
    rows = session.execute(query.order_by(*order).limit(limit).offset(offset))
    return [Entry(*row) for row in rows], total


def ready(session: ScopedSession, account_id: str | None, window_id: str) -> list[Entry]:
    """The decisions of a window that are moderated and in no batch, by reference; in one statement."""
    query = _entries(account_id).where(Decision.state == MODERATED, Application.window_id == window_id)
    return [Entry(*row) for row in session.execute(query.order_by(Application.reference))]


def delivery(session: ScopedSession, account_id: str | None, batch_id: str) -> dict[str, int]:
    """{how the letters of a released batch stand: how many}; in one statement."""
    query = _entries(account_id).where(Decision.batch_id == batch_id).subquery()
    state = query.c[12]
    rows = session.execute(sa.select(state, sa.func.count()).select_from(query).group_by(state))
    return {row[0] or "": row[1] for row in rows}


def missing(session: ScopedSession, account_id: str | None, window_id: str) -> dict[str, int]:
    """What a window's applications still lack before all of them are decided: {`unsigned`, `asked`, `signed`, `moderated`:
    how many}; in one statement."""
    query = (
        sa.select(Application.state, Decision.state, sa.func.count())
        .outerjoin(Decision, (Decision.application_id == Application.id) & Decision.state.in_(sorted(UNDER_WAY)))
        .where(
            Application.window_id == window_id, Application.state.in_((SUBMITTED, INFO_REQUESTED)), clear_of(account_id)
        )
        .group_by(Application.state, Decision.state)
    )  # fmt: skip
    found = {"unsigned": 0, "asked": 0, "signed": 0, "moderated": 0, "held": 0}
    for state, decision, count in session.execute(query):
        found["asked" if state == INFO_REQUESTED else decision or "unsigned"] += count
    return found


class LetterFacts(NamedTuple):
    """What a letter is made from, beside the levels."""

    id: str
    application_id: str
    account_id: str
    email: str
    locale: str
    reference: str
    outcome: str
    comments: Mapping[str, Mapping[str, str]]
    supersedes_id: str | None
    application_state: str
    disabled_at: datetime | None
    state: str


def _letters(account_id: str | sa.SQLColumnExpression[str] | None) -> sa.Select[Any]:
    """What letters are made from, without what the reader is in conflict with."""
    return (
        sa.select(
            Decision.id, Decision.application_id, Application.account_id, Account.email, Application.locale,
            Application.reference, Decision.outcome, Decision.comments, Decision.supersedes_id, Application.state,
            Account.disabled_at, Decision.state,
        )
        .join(Application, Application.id == Decision.application_id)
        .join(Account, Account.id == Application.account_id)
        .where(clear_of(account_id))
    )  # fmt: skip


_LETTERS = (
    _letters(READER)
    .where(Decision.batch_id == sa.bindparam("batch"), Decision.state.in_((HELD, RELEASED, SUPERSEDED)))
    .order_by(Application.reference, Decision.id)
)


def letter_facts(session: ScopedSession, account_id: str | None, batch_id: str) -> list[LetterFacts]:
    """Of every decision held or released in a batch, by reference: the order in which letters are looked over."""
    rows = session.execute(_LETTERS, {"batch": batch_id, "reader": account_id or ""})
    return [LetterFacts(*row) for row in rows]


def letter_of(session: ScopedSession, account_id: str | None, decision_id: str) -> LetterFacts:
    """Of one decision, in a batch or not yet. Raises NotFound: missing, or one's own conflict."""
    row = session.execute(_letters(account_id).where(Decision.id == decision_id)).one_or_none()
    if row is None:
        raise NotFound
    return LetterFacts(*row)


_APPEAL_DAYS = sa.select(WindowRules.appeal_days).where(WindowRules.window_id == sa.bindparam("window"))


def appeal_days(session: ScopedSession, window_id: str) -> int:
    """How long decisions of a window can be appealed, in days."""
    found: int | None = session.scalar(_APPEAL_DAYS, {"window": window_id})
    return found or USUAL_APPEAL_DAYS


def sealed(session: ScopedSession, decision_id: str, locale: str) -> tuple[str, list[str]] | None:
    """(subject, paragraphs) of a letter as it was sealed at the release. The caller has asked whether it may be seen."""
    query = sa.select(DecisionLetter.subject, DecisionLetter.paragraphs).where(
        DecisionLetter.decision_id == decision_id, DecisionLetter.locale == locale
    )
    row = session.execute(query).one_or_none()
    return (row[0], list(row[1])) if row is not None else None
