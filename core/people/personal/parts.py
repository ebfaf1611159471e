"""What this room, the shelves, the post and the audit trail hold about one person."""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from core.data.audit import AuditEntry
from core.data.base import another
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.text import N_
from core.people.models import Account, Affiliation, CalendarKey, Closure, Membership, Profile, RoleGrant, SignIn
from core.people.personal.registry import Part, contribute
from core.people.personal.rows import WHO, change, listed, plain, rows
from core.tenancy.models import ShelfItem, Tenant
from core.work.models import Mail

_ACCOUNT = (
    sa.select(
        Account.name, Account.email, Account.locale.label("language"), Account.created_at, Account.confirmed_at,
        Account.signed_in_at, Account.disabled_at.label("closed_at"), Closure.erase_after,
    )
    .outerjoin(Closure, Closure.account_id == Account.id)
    .where(Account.id == WHO)
)  # fmt: skip


def _account(session: ScopedSession, account_id: str) -> Iterable[tuple[str, Any]]:
    return [(N_("Account"), row) for row in rows(session, _ACCOUNT, who=account_id)]


def _erase_account(session: ScopedSession, account_id: str) -> int:
    """The row stays, for what points at its number, and says nothing of the person any more."""
    nobody = f"erased:{account_id}"
    values = {
        "email": nobody, "email_norm": nobody, "name": "", "password_hash": None, "stamp": new_token(), "locale": "en",
        "signed_in_at": None, "version": Account.version + 1,
    }  # fmt: skip
    return change(session, sa.update(Account).where(Account.id == account_id).values(values))


_PROFILE = sa.select(
    Profile.job_title, Profile.organisation, Profile.sector, Profile.locality, Profile.about
).where(Profile.account_id == WHO)  # fmt: skip
_ERASE_PROFILE = sa.delete(Profile).where(Profile.account_id == WHO)


def _profile(session: ScopedSession, account_id: str) -> Iterable[tuple[str, Any]]:
    return [(N_("Profile"), row) for row in rows(session, _PROFILE, who=account_id)]


def _erase_profile(session: ScopedSession, account_id: str) -> int:
    return change(session, _ERASE_PROFILE, who=account_id)


_MEMBERSHIP = sa.select(Membership.cohort, Membership.since, Membership.left_on).where(Membership.account_id == WHO)
_HOMES = (
    sa.select(Tenant.name.label("site"), Affiliation.starts_on, Affiliation.ends_on, Affiliation.reason)
    .join(Tenant, Tenant.id == Affiliation.home_tenant_id)
    .where(Affiliation.account_id == WHO)
    .order_by(Affiliation.starts_on, Affiliation.id)
)
_TODAY = sa.bindparam("today", type_=sa.Date)
_LEAVE = sa.update(Membership).where(Membership.account_id == WHO, Membership.left_on.is_(None)).values(left_on=_TODAY)
_END_HOMES = (
    sa.update(Affiliation)
    .where(Affiliation.account_id == WHO)
    .values(
        reason="",
        ends_on=sa.case(
            (Affiliation.ends_on.is_not(None), Affiliation.ends_on),
            (Affiliation.starts_on > _TODAY, Affiliation.starts_on),
            else_=_TODAY,
        ),
    )
)


def _membership(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    for row in rows(session, _MEMBERSHIP, who=account_id):
        yield N_("Membership"), row
    yield from listed(N_("Home partners"), rows(session, _HOMES, who=account_id))


def _erase_membership(session: ScopedSession, account_id: str) -> int:
    """Membership ends; when somebody belonged where stays for the counts, without a word about why."""
    return change(session, _LEAVE, _END_HOMES, who=account_id, today=clock.today())


_ROLES = (
    sa.select(
        RoleGrant.role, Tenant.name.label("site"), RoleGrant.starts_on, RoleGrant.ends_on, RoleGrant.granted_at,
        RoleGrant.reason, RoleGrant.ended_at, RoleGrant.end_reason,
    )
    .join(Tenant, Tenant.id == RoleGrant.at_tenant_id)
    .where(RoleGrant.account_id == WHO)
    .order_by(RoleGrant.granted_at, RoleGrant.id)
)  # fmt: skip
_ENDED = RoleGrant.ended_at.type
_ERASE_ROLES = (
    sa.update(RoleGrant)
    .where(RoleGrant.account_id == WHO)
    .values(
        reason="", end_reason="",
        ended_at=sa.func.coalesce(RoleGrant.ended_at, sa.bindparam("now", type_=_ENDED), type_=_ENDED),
    )
)  # fmt: skip


def _roles(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    yield from listed(N_("Roles"), rows(session, _ROLES, who=account_id))


def _erase_roles(session: ScopedSession, account_id: str) -> int:
    """Who decided what must stay clear for those it concerned: the role and its dates stay, the words about it go."""
    return change(session, _ERASE_ROLES, who=account_id, now=clock.now())


_SIGN_INS = (
    sa.select(SignIn.device, SignIn.ip.label("network_address"), SignIn.created_at, SignIn.seen_at, SignIn.ended_at)
    .where(SignIn.account_id == WHO)
    .order_by(SignIn.created_at, SignIn.id)
)
_ERASE_SIGN_INS = sa.delete(SignIn).where(SignIn.account_id == WHO)


def _sign_ins(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    yield from listed(N_("Where you signed in"), rows(session, _SIGN_INS, who=account_id))


def _erase_sign_ins(session: ScopedSession, account_id: str) -> int:
    return change(session, _ERASE_SIGN_INS, who=account_id)


_CALENDAR_KEYS = (
    sa.select(CalendarKey.scope.label("kind"), CalendarKey.made_at.label("created_at"))
    .where(CalendarKey.account_id == WHO)
    .order_by(CalendarKey.scope)
)
_ERASE_CALENDAR_KEYS = sa.delete(CalendarKey).where(CalendarKey.account_id == WHO)


def _calendar_keys(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    yield from listed(N_("Calendar addresses"), rows(session, _CALENDAR_KEYS, who=account_id))


def _erase_calendar_keys(session: ScopedSession, account_id: str) -> int:
    return change(session, _ERASE_CALENDAR_KEYS, who=account_id)


_SHELF = (
    sa.select(
        Tenant.name.label("site"), ShelfItem.title, ShelfItem.status, ShelfItem.when, ShelfItem.place,
        ShelfItem.changed_at,
    )
    .join(Tenant, Tenant.id == ShelfItem.origin_tenant_id)
    .where(ShelfItem.account_id == WHO)
    .order_by(ShelfItem.changed_at, ShelfItem.id)
)  # fmt: skip
_ERASE_SHELF = sa.delete(ShelfItem).where(ShelfItem.account_id == WHO)


def _shelf(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    yield from listed(N_("My items"), rows(session, _SHELF, who=account_id))


def _erase_shelf(session: ScopedSession, account_id: str) -> int:
    return change(session, _ERASE_SHELF, who=account_id)


_ADDRESS = sa.select(Account.email).where(Account.id == WHO).scalar_subquery()
_MAIL = (
    sa.select(
        Mail.to_address, Mail.subject,
        sa.case((Mail.secret, ""), else_=Mail.text).label("text"),  # a link that is still good stays out of a file
        Mail.created_at, Mail.sent_at,
    )
    .where(Mail.account_id == WHO, ~Mail.secret | (Mail.to_address == _ADDRESS))
    .order_by(Mail.created_at, Mail.id)
)  # fmt: skip
_ERASE_MAIL = sa.delete(Mail).where((Mail.account_id == WHO) | (Mail.to_address == _ADDRESS))


def _mail(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """Without links that went to an address which is not the person's: one goes to a new address only where nobody has that."""
    yield from listed(N_("Messages we sent you"), rows(session, _MAIL, who=account_id))


def _erase_mail(session: ScopedSession, account_id: str) -> int:
    return change(session, _ERASE_MAIL, who=account_id)


_OTHER = another(Account)
_AUDIT = (
    sa.select(
        AuditEntry.at, AuditEntry.action, AuditEntry.actor_id, AuditEntry.subject, AuditEntry.before,
        AuditEntry.after, AuditEntry.why, _OTHER.id.label("other"),
    )
    .outerjoin(_OTHER, (_OTHER.id == AuditEntry.subject) & (_OTHER.id != WHO))
    .where((AuditEntry.actor_id == WHO) | (AuditEntry.subject == WHO))
    .order_by(AuditEntry.seq)
)  # fmt: skip


def _audit(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """What the person did, and what was done about the person. Other people's numbers and words stay out."""
    done = []
    for row in session.execute(_AUDIT, {"who": account_id}):
        own = row.actor_id == account_id
        found = {"at": plain(row.at), "action": row.action, "by_you": own, "about_you": row.subject == account_id}
        if own and row.other is None:
            found |= {"subject": row.subject, "before": row.before, "after": row.after}
        if own:
            found["why"] = row.why
        done.append(found)
    yield from listed(N_("Audit trail"), done)


contribute(
    Part(
        "account", ("people_account", "people_closure"), _account, _erase_account,
        N_("A number without a name, so that what refers to it still works."),
    )
)  # fmt: skip
contribute(Part("profile", ("people_profile",), _profile, _erase_profile))
contribute(
    Part(
        "membership", ("people_membership", "people_affiliation"), _membership, _erase_membership,
        N_("From when to when there was a member at which site, without a name: Q reports how many members it had."),
    )
)  # fmt: skip
contribute(
    Part(
        "roles", ("people_role_grant",), _roles, _erase_roles,
        N_("Which roles that number held and when, without a name: others rely on what was decided in them."),
    )
)  # fmt: skip
contribute(Part("sign_ins", ("people_sign_in",), _sign_ins, _erase_sign_ins))
contribute(Part("calendar_keys", ("people_calendar_key",), _calendar_keys, _erase_calendar_keys))
contribute(Part("shelf", ("tenancy_shelf_item",), _shelf, _erase_shelf))
contribute(Part("mail", ("work_mail",), _mail, _erase_mail))
contribute(
    Part(
        "audit", ("data_audit_entry",), _audit, None,
        N_("The audit trail: what was done and when. It holds that number and no names, and nobody can change it."),
        per_tenant=True,
        about=lambda who: [sa.select(AuditEntry.seq).where((AuditEntry.actor_id == who) | (AuditEntry.subject == who))],
    )
)  # fmt: skip
