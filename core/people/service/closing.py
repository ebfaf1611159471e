"""Closing one's own account."""

from datetime import datetime

import sqlalchemy as sa

from core.data import audit
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Refused
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.kernel.text import N_
from core.kernel.views import Actor
from core.people.models import Account, RoleGrant
from core.people.service import calendar_keys, erasure, sign_ins, waiting
from core.people.service.accounts import change
from core.people.service.credentials import proved
from core.people.service.tools import Letter, Tools


def check_password(session: ScopedSession, tools: Tools, actor: Actor, password: str) -> None:
    """See that whoever sits here is the account's owner. Raises Invalid (`password`)."""
    proved(session, tools, actor, password, "password")


def note_export(session: ScopedSession, actor: Actor) -> None:
    """Note that somebody took a copy of their own data."""
    with transaction(session):
        audit.record(session, actor=actor, action="account.export", subject=str(actor.account_id))


def close_own(session: ScopedSession, tools: Tools, actor: Actor, *, password: str) -> datetime:
    """Close one's own account: signed out everywhere at once, roles end, everything is erased after the grace period.

    Returns when that is. The central team can open it again until then, without the roles. Raises Invalid (`password`),
    Refused for somebody of the central team (who must lay that role down first, so that one of them stays) and
    Conflict when it was closed meanwhile.
    """
    holder = proved(session, tools, actor, password, "password")
    with transaction(session):
        change(
            session, (Account.id == holder.id, Account.stamp == holder.stamp, Account.disabled_at.is_(None)),
            {"disabled_at": clock.now(), "stamp": new_token()}, Conflict(),
        )  # fmt: skip
        ended = _end_roles(session, holder.id)
        if any(role == Role.CENTRAL_TEAM for role, _ in ended):
            raise Refused(N_("You belong to the central team. Lay that role down first, then close your account."))
        sign_ins.end_all_in(session, holder.id, how="closed")
        calendar_keys.end_all_in(session, holder.id)
        waiting.drop_letters_in(session, holder.id)
        at = erasure.schedule_in(session, holder.id)
        audit.record(
            session, actor=actor, action="account.close_own", subject=holder.id,
            after={"erase_after": at.isoformat(), "roles_ended": [[role, tenant] for role, tenant in ended]},
        )  # fmt: skip
        tools.post(session, Letter("closing", holder.email, holder.locale, holder.id, at=at))
    return at


def _end_roles(session: ScopedSession, account_id: str) -> list[tuple[str, int]]:
    """End every role of an account, in the caller's transaction: (role, tenant id) of each."""
    rows = session.execute(
        sa.update(RoleGrant)
        .where(RoleGrant.account_id == account_id, RoleGrant.ended_at.is_(None))
        .values(ended_at=clock.now(), ended_by=account_id, end_reason="the account was closed")
        .returning(RoleGrant.role, RoleGrant.at_tenant_id)
    )
    return sorted((row.role, row.at_tenant_id) for row in rows)
