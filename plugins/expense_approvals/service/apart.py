"""Separation of duties with what the database knows: shared accounts, who stands in for whom, and who of a site is left."""

from collections.abc import Iterable
from typing import NamedTuple

from core.sdk import ScopedSession, Visitor
from plugins.expense_approvals.queries import delegations
from plugins.expense_approvals.separation import NOBODY, Case, Task, conflict
from plugins.expense_approvals.service import bank_details


class Open(NamedTuple):
    """Something that waits for somebody to do `task`: whose it is, and who checked it."""

    id: str
    task: Task
    account_id: str | None
    submitted_by: str | None
    checked_by: frozenset[str] = NOBODY

    def case(self, linked: frozenset[str]) -> Case:
        """The same for the rule."""
        return Case(self.account_id, self.submitted_by, self.account_id, linked=linked, checked_by=self.checked_by)


def against(session: ScopedSession, open_one: Open, visitor: Visitor) -> str:
    """What stands against this visitor doing it, as a key of `separation.WORDS`; "" for nothing.

    Who shares an account with the person who is paid has a conflict, and whoever stands in for somebody has theirs.
    """
    linked = _linked(session, [open_one]).get(open_one.account_id or "", NOBODY)
    away = delegations.standing_for(session, visitor.account_id)
    return conflict(open_one.task, visitor.account_id or "", open_one.case(linked), on_behalf_of=away)


def nobody_left(session: ScopedSession, waiting: Iterable[Open]) -> frozenset[str]:
    """Those (ids) that nobody of this site can do: they are the central team's. Nothing ever decides by itself.

    The same number of statements however much waits.
    """
    waiting = list(waiting)
    linked, people = _linked(session, waiting), delegations.deciders(session)
    return frozenset(
        one.id
        for one in waiting
        if all(
            conflict(one.task, who, one.case(linked.get(one.account_id or "", NOBODY)), on_behalf_of=away)
            for who, away in people.items()
        )
    )


def _linked(session: ScopedSession, waiting: list[Open]) -> dict[str, frozenset[str]]:
    return bank_details.sharing(session, {one.account_id for one in waiting if one.account_id})
