"""One of two processes at the same scores: one types and saves, or both seal.

`main` is what `tests.support.racing` runs: it does its part and gives what it was told.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from core.admissions import scoring
from core.admissions.models import Assessment, Assignment, Score
from core.admissions.queries import assessing
from core.admissions.queries.assessing import INDEPENDENT, Task, Work
from core.admissions.service import scoring as service
from core.admissions.service.drafts import Wish
from core.data.engine import create_engine
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, DomainError
from core.kernel.ids import new_id
from core.kernel.views import Actor
from tests.support.racing import think

SAVES, BETWEEN_SAVES, THINKING = 25, 0.04, 0.3
"""How often somebody saves, the seconds between, and how long the control thinks between reading and writing."""


def _now(session: ScopedSession, actor: Actor, assignment_id: str) -> tuple[Task, Work]:
    session.rollback()
    task = assessing.task(session, actor.account_id, assignment_id)
    work = assessing.current(assessing.works(session, task), INDEPENDENT)
    assert work is not None
    return task, work


def save(session: ScopedSession, actor: Actor, assignment_id: str) -> list[str]:
    """Save one text after another until the scores are sealed; the texts that the service said it has."""
    _, work = _now(session, actor, assignment_id)
    held, told = work.draft["knowledge_why"].revision, []
    for number in range(SAVES):
        text = f"text {number}"
        try:
            held = service.save(session, actor, work, {"knowledge_why": Wish(text, held)}).revisions["knowledge_why"]
        except DomainError:
            break
        told.append(text)
        time.sleep(BETWEEN_SAVES)
    return told


def seal(session: ScopedSession, actor: Actor, assignment_id: str) -> list[str]:
    """Seal, looking again whenever something was changed; whether it was this process that did."""
    while True:
        task, work = _now(session, actor, assignment_id)
        try:
            service.seal(session, actor, task, work, scoring.digest(work.values, work.submission_id))
        except Conflict:
            continue
        except DomainError:
            return []
        return ["sealed"]


def seal_naively(session: ScopedSession, actor: Actor, assignment_id: str) -> list[str]:
    """The control, which must lose words and seal twice: look, think, then write."""
    task, work = _now(session, actor, assignment_id)
    if task.state != "assessing":
        return []
    think(THINKING)
    with suppress(
        sa.exc.DBAPIError
    ):  # where the database refuses the second, it has said "sealed" to its person all the same
        _write(session, work, assignment_id)
    return ["sealed"]


def _write(session: ScopedSession, work: Work, assignment_id: str) -> None:
    with transaction(session):
        rows = [
            {
                "id": new_id(), "tenant_id": session.scope.tenant_id, "assessment_id": work.id, "criterion": one.criterion,
                "value": one.value, "not_scored": one.not_scored, "words": one.words,
            }
            for one in scoring.verdicts(work.values)
        ]  # fmt: skip
        if session.scalar(sa.select(Score.id).where(Score.assessment_id == work.id).limit(1)) is None:
            session.execute(sa.insert(Score), rows)
            sealing = sa.update(Assessment).where(Assessment.id == work.id)
            session.execute(sealing.values(sealed_at=clock.now(), sha256="0" * 64))
        moving = sa.update(Assignment).where(Assignment.id == assignment_id)
        session.execute(moving.values(state="sealed"))


PARTS = {"save": save, "seal": seal, "seal_naively": seal_naively}


def main(job: dict[str, Any], begin: Callable[[], object]) -> list[str]:
    """Do `job["part"]`."""
    engine = create_engine(job["url"])
    actor = Actor(job["account"], "Ann", permissions=frozenset({"admissions.assess"}))
    with ScopedSession(scope=Scope.tenant(job["tenant"]), bind=engine) as session:
        _now(session, actor, job["assignment"])  # connected and ready before the start
        begin()
        told = PARTS[job["part"]](session, actor, job["assignment"])
    engine.dispose()
    return told
