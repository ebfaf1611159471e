"""What the people room forgets by itself: old sign-ins, and accounts that nobody ever confirmed."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from core.data.session import ScopedSession, transaction
from core.people.models import Account, Affiliation, Membership, Profile, RoleGrant, SignIn
from core.work import every

SIGN_INS_KEPT_FOR = timedelta(days=90)
"""How long it can be seen where an account was signed in, after the device ended: enough to look into a break-in."""
UNCONFIRMED_KEPT_FOR = timedelta(days=30)


@every("25 4 * * *", name="core.forget_sign_ins", once=True)
def forget_sign_ins(session: ScopedSession, at: datetime) -> None:
    """Delete the records of devices that ended, or expired, more than 90 days ago."""
    old = at - SIGN_INS_KEPT_FOR
    with transaction(session):
        session.execute(
            sa.delete(SignIn)
            .where((SignIn.ended_at < old) | (SignIn.expires_at < old))
            .execution_options(synchronize_session=False)
        )


@every("30 4 * * *", name="core.forget_unconfirmed", once=True)
def forget_unconfirmed(session: ScopedSession, at: datetime) -> None:
    """Delete accounts that were asked for and not confirmed within 30 days; somebody may have typed another's address.

    One that anything hangs on (a role given in advance, for instance) stays.
    """
    waiting = (Account.confirmed_at.is_(None), Account.created_at < at - UNCONFIRMED_KEPT_FOR)
    used = [
        sa.exists().where(table.account_id == Account.id)
        for table in (Membership, Affiliation, RoleGrant, SignIn, Profile)
    ]
    with transaction(session):
        session.execute(
            sa.delete(Account).where(*waiting, *(~held for held in used)).execution_options(synchronize_session=False)
        )
