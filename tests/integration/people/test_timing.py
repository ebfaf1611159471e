"""An address that has an account takes as long as one that has none: measured in statements and in time."""

import statistics
import time
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from flask import Flask

from core.data.session import ScopedSession
from core.kernel.errors import Refused
from core.kernel.ids import new_token
from core.people.service import accounts, credentials, sign_ins
from core.people.service.tools import Tools
from tests.factories.people import PASSWORD, make_person
from tests.support.client import FormClient
from tests.support.statements import Counter


def _medians(rounds: int, *actions: Callable[[], object]) -> list[float]:
    """The median CPU seconds of each action, the actions taken in turn so that noise falls on all alike."""
    times: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for action, taken in zip(actions, times, strict=True):
            start = time.process_time()
            action()
            taken.append(time.process_time() - start)
    return [statistics.median(taken) for taken in times]


def test_signing_in_takes_the_same_time_whoever_it_is(app: Flask, session: ScopedSession) -> None:
    make_person(app, "known@example.org")
    real = {"device": "", "remember": False, "quick": False}
    sign_ins.sign_in(session, email="known@example.org", password=PASSWORD, **real)  # type: ignore[arg-type]  # values by name

    def attempt(email: str) -> Callable[[], object]:
        def run() -> None:
            with pytest.raises(Refused):
                sign_ins.sign_in(session, email=email, password="wrong horse", **real)  # type: ignore[arg-type]  # values by name
            session.rollback()

        return run

    attempt("nobody@example.org")()  # makes the hash that nobody has the password of
    known, unknown = _medians(9, attempt("known@example.org"), attempt("nobody@example.org"))
    assert unknown > 0.004, "a real hash was computed for an address nobody has"
    assert 0.5 < known / unknown < 2


def test_the_same_number_of_hashes(app: Flask, session: ScopedSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sturdy form of the test above: argon2 runs once, with the same cost, known or not."""
    make_person(app, "known@example.org")
    make_person(app, "waiting@example.org", confirmed=False)
    ran: list[str] = []
    original = PasswordHasher.verify

    def verify(hasher: object, hashed: str, password: str) -> bool:
        ran.append(hashed.rsplit("$", 2)[0])
        return bool(original(hasher, hashed, password))  # type: ignore[arg-type]  # the hasher itself

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    for email in ("known@example.org", "nobody@example.org", "waiting@example.org"):
        with pytest.raises(Refused):
            sign_ins.sign_in(session, email=email, password="wrong horse", device="", remember=False, quick=True)
    assert len(ran) == 3
    assert len(set(ran)) == 1


@pytest.mark.parametrize("path", ["/account/register", "/account/reset"])
def test_registering_and_resetting_do_the_same_work(
    app: Flask, client: FormClient, statements: Counter, path: str
) -> None:
    make_person(app, "known@example.org")
    counts = []
    for email in ("warm-up@example.org", "known@example.org", "nobody@example.org"):
        values = {"email": email, "name": "Sam"} if "register" in path else {"email": email}
        with statements() as seen:
            assert client.submit(path, values).status_code == 303
        counts.append(len(seen))
    assert abs(counts[1] - counts[2]) <= 1, counts


def test_the_services_take_the_same_time(app: Flask, session: ScopedSession, tools: Tools) -> None:
    make_person(app, "known@example.org")
    number = iter(range(1000))

    def reset(email: str) -> Callable[[], object]:
        return lambda: credentials.request_reset(session, tools, email=email, locale="en", key=new_token())

    def register(email: Callable[[], str]) -> Callable[[], object]:
        return lambda: accounts.register(session, tools, name="Sam", email=email(), locale="en", key=new_token())

    for pair in (
        (reset("known@example.org"), reset("nobody@example.org")),
        (register(lambda: "known@example.org"), register(lambda: f"p{next(number)}@example.org")),
    ):
        known, unknown = _medians(15, *pair)
        assert 1 / 2.5 < known / unknown < 2.5
        assert abs(known - unknown) < 0.005
