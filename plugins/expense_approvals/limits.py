"""What a site sets about who decides: how much an expense approver, and the site, may agree to, whether who agreed
beforehand may approve the claim, and from which sum on a claim needs two approvers. Above a limit somebody with more decides.

Plain decisions, no database. What counts is what the policy allows of what is asked, with all that the person was granted for
the same activity before: neither agreeing to a part nor asking in parts gets round a limit. A limit is about saying yes;
checking, asking a question and saying no need none.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from core.sdk import N_, Role, pounds
from plugins.expense_approvals.separation import Task


class Authority(IntEnum):
    """Whose word somebody's agreement has, the least first."""

    NOBODY = 0
    APPROVER = 1
    LEAD = 2
    CENTRAL = 3


OF_ROLES = {
    Role.EXPENSE_APPROVER: Authority.APPROVER,
    Role.PARTNER_LEAD: Authority.LEAD,
    Role.CENTRAL_TEAM: Authority.CENTRAL,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """The most in pence, 0 for no limit: what an approver may agree to beforehand and of a claim, and a lead of either;
    whether one person may agree beforehand and approve the claim; and the most that one person's approval is enough for (None:
    for any claim)."""

    preapproval_p: int
    claim_p: int
    lead_p: int
    preapprover_may_approve: bool = True
    second_p: int | None = None

    def most(self, task: Task) -> int:
        """What an approver may say yes to in `task`."""
        return self.preapproval_p if task is Task.PREAPPROVE else self.claim_p if task in LIMITED else 0

    def two(self, pence: int) -> bool:
        """Whether a claim needs a second approver, where `pence` is what limits are held against."""
        return self.second_p is not None and pence > self.second_p


LIMITED = frozenset({Task.PREAPPROVE, Task.APPROVE, Task.SECOND, Task.ADJUST})
"""What needs an amount within somebody's limit."""


class Above(NamedTuple):
    """Why an amount is above somebody's limit and who decides: a msgid with its values."""

    message: str
    params: dict[str, Any]


SITE = N_(
    "For this activity the person would have %(sum)s in all. This site may agree to at most %(most)s. The central team decides it."
)
APPROVERS = N_(
    "For this activity the person would have %(sum)s in all. Expense approvers may agree to at most %(most)s. A partner lead or the "
    "central team decides it."
)


def authority(roles: Collection[Role], stood_for: Iterable[Collection[Role]] = ()) -> Authority:
    """What somebody with these roles may decide, who stands in for people with those.

    A stand-in has at most what the person has for whom they decide, and never what is the central team's alone.
    """
    handed_on = (min(authority(held), Authority.LEAD) for held in stood_for)
    return max((*(OF_ROLES.get(role, Authority.NOBODY) for role in roles), *handed_on), default=Authority.NOBODY)


def needed(task: Task, pence: int, limits: Limits) -> Authority:
    """The least authority with which somebody may say yes to `pence`."""
    if task not in LIMITED:
        return Authority.APPROVER
    if _over(pence, limits.lead_p):
        return Authority.CENTRAL
    return Authority.LEAD if _over(pence, limits.most(task)) else Authority.APPROVER


def above(task: Task, pence: int, limits: Limits, who: Authority) -> Above | None:
    """Why `who` may not say yes to `pence`; None where they may."""
    least = needed(task, pence, limits)
    if who >= least:
        return None
    message, most = (SITE, limits.lead_p) if least is Authority.CENTRAL else (APPROVERS, limits.most(task))
    return Above(message, {"sum": pounds(pence), "most": pounds(most)})


def _over(pence: int, limit: int) -> bool:
    return 0 < limit < pence
