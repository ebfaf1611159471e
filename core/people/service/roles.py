"""Roles: who may give which, dated, ended without rewriting what was agreed, all in the audit chain of the tenant."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from core.data import audit
from core.data.base import table_of
from core.data.scope import ScopeError
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_id
from core.kernel.permissions import UK_WIDE_ONLY, Permission, Role
from core.kernel.text import N_
from core.kernel.views import Actor, TenantRef
from core.people import queries
from core.people.models import Account, RoleGrant

LEADS_MAY_GRANT = frozenset({Role.EVENTS_ORGANISER, Role.ASSESSOR, Role.EXPENSE_APPROVER})
LAST_CENTRAL = N_("This is the last member of the central team. Give the role to somebody else first.")
HELD_ALREADY = N_("This person holds the role already.")


def may_grant(actor: Actor, role: Role, at: TenantRef) -> bool:
    """Whether a page may offer `actor` to give or end `role` at a tenant. The services ask the database again."""
    if actor.is_system or actor.can(Permission.ROLES_GRANT):
        return True
    return actor.can(Permission.TENANT_ROLES_MANAGE) and role in LEADS_MAY_GRANT and at.kind != "uk"


def _check_granter(session: ScopedSession, actor: Actor, role: Role, at: TenantRef) -> None:
    """The central team may give and end any role; a partner lead three local ones at the own tenant. Raises Forbidden.

    Read from the grants as they are now: an `Actor` was made for one tenant, and may be older than the end of a role.
    """
    if actor.is_system:
        return
    held = queries.roles_of(session, str(actor.account_id), at.id)
    if Role.CENTRAL_TEAM in held:
        return
    if Role.PARTNER_LEAD in held and role in LEADS_MAY_GRANT and at.kind != "uk":
        return
    raise Forbidden(Permission.ROLES_GRANT)


def _check_scope(session: ScopedSession, at: TenantRef) -> None:
    """The audit entry goes to the chain of the session's tenant, so that must be the tenant the role is at."""
    if not session.scope.is_platform and session.scope.tenant_id != at.id:
        raise ScopeError("a role is given and ended in a session of the tenant it is at")


def grant(
    session: ScopedSession, actor: Actor, *, account_id: str, role: Role, at: TenantRef, starts_on: date,
    ends_on: date | None, reason: str,
) -> str:  # fmt: skip
    """Give a role at the session's tenant `at` (the UK site: UK-wide), from a day to a day, both included. Returns its id.

    Nobody gives a role to themselves. Raises Forbidden, Invalid (dates, reason, a role that is UK-wide only), NotFound
    (account) and Conflict (held already: so the same form sent twice gives one role).
    """
    _check_scope(session, at)
    _check_values(role, at, starts_on, ends_on, reason)
    if actor.account_id == account_id:
        raise Forbidden(Permission.ROLES_GRANT, N_("You cannot give yourself a role. Ask a colleague."))
    with transaction(session):
        _check_granter(session, actor, role, at)
        grant_id = grant_in(
            session, account_id=account_id, role=role, at_tenant_id=at.id, starts_on=starts_on, ends_on=ends_on,
            granted_by=actor.account_id, reason=reason,
        )  # fmt: skip
        audit.record(
            session, actor=actor, action="role.grant", subject=account_id, why=reason, tenant_id=at.id,
            after={"role": role.value, "from": starts_on.isoformat(), "to": ends_on.isoformat() if ends_on else None},
        )  # fmt: skip
    return grant_id


def _check_values(role: Role, at: TenantRef, starts_on: date, ends_on: date | None, reason: str) -> None:
    errors = {}
    if ends_on is not None and ends_on < starts_on:
        errors["ends_on"] = N_("The last day must not be before the first")
    elif ends_on is not None and ends_on < clock.today():
        errors["ends_on"] = N_("The last day must not be in the past")
    if role is Role.MEMBER:
        errors["role"] = N_("People become members by joining, not by a role")
    elif role in UK_WIDE_ONLY and at.kind != "uk":
        errors["role"] = N_("This role is given UK-wide only")
    if not reason.strip():
        errors["reason"] = N_("Say why")
    if errors:
        raise Invalid(errors)


_CLOSE_PAST = (
    sa.update(RoleGrant)
    .where(
        RoleGrant.account_id == sa.bindparam("whose"), RoleGrant.role == sa.bindparam("which"),
        RoleGrant.at_tenant_id == sa.bindparam("at"), RoleGrant.ended_at.is_(None), RoleGrant.ends_on < sa.bindparam("today"),
    )
    .values(ended_at=sa.bindparam("now"), end_reason="its last day passed")
)  # fmt: skip
_OPEN_ACCOUNT = sa.select(Account.id).where(Account.id == sa.bindparam("account_id"), Account.disabled_at.is_(None))
_INSERT = sa.insert(table_of(RoleGrant))


def grant_in(
    session: ScopedSession, *, account_id: str, role: Role, at_tenant_id: int, starts_on: date, ends_on: date | None,
    granted_by: str | None, reason: str,
) -> str:  # fmt: skip
    """Write a grant in the caller's transaction. Raises NotFound (account) and Conflict (held, or agreed for later).

    An earlier grant of the same role whose last day has passed is closed first; the index on open grants keeps two
    callers from giving the same role twice.
    """
    now = clock.now()
    session.execute(
        _CLOSE_PAST, {"whose": account_id, "which": role.value, "at": at_tenant_id, "today": clock.today(), "now": now}
    )
    if session.scalar(_OPEN_ACCOUNT, {"account_id": account_id}) is None:
        raise NotFound
    row = {
        "id": new_id(), "account_id": account_id, "role": role.value, "at_tenant_id": at_tenant_id, "starts_on": starts_on,
        "ends_on": ends_on, "granted_by": granted_by, "granted_at": now, "reason": reason.strip()[:500],
    }  # fmt: skip
    try:
        session.execute(_INSERT, row)
    except sa.exc.IntegrityError:
        raise Conflict(HELD_ALREADY) from None
    return str(row["id"])


def end(session: ScopedSession, actor: Actor, *, grant_id: str, at: TenantRef, reason: str) -> None:
    """End a role at the session's tenant now; what was agreed stays as it was. Whoever holds a role may lay it down.

    Raises NotFound (also for another tenant's), Forbidden, Invalid, Conflict (ended meanwhile) and Refused for the last
    member of the central team, without whom nobody could give a role again.
    """
    _check_scope(session, at)
    if not reason.strip():
        raise Invalid({"reason": N_("Say why")})
    with transaction(session):
        found = session.execute(
            sa.select(RoleGrant.role, RoleGrant.account_id).where(
                RoleGrant.id == grant_id, RoleGrant.at_tenant_id == at.id
            )
        ).one_or_none()
        if found is None:
            raise NotFound
        if actor.account_id != found.account_id:
            _check_granter(session, actor, Role(found.role), at)
        if found.role == Role.CENTRAL_TEAM:
            _keep_one_central(session, grant_id)
        done = session.execute(
            sa.update(RoleGrant)
            .where(RoleGrant.id == grant_id, RoleGrant.ended_at.is_(None))
            .values(ended_at=clock.now(), ended_by=actor.account_id, end_reason=reason.strip()[:500])
            .returning(RoleGrant.id)
        )
        if done.one_or_none() is None:
            raise Conflict
        audit.record(
            session, actor=actor, action="role.end", subject=found.account_id, why=reason, tenant_id=at.id,
            before={"role": found.role},
        )  # fmt: skip


def _keep_one_central(session: ScopedSession, grant_id: str) -> None:
    """See that somebody of the central team stays when a grant ends. Raises Refused."""
    if not any(grant.counts and grant.id != grant_id for grant in lock_central(session)):
        raise Refused(LAST_CENTRAL)


@dataclass(frozen=True, slots=True)
class CentralGrant:
    """An open grant of the central team. `counts` is whether it is in force today and its holder's account open."""

    id: str
    account_id: str
    counts: bool


_HOLD_CENTRAL = (
    sa.update(RoleGrant)
    .where(RoleGrant.role == Role.CENTRAL_TEAM.value, RoleGrant.ended_at.is_(None))
    .values(role=Role.CENTRAL_TEAM.value)
    .returning(RoleGrant.id, RoleGrant.account_id, RoleGrant.starts_on, RoleGrant.ends_on)
)
_WORKING = sa.select(Account.id).where(
    Account.id.in_(sa.bindparam("account_ids", expanding=True)), Account.disabled_at.is_(None)
)


def lock_central(session: ScopedSession) -> list[CentralGrant]:
    """Every open grant of the central team, locked until the caller's transaction ends: two cannot end each other's, nor
    close each other's account. Two statements: what another had locked is only read once it has let go.
    """
    today = clock.today()
    rows = session.execute(_HOLD_CENTRAL).all()
    working = set(session.scalars(_WORKING, {"account_ids": [row.account_id for row in rows]}))
    return [
        CentralGrant(
            row.id, row.account_id,
            row.account_id in working and row.starts_on <= today and (row.ends_on is None or row.ends_on >= today),
        )
        for row in rows
    ]  # fmt: skip
