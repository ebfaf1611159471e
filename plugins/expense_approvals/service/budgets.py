"""Opening a budget and changing its limit."""

from sqlalchemy.exc import IntegrityError

from core.sdk import (
    MOST_PENCE,
    N_,
    Forbidden,
    Invalid,
    ScopedSession,
    Visitor,
    clock,
    new_id,
    once,
    record_audit,
    transaction,
    update_as_seen,
)
from plugins.expense_approvals.manifest import BUDGETS
from plugins.expense_approvals.models import Budget

MOST = 10 * MOST_PENCE
NAME = N_("Give the budget a name of at most 120 characters.")
TAKEN = N_("There is a budget with this name. Choose another.")
BELOW = N_("More than that is committed or spent already. Choose a higher limit.")


def open_budget(session: ScopedSession, name: str, limit_p: int, visitor: Visitor, form_key: str) -> str:
    """Open a budget; its id. Raises Forbidden, Invalid (`name`, `limit`)."""
    if not visitor.can(BUDGETS):
        raise Forbidden(BUDGETS)
    name = name.strip()
    if not 0 < len(name) <= 120:
        raise Invalid({"name": NAME})
    _in_bounds(limit_p)
    try:
        with transaction(session):
            key = once(session, form_key, "expense_approvals.open_budget")
            if key.result is not None:
                return key.result
            made = new_id()
            session.add(Budget(id=made, name=name, limit_p=limit_p, created_at=clock.now()))
            session.flush()
            record_audit(
                session,
                actor=visitor.actor(),
                action="expense_approvals.open_budget",
                subject=made,
                after={"limit": limit_p},
            )
            key.keep(made)
            return made
    except IntegrityError as error:
        raise Invalid({"name": TAKEN}) from error


def change_limit(session: ScopedSession, budget_id: str, version: int, limit_p: int, visitor: Visitor) -> None:
    """Raise or lower a limit, never below what is committed and spent. Raises Forbidden, Invalid, NotFound, Conflict, Refused."""
    if not visitor.can(BUDGETS):
        raise Forbidden(BUDGETS)
    _in_bounds(limit_p)
    with transaction(session):
        held = Budget.committed_p + Budget.actual_p
        update_as_seen(session, Budget, Budget.id == budget_id, version, held <= limit_p, unmet=BELOW, limit_p=limit_p)
        record_audit(
            session,
            actor=visitor.actor(),
            action="expense_approvals.change_limit",
            subject=budget_id,
            after={"limit": limit_p},
        )


def _in_bounds(limit_p: int) -> None:
    if not 0 < limit_p <= MOST:
        raise Invalid({"limit": N_("Enter a limit of more than £0 and at most £10,000,000.")})
