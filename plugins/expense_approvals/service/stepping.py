"""What the steps of a pre-approval share: the conditional update that each begins with, its entry among the steps, its audit, and
the letter to the person."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.sdk import (
    N_,
    Forbidden,
    Invalid,
    Known,
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
from plugins.expense_approvals.models import Preapproval, Step
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.queries.preapprovals import Asked
from plugins.expense_approvals.separation import WORDS, Task
from plugins.expense_approvals.service import cards
from plugins.expense_approvals.service.apart import Open, against
from plugins.expense_approvals.states import AGREED, PREAPPROVAL, QUERIED, USED

LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody is told about what they asked for: `pence` are agreed, and can be claimed until `last_day`. `more` is for what
    adds to an agreement because a claim came to more; `claim_id` is that claim, "" where it is no more."""

    step: str
    person: Known
    preapproval_id: str
    title: str
    words: str
    pence: int
    last_day: date
    more: bool = False
    claim_id: str = ""


Post = Callable[[ScopedSession, Answer], None]
"""What writes the letter, in the caller's transaction."""


def tell(session: ScopedSession, asked: Asked, step: str, words: str, post: Post, pence: int) -> None:
    """Write to the person, in the caller's transaction; to nobody where the account is closed. Two statements, and one more about
    what adds to an agreement."""
    person = people_by_id(session, {asked.account_id} if asked.account_id else set()).get(asked.account_id or "")
    if person is not None:
        title, first = preapprovals.title_of(session, asked.id), asked.supplements_id
        claim_id = (claims.live(session, first) or "") if first else ""
        post(
            session, Answer(step, person, asked.id, title, words, pence, asked.expires_on, first is not None, claim_id)
        )


def take(
    session: ScopedSession, asked: Asked, event: str, visitor: Visitor | None, words: str = "", **values: Any
) -> None:
    """Take `event` from the version that was looked at: the first statement of the caller's transaction.

    Raises Refused (the table has no such step), Conflict (somebody was quicker), NotFound.
    """
    target, now = PREAPPROVAL.target(event, asked.state), clock.now()
    update_as_seen(
        session, Preapproval, Preapproval.id == asked.id, asked.version, Preapproval.state == asked.state,
        states=PREAPPROVAL.sources(event), state=target, changed_at=now, **values,
    )  # fmt: skip
    note(session, asked.id, asked.version + 1, event, target, visitor, words, now)
    if visitor is not None:
        record_audit(
            session, actor=visitor.actor(), action=f"expense_approvals.{event}", subject=asked.id,
            before={"state": asked.state}, after={"state": target, **_figures(values)},
        )  # fmt: skip
    _card(session, asked, target)


def _card(session: ScopedSession, asked: Asked, target: str) -> None:
    """A question is on its person's shelf until it is answered or settled; a claim that was begun, while it can still be sent."""
    if target == QUERIED:
        title = preapprovals.title_of(session, asked.id)
        cards.put(session, asked.account_id, asked.id, title, cards.ABOUT_COSTS, f"asked/{asked.id}")
    elif asked.state == QUERIED:
        cards.take_down(session, [asked.id])
    elif asked.state in AGREED and target != USED and (begun := claims.live(session, asked.id)) is not None:
        cards.take_down(session, [begun])


def _figures(values: dict[str, Any]) -> dict[str, int]:
    return {key: value for key, value in values.items() if key.endswith("_p")}


def note(
    session: ScopedSession, preapproval_id: str, version: int, event: str, state: str, visitor: Visitor | None, words: str, at: datetime
) -> None:  # fmt: skip
    """Add a step to the list that is never changed."""
    session.add(
        Step(
            preapproval_id=preapproval_id, version=version, event=event, state=state,
            account_id=visitor.account_id if visitor else None, words=words, at=at,
        )
    )  # fmt: skip
    session.flush()


def must_decide(session: ScopedSession, asked: Asked, visitor: Visitor) -> None:
    """Raises Forbidden for who may not decide, Refused (with the reason) for who may not decide this one, whatever their role."""
    if not visitor.can(APPROVE) or visitor.account_id is None:
        raise Forbidden(APPROVE)
    if code := against(session, Open(asked.id, Task.PREAPPROVE, asked.account_id, asked.submitted_by), visitor):
        raise Refused(WORDS[code])


def must_be_free(session: ScopedSession, asked: Asked) -> None:
    """Raises Refused while a claim stands on what was agreed: it is decided first."""
    if asked.state in AGREED and claims.holds(session, asked.id):
        raise Refused(N_("A claim from it is being decided. It cannot be taken back now."))


def must_own(asked: Asked, visitor: Visitor) -> None:
    """Raises NotFound for everybody but the person and who sent it: to others it is not there to change."""
    if visitor.account_id is None or visitor.account_id not in (asked.account_id, asked.submitted_by):
        raise NotFound


def said(words: str, field: str, what: str) -> str:
    """Words that a step needs. Raises Invalid (for `field`, with `what`) when there are none, or too many."""
    words = words.strip()
    if not words:
        raise Invalid({field: what})
    if len(words) > LONGEST_WORDS:
        raise Invalid({field: N_("Use at most 500 characters.")})
    return words
