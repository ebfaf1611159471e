"""What this room, the shelves, the post and the audit trail hold about one person."""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from core.data.audit import AuditEntry
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.text import N_
from core.people.models import Account, Affiliation, CalendarKey, Closure, Membership, Profile, RoleGrant, SignIn
from core.people.personal.registry import Part, contribute
from core.people.personal.rows import change, listed, plain, rows
from core.tenancy.models import ShelfItem, Tenant
from core.work.models import Mail


def _account(session: ScopedSession, account_id: str) -> Iterable[tuple[str, Any]]:
    query = sa.select(
        Account.name, Account.email, Account.locale.label("language"), Account.created_at, Account.confirmed_at,
        Account.signed_in_at, Account.disabled_at.label("closed_at"), Closure.erase_after,
    ).outerjoin(Closure, Closure.account_id == Account.id).where(Account.id == account_id)  # fmt: skip
    return [(N_("Account"), row) for row in rows(session, query)]


def _erase_account(session: ScopedSession, account_id: str) -> int:
    """The row stays, for what points at its number, and says nothing of the person any more."""
    nobody = f"erased:{account_id}"
    values = {
        "email": nobody, "email_norm": nobody, "name": "", "password_hash": None, "stamp": new_token(), "locale": "en",
        "signed_in_at": None, "version": Account.version + 1,
    }  # fmt: skip
    return change(session, sa.update(Account).where(Account.id == account_id).values(values))


def _profile(session: ScopedSession, account_id: str) -> Iterable[tuple[str, Any]]:
    columns = (Profile.job_title, Profile.organisation, Profile.sector, Profile.locality, Profile.about)
    return [(N_("Profile"), row) for row in rows(session, sa.select(*columns).where(Profile.account_id == account_id))]


def _erase_profile(session: ScopedSession, account_id: str) -> int:
    return change(session, sa.delete(Profile).where(Profile.account_id == account_id))


def _membership(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    member = sa.select(Membership.cohort, Membership.since, Membership.left_on)
    for row in rows(session, member.where(Membership.account_id == account_id)):
        yield N_("Membership"), row
    homes = (
        sa.select(Tenant.name.label("site"), Affiliation.starts_on, Affiliation.ends_on, Affiliation.reason)
        .join(Tenant, Tenant.id == Affiliation.home_tenant_id)
        .where(Affiliation.account_id == account_id)
        .order_by(Affiliation.starts_on, Affiliation.id)
    )
    yield from listed(N_("Home partners"), rows(session, homes))


def _erase_membership(session: ScopedSession, account_id: str) -> int:
    """Membership ends; when somebody belonged where stays for the counts, without a word about why."""
    today = clock.today()
    left = sa.update(Membership).where(Membership.account_id == account_id, Membership.left_on.is_(None))
    ended = sa.case(
        (Affiliation.ends_on.is_not(None), Affiliation.ends_on),
        (Affiliation.starts_on > today, Affiliation.starts_on),
        else_=today,
    )
    homes = sa.update(Affiliation).where(Affiliation.account_id == account_id).values(reason="", ends_on=ended)
    return change(session, left.values(left_on=today), homes)


def _roles(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    query = (
        sa.select(
            RoleGrant.role, Tenant.name.label("site"), RoleGrant.starts_on, RoleGrant.ends_on, RoleGrant.granted_at,
            RoleGrant.reason, RoleGrant.ended_at, RoleGrant.end_reason,
        )
        .join(Tenant, Tenant.id == RoleGrant.at_tenant_id)
        .where(RoleGrant.account_id == account_id)
        .order_by(RoleGrant.granted_at, RoleGrant.id)
    )  # fmt: skip
    yield from listed(N_("Roles"), rows(session, query))


def _erase_roles(session: ScopedSession, account_id: str) -> int:
    """Who decided what must stay clear for those it concerned: the role and its dates stay, the words about it go."""
    mine = sa.update(RoleGrant).where(RoleGrant.account_id == account_id)
    ended = sa.func.coalesce(RoleGrant.ended_at, clock.now(), type_=RoleGrant.ended_at.type)
    return change(session, mine.values(reason="", end_reason="", ended_at=ended))


def _sign_ins(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    query = (
        sa.select(SignIn.device, SignIn.ip.label("network_address"), SignIn.created_at, SignIn.seen_at, SignIn.ended_at)
        .where(SignIn.account_id == account_id)
        .order_by(SignIn.created_at, SignIn.id)
    )
    yield from listed(N_("Where you signed in"), rows(session, query))


def _erase_sign_ins(session: ScopedSession, account_id: str) -> int:
    return change(session, sa.delete(SignIn).where(SignIn.account_id == account_id))


def _calendar_keys(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    query = sa.select(CalendarKey.scope.label("kind"), CalendarKey.made_at.label("created_at"))
    found = rows(session, query.where(CalendarKey.account_id == account_id).order_by(CalendarKey.scope))
    yield from listed(N_("Calendar addresses"), found)


def _erase_calendar_keys(session: ScopedSession, account_id: str) -> int:
    return change(session, sa.delete(CalendarKey).where(CalendarKey.account_id == account_id))


def _shelf(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    query = (
        sa.select(
            Tenant.name.label("site"), ShelfItem.title, ShelfItem.status, ShelfItem.when, ShelfItem.place,
            ShelfItem.changed_at,
        )
        .join(Tenant, Tenant.id == ShelfItem.origin_tenant_id)
        .where(ShelfItem.account_id == account_id)
        .order_by(ShelfItem.changed_at, ShelfItem.id)
    )  # fmt: skip
    yield from listed(N_("My items"), rows(session, query))


def _erase_shelf(session: ScopedSession, account_id: str) -> int:
    return change(session, sa.delete(ShelfItem).where(ShelfItem.account_id == account_id))


def _mail(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """Without links that went to an address which is not the person's: one goes to a new address only where nobody has that."""
    own = sa.select(Account.email).where(Account.id == account_id).scalar_subquery()
    text = sa.case((Mail.secret, ""), else_=Mail.text).label("text")  # a link that is still good stays out of a file
    query = (
        sa.select(Mail.to_address, Mail.subject, text, Mail.created_at, Mail.sent_at)
        .where(Mail.account_id == account_id, ~Mail.secret | (Mail.to_address == own))
        .order_by(Mail.created_at, Mail.id)
    )
    yield from listed(N_("Messages we sent you"), rows(session, query))


def _erase_mail(session: ScopedSession, account_id: str) -> int:
    address = sa.select(Account.email).where(Account.id == account_id).scalar_subquery()
    return change(session, sa.delete(Mail).where((Mail.account_id == account_id) | (Mail.to_address == address)))


def _audit(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """What the person did, and what was done about the person. Other people's numbers and words stay out."""
    other = sa.orm.aliased(Account)
    query = (
        sa.select(
            AuditEntry.at, AuditEntry.action, AuditEntry.actor_id, AuditEntry.subject, AuditEntry.before,
            AuditEntry.after, AuditEntry.why, other.id.label("other"),
        )
        .outerjoin(other, (other.id == AuditEntry.subject) & (other.id != account_id))
        .where((AuditEntry.actor_id == account_id) | (AuditEntry.subject == account_id))
        .order_by(AuditEntry.seq)
    )  # fmt: skip
    done = []
    for row in session.execute(query):
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
