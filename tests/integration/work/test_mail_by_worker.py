"""Mail through a real mail server, sent by a real worker: what it refuses, and what happens when it is away."""

from collections.abc import Iterator

import pytest

from core.data.session import transaction
from core.work import mail
from core.work.models import FAILED, MAIL_FAILED, MAIL_QUEUED, MAIL_SENT, Mail, WorkFailure
from tests.integration.work.conftest import Bench
from tests.support.mailbox import Mailbox

pytestmark = pytest.mark.slow


def _send(bench: Bench, to: str, **more: object) -> str:
    with bench.session(2) as session, transaction(session):
        return mail.send(
            session,
            to=to,
            subject="Digwyddiad ŵyl",
            text="Plain ŵ",
            html="<p>Rich ŵ</p>",
            locale="cy",
            **more,  # type: ignore[arg-type]  # one of its own
        )


def _row(bench: Bench, mail_id: str) -> Mail:
    found: Mail = bench.rows(Mail, Mail.id == mail_id)[0]
    return found


@pytest.fixture(scope="module")
def mailbox(bench: Bench) -> Iterator[Mailbox]:
    """A mail server, and a worker that sends to it and found it away at first."""
    box = Mailbox()
    bench.stop_all()
    bench.worker(QP_MAIL_URL=f"{box.url}?from=q@q.example.org")
    mail_id = _send(bench, "early@example.org")
    bench.until(lambda: _row(bench, mail_id).attempts >= 2)
    assert _row(bench, mail_id).last_error
    with box:
        bench.until(lambda: _row(bench, mail_id).state == MAIL_SENT)
        yield box


def test_a_server_that_was_away_gets_the_message_once(mailbox: Mailbox) -> None:
    assert [message["To"] for message in mailbox.messages if message["To"] == "early@example.org"] == [
        "early@example.org"
    ]


def test_a_message_arrives_with_both_parts(bench: Bench, mailbox: Mailbox) -> None:
    mail_id = _send(bench, "anna@example.org")
    message = next(m for m in mailbox.wait_for(2) if m["To"] == "anna@example.org")
    assert message["To"] == "anna@example.org"
    assert message["From"] == "Q <q@q.example.org>"
    assert message["Subject"] == "Digwyddiad ŵyl"
    assert message["Message-ID"] == f"<{mail_id}@q.example.org>"
    assert message["Content-Language"] == "cy"
    assert message.get_body(("plain",)).get_content().strip() == "Plain ŵ"  # type: ignore[union-attr]  # it has one
    assert message.get_body(("html",)).get_content().strip() == "<p>Rich ŵ</p>"  # type: ignore[union-attr]  # it has one
    row = bench.until(lambda: next(iter(bench.rows(Mail, Mail.id == mail_id, Mail.state == MAIL_SENT)), None))
    assert (row.attempts, row.last_error, row.text) == (1, "", "Plain ŵ")
    assert row.sent_at is not None


def test_what_holds_a_one_use_link_is_forgotten_once_it_has_gone(bench: Bench, mailbox: Mailbox) -> None:
    mail_id = _send(bench, "secret@example.org", secret=True)
    row = bench.until(lambda: next(iter(bench.rows(Mail, Mail.id == mail_id, Mail.state == MAIL_SENT)), None))
    assert (row.text, row.html) == ("", "")


def test_a_server_that_is_busy_is_asked_again(bench: Bench, mailbox: Mailbox) -> None:
    before = len(mailbox.messages)
    mailbox.refuse = "451 4.3.2 come back later"
    mail_id = _send(bench, "later@example.org")
    waiting = bench.until(lambda: next(iter(bench.rows(Mail, Mail.id == mail_id, Mail.last_error != "")), None))
    assert (waiting.state, "451" in waiting.last_error) == (MAIL_QUEUED, True)
    mailbox.refuse = ""
    bench.until(lambda: _row(bench, mail_id).state == MAIL_SENT)
    assert len(mailbox.messages) == before + 1


def test_a_refusal_for_good_is_a_failure_in_plain_sight(bench: Bench, mailbox: Mailbox) -> None:
    mailbox.refuse = "550 5.1.1 nobody@example.org is unknown here"
    mail_id = _send(bench, "nobody@example.org")
    bench.until(lambda: _row(bench, mail_id).state == MAIL_FAILED)
    mailbox.refuse = ""
    row = _row(bench, mail_id)
    assert row.attempts == 1
    assert "550" in row.last_error
    failure = bench.until(lambda: bench.rows(WorkFailure, WorkFailure.name == "core.mail"))[0]
    assert (failure.state, failure.args["mail_id"]) == (FAILED, mail_id)
    assert failure.error == "GiveUp: the mail server refused the message: 550"
    assert "nobody@example.org" not in bench.worker_log()


@pytest.mark.parametrize("to", ["no.host@example..org", "dot@example.org."])
def test_an_address_that_no_header_can_hold_is_a_failure_in_plain_sight(
    bench: Bench, mailbox: Mailbox, to: str
) -> None:
    """`mail.send` takes more than RFC 5322 allows; trying again would not help."""
    mail_id = _send(bench, to)
    bench.until(lambda: _row(bench, mail_id).state == MAIL_FAILED)
    failed = WorkFailure.args["mail_id"].as_string() == mail_id
    failure = bench.until(lambda: bench.rows(WorkFailure, failed))[0]
    assert (failure.error, failure.attempts) == ("GiveUp: the message cannot be written down (HeaderParseError)", 1)
    assert to not in bench.worker_log()
