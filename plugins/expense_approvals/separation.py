"""Separation of duties, as one rule that nobody is exempt from by role. A setting of the site can add to it and never take away.

Plain decisions, no database. Whoever decides for somebody who is away has that person's conflicts beside their own, and that
person has had a hand in what was decided for them. Where nobody of a site is left, the central team decides; nothing is ever
decided by itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.sdk import N_


class Task(StrEnum):
    """What somebody would do about money that a person asks for."""

    PREAPPROVE = "preapprove"
    CHECK = "check"
    APPROVE = "approve"
    SECOND = "second"
    PREPARE = "prepare"
    RELEASE = "release"
    ADJUST = "adjust"


APPROVALS = (Task.APPROVE, Task.SECOND)
"""Saying yes to a claim: alone or as the first of two, and as the second."""
SPEAK = Task.PREAPPROVE
"""Asking a question about a claim or saying no to it, at whatever step: what stands against agreeing beforehand stands against it, and
no earlier hand in the claim does."""
WORDS: Mapping[str, str] = {
    "own": N_("You asked for this money, sent the request or would be paid, so somebody else decides."),
    "linked": N_("You share a bank account with the person, so somebody else decides."),
    "delegator": N_("The person you decide for could not decide this, so you cannot for them."),
    "checked": N_("You or your stand-in checked this claim, so somebody else approves it."),
    "approved": N_("You or your stand-in approved this claim, so somebody else checks it."),
    "first": N_("You or your stand-in approved this claim first, so somebody else is the second approver."),
    "preapproved": N_("You or your stand-in agreed to this beforehand, so somebody else approves the claim."),
    "adjusted": N_("You made this adjustment, so somebody else approves it."),
    "prepared": N_("You prepared this batch, so somebody else releases it."),
}
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """Whose money it is and who has had a hand in it, as account ids (None: erased). `linked` share a bank account
    with whoever is paid; `checked_by` checked the claim, or made the adjustment; `approved_by` approved it (first, where it waits for
    a second approver); `preapproved_by` agreed beforehand, where the site wants somebody else to approve the claim. For whom somebody
    stood in at such a step is in it beside them."""

    claimant: str | None
    submitter: str | None
    payee: str | None
    linked: frozenset[str] = NOBODY
    preapproved_by: frozenset[str] = NOBODY
    checked_by: frozenset[str] = NOBODY
    approved_by: frozenset[str] = NOBODY
    prepared_by: frozenset[str] = NOBODY


def conflict(task: Task, who: str, case: Case, *, on_behalf_of: Iterable[str] = ()) -> str:
    """Why `who` may not do `task`, as a key of WORDS; "" where nothing stands against it."""
    if own := _conflict(task, who, case):
        return own
    return "delegator" if any(_conflict(task, one, case) for one in on_behalf_of) else ""


def _conflict(task: Task, who: str, case: Case) -> str:
    """One person's conflict, in the order in which it is told."""
    if who in (case.claimant, case.submitter, case.payee):
        return "own"
    if who in case.linked:
        return "linked"
    if task in APPROVALS and who in case.checked_by:
        return "checked"
    if task is Task.SECOND and who in case.approved_by:
        return "first"
    if task in APPROVALS and who in case.preapproved_by:
        return "preapproved"
    if task is Task.CHECK and who in case.approved_by:
        return "approved"
    if task is Task.ADJUST and who in case.checked_by:
        return "adjusted"
    if task is Task.RELEASE and who in case.prepared_by:
        return "prepared"
    return ""


def able(task: Task, candidates: Iterable[str], case: Case) -> list[str]:
    """Those of a site's candidates who may do `task`. An empty list means: the central team."""
    return [one for one in candidates if not conflict(task, one, case)]
