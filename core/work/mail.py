"""Mail: a row and the job that sends it, written in the transaction that has a reason to write to somebody."""

import re
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.data.audit import UK
from core.data.base import table_of
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.calendars import Invitation
from core.kernel.errors import Refused
from core.kernel.ids import new_id
from core.kernel.text import N_, is_one_line
from core.work.delivery import JOB
from core.work.models import MAIL_QUEUED, Mail
from core.work.outbox import enqueue

_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"\x00-\x20\x7f]+@[^\s@,;:<>()\[\]\\\"\x00-\x20\x7f]+")
SENT_WITHIN = timedelta(days=7)
"""For how long a message goes out by itself."""
LONGEST_ADDRESS, LONGEST_SUBJECT, LONGEST_HREF = 320, 300, 500
INSERT = sa.insert(table_of(Mail))


def send(
    session: ScopedSession,
    *,
    to: str,
    subject: str,
    text: str,
    html: str,
    account_id: str | None = None,
    locale: str = "en",
    secret: bool = False,
    stop_href: str = "",
    invitation: Invitation | None = None,
    delay: timedelta | None = None,
    life: timedelta = SENT_WITHIN,
) -> str:
    """Write one message to one person; it goes out after the caller's transaction has committed, and not before `delay` is
    over. Two statements.

    `text` and `html` are the same message twice, in `locale`. `secret` says that it holds a one-use link: its bodies
    are emptied as soon as it has gone. `stop_href` goes into the header List-Unsubscribe. `invitation` is what the reader's
    calendar is to keep or to drop. `life` is for how long it is worth sending: one whose turn comes later, because no worker
    ran or the mail server was away, fails, and goes when somebody says so in the console; a `secret` one is forgotten.
    Returns the message's id. Raises Refused for an address that is not exactly one address, and for a line break or another
    control character in address or subject: nobody adds a header.
    """
    if len(to) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(to):
        raise Refused(N_("That is not an email address we can write to."))
    if len(stop_href) > LONGEST_HREF or not is_one_line(stop_href):
        raise Refused(N_("That cannot be an address in an email."))
    if not subject.strip() or len(subject) > LONGEST_SUBJECT or not is_one_line(subject):
        raise Refused(N_("That cannot be the subject of an email."))
    tenant_id = session.scope.tenant_id if session.scope.tenant_id is not None else UK
    row: dict[str, Any] = {
        "id": new_id(),
        "account_id": account_id,
        "at_tenant_id": tenant_id,
        "to_address": to,
        "subject": subject,
        "text": text,
        "html": html,
        "stop_href": stop_href,
        "calendar": invitation.text if invitation else "",
        "calendar_method": invitation.method if invitation else "",
        "locale": locale,
        "secret": secret,
        "state": MAIL_QUEUED,
        "attempts": 0,
        "last_error": "",
        "message_id": "",
        "created_at": clock.now(),
    }
    until = row["created_at"] + (delay or timedelta(0)) + life
    enqueue(session, JOB, delay=delay, tenant_id=tenant_id, mail_id=row["id"], until=until.isoformat())
    session.execute(INSERT, row)
    return str(row["id"])
