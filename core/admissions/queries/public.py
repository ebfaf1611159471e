"""What applicants are told, read for them: the only statements behind `projection.public_status`. Of decisions they take
those that are released, and nothing of assessments or proposals."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import (
    Appeal,
    Application,
    Decision,
    DecisionFeedback,
    DecisionLetter,
    Extension,
    Window,
    WindowRules,
)
from core.admissions.projection import (
    USUAL_APPEAL_DAYS,
    USUAL_ASSESS_DAYS,
    Appealed,
    Applied,
    PublicStatus,
    public_status,
)
from core.admissions.states import RELEASED
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import NotFound
from core.kernel.ids import is_id


class Out(NamedTuple):
    """A released decision, as `projection.AnyDecision`."""

    id: str
    number: int
    state: str
    outcome: str
    released_at: datetime | None


class Mine(NamedTuple):
    """One of a person's applications at this site, with what may be said of it."""

    id: str
    reference: str
    window_name: str
    created_at: datetime
    submitted_at: datetime | None
    status: PublicStatus


_MINE = (
    sa.select(
        Application.id, Application.reference, Window.name, Application.created_at, Application.submitted_at, Application.state,
        Window.closes_at, Extension.closes_at.label("extended_to"), WindowRules.assess_days, WindowRules.appeal_days,
        Decision.id.label("decision_id"), Decision.number, Decision.state.label("decision_state"), Decision.outcome,
        Decision.released_at, Appeal.state.label("appeal"),
    )
    .join(Window, Window.id == Application.window_id)
    .outerjoin(
        Extension, (Extension.window_id == Application.window_id) & (Extension.account_id == Application.account_id)
    )
    .outerjoin(WindowRules, WindowRules.window_id == Application.window_id)
    .outerjoin(Decision, (Decision.application_id == Application.id) & (Decision.state == RELEASED))
    .outerjoin(Appeal, Appeal.decision_id == Decision.id)
    .where(Application.account_id == sa.bindparam("account_id"))
)  # fmt: skip
_ALL = _MINE.order_by(Application.created_at.desc(), Application.id.desc())
_ONE = _MINE.where(Application.id == sa.bindparam("wanted"))


def _read(row: Any, now: datetime) -> Mine:
    closes_at = max(row.closes_at, row.extended_to) if row.extended_to is not None else row.closes_at
    applied = Applied(
        row.state, closes_at, row.assess_days or USUAL_ASSESS_DAYS, row.appeal_days or USUAL_APPEAL_DAYS
    )  # fmt: skip
    decisions = (
        [Out(row.decision_id, row.number, row.decision_state, row.outcome, row.released_at)] if row.decision_id else []
    )
    appeals = [Appealed(row.decision_id, row.appeal)] if row.appeal else []
    status = public_status(applied, decisions, now, appeals)
    return Mine(row.id, row.reference, row.name, row.created_at, row.submitted_at, status)


def all_mine(session: ScopedSession, account_id: str) -> list[Mine]:
    """A person's applications at this site, the newest first; in one statement."""
    now = clock.now()
    return [_read(row, now) for row in session.execute(_ALL, {"account_id": account_id})]


def mine(session: ScopedSession, application_id: str, account_id: str) -> Mine:
    """One of them. Raises NotFound: missing, another person's, or another site's."""
    values = {"account_id": account_id, "wanted": application_id}
    row = session.execute(_ONE, values).one_or_none() if is_id(application_id) else None
    if row is None:
        raise NotFound
    return _read(row, clock.now())


class Letter(NamedTuple):
    """A letter that was released, in one language."""

    locale: str
    subject: str
    paragraphs: Sequence[str]
    at: datetime


def letters(session: ScopedSession, status: PublicStatus) -> Mapping[str, Letter]:
    """The released letter by language; nothing where nothing is released."""
    if not status.decision_id:
        return {}
    query = sa.select(
        DecisionLetter.locale, DecisionLetter.subject, DecisionLetter.paragraphs, DecisionLetter.at
    ).where(DecisionLetter.decision_id == status.decision_id)  # fmt: skip
    return {row.locale: Letter(*row) for row in session.execute(query)}


class MyAppeal(NamedTuple):
    """The applicant's own appeal, and what was answered."""

    state: str
    grounds: str
    answer: str
    at: datetime
    ended_at: datetime | None


_APPEALS = (
    sa.select(Appeal.decision_id, Appeal.state, Appeal.grounds, Appeal.answer, Appeal.at, Appeal.ended_at)
    .where(Appeal.application_id == sa.bindparam("application"))
    .order_by(Appeal.at.desc())
)


def appeals(session: ScopedSession, application_id: str, status: PublicStatus) -> list[MyAppeal]:
    """What the person asked to be looked at again, the newest first.

    An appeal that is upheld shows its answer only once the decision that it led to is released. It may have led to another
    decline, or a later correction turned the acceptance round: then it was decided anew (`replaced`), and nothing more is said. So
    it was where the decision was corrected before anybody answered.
    """
    found = []
    rows = session.execute(_APPEALS, {"application": application_id})
    for decision_id, state, grounds, answer, at, ended_at in rows:
        if state == "received" and decision_id != status.decision_id:
            found.append(MyAppeal("replaced", grounds, "", at, status.decided_at))
        elif state != "upheld":
            found.append(MyAppeal(state, grounds, answer, at, ended_at))
        elif decision_id == status.decision_id:
            found.append(MyAppeal("received", grounds, "", at, None))
        elif status.outcome == "accept":
            found.append(MyAppeal(state, grounds, answer, at, ended_at))
        else:
            found.append(MyAppeal("replaced", grounds, "", at, status.decided_at))
    return found


class Feedback(NamedTuple):
    """What the person said of the decision."""

    understood: int
    would_reapply: bool | None
    words: str


_FEEDBACK = sa.select(DecisionFeedback.understood, DecisionFeedback.would_reapply, DecisionFeedback.words).where(
    DecisionFeedback.application_id == sa.bindparam("application")
)


def feedback(session: ScopedSession, application_id: str) -> Feedback | None:
    """What the person said of the decision, if they did."""
    row = session.execute(_FEEDBACK, {"application": application_id}).one_or_none()
    return Feedback(*row) if row is not None else None
