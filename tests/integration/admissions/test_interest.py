"""Being told when a window opens: confirmed by mail, two messages at most for each window, stopped by one link."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.jobs import applications as application_jobs
from core.admissions.letters.windows import CONFIRM, STOP
from core.admissions.models import Interest, Window
from core.admissions.service import interest
from core.admissions.service.interest import Told
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Invalid, Refused
from core.kernel.ids import new_token
from core.people import limits
from core.work.models import Mail
from core.work.registry import SCHEDULES
from tests.factories.admissions import make_form, make_window
from tests.support.app_fixtures import FrozenClock
from tests.support.client import FormClient

START = datetime(2027, 3, 1, 12, tzinfo=UTC)
KEY = "a platform's key"


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock) -> ScopedSession:
    """A session on Scotland's rows."""
    frozen_clock.move_to(START)
    return session_for("scotland")


class Postbox:
    """Keeps what would be written."""

    def __init__(self) -> None:
        self.messages: list[Told] = []

    def __call__(self, _: ScopedSession, told: Told) -> None:
        self.messages.append(told)

    def taken(self) -> list[tuple[str, str]]:
        """(kind, address) of what came since the last time."""
        found, self.messages = [(m.kind, m.email) for m in self.messages], []
        return found


@pytest.fixture
def post() -> Postbox:
    """Where messages go."""
    return Postbox()


def ask(session: ScopedSession, post: Postbox, email: str = "ann@example.org", locale: str = "en") -> str:
    """Ask for messages; the token of the link in the letter."""
    interest.ask(session, secret_key=KEY, email=email, locale=locale, key=new_token(), post=post)
    return post.messages[-1].token


def joined(session: ScopedSession, post: Postbox, email: str = "ann@example.org") -> str:
    """Ask and confirm; the token."""
    token = ask(session, post, email)
    interest.confirm(session, token)
    post.taken()
    return token


def run(session: ScopedSession, post: Postbox) -> list[tuple[str, str]]:
    """What the job writes now."""
    interest.tell_due(session, secret_key=KEY, post=post)
    return post.taken()


def test_only_who_confirmed_is_told_and_each_message_comes_once(
    session: ScopedSession, post: Postbox, frozen_clock: FrozenClock
) -> None:
    joined(session, post)
    ask(session, post, "waiting@example.org")
    interest.stop(session, joined(session, post, "stopped@example.org"))
    post.taken()
    make_window(session, make_form(session), 5, 35)
    assert run(session, post) == []
    frozen_clock.advance(days=5)
    assert run(session, post) == [("opened", "ann@example.org")]
    assert run(session, post) == []
    frozen_clock.advance(days=26, hours=23)
    assert run(session, post) == []
    frozen_clock.advance(hours=1)
    assert run(session, post) == [("closing", "ann@example.org")]
    assert run(session, post) == []
    frozen_clock.advance(days=10)
    assert run(session, post) == []


def test_acceptance_7_reminder_job_skipped_three_days_then_run_each_due_reminder_sent_once(
    session: ScopedSession,
    session_for: Callable[[str], ScopedSession],
    post: Postbox,
    frozen_clock: FrozenClock,
) -> None:
    """Scotland opened a day after the job stopped; in Wales closing came near meanwhile. Nothing is lost, nothing twice."""
    wales = session_for("wales")
    form = make_form(session)
    for place in (session, wales):
        for name in ("ann", "bob"):
            joined(place, post, f"{name}@example.org")
    make_window(session, form, 1, 30)
    make_window(wales, form, -1, 4)
    both = [("opened", "ann@example.org"), ("opened", "bob@example.org")]
    assert run(session, post) == []
    assert run(wales, post) == both
    frozen_clock.advance(days=3)
    assert run(session, post) == both
    assert run(wales, post) == [("closing", "ann@example.org"), ("closing", "bob@example.org")]
    for place in (session, wales):
        assert run(place, post) == []


def test_away_for_weeks_one_message_says_both_and_a_closed_window_is_told_to_nobody(
    session: ScopedSession, post: Postbox, frozen_clock: FrozenClock
) -> None:
    joined(session, post)
    window_id = make_window(session, make_form(session), 1, 30)
    frozen_clock.advance(days=28)
    assert run(session, post) == [("closing", "ann@example.org")]
    assert run(session, post) == []
    joined(session, post, "late@example.org")
    frozen_clock.advance(days=2, minutes=1)
    assert session.scalar(sa.select(Window.closes_at).where(Window.id == window_id)) is not None
    assert run(session, post) == []


def test_the_next_window_is_told_anew(session: ScopedSession, post: Postbox, frozen_clock: FrozenClock) -> None:
    joined(session, post)
    form = make_form(session)
    make_window(session, form, 1, 30)
    make_window(session, form, 100, 130)
    frozen_clock.advance(days=2)
    assert run(session, post) == [("opened", "ann@example.org")]
    frozen_clock.advance(days=99)
    assert run(session, post) == [("opened", "ann@example.org")]


def test_who_confirms_while_it_is_open_hears_of_its_closing_alone(
    session: ScopedSession, post: Postbox, frozen_clock: FrozenClock
) -> None:
    make_window(session, make_form(session), -1, 30)
    joined(session, post)
    assert run(session, post) == []
    frozen_clock.advance(days=28)
    assert run(session, post) == [("closing", "ann@example.org")]


def test_hundreds_are_told_in_parts_and_a_failure_repeats_nothing(
    session: ScopedSession, post: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interest, "BATCH", 4)
    for number in range(10):
        joined(session, post, f"p{number}@example.org")
    make_window(session, make_form(session), -1, 30)
    with transaction(session):
        session.execute(sa.update(Interest).values(told_open=None))
    failing = Postbox()

    def breaks(some: ScopedSession, told: Told) -> None:
        if len(failing.messages) == 6:
            raise ZeroDivisionError
        failing(some, told)

    with pytest.raises(ZeroDivisionError):
        interest.tell_due(session, secret_key=KEY, post=breaks)
    kept = failing.taken()[:4]  # of the second transaction nothing was committed
    assert len({*kept, *run(session, post)}) == 10
    assert interest.tell_due(session, secret_key=KEY, post=post) == 0


def test_asking_again_never_tells_and_never_doubles(session: ScopedSession, post: Postbox) -> None:
    token = ask(session, post)
    assert ask(session, post, " ANN@example.org ") == token
    assert post.taken() == [("confirm", "ann@example.org")] * 2
    interest.confirm(session, token)
    interest.confirm(session, token)
    assert ask(session, post, locale="cy") == token
    assert [(m.kind, m.locale) for m in post.messages] == [("known", "en")]
    interest.stop(session, token)
    interest.stop(session, token)
    assert interest.held(session, token) == ("ann@example.org", "stopped")
    ask(session, post, locale="cy")
    assert [(m.kind, m.locale) for m in post.messages[-1:]] == [("confirm", "cy")]
    assert interest.held(session, token)[1] == "asked"
    assert session.scalar(sa.select(sa.func.count(Interest.id))) == 1


def test_the_same_form_sent_twice_writes_once(session: ScopedSession, post: Postbox) -> None:
    key = new_token()
    for _ in range(2):
        interest.ask(session, secret_key=KEY, email="ann@example.org", locale="en", key=key, post=post)
    assert len(post.messages) == 1


def test_links_and_addresses_that_are_none(session: ScopedSession, post: Postbox) -> None:
    for email in ("", "ann", "ann@", "a@b@c", "ann@example.org\nBcc: x@example.org"):
        with pytest.raises(Invalid):
            ask(session, post, email)
    for step in (interest.confirm, interest.stop, interest.held):
        with pytest.raises(Refused):
            step(session, "nonsense")
    assert post.messages == []


def test_a_link_is_of_one_site(
    session: ScopedSession, session_for: Callable[[str], ScopedSession], post: Postbox
) -> None:
    token = ask(session, post)
    with pytest.raises(Refused):
        interest.confirm(session_for("wales"), token)


def test_a_new_key_of_the_platform_makes_new_links_that_work(session: ScopedSession, post: Postbox) -> None:
    joined(session, post)
    make_window(session, make_form(session), -1, 3)
    interest.tell_due(session, secret_key="another key", post=post)
    interest.stop(session, post.messages[-1].token)
    assert interest.held(session, post.messages[-1].token)[1] == "stopped"


def test_what_nobody_confirmed_or_somebody_stopped_is_forgotten(
    session: ScopedSession, post: Postbox, frozen_clock: FrozenClock
) -> None:
    joined(session, post)
    interest.stop(session, joined(session, post, "stopped@example.org"))
    ask(session, post, "never@example.org")
    frozen_clock.advance(days=6)
    assert interest.forget(session, clock.now()) == 0
    frozen_clock.advance(days=2)
    assert interest.forget(session, clock.now()) == 1
    frozen_clock.advance(days=30)
    assert interest.forget(session, clock.now()) == 1
    assert session.scalars(sa.select(Interest.email)).all() == ["ann@example.org"]


def test_the_schedules_run_for_every_site() -> None:
    assert not SCHEDULES["core.tell_interested"].once
    assert not SCHEDULES["core.forget_interest"].once


def _mails(session: ScopedSession) -> list[Any]:
    session.rollback()
    return list(session.execute(sa.select(Mail.to_address, Mail.subject, Mail.text, Mail.html).order_by(Mail.id)))


def _link(text: str, path: str) -> str:
    found = re.search(rf"https?://[^/\s]+(\S*{path}\S+)", text)
    assert found, text
    return found[1]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Check your email", "Do you want to hear when Q opens in Wales?", "You can apply to join Q in Wales")),
        ("cy", ("Edrychwch ar eich e-bost", "Hoffech chi glywed pan fydd Q yn agor ar gyfer Cymru?", "Gallwch ymgeisio i ymuno â Q: Cymru")),
    ],
)  # fmt: skip
def test_the_whole_way_in_both_languages(
    app: Flask,
    client: FormClient,
    session_for: Callable[[str], ScopedSession],
    frozen_clock: FrozenClock,
    language: str,
    words: tuple[str, str, str],
) -> None:
    frozen_clock.move_to(START)
    wales = session_for("wales")
    client.get(f"/wales/language/{language}")
    answer = client.submit("/wales/apply/", {"email": "mair@example.org"}, form="interest")
    assert answer.status_code == 303
    known = client.submit("/wales/apply/interest", {"email": "mair@example.org"})
    assert (known.status_code, known.headers["Location"]) == (answer.status_code, answer.headers["Location"])
    assert words[0] in client.get(answer.headers["Location"]).text
    [first, _second] = _mails(wales)
    assert first.subject == words[1]
    confirm = _link(first.text, CONFIRM)
    assert confirm in first.html
    before = client.get(confirm)
    assert "mair@example.org" in before.text
    assert wales.scalar(sa.select(Interest.state)) == "asked"
    assert client.submit(confirm).status_code == 303
    make_window(wales, make_form(wales), 1, 20)
    frozen_clock.advance(days=1)
    with app.app_context():
        for _ in range(2):
            application_jobs.tell_interested(wales, clock.now())
    [*_, told] = _mails(wales)
    assert len(_mails(wales)) == 3
    assert told.subject == words[2]
    stop = _link(told.text, STOP)
    assert client.get(stop).status_code == 200
    assert wales.scalar(sa.select(Interest.state)) == "confirmed"
    assert client.submit(stop).status_code == 303
    wales.rollback()
    assert wales.scalar(sa.select(Interest.state)) == "stopped"
    for path in (confirm, stop):
        assert client.get(path[:-1] + "0x").status_code == 410


def test_what_is_typed_wrong_is_said_and_kept(client: FormClient) -> None:
    answer = client.submit("/scotland/apply/interest", {"email": "ann at example"})
    assert answer.status_code == 422
    assert "Enter an email address like name@example.org" in answer.text
    assert "ann at example" in answer.text


def test_the_uk_site_has_no_list(client: FormClient) -> None:
    for path in ("/apply/interest", "/apply/registered", "/apply/interest/x", "/apply/stop/x"):
        assert client.get(path).status_code == 404


def test_writing_is_limited_as_other_public_forms_are(client: FormClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.limiter, "enabled", True)
    limits.limiter.reset()
    codes = [client.submit("/scotland/apply/interest", {"email": "sam@example.org"}).status_code for _ in range(5)]
    assert codes == [303] * 4 + [429]
    limits.limiter.reset()


def test_the_job_s_messages_go_out_with_the_rows_that_say_so(
    app: Flask, session: ScopedSession, post: Postbox, frozen_clock: FrozenClock
) -> None:
    joined(session, post)
    make_window(session, make_form(session), 1, 20)
    frozen_clock.advance(days=1, hours=timedelta(hours=1).seconds // 3600)
    with app.app_context():
        application_jobs.tell_interested(session, clock.now())
    [told] = _mails(session)
    assert told.to_address == "ann@example.org"
    assert "Sunday 21 March 2027, 12:00" in told.text
    assert session.scalar(sa.select(Interest.told_open)) is not None
