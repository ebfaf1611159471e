"""Scoring: what is typed is saved, sealed scores never change, and what somebody thinks after the discussion is a row of its own.

The first statement of a save and of sealing locks the assessment's row while it is not sealed: no word slips in between
checking and sealing, and of two who seal at once the second is told.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.admissions import scoring
from core.admissions.models import (
    Assessment,
    Assessor,
    Assignment,
    Decision,
    PanelItem,
    PanelMeeting,
    Score,
    ScoreDraft,
)
from core.admissions.queries import assessing
from core.admissions.queries.applying import Held
from core.admissions.queries.assessing import DISCUSSED, INDEPENDENT, Task, Work
from core.admissions.queries.sight import clear_of
from core.admissions.service.assigned import (
    is_in_state,
    may_assess,
    newest_submission,
    step,
    tell,
)
from core.admissions.service.drafts import Saved, Wish
from core.admissions.service.windows import reason
from core.admissions.states import ASSESSING, ASSESSOR, CENTRAL, SEALED, UNDER_WAY
from core.data import audit
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import is_id, new_id
from core.kernel.text import N_
from core.kernel.views import Actor

NO_CHANGES = N_(
    "These scores are sealed, or not yours to change any more. What you sent now is kept, but does not count."
)
NEWER = N_("A newer version was submitted. Read what is different first.")
NO_DISCUSSION = N_("You can score again while the panel that you are at discusses this application.")


def _hold(session: ScopedSession, work: Work, now: datetime) -> bool:
    """Lock an assessment that may still be written; False where it may not."""
    open_still = (
        sa.select(Assignment.id)
        .where(
            Assignment.id == Assessment.assignment_id, Assignment.state == (ASSESSING if work.phase == INDEPENDENT else SEALED)
        )
        .exists()
    )  # fmt: skip
    held = session.execute(
        sa.update(Assessment)
        .where(Assessment.id == work.id, Assessment.sealed_at.is_(None), open_still)
        .values(version=Assessment.version + 1, changed_at=now)
        .returning(Assessment.id)
    ).one_or_none()
    return held is not None


def _standing(session: ScopedSession, work: Work) -> dict[str, Held]:
    query = sa.select(ScoreDraft.field, ScoreDraft.value, ScoreDraft.revision)
    rows = session.execute(query.where(ScoreDraft.assessment_id == work.id, ~ScoreDraft.lost))
    return {row.field: Held(row.value, row.revision) for row in rows}


def save(session: ScopedSession, actor: Actor, work: Work, wishes: Mapping[str, Wish]) -> Saved:
    """Save fields of one's own scores. A text takes its place only where the revision it was made from is still the current
    one; else it is kept beside it. Raises Forbidden, NotFound for a field that there is not, and Refused once it is sealed
    (what was sent is kept all the same)."""
    may_assess(actor)
    if set(wishes) - set(scoring.FIELDS):
        raise NotFound
    now = clock.now()
    with transaction(session):
        there = _hold(session, work, now)
        standing = _standing(session, work) if there else {}
        revisions: dict[str, int] = {}
        lost: dict[str, Held] = {}
        new: list[dict[str, Any]] = []
        for name, wish in wishes.items():
            held = standing.get(name, Held("", 0))
            revisions[name] = held.revision
            if held.value == wish.value and there:
                continue
            if there and held.revision == wish.revision:
                revisions[name] += 1
                if held.revision:
                    session.execute(
                        sa.update(ScoreDraft)
                        .where(ScoreDraft.assessment_id == work.id, ScoreDraft.field == name, ~ScoreDraft.lost)
                        .values(value=wish.value, revision=revisions[name], at=now)
                    )
                    continue
            else:
                lost[name] = held
            new.append(_draft(session, work.id, name, wish.value, revisions[name], now, lost=name in lost))
        if new:
            session.execute(sa.insert(ScoreDraft), new)
    if not there:
        raise Refused(NO_CHANGES)
    return Saved(revisions, lost)


def _draft(
    session: ScopedSession, assessment_id: str, name: str, value: str, revision: int, at: datetime, *, lost: bool = False
) -> dict[str, Any]:  # fmt: skip
    return {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "assessment_id": assessment_id, "field": name, "value": value,
        "revision": revision, "lost": lost, "at": at,
    }  # fmt: skip


def seal(session: ScopedSession, actor: Actor, task: Task, work: Work, checked: str) -> None:
    """Seal one's own scores for good. `checked` is the sum of what the page showed (`scoring.digest`).

    Raises Forbidden, Invalid by field while something lacks, Conflict when something was changed since or a newer version was
    submitted, and Refused when it is sealed already.
    """
    may_assess(actor)
    now = clock.now()
    with transaction(session):
        if not _hold(session, work, now):
            raise Refused(N_("These scores are sealed already, or not yours to seal any more."))
        draft = {name: held.value for name, held in _standing(session, work).items()}
        if wrong := scoring.problems(draft):
            raise Invalid({name: problem.message for name, problem in wrong.items()})
        read = session.execute(sa.select(Assessment.submission_id).where(Assessment.id == work.id)).scalar_one()
        if scoring.digest(draft, read) != checked:
            raise Conflict(
                N_("Something was changed since you checked your scores. Look at them again, then seal them.")
            )
        if read != newest_submission(session, task.application_id):
            raise Conflict(NEWER)
        rows = [
            {
                "id": new_id(), "tenant_id": session.scope.tenant_id, "assessment_id": work.id, "criterion": one.criterion,
                "value": one.value, "not_scored": one.not_scored, "words": one.words,
            }
            for one in scoring.verdicts(draft)
        ]  # fmt: skip
        session.execute(sa.insert(Score), rows)  # before the seal: the database takes none afterwards
        session.execute(
            sa.update(Assessment)
            .where(Assessment.id == work.id)
            .values(sealed_at=now, sha256=checked, recommendation=draft.get(scoring.RECOMMENDATION) or None)
        )
        session.execute(
            sa.delete(ScoreDraft).where(ScoreDraft.assessment_id == work.id)
        )  # fmt: skip
        facts = {"phase": work.phase, "number": work.number, "sha256": checked}
        if work.phase == INDEPENDENT:
            done = step(session, task.id, task.version, "seal", ASSESSOR, is_in_state(*assessing.STILL_READ))
            tell(session, actor, "seal", done, more=facts)
        else:
            audit.record(session, actor=actor, action="assessment.seal", subject=f"assessment:{work.id}", after=facts)


def take_newer(session: ScopedSession, actor: Actor, task: Task, work: Work) -> None:
    """Go on with the version that was submitted last, with everything typed so far. Raises Forbidden and Refused once sealed."""
    may_assess(actor)
    with transaction(session):
        if not _hold(session, work, clock.now()):
            raise Refused(NO_CHANGES)
        session.execute(
            sa.update(Assessment)
            .where(Assessment.id == work.id)
            .values(submission_id=newest_submission(session, task.application_id))
        )


def begin_discussed(session: ScopedSession, actor: Actor, task: Task) -> None:
    """Begin to score again after the panel's discussion: a new row that starts from one's own sealed scores. Where one is begun
    already nothing happens. Raises Forbidden, and Refused unless one was in the room while it was discussed."""
    may_assess(actor)
    with transaction(session):
        # A lock on one's own assignment: pressed twice at once, the second press sees the first's row.
        session.execute(
            sa.update(Assignment)
            .where(Assignment.id == task.id, Assignment.state == SEALED)
            .values(changed_at=Assignment.changed_at)
        )
        if not in_the_room(session, task):
            raise Refused(NO_DISCUSSION)
        found = assessing.works(session, task)
        last, own = assessing.current(found, DISCUSSED), assessing.current(found, INDEPENDENT)
        if own is None or own.sealed_at is None:
            raise Refused(NO_DISCUSSION)
        if last is None or last.sealed_at is not None:
            _again(session, task.id, last or own, DISCUSSED, 1 + (last.number if last else 0))


def in_the_room(session: ScopedSession, task: Task) -> bool:
    """Whether the assessor is at an open meeting that discusses the application now or has done so, and not out for it."""
    query = (
        sa.select(PanelMeeting.present, PanelItem.out)
        .join(PanelItem, (PanelItem.tenant_id == PanelMeeting.tenant_id) & (PanelItem.meeting_id == PanelMeeting.id))
        .where(
            PanelItem.application_id == task.application_id, PanelItem.state.in_(("now", "done")), PanelMeeting.state == "open"
        )
    )  # fmt: skip
    return task.state == SEALED and any(
        task.assessor_id in row.present and task.assessor_id not in row.out for row in session.execute(query)
    )


def _again(session: ScopedSession, assignment_id: str, before: Work, phase: str, number: int) -> None:
    """A new assessment that starts from sealed scores, which stay as they are."""
    now, assessment_id = clock.now(), new_id()
    of = session.execute(
        sa.select(Assignment.application_id, Assignment.assessor_id).where(Assignment.id == assignment_id)
    ).one()
    row = {
        "id": assessment_id, "tenant_id": session.scope.tenant_id, "assignment_id": assignment_id,
        "application_id": of.application_id, "assessor_id": of.assessor_id,
        "submission_id": before.submission_id or newest_submission(session, of.application_id), "phase": phase, "number": number,
        "recommendation": None, "sha256": "", "version": 1, "started_at": now, "changed_at": now, "sealed_at": None,
    }  # fmt: skip
    session.execute(sa.insert(Assessment), [row])
    drafts = [_draft(session, assessment_id, name, value, 1, now) for name, value in before.values.items()]
    if drafts:
        session.execute(sa.insert(ScoreDraft), drafts)


def reopen(session: ScopedSession, actor: Actor, assignment_id: str, version: int, why: str) -> None:
    """Let an assessor score again, for a stated reason: the sealed scores stay, and what follows is the next number.

    For the central team, about somebody else's scores, while nothing is decided. Raises Forbidden, NotFound, Invalid (no
    reason), Conflict, and Refused.
    """
    if not actor.can(CENTRAL):
        raise Forbidden(CENTRAL)
    seen = (
        sa.select(Assessor.account_id)
        .join(Assignment, (Assignment.tenant_id == Assessor.tenant_id) & (Assignment.assessor_id == Assessor.id))
        .where(
            Assignment.id == assignment_id, Assessor.account_id != actor.account_id, clear_of(actor.account_id, Assignment.application_id)
        )
    )  # fmt: skip
    account_id = session.scalar(seen) if is_id(assignment_id) else None
    if account_id is None:
        raise NotFound
    why = reason(why)
    decided = sa.exists().where(
        Decision.application_id == Assignment.application_id, Decision.state.in_((*sorted(UNDER_WAY), "released"))
    )  # fmt: skip
    with transaction(session):
        done = step(
            session, assignment_id, version, "reopen", CENTRAL, ~decided, is_in_state(*assessing.STILL_READ)
        )  # fmt: skip
        task = assessing.task(session, account_id, assignment_id)
        last = assessing.current(assessing.works(session, task), INDEPENDENT)
        if last is None:
            raise Refused
        _again(session, assignment_id, last, INDEPENDENT, last.number + 1)
        tell(session, actor, "reopen", done, why)
