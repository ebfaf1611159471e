"""Letters that wait for somebody who leaves."""

import sqlalchemy as sa

from core.data.session import ScopedSession
from core.people.models import Account
from core.work.models import MAIL_QUEUED, Mail


def drop_letters_in(session: ScopedSession, account_id: str) -> None:
    """Drop what has been written to an account that is closed, and has not gone out, in the caller's transaction: what waited for
    the morning is not for somebody who left at night. The job that was to send a letter finds none.

    Before the letter that tells of the closing. What goes to another address than the account's stays too: it tells whoever
    reads there that the address was changed.
    """
    own = sa.select(Account.email).where(Account.id == account_id).scalar_subquery()
    session.execute(
        sa.delete(Mail).where(Mail.account_id == account_id, Mail.to_address == own, Mail.state == MAIL_QUEUED)
    )
