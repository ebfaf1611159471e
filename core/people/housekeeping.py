"""What the people room forgets by itself: old sign-ins, accounts that nobody ever confirmed, and people who have gone."""

import logging
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.data.session import ScopedSession, transaction
from core.kernel.text import N_
from core.people.models import Account, Affiliation, Closure, Membership, Profile, RoleGrant, SignIn
from core.people.personal import service
from core.people.personal.asking import house
from core.people.service import erasure
from core.people.service.tools import LIFETIMES
from core.work import enqueue, every, job
from core.work.models import Mail

log = logging.getLogger("q.people")
SIGN_INS_KEPT_FOR = timedelta(days=90)
"""How long it can be seen where an account was signed in, after the device ended: enough to look into a break-in."""
UNCONFIRMED_KEPT_FOR = timedelta(days=30)
ERASE = "core.erase_person"


@every(
    "25 4 * * *",
    name="core.forget_sign_ins",
    title=N_("Records of devices that were signed in long ago are deleted"),
    once=True,
)
def forget_sign_ins(session: ScopedSession, at: datetime) -> None:
    """Delete the records of devices that ended, or expired, more than 90 days ago."""
    old = at - SIGN_INS_KEPT_FOR
    with transaction(session):
        session.execute(sa.delete(SignIn).where((SignIn.ended_at < old) | (SignIn.expires_at < old)))


@every(
    "30 4 * * *", name="core.forget_unconfirmed", title=N_("Accounts that were never confirmed are deleted"), once=True
)
def forget_unconfirmed(session: ScopedSession, at: datetime) -> None:
    """Delete accounts that were asked for and not confirmed within 30 days; somebody may have typed another's address.

    One that anything hangs on (a role given in advance, for instance) stays; so does one that was asked for again, as long as the
    link which that sent is good.
    """
    waiting = (Account.confirmed_at.is_(None), Account.created_at < at - UNCONFIRMED_KEPT_FOR)
    link = sa.exists().where(Mail.account_id == Account.id, Mail.secret, Mail.created_at > at - LIFETIMES["confirm"])
    used = [
        sa.exists().where(table.account_id == Account.id)
        for table in (Membership, Affiliation, RoleGrant, SignIn, Profile, Closure)
    ]
    with transaction(session):
        session.execute(sa.delete(Account).where(*waiting, ~link, *(~held for held in used)))


@every(
    "35 4 * * *",
    name="core.erase_closed",
    title=N_("Accounts that have been closed for long enough are put down to be erased"),
    once=True,
)
def erase_closed(session: ScopedSession, at: datetime) -> None:
    """Ask for the erasing of every closed account whose grace period is over, and of what plugins still hold of who is erased
    that were not installed then and are in service now: a job for each, so that one failure is one.

    While a plugin that may hold something is broken nobody can be erased: it is not asked in vain night after night, and the
    console's health page says who waits, and for what."""
    due, owed = erasure.due(session, at), erasure.owed(session)
    if not due and not owed:
        return
    asked = house(session)
    if due and (broken := service.out_of_service(session, asked)[0]):
        log.warning("%d people are not erased while these are broken: %s", len(due), ", ".join(sorted(broken)))
        due = ()
    back = asked.registry.names()
    with transaction(session):
        for account_id in (*due, *(one.account_id for one in owed if one.plugins & back)):
            enqueue(session, ERASE, key=f"{account_id} {at:%Y-%m-%d}", account_id=account_id)


@job(ERASE, title=N_("A person’s data is erased"))
def erase_person(session: ScopedSession, account_id: str) -> None:
    """Erase one person everywhere. It fails, and is tried again, while a plugin that may hold something is broken."""
    service.erase(session, house(session), account_id)
