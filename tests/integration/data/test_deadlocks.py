"""Two use cases that wait for each other: one is done, and the other is told that somebody was quicker."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.session import ScopedSession, transaction
from core.kernel.errors import Conflict
from core.people.models import Account
from tests.factories.people import make_person
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.only("postgres")  # SQLite has one lock for all who write


def test_who_waited_in_a_circle_is_told_that_somebody_was_quicker(
    app: Flask, session_for: Callable[[str], ScopedSession]
) -> None:
    ann, bo = make_person(app, "ann@example.org"), make_person(app, "bo@example.org")
    sessions, meet = [session_for("scotland"), session_for("wales")], Barrier(2, timeout=PATIENCE)

    def rename(session: ScopedSession, name: str, first: str, second: str) -> str:
        with app.app_context():
            try:
                with transaction(session):
                    for account in (first, second):
                        session.execute(sa.update(Account).where(Account.id == account).values(name=name))
                        if account == first:
                            meet.wait()
            except Conflict:
                return "told"
            return name

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(rename, sessions[0], "one", ann, bo)
        two = pool.submit(rename, sessions[1], "two", bo, ann)
        ended = {one.result(PATIENCE), two.result(PATIENCE)}
    (done,) = ended - {"told"}
    assert ended == {"told", done}
    names = session_for("scotland").scalars(sa.select(Account.name).where(Account.id.in_((ann, bo)))).all()
    assert names == [done, done]
