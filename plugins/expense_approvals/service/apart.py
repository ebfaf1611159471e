"""Separation of duties and limits with what the database knows: shared accounts, who stands in for whom, and who is left."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from core.sdk import Refused, ScopedSession, Visitor
from plugins.expense_approvals.limits import Above, Limits, above, authority, needed
from plugins.expense_approvals.queries import claims, delegations
from plugins.expense_approvals.queries.claims import Hands, Listed, Made
from plugins.expense_approvals.separation import NOBODY, Case, Task, conflict
from plugins.expense_approvals.service import bank_details
from plugins.expense_approvals.states import CHECKED, FIRST_APPROVED

TASKS = {CHECKED: Task.APPROVE, FIRST_APPROVED: Task.SECOND}
"""What a claim waits for by its state; a check in every other one."""


class Open(NamedTuple):
    """Something that waits for somebody to do `task`: whose it is, who checked it, the pence that limits are held against (0
    where only conflicts are asked about), who agreed beforehand and may not approve it for that (`agreed_before`), and who approved
    it first; each with those for whom they stood in then."""

    id: str
    task: Task
    account_id: str | None
    submitted_by: str | None
    checked_by: frozenset[str] = NOBODY
    pence: int = 0
    preapproved_by: frozenset[str] = NOBODY
    approved_by: frozenset[str] = NOBODY

    def case(self, linked: frozenset[str]) -> Case:
        """The same for the rule."""
        return Case(
            self.account_id, self.submitted_by, self.account_id, linked=linked, preapproved_by=self.preapproved_by,
            checked_by=self.checked_by, approved_by=self.approved_by,
        )  # fmt: skip


def of_claim(
    one: Listed | Made, hands: Mapping[str, Hands], in_all_p: int, agreed: Mapping[str, frozenset[str]]
) -> Open:
    """A claim as what waits for a check or an approval; `hands` is what `claims.hands` found, `agreed` what `agreed_before` did."""
    had = hands.get(one.id, Hands())
    first = frozenset({one.first_by} if one.first_by else ())
    return Open(
        one.id, TASKS.get(one.state, Task.CHECK), one.account_id, one.submitted_by, had.checked, in_all_p, agreed.get(one.id, NOBODY),
        first | had.approved,
    )  # fmt: skip


def agreed_before(session: ScopedSession, limits: Limits, claim_id: str = "") -> Mapping[str, frozenset[str]]:
    """Who agreed beforehand to what a checked claim stands on, by claim (or of one alone); nobody, where the site lets the same
    person approve the claim. At most one statement."""
    return {} if limits.preapprover_may_approve else claims.preapprovers(session, claim_id)


def against(session: ScopedSession, open_one: Open, visitor: Visitor) -> str:
    """What stands against this visitor doing it, as a key of `separation.WORDS`; "" for nothing.

    Who shares an account with the person who is paid has a conflict, and whoever stands in for somebody has theirs.
    """
    return against_each(session, open_one, visitor, open_one.task)[0]


def against_each(session: ScopedSession, open_one: Open, visitor: Visitor, *tasks: Task) -> tuple[str, ...]:
    """The same for each of several tasks, with the statements of one."""
    case = open_one.case(_linked(session, [open_one]).get(open_one.account_id or "", NOBODY))
    away = delegations.standing_for(session, visitor.account_id)
    return tuple(conflict(task, visitor.account_id or "", case, on_behalf_of=away) for task in tasks)


def over_limit(session: ScopedSession, waiting: Iterable[Open], visitor: Visitor, limits: Limits) -> dict[str, Above]:
    """Those (ids) that are above the visitor's limit, and who decides them. The same number of statements however many wait."""
    who = delegations.authority_of(session, visitor)
    found = ((one.id, above(one.task, one.pence, limits, who)) for one in waiting)
    return {key: why for key, why in found if why is not None}


def must_be_within(session: ScopedSession, task: Task, pence: int, visitor: Visitor, limits: Limits) -> None:
    """Raises Refused, and says who decides, where `pence` is above the visitor's limit for `task`.

    Where money moves it is called when the budget has moved, which locks it, with `pence` as read then: of two decisions at once
    about one person and activity, the second sees the first. A first approval of a claim moves nothing and locks no budget; what
    is granted at the same moment is seen by the second one, which asks again.
    """
    if authority(visitor.roles) >= needed(task, pence, limits):
        return  # whomever they stand in for: that only adds to what they may do
    if why := above(task, pence, limits, delegations.authority_of(session, visitor)):
        raise Refused(why.message, **why.params)


def nobody_left(session: ScopedSession, waiting: Iterable[Open], limits: Limits) -> frozenset[str]:
    """Those (ids) that nobody of this site can do: they are the central team's. Nothing ever decides by itself.

    The same number of statements however much waits.
    """
    waiting = list(waiting)
    linked, people = _linked(session, waiting), delegations.deciders(session)
    return frozenset(
        one.id
        for one in waiting
        if all(
            decider.authority < needed(one.task, one.pence, limits)
            or conflict(one.task, who, one.case(linked.get(one.account_id or "", NOBODY)), on_behalf_of=decider.away)
            for who, decider in people.items()
        )
    )


def _linked(session: ScopedSession, waiting: list[Open]) -> dict[str, frozenset[str]]:
    return bank_details.sharing(session, {one.account_id for one in waiting if one.account_id})
