"""The same thing at the same moment: one window of an area, one message to a person; and dates that follow on shelves."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Extension, Interest
from core.admissions.queries import applying
from core.admissions.queries import windows as queries
from core.admissions.service import deadlines, drafts, extensions, interest, submitting, windows
from core.admissions.service.drafts import Wish
from core.admissions.service.interest import Told
from core.admissions.service.windows import Plan
from core.data.audit import verify
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import Refused
from core.kernel.ids import new_token
from core.kernel.views import SYSTEM, Actor
from core.tenancy.models import ShelfItem
from tests.factories.admissions import make_form, make_window
from tests.factories.people import make_person
from tests.support.racing import AT_ONCE, at_once

Sessions = Callable[[str], ScopedSession]
pytestmark = pytest.mark.both  # they meet in the database


def _tenant(session: ScopedSession) -> int:
    session.rollback()
    assert session.scope.tenant_id is not None
    return session.scope.tenant_id


def test_of_windows_published_at_once_one_is_open(app: Flask, session_for: Sessions) -> None:
    session = session_for("scotland")
    form = make_form(session)
    made = [make_window(session, form, number, number + 30, state="draft") for number in range(1, AT_ONCE + 1)]
    found = at_once(app, _tenant(session), lambda s, n: windows.publish(s, SYSTEM, made[n], 1))
    assert found.count(None) == 1
    assert [row.window.state for row in queries.listed(session, None)].count("published") == 1
    assert verify(session).ok


def test_amendments_from_the_same_page_are_one(app: Flask, session_for: Sessions) -> None:
    session = session_for("scotland")
    window_id = make_window(session, make_form(session), 1, 30)
    plan = Plan.of(queries.one(session, window_id))

    def amend(some: ScopedSession, number: int) -> None:
        longer = Plan(plan.name, plan.opens_at, plan.closes_at + timedelta(days=number + 1), 0, plan.form_version_id)
        windows.amend(some, SYSTEM, window_id, 1, longer, "why")

    assert at_once(app, _tenant(session), amend).count(None) == 1
    assert len(queries.amendments(session, window_id)) == 1


def test_workers_that_tell_at_once_write_each_message_once(app: Flask, session_for: Sessions) -> None:
    session = session_for("scotland")
    sent: list[str] = []
    lock = Lock()

    def post(_: ScopedSession, told: Told) -> None:
        with lock:
            sent.append(told.email)

    for number in range(30):
        interest.ask(
            session, secret_key="k", email=f"p{number}@example.org", locale="en", key=new_token(), post=lambda *_: None
        )
    for row in session.scalars(sa.select(Interest.id)).all():
        interest.confirm(session, interest.token_of("k", row))
    make_window(session, make_form(session), -1, 30)
    counts = at_once(app, _tenant(session), lambda s, _: interest.tell_due(s, secret_key="k", post=post))
    assert sum(int(str(count)) for count in counts) == 30
    assert sorted(sent) == sorted({f"p{number}@example.org" for number in range(30)})


def test_one_address_asked_for_at_once_is_one_row(app: Flask, session_for: Sessions) -> None:
    session = session_for("scotland")
    at_once(
        app,
        _tenant(session),
        lambda s, _: interest.ask(
            s, secret_key="k", email="ann@example.org", locale="en", key=new_token(), post=lambda *_: None
        ),
    )
    assert session.scalar(sa.select(sa.func.count(Interest.id))) == 1


def test_more_time_given_at_once_is_one_row(app: Flask, session_for: Sessions) -> None:
    session = session_for("scotland")
    window_id = make_window(session, make_form(session))
    make_person(app, "ann@example.org")
    until = queries.one(session, window_id).closes_at + timedelta(days=1)

    def give(some: ScopedSession, _: int) -> None:
        extensions.extend(
            some, SYSTEM, window_id, email="ann@example.org", closes_at=until, why="y", key=new_token(),
            post=lambda *_: None,
        )  # fmt: skip

    at_once(app, _tenant(session), give)
    assert session.scalar(sa.select(sa.func.count(Extension.id))) == 1


def test_dates_on_shelves_follow(app: Flask, session_for: Sessions) -> None:
    session = session_for("scotland")
    window_id = make_window(session, make_form(session))
    ann, bob = (make_person(app, f"{name}@example.org") for name in ("ann", "bob"))
    for who in (ann, bob):
        drafts.start(session, actor=Actor(who, ""), eligible={"based_here": True}, locale="en", is_member=False)

    def shown() -> list[datetime | None]:
        query = sa.select(ShelfItem.when).order_by(sa.case((ShelfItem.account_id == ann, 0), else_=1))
        return list(session.scalars(query))

    plan = Plan.of(queries.one(session, window_id))
    longest = plan.closes_at + timedelta(days=9)
    assert shown() == [plan.closes_at, plan.closes_at]
    extensions.extend(
        session, SYSTEM, window_id, email="ann@example.org", closes_at=longest, why="y", key=new_token(),
        post=lambda *_: None,
    )  # fmt: skip
    assert shown() == [longest, plan.closes_at]
    later = plan.closes_at + timedelta(days=2)
    windows.amend(session, SYSTEM, window_id, 1, Plan(plan.name, plan.opens_at, later, 0, plan.form_version_id), "why")
    assert shown() == [longest, later]
    latest = plan.closes_at + timedelta(days=12)
    windows.amend(session, SYSTEM, window_id, 2, Plan(plan.name, plan.opens_at, latest, 0, plan.form_version_id), "why")
    assert shown() == [latest, latest]


def test_a_cancelled_window_ends_its_drafts_and_keeps_their_words(app: Flask, session_for: Sessions) -> None:
    session = session_for("scotland")
    window_id = make_window(session, make_form(session))
    ann = Actor(make_person(app, "ann@example.org"), "")
    application = drafts.start(session, actor=ann, eligible={"based_here": True}, locale="en", is_member=False)
    assert deadlines.expire(session, clock.now()) == 0
    windows.cancel(session, SYSTEM, window_id, 1, "No panel")
    assert deadlines.expire(session, clock.now()) == 1
    assert applying.mine(session, application, str(ann.account_id)).state == "not_submitted"
    assert deadlines.expire(session, clock.now()) == 0


def test_nothing_is_submitted_in_a_window_that_was_cancelled_since_it_was_read(
    app: Flask, session_for: Sessions
) -> None:
    session = session_for("scotland")
    window_id = make_window(session, make_form(session))
    ann = Actor(make_person(app, "ann@example.org"), "")
    made = drafts.start(session, actor=ann, eligible={"based_here": True}, locale="en", is_member=False)
    wishes = {"job": Wish("Nurse", 0), "story": Wish("We measured falls.", 0)}
    drafts.save(session, applying.mine(session, made, str(ann.account_id)), str(ann.account_id), wishes)
    mine = applying.mine(session, made, str(ann.account_id))
    windows.cancel(session, SYSTEM, window_id, 1, "No panel")
    with pytest.raises(Refused, match="closed"):
        submitting.submit(session, mine, ann, checked=submitting.checked_sum(mine), post=lambda *_: None)
    assert applying.mine(session, made, str(ann.account_id)).state == "draft"
    assert deadlines.expire(session, clock.now()) == 1
