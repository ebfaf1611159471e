"""Nothing that was acknowledged is lost: not when web processes are killed, not in the last minute before closing."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Answer, AnswerRevision, Submission, Window
from core.admissions.service.submitting import digest
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.work.models import Mail
from tests.factories.admissions import make_form, make_window
from tests.integration.admissions.applicants import Applicant, applicants
from tests.support import servers
from tests.support.databases import Database

SAVES, SUBMISSIONS, KILLS = 200, 50, 4
CROWD, LAST_MINUTE, CLOSES_IN, GRACE, EVERY = 300, 60, 40, 8, 5.0
pytestmark = pytest.mark.both  # they meet in the database


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """A session on Scotland's rows, with an open window."""
    session = session_for("scotland")
    make_window(session, make_form(session), grace_seconds=GRACE)
    return session


@pytest.fixture
def gather(app: Flask, session: ScopedSession) -> Iterator[Callable[[int, int], list[Applicant]]]:
    """`gather(count, port)`: applicants of that server; their connections end with the test."""
    found: list[Applicant] = []

    def more(count: int, port: int) -> list[Applicant]:
        found.extend(applicants(app, session, count, port))
        return found

    yield more
    for one in found:
        one.close()


class Killed:
    """A server that is killed, all its processes at once, and started again at the same address."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder
        self.port = servers.free_port()
        self._server = self._start()

    def _start(self) -> servers.Process:
        server = servers.start(("serve", "--workers", "2"), self._database, self._folder, self.port, {})
        server.wait_ready(2)
        return server

    def kill(self) -> None:
        """As `kill -9` or a power cut would; then up again."""
        self._server.kill()
        self._server = self._start()

    def stop(self) -> None:
        """The orderly end."""
        self._server.stop()


@pytest.fixture
def killed(database: Database, app: Flask, tmp_path: Path) -> Iterator[Killed]:
    """The server of the first test."""
    server = Killed(database, tmp_path)
    yield server
    server.stop()


def _kept(session: ScopedSession, crowd: list[Applicant]) -> dict[str, set[tuple[int, str]]]:
    """By application: the story's texts that took their place, with their revisions."""
    rows = session.execute(
        sa.select(AnswerRevision.application_id, AnswerRevision.revision, AnswerRevision.value).where(
            AnswerRevision.question == "story", AnswerRevision.kept.is_(True)
        )
    )
    found: dict[str, set[tuple[int, str]]] = {one.application_id: set() for one in crowd}
    for row in rows:
        found[row.application_id].add((row.revision, row.value))
    return found


def _nothing_is_lost(session: ScopedSession, crowd: list[Applicant]) -> None:
    kept = _kept(session, crowd)
    for one in crowd:
        assert set(one.told) <= kept[one.application_id]
    rows = session.execute(sa.select(Answer.application_id, Answer.value).where(Answer.question == "story"))
    last = {row.application_id: row.value for row in rows}
    assert {one.application_id: one.told[-1][1] for one in crowd if one.told} == last


def test_kill_9_during_saves_and_submissions(
    gather: Callable[[int, int], list[Applicant]], session: ScopedSession, killed: Killed
) -> None:
    """Every save that was acknowledged is there; each submission is whole and once, with one letter."""
    crowd = gather(SUBMISSIONS, killed.port)
    chance = random.Random(7)

    def work(one: Applicant) -> None:
        one.load()
        for number in range(SAVES // SUBMISSIONS):
            one.save(f"{one.application_id} text {number}")
            time.sleep(chance.random() / 5)
        assert one.submit() in {200, 303, 409}

    with ThreadPoolExecutor(10) as pool:
        waiting = [pool.submit(work, one) for one in crowd]
        for _ in range(KILLS):
            time.sleep(0.4 + chance.random())
            killed.kill()
        for done in waiting:
            done.result()
    assert sum(len(one.told) for one in crowd) == SAVES
    _nothing_is_lost(session, crowd)
    submissions = session.scalars(sa.select(Submission)).all()
    assert Counter(sent.application_id for sent in submissions) == {one.application_id: 1 for one in crowd}
    for sent in submissions:
        assert sent.sha256 == digest(sent.answers)
        assert f"{sent.application_id} text {SAVES // SUBMISSIONS - 1}" in sent.answers
    letters = session.scalars(sa.select(Mail.account_id)).all()
    assert sorted(str(one) for one in letters) == sorted(one.account_id for one in crowd)
    assert not any(status >= 500 for one in crowd for status in one.statuses)


@pytest.mark.slow
@pytest.mark.mainly("postgres")  # a minute of waiting and as much work: in CI on both
def test_three_hundred_at_closing_time(
    gather: Callable[[int, int], list[Applicant]],
    session: ScopedSession,
    database: Database,
    start_server: Callable[..., servers.Process],
) -> None:
    """No lost save and no 5xx in the last minute; in the grace it is taken, after it refused with the words kept."""
    server = start_server(database, workers=2)
    crowd = gather(CROWD, server.port)
    with server.explaining(), ThreadPoolExecutor(16) as pool:
        list(pool.map(Applicant.load, crowd))
    closes = clock.now() + timedelta(seconds=CLOSES_IN)
    with transaction(session):
        session.execute(sa.update(Window).values(closes_at=closes))
    begun = time.monotonic()

    def type_on(numbered: tuple[int, Applicant]) -> None:
        number, one = numbered
        time.sleep(EVERY * number / CROWD)
        turn = 0
        while time.monotonic() - begun < LAST_MINUTE:
            one.save(f"{one.application_id} word {turn}")
            turn += 1
            time.sleep(EVERY)

    with server.explaining(), ThreadPoolExecutor(CROWD) as pool:
        list(pool.map(type_on, enumerate(crowd)))
    _nothing_is_lost(session, crowd)
    statuses = Counter(status for one in crowd for status in one.statuses)
    assert set(statuses) == {200, 409}, statuses
    assert statuses[409] == sum(len(one.refused) for one in crowd)
    lost_texts = session.execute(
        sa.select(AnswerRevision.value).where(AnswerRevision.kept.is_(False), AnswerRevision.question == "story")
    ).scalars()
    assert sorted(lost_texts) == sorted(text for one in crowd for text in one.refused)
    taken_at = session.scalar(sa.select(sa.func.max(Answer.changed_at)))
    assert taken_at is not None
    assert closes < taken_at <= closes + timedelta(seconds=GRACE)
