"""What the steps of a claim share: the conditional update that each begins with, its entry among the steps, its audit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.sdk import (
    N_,
    Forbidden,
    NotFound,
    Refused,
    ScopedSession,
    Visitor,
    clock,
    people_by_id,
    record_audit,
    update_as_seen,
)
from plugins.expense_approvals.manifest import APPROVE
from plugins.expense_approvals.models import Claim, ClaimLine, ClaimStep
from plugins.expense_approvals.queries import preapprovals
from plugins.expense_approvals.queries.claims import Made
from plugins.expense_approvals.separation import WORDS
from plugins.expense_approvals.service import cards
from plugins.expense_approvals.service.apart import Open, against
from plugins.expense_approvals.states import CLAIM, EDITABLE, FIRST_APPROVED, QUERIED

NO_CHANGES = N_("This claim is with the approvers and cannot be changed now.")


@dataclass(frozen=True, slots=True)
class News:
    """What a claimant is told, in their language where it is known ("" is the site's own)."""

    step: str
    account_id: str
    email: str
    locale: str
    claim_id: str
    title: str
    words: str
    pence: int
    ref: str = ""
    """The payment's reference, where there is one."""


Post = Callable[[ScopedSession, News], None]
"""What writes the letter, in the caller's transaction."""


def take(
    session: ScopedSession, made: Made, event: str, visitor: Visitor, words: str = "", sha256: str = "",
    kept: Mapping[str, Any] | None = None, **values: Any,
) -> None:  # fmt: skip
    """Take `event` from the version that was looked at: the first statement of the caller's transaction. `values` go into the claim;
    its sums among them, and `kept`, into the audit trail.

    Raises Refused (the table has no such step), Conflict (somebody was quicker), NotFound.
    """
    target, now = CLAIM.target(event, made.state), clock.now()
    update_as_seen(
        session, Claim, Claim.id == made.id, made.version, Claim.state == made.state, states=CLAIM.sources(event),
        state=target, changed_at=now, **values,
    )  # fmt: skip
    note(session, made.id, made.version + 1, event, target, visitor, words, sha256, now)
    record_audit(
        session, actor=visitor.actor(), action=f"expense_approvals.claim_{event}", subject=made.id,
        before={"state": made.state}, after={"state": target, "sha256": sha256, **_figures(values), **(kept or {})},
    )  # fmt: skip
    if target == QUERIED:
        title = preapprovals.title_of(session, made.preapproval_id)
        cards.put(session, made.account_id, made.id, title, cards.ABOUT_CLAIM, f"claims/{made.id}")
    elif made.state in EDITABLE:
        cards.take_down(session, [made.id])


def _figures(values: dict[str, Any]) -> dict[str, int]:
    return {key: value for key, value in values.items() if key.endswith("_p")}


def note(
    session: ScopedSession, claim_id: str, version: int, event: str, state: str, visitor: Visitor, words: str, sha256: str,
    at: datetime,
) -> None:  # fmt: skip
    """Add a step to the list that is never changed."""
    session.add(
        ClaimStep(
            claim_id=claim_id, version=version, event=event, state=state, account_id=visitor.account_id, words=words,
            sha256=sha256, at=at,
        )
    )  # fmt: skip
    session.flush()


_LOCK = (
    sa.update(Claim)
    .where(Claim.id == sa.bindparam("wanted"), Claim.state.in_(EDITABLE))
    .values(version=Claim.version + 1, changed_at=sa.bindparam("now"))
    .returning(Claim.id)
)


def lock(session: ScopedSession, made: Made) -> None:
    """The conditional update that every change of a claim's costs and proofs begins with: it is the person's to change now, and
    whoever looks at an older version cannot send or decide it. Raises Refused."""
    done = session.execute(_LOCK, {"wanted": made.id, "now": clock.now()})
    if len(done.all()) != 1:
        raise Refused(NO_CHANGES)


def must_own(made: Made, visitor: Visitor) -> None:
    """Raises NotFound for everybody but the person and who sends it."""
    if visitor.account_id is None or visitor.account_id not in (made.account_id, made.submitted_by):
        raise NotFound


def unsay(session: ScopedSession, made: Made) -> None:
    """Take back what a first approver put beside the costs, in the caller's transaction, right after the step from the state that
    `made` has."""
    if made.state == FIRST_APPROVED:
        undone = sa.update(ClaimLine).where(ClaimLine.claim_id == made.id).values(approved_p=None, why="")
        session.execute(undone)


def must_judge(session: ScopedSession, waits: Open, visitor: Visitor) -> None:
    """Raises Forbidden for who may not decide, Refused (with the reason) for who may not decide this one, whatever their role."""
    if not visitor.can(APPROVE) or visitor.account_id is None:
        raise Forbidden(APPROVE)
    if code := against(session, waits, visitor):
        raise Refused(WORDS[code])


def tell(session: ScopedSession, made: Made, title: str, step: str, words: str, post: Post, pence: int = 0) -> None:
    """Write to the claimant, in the caller's transaction; to nobody where the account is closed."""
    person = people_by_id(session, {made.account_id} if made.account_id else set()).get(made.account_id or "")
    if person is not None:
        post(session, News(step, person.account_id, person.email, person.locale, made.id, title, words, pence))
