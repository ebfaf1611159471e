"""What was decided about an applicant: part of the file on the application that it belongs to."""

from typing import Any

import sqlalchemy as sa

from core.admissions.models import Appeal, Decision, DecisionFeedback, DecisionLetter, RuleProposal
from core.admissions.personal.whose import APPLICATIONS
from core.admissions.projection import PublicStatus
from core.admissions.queries import public
from core.data.session import ScopedSession
from core.kernel import clock
from core.people.personal.rows import change, plain

TABLES = (Decision, DecisionLetter, Appeal, DecisionFeedback, RuleProposal)
"""What stays when a person is erased, without the words in it. What a rule proposed never held any: numbers and pseudonyms."""


def export(session: ScopedSession, application_id: str, told: PublicStatus) -> dict[str, Any]:
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


_DECISIONS = sa.select(Decision.id).where(Decision.application_id.in_(APPLICATIONS))
_ERASE = (
    sa.update(Decision)
    .where(Decision.application_id.in_(APPLICATIONS))
    .values(comments={}, override_text=sa.case((Decision.override_code == "", ""), else_="-"), moderation_why=""),
    sa.update(DecisionLetter).where(DecisionLetter.decision_id.in_(_DECISIONS)).values(paragraphs=[]),
    sa.update(Appeal)
    .where(Appeal.application_id.in_(APPLICATIONS), Appeal.state == "received")
    .values(state="withdrawn", ended_at=sa.bindparam("now"), version=Appeal.version + 1),
    sa.update(Appeal).where(Appeal.application_id.in_(APPLICATIONS)).values(grounds="-", answer=""),
    sa.update(DecisionFeedback).where(DecisionFeedback.application_id.in_(APPLICATIONS)).values(words=""),
)


def erase(session: ScopedSession, account_id: str) -> int:
    """Take the words about and of an applicant out of decisions, letters, appeals and feedback: outcomes stay, as numbers.

    What cannot be empty holds a dash. An appeal that waits for an answer ends: there is nobody to answer.
    """
    return change(session, *_ERASE, who=account_id, now=clock.now())
