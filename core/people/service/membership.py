"""Membership and home tenants: dated, with their history."""

from datetime import date

import sqlalchemy as sa

from core.data import audit, upserts
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Forbidden, Invalid, NotFound, Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import Actor, TenantRef
from core.people.models import Affiliation, Cohort, Membership
from core.people.service import calendar_keys

_JOIN = upserts.for_each_dialect(
    Membership,
    lambda new: new.on_conflict_do_update(
        index_elements=["account_id"], set_={"left_on": None}, where=Membership.left_on.is_not(None)
    ).returning(Membership.account_id),
)


def join(
    session: ScopedSession,
    actor: Actor,
    *,
    account_id: str,
    home: TenantRef,
    cohort: Cohort,
    since: date,
    why: str = "",
) -> None:
    """Make an account a member with a home tenant. Who decides that is the admissions room's business, or an import's.

    Raises Refused when the person is a member already, Invalid for the UK site as a home.
    """
    with transaction(session):
        join_in(session, actor, account_id=account_id, home=home, cohort=cohort, since=since, why=why)


def join_in(
    session: ScopedSession,
    actor: Actor,
    *,
    account_id: str,
    home: TenantRef,
    cohort: Cohort,
    since: date,
    why: str = "",
) -> None:
    """`join` in the caller's transaction. Somebody who had left becomes a member again, with their first cohort."""
    if home.kind == "uk":
        raise Invalid({"home": N_("Choose a partner’s site as home")})
    values = {"account_id": account_id, "cohort": cohort.value, "since": since, "left_on": None}
    joined = session.execute(_JOIN(session), values).one_or_none()
    if joined is None:
        raise Refused(N_("This person is a member already."))
    session.add(Affiliation(account_id=account_id, home_tenant_id=home.id, starts_on=since, reason=why[:300]))
    session.flush()
    audit.record(
        session, actor=actor, action="member.join", subject=account_id, why=why, tenant_id=home.id,
        after={"home": home.slug, "cohort": cohort.value, "since": since.isoformat()},
    )  # fmt: skip


def leave(session: ScopedSession, actor: Actor, *, account_id: str, why: str = "") -> None:
    """End a membership today, and with it what calendar programs may read; account and history stay. By the member, or the
    central team.

    Raises Forbidden, and NotFound for somebody who is no member.
    """
    _own_or_central(actor, account_id)
    today = clock.today()
    with transaction(session):
        left = session.execute(
            sa.update(Membership)
            .where(Membership.account_id == account_id, Membership.left_on.is_(None))
            .values(left_on=today)
            .returning(Membership.account_id)
        ).one_or_none()
        if left is None:
            raise NotFound
        _end_affiliation(session, account_id, today)
        calendar_keys.end_all_in(session, account_id)
        audit.record(session, actor=actor, action="member.leave", subject=account_id, why=why)


def move_home(session: ScopedSession, actor: Actor, *, account_id: str, home: TenantRef, reason: str) -> None:
    """Move a member's home to another partner from today; the earlier affiliation keeps its dates. By the member, or the
    central team.

    Raises Forbidden, NotFound (no member), Invalid (the UK site) and Refused (it is home already).
    """
    _own_or_central(actor, account_id)
    if home.kind == "uk":
        raise Invalid({"home": N_("Choose a partner’s site as home")})
    today = clock.today()
    with transaction(session):
        before = _end_affiliation(session, account_id, today, but=home.id)
        if before is None:
            still = session.scalar(
                sa.select(Affiliation.id).where(Affiliation.account_id == account_id, Affiliation.ends_on.is_(None))
            )
            raise Refused(N_("That is the home already.")) if still else NotFound()
        session.add(Affiliation(account_id=account_id, home_tenant_id=home.id, starts_on=today, reason=reason[:300]))
        session.flush()
        audit.record(  # without the reason: it is the person's own words, and must go when the person goes
            session,
            actor=actor,
            action="member.move",
            subject=account_id,
            before={"home": before},
            after={"home": home.id},
        )


def _own_or_central(actor: Actor, account_id: str) -> None:
    if actor.account_id != account_id and not actor.can(Permission.ROLES_GRANT):
        raise Forbidden(Permission.ROLES_GRANT)


def _end_affiliation(session: ScopedSession, account_id: str, today: date, but: int = 0) -> int | None:
    """End the open affiliation unless it is at the tenant `but`; the tenant it was at, None when none was ended."""
    return session.execute(
        sa.update(Affiliation)
        .where(Affiliation.account_id == account_id, Affiliation.ends_on.is_(None), Affiliation.home_tenant_id != but)
        .values(ends_on=sa.case((Affiliation.starts_on > today, Affiliation.starts_on), else_=today))
        .returning(Affiliation.home_tenant_id)
    ).scalar_one_or_none()
