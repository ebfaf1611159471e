"""Where mail goes, what it looks like, and which refusals are for good."""

import email
import smtplib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.policy import SMTP
from typing import Any

import pytest

from core.work.delivery import MailServer, _judge, compose
from tests.support.app_fixtures import FrozenClock


@dataclass
class Row:
    """A row of the mail table."""

    id: str = "0123456789abcdefghjkmnpqrs"
    to_address: str = "anna@example.org"
    subject: str = "Digwyddiad ŵyl"
    text: str = "Plain"
    stop_href: str = ""
    calendar: str = ""
    calendar_method: str = ""
    html: str = "<p>Rich</p>"
    locale: str = "cy"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("demo:", MailServer("demo", "no-reply@q.example.org")),
        ("smtp://mail.example.org", MailServer("smtp", "no-reply@q.example.org", "mail.example.org", 25)),
        (
            "smtp://me%40x:p%2Fw@mail.example.org:587?starttls=1&from=q%40example.org",
            MailServer("smtp", "q@example.org", "mail.example.org", 587, "me@x", "p/w", True),
        ),
        ("smtps://mail.example.org", MailServer("smtps", "no-reply@q.example.org", "mail.example.org", 465)),
    ],
)
def test_the_address_of_the_mail_server(url: str, expected: MailServer) -> None:
    assert MailServer.of(url, "https://q.example.org") == expected


def test_its_password_is_not_shown() -> None:
    assert "p/w" not in repr(MailServer.of("smtp://me:p%2Fw@mail.example.org", "https://q.example.org"))


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000", "http://[::1]:8000", "http://localhost:8000"])
def test_a_site_without_a_name_sends_from_localhost(base: str) -> None:
    assert MailServer.of("demo:", base).sender == "no-reply@localhost"


def test_a_message(frozen_clock: FrozenClock) -> None:
    frozen_clock.move_to(datetime(2026, 11, 24, 7, tzinfo=UTC))  # it waited for the morning
    message = compose(Row(), MailServer("smtp", "q@example.org"))
    wire = message.as_bytes()
    assert b"Message-ID: <0123456789abcdefghjkmnpqrs@example.org>\r\n" in wire
    assert b"Date: Tue, 24 Nov 2026 07:00:00 +0000\r\n" in wire
    assert b"Subject: Digwyddiad =?utf-8?" in wire
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert (message["Auto-Submitted"], message["Content-Language"]) == ("auto-generated", "cy")


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@straße.example", "anna@xn--strae-oqa.example"),
        ("o'neil+q@example.org", "o'neil+q@example.org"),
    ],
)
def test_a_domain_in_other_letters_goes_over_the_wire_in_ascii(address: str, wire: str) -> None:
    """A server that does not take SMTPUTF8 would not be given the message, and the job would give up."""
    row = Row()
    row.to_address = address
    message = compose(row, MailServer("smtp", "q@example.org"))
    assert f"To: {wire}\r\n".encode() in message.as_bytes()
    assert message["To"].addresses[0].addr_spec == wire


def test_an_invitation_is_the_last_alternative_and_says_its_method_twice() -> None:
    row = Row()
    row.calendar, row.calendar_method = "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nX:Gŵyl\r\nEND:VCALENDAR\r\n", "CANCEL"
    sent = email.message_from_bytes(compose(row, MailServer("smtp", "q@example.org")).as_bytes(), policy=SMTP)
    assert sent.get_content_type() == "multipart/alternative"
    last = list(sent.iter_parts())[-1]
    assert (last.get_content_type(), last.get_param("method"), last.get_content_charset()) == (
        "text/calendar",
        "CANCEL",
        "utf-8",
    )
    assert last.get_content() == row.calendar
    assert last["Content-Disposition"] is None


@pytest.mark.parametrize(("scheme", "one_click"), [("https", "List-Unsubscribe=One-Click"), ("http", None)])
def test_how_to_stop_stands_in_the_header(scheme: str, one_click: str | None) -> None:
    """RFC 8058: one click only over TLS; without it the address alone (RFC 2369)."""
    row = Row()
    row.stop_href = f"{scheme}://q.example/scotland/apply/stop/{'a' * 64}/at-once"
    message = compose(row, MailServer("smtp", "q@example.org"))
    assert message["List-Unsubscribe"] == f"<{row.stop_href}>"
    assert message["List-Unsubscribe-Post"] == one_click
    assert "List-Unsubscribe" not in compose(Row(), MailServer("smtp", "q@example.org"))


@pytest.mark.parametrize("length", [10, 64, 400])
def test_how_to_stop_goes_over_the_wire_as_it_is(length: int) -> None:
    """An address in a header is no text that could be encoded: mail programs look for it between the brackets (RFC 2369, 2)."""
    row = Row()
    row.stop_href = f"https://q.example/scotland/apply/stop/{'a' * length}/at-once"
    lines = compose(row, MailServer("smtp", "q@example.org")).as_bytes().split(b"\r\n")
    assert f"List-Unsubscribe: <{row.stop_href}>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert max(map(len, lines)) <= 998  # RFC 5322, 2.1.1


@pytest.mark.parametrize("field", ["to_address", "subject", "stop_href"])
def test_a_line_break_cannot_be_written_down(field: str) -> None:
    row = Row()
    setattr(row, field, getattr(row, field) + "\r\nBcc: b@example.org")
    with pytest.raises(ValueError, match=r"(?i)linefeed|CR|LF|newline|header|invalid"):
        compose(row, MailServer("smtp", "q@example.org")).as_bytes()


@pytest.mark.parametrize(
    ("error", "for_good"),
    [
        (smtplib.SMTPRecipientsRefused({"anna@example.org": (550, b"unknown")}), True),
        (smtplib.SMTPRecipientsRefused({"anna@example.org": (450, b"greylisted")}), False),
        (smtplib.SMTPDataError(554, b"spam"), True),
        (smtplib.SMTPDataError(451, b"later"), False),
        (smtplib.SMTPAuthenticationError(535, b"no"), False),
        (smtplib.SMTPSenderRefused(550, b"no", "q@example.org"), False),
        (smtplib.SMTPServerDisconnected("gone"), False),
        (smtplib.SMTPConnectError(421, b"busy"), False),
        (smtplib.SMTPNotSupportedError("no SMTPUTF8"), True),
        (ConnectionRefusedError("no"), False),
        (TimeoutError("slow"), False),
        (ValueError("cannot be a header"), True),
    ],
)
def test_which_refusals_are_for_good(error: Exception, for_good: bool) -> None:
    permanent, said = _judge(error)
    assert permanent is for_good
    assert "anna" not in said
    assert "q@example.org" not in said


@pytest.mark.parametrize("asked", [{"starttls": True}, {"user": "q", "password": "p"}])
def test_a_server_that_takes_no_sign_in_or_no_tls_today_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    """It is the operator's to mend, and no fault of the message that happened to come first."""
    closed = []

    class Bare(smtplib.SMTP):
        """A server that offers nothing."""

        def __init__(self, *_: object, **__: object) -> None:
            self.esmtp_features, self.helo_resp, self.ehlo_resp = {}, b"", b"250"

        def close(self) -> None:
            closed.append(self)

    monkeypatch.setattr(smtplib, "SMTP", Bare)
    with pytest.raises(smtplib.SMTPException) as refused:
        MailServer("smtp", "q@example.org", "mail.example.org", 25, **asked).connect()
    permanent, said = _judge(refused.value)
    assert not permanent
    assert "could not be reached" in said
    assert len(closed) == 1
