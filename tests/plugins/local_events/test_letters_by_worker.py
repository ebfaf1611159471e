"""Letters by a real worker through a real mail server: killed, without a server, and two days late. None twice, none lost."""

import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.data.session import transaction
from core.kernel import clock
from core.sdk import enqueue
from core.work.models import Mail
from plugins.local_events.models import Delivery
from plugins.local_events.queries.messages import Audience
from plugins.local_events.service import messaging, places
from plugins.local_events.service.messaging import Words
from tests.factories.quality import make_accounts
from tests.plugins.local_events.day_helpers import organiser
from tests.plugins.local_events.helpers import published, visitor
from tests.support.environment import environment
from tests.support.forking import Forked
from tests.support.mailbox import Mailbox
from tests.support.patience import PATIENCE

PEOPLE = 20


def _ahead(to: datetime) -> str:
    """How many seconds a clock at `to` is ahead."""
    return str((to - datetime.now(UTC)).total_seconds())


@pytest.fixture
def work(database, tmp_path):
    """`work(mail_url, at)`: start a worker whose clock stands at `at`. Whatever still runs afterwards is ended."""
    started = []

    def start(mail_url, at):
        env = environment(
            database, QP_MAIL_URL=f"{mail_url}?from=q@q.example.org", AHEAD=_ahead(at), PYTHONWARNINGS="ignore"
        )
        started.append(Forked("tests.plugins.local_events.post_rig", (), env, tmp_path / "worker.log"))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def until(session, tmp_path):
    """`until(ready)`: wait for it, or fail with the workers' log."""

    def wait(ready, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while not ready():
            session.rollback()
            if time.monotonic() > end:
                pytest.fail(
                    f"nothing within {seconds} s\n{(tmp_path / 'worker.log').read_text()[-4000:]}", pytrace=False
                )
            time.sleep(0.03)
        session.rollback()

    return wait


def _ask(session, *names):
    for name in names:
        with transaction(session):
            enqueue(session, name, at=clock.now().isoformat())


@pytest.mark.slow
@pytest.mark.mainly("postgres")  # what a killed worker leaves is one transaction's; the races run on both
def test_killed_without_a_mail_server_and_two_days_late_nobody_is_told_twice_and_nobody_not(
    app, session, scotland, work, until
):
    noon = clock.london(clock.now() + timedelta(days=1)).replace(hour=12, minute=0)
    begins = (noon + timedelta(days=10)).astimezone(UTC)
    event_id = published(session, scotland, starts_at=begins, capacity=PEOPLE, reminders=(168, 24))
    for number, account in enumerate(make_accounts(app, PEOPLE, "reader")):
        places.register(session, scotland, event_id, visitor(account_id=account, email=f"{number}@example.org"))
    messaging.send(
        session, scotland, event_id, Words("Hello", "There"), Audience(), PEOPLE, organiser(), "once-and-no-more"
    )
    written = sa.select(sa.func.count(Delivery.id)).where(Delivery.state == "written")
    tried = sa.select(sa.func.count(Mail.id)).where(Mail.attempts > 0)
    reminders = sa.select(sa.func.count(Delivery.id)).where(Delivery.kind == "reminder")
    box = Mailbox()

    first = work(box.url, noon)
    _ask(session, "local_events.post_letters", "local_events.post_letters")
    until(lambda: session.scalar(written) >= 3)
    first.kill()
    second = work(box.url, noon)
    until(lambda: session.scalar(written) == PEOPLE)
    until(lambda: session.scalar(tried) >= PEOPLE // 2)  # the mail server is away
    second.kill()
    with box:
        third = work(box.url, begins - timedelta(days=5))  # the first reminder was due two days ago
        _ask(session, "local_events.remind", "local_events.remind")
        until(lambda: session.scalar(reminders) == PEOPLE)
        _ask(session, "local_events.post_letters", "local_events.post_letters")
        until(lambda: len(box.messages) >= 2 * PEOPLE)
        _ask(session, *["local_events.remind", "local_events.post_letters"] * 2)
        time.sleep(1)
        third.send_signal(signal.SIGTERM)
        third.wait(PATIENCE)
    told = Counter((message["To"], str(message["Subject"])) for message in box.messages)
    assert set(told.values()) == {1}
    assert Counter(subject for _, subject in told) == {"Hello": PEOPLE, "Reminder: Measuring for improvement": PEOPLE}
