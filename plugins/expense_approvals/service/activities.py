"""Activities whose costs may be covered: adding one, and saying from which budget."""

from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.sdk import (
    N_,
    Forbidden,
    Invalid,
    Refused,
    ScopedSession,
    Visitor,
    clock,
    is_id,
    new_id,
    once,
    record_audit,
    transaction,
    update_as_seen,
)
from plugins.expense_approvals.manifest import BUDGETS
from plugins.expense_approvals.models import Activity, Budget
from plugins.expense_approvals.queries import budgets

LONGEST_DAYS = 60
TAKEN = N_("It is already said whether costs of this event are covered. Look at the activities.")


class Wanted(NamedTuple):
    """What somebody says of an activity. `budget_id` None: its costs are not covered, as a rule."""

    title: str
    starts_on: date
    ends_on: date
    budget_id: str | None


def add(session: ScopedSession, wanted: Wanted, visitor: Visitor, form_key: str, event_id: str = "") -> str:
    """Add an activity, of an event where `event_id` names one; its id. Raises Forbidden, Invalid (`title`, `ends_on`,
    `budget_id`), Refused where the event has one already."""
    if not visitor.can(BUDGETS):
        raise Forbidden(BUDGETS)
    wanted = _checked(wanted)
    try:
        return _add(session, wanted, visitor, form_key, event_id if is_id(event_id) else None)
    except IntegrityError as error:  # somebody else said it at the same moment
        raise Refused(TAKEN) from error


def _add(session: ScopedSession, wanted: Wanted, visitor: Visitor, form_key: str, event_id: str | None) -> str:
    with transaction(session):
        key = once(session, form_key, "expense_approvals.add_activity")
        if key.result is not None:
            return key.result
        _known_budget(session, wanted.budget_id)
        made = new_id()
        if event_id is not None and budgets.of_event(session, event_id) is not None:
            raise Refused(TAKEN)
        session.add(
            Activity(
                id=made,
                event_id=event_id,
                covered=wanted.budget_id is not None,
                created_at=clock.now(),
                **wanted._asdict(),
            )
        )
        session.flush()
        record_audit(
            session, actor=visitor.actor(), action="expense_approvals.add_activity", subject=made,
            after={"covered": wanted.budget_id is not None, "budget": wanted.budget_id},
        )  # fmt: skip
        key.keep(made)
    return made


def change(session: ScopedSession, activity_id: str, version: int, wanted: Wanted, visitor: Visitor) -> None:
    """Change an activity. What was agreed for it stays with the budget that it was agreed from.

    Raises Forbidden, Invalid, NotFound, Conflict.
    """
    if not visitor.can(BUDGETS):
        raise Forbidden(BUDGETS)
    wanted = _checked(wanted)
    with transaction(session):
        update_as_seen(
            session, Activity, Activity.id == activity_id, version, covered=wanted.budget_id is not None, **wanted._asdict()
        )  # fmt: skip
        _known_budget(session, wanted.budget_id)
        record_audit(
            session, actor=visitor.actor(), action="expense_approvals.change_activity", subject=activity_id,
            after={"covered": wanted.budget_id is not None, "budget": wanted.budget_id},
        )  # fmt: skip


def _checked(wanted: Wanted) -> Wanted:
    wrong = {}
    title = wanted.title.strip()
    if not 0 < len(title) <= 200:
        wrong["title"] = N_("Give the activity a title of at most 200 characters.")
    if not 0 <= (wanted.ends_on - wanted.starts_on).days <= LONGEST_DAYS:
        wrong["ends_on"] = N_("The last day is the first day or at most 60 days after it.")
    if wrong:
        raise Invalid(wrong)
    return wanted._replace(title=title)


_BUDGET = sa.select(Budget.id).where(Budget.id == sa.bindparam("wanted"))


def _known_budget(session: ScopedSession, budget_id: str | None) -> None:
    """A foreign key would refuse another site's budget too, but not in words."""
    if budget_id is None:
        return
    if not is_id(budget_id) or session.scalar(_BUDGET, {"wanted": budget_id}) is None:
        raise Invalid({"budget_id": N_("Choose one of this site’s budgets.")})
