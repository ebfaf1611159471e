"""The job that sends mail by SMTP, or keeps it in the demonstration.

A message is claimed (committed) before the server is spoken to and marked as sent as soon as the server has taken it,
before the connection is ended politely. A worker that dies between the server's word and our commit leaves it claimed;
after `CLAIM` it is sent once more. That is the one way to a second copy: both carry the same Message-ID, by which mail
programs recognise them, and losing the message instead would be worse.
"""

import contextlib
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from ipaddress import ip_address
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import sqlalchemy as sa
from flask import current_app

from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.text import N_
from core.work.models import MAIL_FAILED, MAIL_KEPT, MAIL_QUEUED, MAIL_SENDING, MAIL_SENT, Mail
from core.work.registry import GiveUp, job
from core.work.runner import this_run

JOB = "core.mail"
CLAIM = timedelta(minutes=3)
TIMEOUT = 20.0
"""Seconds for each step of the conversation with the mail server."""
TOO_LATE = "the message waited too long to be sent by itself"
PORTS = {"smtp": 25, "smtps": 465}


class _OnOneLine(UnstructuredHeader):
    """A header that is written on one line, however long its one word is. Python breaks what is longer than a line into encoded words,
    which an address must not be (RFC 2047, 5): no mail program would find one there."""

    def fold(self, *, policy: EmailPolicy) -> str:
        """The header as it goes over the wire."""
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]  # the registry joins it with BaseHeader


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("List-Unsubscribe", _OnOneLine)  # type: ignore[arg-type]  # typed as if it had been joined already
WIRE = SMTP.clone(header_factory=_HEADERS)
"""How messages are written."""


class NotSent(Exception):
    """The message did not go out this time. Says what the server answered, never to whom: it is logged."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes. `scheme` is `smtp`, `smtps` or `demo` (nowhere: it is kept)."""

    scheme: str
    sender: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False

    @classmethod
    def of(cls, url: str, base_url: str) -> Self:
        """Read `smtp://user:password@host:port?starttls=1&from=q@example.org`, `smtps://…` or `demo:`.

        Without `from`, mail comes from `no-reply@` the host of `base_url`.
        """
        parts = urlsplit(url)
        asked = parse_qs(parts.query)
        sender = asked.get("from", [""])[0] or f"no-reply@{_domain(urlsplit(base_url).hostname or '')}"
        if parts.scheme == "demo":
            return cls("demo", sender)
        return cls(
            parts.scheme,
            sender,
            parts.hostname or "localhost",
            parts.port or PORTS[parts.scheme],
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            asked.get("starttls", ["0"])[0] == "1",
        )

    def connect(self) -> smtplib.SMTP:
        """A session with the server, secured and signed in as asked. Raises OSError or SMTPException."""
        context = ssl.create_default_context() if self.scheme == "smtps" or self.starttls else None
        if self.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            if self.starttls:
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
        except smtplib.SMTPNotSupportedError as error:
            server.close()  # no STARTTLS, or no sign-in: the server's doing, not the message's
            raise smtplib.SMTPException(str(error)) from error
        except BaseException:
            server.close()
            raise
        return server


def _domain(host: str) -> str:
    try:
        ip_address(host)
    except ValueError:
        return host or "localhost"
    return "localhost"


def compose(mail: Any, server: MailServer) -> EmailMessage:
    """The message of a row of `work_mail`, as it goes over the wire."""
    message = EmailMessage(policy=WIRE)
    message["From"] = Address("Q", addr_spec=server.sender)
    message["To"] = Address(addr_spec=_in_ascii(mail.to_address))
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(clock.now())  # of a letter that was held back, when it goes (RFC 5322, 3.6.1)
    message["Message-ID"] = message_id(mail.id, server)
    message["Auto-Submitted"] = "auto-generated"
    if mail.stop_href:
        message["List-Unsubscribe"] = f"<{mail.stop_href}>"
        if mail.stop_href.startswith("https://"):  # RFC 8058 asks for TLS; without it programs offer the link alone
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    if mail.calendar:  # the last alternative: what a program with a calendar prefers (RFC 6047, 2.4)
        message.add_alternative(mail.calendar, subtype="calendar", params={"method": mail.calendar_method})
    message["Content-Language"] = mail.locale  # after the parts: earlier, it would be moved into the first of them
    return message


def _in_ascii(address: str) -> str:
    """`address` with its domain as every mail server knows it (RFC 5891): few take other letters (SMTPUTF8, RFC 6531). Raises ValueError
    for a domain that can be none."""
    if address.isascii():
        return address
    from email_validator import validate_email  # heavy: 25 ms, for few addresses

    return validate_email(address, check_deliverability=False).ascii_email or address


def message_id(mail_id: str, server: MailServer) -> str:
    """The same each time the message is sent, so that a second copy can be recognised."""
    return f"<{mail_id}@{server.sender.rpartition('@')[2]}>"


@job(JOB, title=N_("A message is sent"), queue="mail", tries=12, base=30.0)
def deliver(session: ScopedSession, mail_id: str, until: str = "") -> None:
    """Send one message. Raises NotSent to be tried again, GiveUp when the server refused the recipient or the message, and when
    `until`, an instant, is over and nobody asked for it again by hand."""
    config = current_app.config["Q"]
    server = MailServer.of(config.mail_url, config.base_url)
    mail = _claim(session, mail_id, message_id(mail_id, server))
    if mail is None:
        return
    if not mail.text:
        _mark(session, mail, MAIL_FAILED, "its text has been forgotten")
        raise GiveUp("the message's text has been forgotten")
    if until and clock.now() >= datetime.fromisoformat(until) and this_run().failure_id is None:
        _mark(session, mail, MAIL_FAILED, TOO_LATE, forget=mail.secret)
        raise GiveUp(TOO_LATE)
    if server.scheme == "demo":
        _mark(session, mail, MAIL_KEPT)
        return
    try:
        connection = server.connect()
        try:
            connection.send_message(compose(mail, server))
            _mark(session, mail, MAIL_SENT, forget=mail.secret)
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()
    except (smtplib.SMTPException, OSError, ValueError, MessageError) as error:
        permanent, short = _judge(error)
        final = permanent or this_run().last_try
        _mark(session, mail, MAIL_FAILED if final else MAIL_QUEUED, f"{type(error).__name__}: {error}")
        raise (GiveUp(short) if permanent else NotSent(short)) from None  # the cause would name the recipient


def _claim(session: ScopedSession, mail_id: str, message: str) -> Any:
    """Take the message for this run; None when it has gone already. Raises NotSent while another run holds it."""
    now = clock.now()
    waiting = Mail.state.in_((MAIL_QUEUED, MAIL_FAILED)) | (
        (Mail.state == MAIL_SENDING) & (Mail.claimed_at < now - CLAIM)
    )
    columns = (
        Mail.id,
        Mail.to_address,
        Mail.subject,
        Mail.text,
        Mail.html,
        Mail.stop_href,
        Mail.calendar,
        Mail.calendar_method,
        Mail.locale,
        Mail.secret,
        Mail.claimed_at,
    )
    with transaction(session):
        taken = session.execute(
            sa.update(Mail)
            .where(Mail.id == mail_id, waiting)
            .values(state=MAIL_SENDING, claimed_at=now, attempts=Mail.attempts + 1, message_id=message)
            .returning(*columns)
        ).one_or_none()
        if taken is not None:
            return taken
        state = session.scalar(sa.select(Mail.state).where(Mail.id == mail_id))
    if state == MAIL_SENDING:
        raise NotSent("another run holds this message")
    return None


def _mark(session: ScopedSession, mail: Any, state: str, error: str = "", *, forget: bool = False) -> None:
    """Write down what became of a message that this run has claimed. That it has gone counts whoever holds it by now, or gave it back
    to be sent once more; everything else is for the run to say that took it over, where one has."""
    held = [Mail.id == mail.id]
    if state != MAIL_SENT:
        held += [Mail.state == MAIL_SENDING, Mail.claimed_at == mail.claimed_at]
    values: dict[str, Any] = {"state": state, "last_error": error[:500], "claimed_at": None}
    if state in {MAIL_SENT, MAIL_KEPT}:
        values["sent_at"] = clock.now()
    if forget:
        values |= {"text": "", "html": "", "stop_href": "", "calendar": ""}
    with transaction(session):
        session.execute(sa.update(Mail).where(*held).values(**values))


def _judge(error: Exception) -> tuple[bool, str]:
    """Whether trying again is useless, and what happened in words that name nobody.

    Useless: the server refused the recipient or the message for good (5xx), or the message cannot be written down.
    A refused sign-in or sender is the operator's to mend, and tried again.
    """
    kind = type(error).__name__
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
        return code >= 500, f"the mail server refused the recipient: {code}"
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500, f"the mail server refused the message: {error.smtp_code}"
    if isinstance(error, smtplib.SMTPResponseException):
        return False, f"the mail server answered {error.smtp_code} ({kind})"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return True, f"the mail server cannot take this message ({kind})"
    if isinstance(error, smtplib.SMTPException | OSError):
        return False, f"the mail server could not be reached ({kind})"
    return True, f"the message cannot be written down ({kind})"
