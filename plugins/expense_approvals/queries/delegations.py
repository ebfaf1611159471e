"""Reading who stands in for whom, and who of a site can decide."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import Forbidden, NotFound, Role, ScopedSession, Visitor, clock, holders, is_id, people_by_id, roles_of
from plugins.expense_approvals.limits import Authority, authority
from plugins.expense_approvals.manifest import APPROVE, MANIFEST
from plugins.expense_approvals.models import Delegation
from plugins.expense_approvals.queries.preapprovals import Taken

APPROVERS = frozenset(role for spec in MANIFEST.permissions if spec.name == APPROVE for role in spec.roles)
"""The roles with which somebody decides."""


class Away(NamedTuple):
    """One absence: who decides for whom, and on which days. `ended_at` says that it was taken back."""

    id: str
    delegator_id: str
    delegate_id: str
    starts_on: date
    ends_on: date
    version: int
    made_at: datetime
    ended_at: datetime | None

    def held_at(self, at: datetime) -> bool:
        """Whether it held at an instant."""
        day = clock.london(at).date()
        return (
            self.starts_on <= day <= self.ends_on and self.made_at <= at and (self.ended_at is None or at < self.ended_at)
        )  # fmt: skip


AWAY = [getattr(Delegation, name) for name in Away._fields]
"""Its columns, for a statement."""


def one(session: ScopedSession, delegation_id: str) -> Away:
    """An absence. Raises NotFound."""
    row = (
        session.execute(sa.select(*AWAY).where(Delegation.id == delegation_id)).one_or_none()
        if is_id(delegation_id)
        else None
    )
    if row is None:
        raise NotFound
    return Away._make(row)


def all_of_site(session: ScopedSession, limit: int = 200) -> list[Away]:
    """Every absence, past ones too, the latest days first."""
    rows = session.execute(sa.select(*AWAY).order_by(Delegation.ends_on.desc(), Delegation.id).limit(limit))
    return [Away._make(row) for row in rows]


_TODAY = (
    Delegation.ended_at.is_(None), Delegation.starts_on <= sa.bindparam("today"), Delegation.ends_on >= sa.bindparam("today"),
)  # fmt: skip
_STOOD_FOR = sa.select(Delegation.delegator_id).where(Delegation.delegate_id == sa.bindparam("who"), *_TODAY).distinct()
_STAND_INS = sa.select(Delegation.delegate_id, Delegation.delegator_id).where(*_TODAY)


def standing_for(session: ScopedSession, account_id: str | None) -> tuple[str, ...]:
    """For whom a person stands in today: those who can decide themselves, by the roles that they hold now."""
    if account_id is None:
        return ()
    found = session.scalars(_STOOD_FOR, {"who": account_id, "today": clock.today()}).all()
    return tuple(sorted(one for one in people_by_id(session, found) if decides_by_role(session, one)))


def decides_by_role(session: ScopedSession, account_id: str) -> bool:
    """Whether somebody holds a role today with which one decides at the session's site."""
    return bool(roles_of(session, account_id, session.scope.tenant_id or 0) & APPROVERS)


def acting(session: ScopedSession, visitor: Visitor) -> Visitor:
    """The visitor with the right to decide: their own, or that of somebody for whom they stand in today.

    What is referred to the central team is nobody's to hand on. Raises Forbidden for everybody else.
    """
    if visitor.can(APPROVE):
        return visitor
    if not standing_for(session, visitor.account_id):
        raise Forbidden(APPROVE)
    return replace(visitor, permissions=visitor.permissions | {APPROVE})


def authority_of(session: ScopedSession, visitor: Visitor) -> Authority:
    """How much the visitor may agree to here: by their own roles, or by those of the people they stand in for today."""
    away, tenant_id = standing_for(session, visitor.account_id), session.scope.tenant_id or 0
    return authority(visitor.roles, [roles_of(session, one, tenant_id) for one in away])


class Decider(NamedTuple):
    """Somebody of a site who can decide: for whom they stand in, and how much they may agree to."""

    away: tuple[str, ...]
    authority: Authority


def deciders(session: ScopedSession) -> dict[str, Decider]:
    """Who of this site can decide today. The central team is not in it."""
    tenant_id = session.scope.tenant_id or 0
    roles: dict[str, set[Role]] = {}
    for role in APPROVERS - {Role.CENTRAL_TEAM}:
        for holder in holders(session, role, tenant_id):
            roles.setdefault(holder, set()).add(role)
    away: dict[str, tuple[str, ...]] = dict.fromkeys(roles, ())
    rows = session.execute(_STAND_INS, {"today": clock.today()})
    for delegate, delegator in rows:
        if delegator in roles:
            away[delegate] = (*away.get(delegate, ()), delegator)
    return {
        who: Decider(stood_for, authority(roles.get(who, ()), [roles[delegator] for delegator in stood_for]))
        for who, stood_for in away.items()
    }


def stood_in(session: ScopedSession, steps: Iterable[Taken]) -> Mapping[tuple[str, datetime], tuple[str, ...]]:
    """For whom those who took these steps stood in then, by (who, when)."""
    taken = [(step.account_id, step.at) for step in steps if step.account_id]
    rows = _by_delegates(session, {who for who, _ in taken})
    found = {}
    for who, at in taken:
        if held := tuple(row.delegator_id for row in rows if row.delegate_id == who and row.held_at(at)):
            found[who, at] = held
    return found


_BY_DELEGATES = sa.select(*AWAY).where(Delegation.delegate_id.in_(sa.bindparam("delegates", expanding=True)))


def _by_delegates(session: ScopedSession, account_ids: Collection[str]) -> list[Away]:
    rows = session.execute(_BY_DELEGATES, {"delegates": sorted(account_ids)})
    return [Away._make(row) for row in rows]
