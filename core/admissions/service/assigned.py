"""One step of an assignment, its card on the assessor's shelf, and conflicts that come to light with it.

The use cases are in `declaring` and `scoring`; each is one transaction and calls these inside it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Application, Assessor, Assignment, Submission
from core.admissions.models import Conflict as OfInterest
from core.admissions.models.panels import NOT_ENDED
from core.admissions.states import ASSESSING, ASSIGNMENT, DECLARED, OFFERED
from core.data import audit, upserts
from core.data.conditional import update_as_seen
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import Forbidden
from core.kernel.ids import new_id
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import Actor
from core.tenancy import shelf

PLUGIN = "admissions"
CARDS = {
    OFFERED: N_("Declare interests"),
    DECLARED: N_("With the partner lead"),
    ASSESSING: N_("To be scored"),
}
"""What the card says in the states in which there is one. It has the reference and names nobody: shelves and letters are read
over shoulders."""
STATE_CHANGED = N_("This cannot be done now: the state of this assessment has changed.")


@dataclass(frozen=True, slots=True)
class Stepped:
    """An assignment that has just taken a step."""

    id: str
    application_id: str
    assessor_id: str
    account_id: str
    state: str
    due_at: datetime


def may_assess(actor: Actor) -> None:
    """Raise Forbidden unless the actor assesses at this site."""
    if not actor.can(Permission.ADMISSIONS_ASSESS):
        raise Forbidden(Permission.ADMISSIONS_ASSESS)


_WHOSE = sa.select(Assessor.account_id, Application.reference).where(
    Assessor.id == sa.bindparam("assessor"),
    Application.tenant_id == Assessor.tenant_id,
    Application.id == sa.bindparam("application"),
)


def step(
    session: ScopedSession, assignment_id: str, version: int, event: str, who: str, *more: sa.ColumnElement[bool], **values: Any
) -> Stepped:  # fmt: skip
    """The conditional update that every step begins with, and the card in step with it, in the caller's transaction.

    `who` is whose step it is in `states.ASSIGNMENT`; `more` are further conditions. Raises NotFound, Conflict (another
    version) and Refused (a state from which it does not start, or `more` does not hold).
    """
    rows = [row for row in ASSIGNMENT.transitions if (row.event, row.who) == (event, who)]
    sources, target = [row.source for row in rows], rows[0].target
    done = update_as_seen(
        session, Assignment, Assignment.id == assignment_id, version, *more, states=sources, closed=STATE_CHANGED, unmet=STATE_CHANGED,
        returning=(Assignment.application_id, Assignment.assessor_id, Assignment.due_at),
        state=target, changed_at=clock.now(), **values,
    )  # fmt: skip
    whose = {"assessor": done.assessor_id, "application": done.application_id}
    account_id, reference = session.execute(_WHOSE, whose).one()
    show_card(session, account_id, assignment_id, target, done.due_at, reference)
    return Stepped(assignment_id, done.application_id, done.assessor_id, account_id, target, done.due_at)


def show_card(
    session: ScopedSession, account_id: str, assignment_id: str, state: str, due_at: datetime, reference: str
) -> None:
    """Put up an assignment's card, bring it up to date, or take it down, in the caller's transaction. `due_at` is UTC."""
    if state not in CARDS:
        shelf.remove(session, account_id=account_id, plugin=PLUGIN, ref=assignment_id)
        return
    shelf.put(
        session, account_id=account_id, plugin=PLUGIN, ref=assignment_id, kind="assessment", title=reference,
        status=CARDS[state], when=due_at, path=f"/assess/{assignment_id}/", needs_action=state != DECLARED,
    )  # fmt: skip


def take_down(session: ScopedSession, assignment_ids: Collection[str], tenant_id: int | None = None) -> None:
    """Take down the cards of assignments that ended together, in the caller's transaction. `tenant_id` names their site where
    the session has platform scope."""
    if assignment_ids:
        shelf.remove_many(session, plugin=PLUGIN, refs=assignment_ids, tenant_id=tenant_id)


def tell(
    session: ScopedSession,
    actor: Actor,
    event: str,
    done: Stepped,
    why: str = "",
    more: Mapping[str, Any] | None = None,
) -> None:
    """The entry in the audit trail. Words that somebody wrote about an interest are personal: `why` is for the lead's and the
    central team's reasons alone."""
    audit.record(
        session, actor=actor, action=f"assignment.{event}", subject=f"assignment:{done.id}",
        after={"state": done.state, **(more or {})}, why=why,
    )  # fmt: skip


def keep_out(session: ScopedSession, actor: Actor, done: Stepped, why: str) -> None:
    """Write that the assessor is in conflict with the application, in the caller's transaction: from now on they see nothing
    of it, in whatever role. One that stands already stays as it is."""
    row = {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": done.application_id,
        "account_id": done.account_id, "source": "declared", "kind": "other", "why": why, "by": actor.account_id,
        "at": clock.now(), "ended_at": None, "ended_by": None, "end_why": "",
    }  # fmt: skip
    session.execute(
        upserts.insert(session, OfInterest)
        .values(**row)
        .on_conflict_do_nothing(index_elements=["tenant_id", "application_id", "account_id"], index_where=NOT_ENDED)
    )


_NEWEST = (
    sa.select(Submission.id)
    .where(Submission.application_id == sa.bindparam("application"))
    .order_by(Submission.number.desc())
    .limit(1)
)


def newest_submission(session: ScopedSession, application_id: str) -> str | None:
    """The version of an application that was submitted last."""
    return session.scalar(_NEWEST, {"application": application_id})


def is_in_state(*states: str) -> sa.ColumnElement[bool]:
    """The condition that an assignment's application is in one of these states."""
    return sa.exists().where(Application.id == Assignment.application_id, Application.state.in_(states))
