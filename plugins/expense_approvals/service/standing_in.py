"""An approver who is away says who decides meanwhile, and takes it back."""

from collections.abc import Callable
from datetime import date, timedelta

import sqlalchemy as sa

from core.sdk import (
    N_,
    Conflict,
    Forbidden,
    Invalid,
    Known,
    NotFound,
    Refused,
    ScopedSession,
    Visitor,
    clock,
    new_id,
    once,
    people_by_id,
    person_by_email,
    record_audit,
    transaction,
)
from plugins.expense_approvals.manifest import APPROVE
from plugins.expense_approvals.models import Delegation
from plugins.expense_approvals.queries import delegations
from plugins.expense_approvals.queries.delegations import Away

LONGEST = timedelta(days=366)
NOBODY = N_("No member of this site has this address. Check it with the person.")
OVER = N_("That is over, or was taken back already.")
Post = Callable[[ScopedSession, Known, Visitor, Away], None]
"""Writes to whoever stands in, in the caller's transaction: that they do, or (`ended_at`) that they do no more."""


def name(
    session: ScopedSession, email: str, starts_on: date, ends_on: date, visitor: Visitor, form_key: str, *, post: Post
) -> str:  # fmt: skip
    """Say that the member with this address decides for the visitor from one day to another; the absence's id.

    Nobody hands on what they have only by standing in. Raises Forbidden, Invalid (`email`, `starts_on`, `ends_on`).
    """
    if not visitor.can(APPROVE) or visitor.account_id is None or not visitor.roles & delegations.APPROVERS:
        raise Forbidden(APPROVE)
    person = person_by_email(session, email.strip())
    wrong = {}
    if person is None or not person.is_member or person.home_tenant_id != session.scope.tenant_id:
        wrong["email"] = NOBODY
    elif person.account_id == visitor.account_id:
        wrong["email"] = N_("Name somebody else.")
    if starts_on < clock.today():
        wrong["starts_on"] = N_("Choose today or a later day.")
    if not starts_on <= ends_on <= starts_on + LONGEST:
        wrong["ends_on"] = N_("Choose a day from the first day on, at most a year later.")
    if wrong or person is None:
        raise Invalid(wrong)
    made = Away(new_id(), visitor.account_id, person.account_id, starts_on, ends_on, 1, clock.now(), None)
    with transaction(session):
        key = once(session, form_key, "expense_approvals.stand_in")
        if key.result is not None:
            return key.result
        session.add(Delegation(**made._asdict()))
        session.flush()
        record_audit(
            session, actor=visitor.actor(), action="expense_approvals.stand_in", subject=made.id,
            after={"delegate": made.delegate_id, "starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()},
        )  # fmt: skip
        post(session, person, visitor, made)
        key.keep(made.id)
    return made.id


def end(session: ScopedSession, delegation_id: str, version: int, visitor: Visitor, *, post: Post) -> None:
    """Take it back: from now on the other decides no more. Raises Forbidden, NotFound (also for somebody else's), Refused, Conflict."""
    if not visitor.can(APPROVE):
        raise Forbidden(APPROVE)
    found = delegations.one(session, delegation_id)
    if found.delegator_id != visitor.account_id:
        raise NotFound
    now = clock.now()
    with transaction(session):
        done = session.execute(
            sa.update(Delegation)
            .where(
                Delegation.id == found.id, Delegation.version == version, Delegation.ended_at.is_(None),
                Delegation.ends_on >= clock.today(),
            )
            .values(ended_at=now, version=Delegation.version + 1)
            .returning(Delegation.id)
        ).all()  # fmt: skip
        if len(done) != 1:
            raise Conflict if found.version != version else Refused(OVER)
        record_audit(session, actor=visitor.actor(), action="expense_approvals.stand_in_over", subject=found.id)
        person = people_by_id(session, {found.delegate_id}).get(found.delegate_id)
        if person is not None:
            post(session, person, visitor, found._replace(ended_at=now))
