"""Declaring whether there is a conflict of interest, before a word of the application is shown; and leaving an assessment.

Whoever declares a major one, notices one late or is recused by the lead is written down as in conflict with the application:
it is gone from all that they see.
"""

import sqlalchemy as sa

from core.admissions.models import Assessment, Assessor, Assignment
from core.admissions.models.panels import LEVELS
from core.admissions.queries import assessing
from core.admissions.queries.sight import clear_of
from core.admissions.service.assigned import (
    Stepped,
    is_in_state,
    keep_out,
    may_assess,
    newest_submission,
    step,
    tell,
)
from core.admissions.service.windows import may_manage, reason
from core.admissions.states import ASSESSOR, DECLARED, LEAD
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Invalid, NotFound
from core.kernel.ids import is_id, new_id
from core.kernel.text import N_
from core.kernel.views import Actor

LONGEST = 500


def declare(
    session: ScopedSession, actor: Actor, assignment_id: str, version: int, *, level: str, key: str, words: str = ""
) -> str:
    """Declare a conflict of interest: none (the assessor may read), minor (the lead decides) or major (they are out). The new
    state, also to the same form sent twice: by then the application may be out of sight.

    Raises Forbidden, NotFound, Invalid by field, Conflict, and Refused where it was declared already or the application is
    not assessed any more.
    """
    may_assess(actor)
    if not is_id(assignment_id):
        raise NotFound
    words = words.strip()
    wrong = {}
    if level not in LEVELS:
        wrong["level"] = N_("Choose one of these")
    if level == "minor" and not words:
        wrong["words"] = N_("Say what connects you, so that the partner lead can judge it")
    if len(words) > LONGEST:
        wrong["words"] = N_("At most 500 characters")
    if wrong:
        raise Invalid(wrong)
    with transaction(session):
        sent = once(session, key, f"assignment.declare:{assignment_id}:{actor.account_id}")
        if sent.result is not None:
            return sent.result
        task = assessing.task(session, actor.account_id, assignment_id)
        done = step(
            session, task.id, version, f"declare_{level}", ASSESSOR, *_may_go_on(actor), level=level, declaration=words,
            declared_at=clock.now(),
        )  # fmt: skip
        if level == "none":
            begin(session, done)
        elif level == "major":
            keep_out(session, actor, done, words)
        tell(session, actor, f"declare_{level}", done)
        sent.keep(done.state)
    return done.state


def _may_go_on(actor: Actor) -> tuple[sa.ColumnElement[bool], ...]:
    """Asked again by the very update: no conflict became known meanwhile, and the application is assessed still."""
    return clear_of(actor.account_id, Assignment.application_id), is_in_state(*assessing.STILL_READ)


def begin(session: ScopedSession, done: Stepped) -> None:
    """Give an assessor their first, empty assessment of the version submitted last, in the caller's transaction."""
    now = clock.now()
    row = {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "assignment_id": done.id, "application_id": done.application_id,
        "assessor_id": done.assessor_id, "submission_id": newest_submission(session, done.application_id),
        "phase": assessing.INDEPENDENT, "number": 1, "recommendation": None, "sha256": "", "version": 1, "started_at": now,
        "changed_at": now, "sealed_at": None,
    }  # fmt: skip
    session.execute(sa.insert(Assessment), [row])


def turn_down(session: ScopedSession, actor: Actor, assignment_id: str, version: int, why: str, key: str) -> None:
    """Give an assessment back for a stated reason, before or while it is scored; it never shows what others scored. The
    same form sent twice gives it back once.

    Raises Forbidden, NotFound, Invalid (no reason), Conflict, and Refused once it is sealed.
    """
    _leave(session, actor, assignment_id, version, "turn_down", why, key)


def recuse(session: ScopedSession, actor: Actor, assignment_id: str, version: int, why: str, key: str) -> None:
    """Leave an assessment because a conflict of interest was noticed late. Raises what `turn_down` raises."""
    _leave(session, actor, assignment_id, version, "recuse", why, key)


def _leave(
    session: ScopedSession, actor: Actor, assignment_id: str, version: int, event: str, why: str, key: str
) -> None:
    may_assess(actor)
    if not is_id(assignment_id):
        raise NotFound
    why = reason(why)
    with transaction(session):
        sent = once(session, key, f"assignment.{event}:{assignment_id}:{actor.account_id}")
        if sent.result is not None:
            return
        task = assessing.task(session, actor.account_id, assignment_id)
        done = step(session, task.id, version, event, ASSESSOR, state_why=why)
        if event == "recuse":
            keep_out(session, actor, done, why)
        tell(session, actor, event, done)
        sent.keep(done.state)


def resolve(session: ScopedSession, actor: Actor, assignment_id: str, version: int, *, allow: bool, why: str) -> None:
    """Decide about a minor conflict of interest, for a recorded reason: the assessor goes on, or is recused.

    Whoever decides is neither in conflict with the application nor the assessor. Raises Forbidden, NotFound, Invalid (no
    reason), Conflict, and Refused where nothing waits for a decision.
    """
    may_manage(actor)
    there = sa.select(Assignment.id).join(
        Assessor, (Assessor.tenant_id == Assignment.tenant_id) & (Assessor.id == Assignment.assessor_id)
    )
    seen = there.where(
        Assignment.id == assignment_id,
        Assessor.account_id != actor.account_id,
        clear_of(actor.account_id, Assignment.application_id),
    )
    if not is_id(assignment_id) or session.scalar(seen) is None:
        raise NotFound
    why = reason(why)
    event = "allow" if allow else "recuse"
    more = (*_may_go_on(actor), Assignment.state == DECLARED)
    with transaction(session):
        done = step(
            session, assignment_id, version, event, LEAD, *more, resolved_by=actor.account_id, resolution=why
        )  # fmt: skip
        if allow:
            begin(session, done)
        else:
            keep_out(session, actor, done, why)
        tell(session, actor, event, done, why)
