"""One of two processes that sign, moderate, release, correct or propose at the same moment.

`main` is what `tests.support.racing` runs: it does its part and gives what it was told: "done", how many, or "refused".
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Application, Decision, DecisionLetter, MembershipOffer, ReleaseBatch, RuleProposal
from core.admissions.queries import batches as reading
from core.admissions.queries import rules
from core.admissions.rules import collect
from core.admissions.service import deciding, moderating, offers, proposing, releasing
from core.admissions.service.deciding import SIGNED_ALREADY, Wish
from core.data.engine import create_engine
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import DomainError, Refused
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.kernel.views import Actor, TenantRef
from core.work.models import MAIL_FAILED, Mail
from plugins.assessment_rules.manifest import MANIFEST
from plugins.assessment_rules.plugin import q_rule_sets
from tests.integration.admissions.deciding_rig import SITE, actor_of, post
from tests.support.racing import think

THINKING, BETWEEN, TRYING = 0.5, 0.02, timedelta(seconds=20)
"""How long the controls think between reading and writing, and a correction waits before it is tried again, in seconds; how
long it is tried."""
Job = dict[str, Any]
CATALOGUE = collect((MANIFEST.name, pack) for pack in q_rule_sets())


def _actor(job: Job) -> Actor:
    return actor_of(job["account"], Role(job["role"]))


def _think(session: ScopedSession) -> None:
    session.rollback()
    think(THINKING)


def _write(session: ScopedSession, *statements: Any) -> None:
    """The controls' writing. What the database refuses was said to be done to its person all the same."""
    with suppress(sa.exc.DBAPIError), transaction(session):
        for statement in statements:
            session.execute(statement)


def sign(session: ScopedSession, job: Job) -> str:
    """Sign what is proposed."""
    deciding.sign(session, _actor(job), job["window"], job["application"], Wish("accept"), new_token())
    return "done"


def sign_naively(session: ScopedSession, job: Job) -> str:
    """The control, which must let two sign: look, think, then write."""
    if session.scalar(sa.select(Decision.id).where(Decision.application_id == job["application"])) is not None:
        raise DomainError
    _think(session)
    _write(session, sa.insert(Decision).values(_signed(session, job)))
    return "done"


def _signed(session: ScopedSession, job: Job, **values: Any) -> Job:
    now = clock.now()
    return {
        "tenant_id": session.scope.tenant_id, "application_id": job["application"], "number": 1, "state": "signed", "outcome": "accept",
        "comments": {}, "signed_by": job["account"], "signed_at": now, **values,
    }  # fmt: skip


def moderate(session: ScopedSession, job: Job) -> str:
    """Agree to a decision."""
    moderating.moderate(session, _actor(job), {job["decision"]: 1})
    return "done"


def send_back(session: ScopedSession, job: Job) -> str:
    """Return it."""
    moderating.send_back(session, _actor(job), job["decision"], 1, "Look again")
    return "done"


def moderate_naively(session: ScopedSession, job: Job) -> str:
    """The control, which must let two moderate: look, think, then write."""
    if session.scalar(sa.select(Decision.state).where(Decision.id == job["decision"])) != "signed":
        raise DomainError
    _think(session)
    changed = sa.update(Decision).where(Decision.id == job["decision"])
    _write(session, changed.values(state="moderated", moderated_by=job["account"], moderated_at=clock.now()))
    return "done"


def release(session: ScopedSession, job: Job) -> str:
    """Release a batch as it was seen."""
    releasing.release(session, _actor(job), job["batch"], job["version"], job["size"], site=SITE, post=post)
    return "done"


def release_naively(session: ScopedSession, job: Job) -> str:
    """The control, which must write to people twice: look, think, then send."""
    state = session.scalar(sa.select(ReleaseBatch.state).where(ReleaseBatch.id == job["batch"]))
    found = reading.letter_facts(session, None, job["batch"])
    if state != "open":
        raise DomainError
    _think(session)
    with transaction(session):
        for one in found:
            post(session, releasing.outgoing(one, "subject", ["text"]))
    return "done"


def correct(session: ScopedSession, job: Job) -> str:
    """Correct the released decision, again and again while another is under way."""
    until = clock.now() + TRYING
    while True:
        wish = Wish("decline", "scores", "Typed wrongly.")
        try:
            deciding.correct(session, _actor(job), job["window"], job["application"], wish, new_token())
        except Refused as refused:
            if refused.message != SIGNED_ALREADY or clock.now() > until:
                raise
            time.sleep(BETWEEN)
            continue
        return "done"


def correct_naively(session: ScopedSession, job: Job) -> str:
    """The control, which must correct a decision that was replaced: look which is released, think, then write."""
    query = sa.select(Decision.id).where(Decision.application_id == job["application"], Decision.state == "released")
    released = session.scalar(query)
    _think(session)
    _write(session, sa.insert(Decision).values(_signed(session, job, number=9, supersedes_id=released)))
    return "done"


def join(session: ScopedSession, job: Job) -> str:
    """Accept the offer of an accepted application."""
    home = TenantRef(job["tenant"], "scotland", "Scotland", "nation")
    offers.accept(
        session, Actor(job["account"], ""), application_id=job["application"], home=home, shown=job["compact"],
        post=lambda _, __: None,
    )  # fmt: skip
    return "done"


def join_naively(session: ScopedSession, job: Job) -> str:
    """The control, which must make somebody a member whose application is declined: look, think, then write."""
    if session.scalar(sa.select(Application.state).where(Application.id == job["application"])) != "accepted":
        raise DomainError
    _think(session)
    joining = sa.update(MembershipOffer).where(MembershipOffer.application_id == job["application"])
    _write(session, joining.values(state="joined", ended_at=clock.now()))
    return "done"


def resend(session: ScopedSession, job: Job) -> str:
    """Send again what failed."""
    return "done" if releasing.resend(session, _actor(job), job["batch"], post=post) else "refused"


def resend_naively(session: ScopedSession, job: Job) -> str:
    """The control, which must send a letter twice: look which failed, think, then send."""
    failed = sa.select(DecisionLetter.id).join(Mail, Mail.id == DecisionLetter.mail_id).where(Mail.state == MAIL_FAILED)
    if session.scalar(failed.limit(1)) is None:
        raise DomainError
    people = reading.letter_facts(session, None, job["batch"])
    _think(session)
    with transaction(session):
        for one in people:
            post(session, releasing.outgoing(one, "subject", ["text"]))
    return "done"


def propose(session: ScopedSession, job: Job) -> str:
    """Ask the rules about every case that is due; how many proposals were kept."""
    return str(proposing.propose_due(session, CATALOGUE, area="scotland", report=lambda *_: None).proposals)


def propose_naively(session: ScopedSession, job: Job) -> str:
    """The control, which must say twice that it made the same proposals: look what is due, think, then write."""
    pinned = rules.pinned(session, job["window"])
    assert pinned is not None
    new = proposing._asked(session, CATALOGUE, pinned, "scotland", False)
    rows = [proposing._row(session, item) for item in new]
    _think(session)
    _write(session, *(sa.insert(RuleProposal).values(row) for row in rows))
    return str(len(rows))


PARTS: dict[str, Callable[[ScopedSession, Job], str]] = {
    part.__name__: part
    for part in (
        sign, sign_naively, moderate, send_back, moderate_naively, release, release_naively, correct, correct_naively, join,
        join_naively, resend, resend_naively, propose, propose_naively,
    )
}  # fmt: skip


def main(job: Job, begin: Callable[[], object]) -> str:
    """Do `job["part"]`; "refused" where it was."""
    engine = create_engine(job["url"])
    with ScopedSession(scope=Scope.tenant(job["tenant"]), bind=engine) as session:
        session.scalar(sa.select(Application.id).limit(1))  # connected and ready before the start
        session.rollback()
        begin()
        try:
            told = PARTS[job["part"]](session, job)
        except DomainError:
            told = "refused"
    engine.dispose()
    return told
