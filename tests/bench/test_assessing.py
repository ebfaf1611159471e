"""An assessor's list at a site with 2,000 applications: CPU of a page for who has a page of them and for who has hundreds."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Application, Assignment
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.people.models import Account
from tests.bench.grown import analyse
from tests.bench.harness import Subject, interleave, table, verdict
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_assessor
from tests.factories.people import client_of, make_person
from tests.support.client import FormClient

APPLICATIONS, HELD, PAGE, TIMES, GOAL = 2000, 400, 25, 20, 1.3
LIST = "/scotland/assess/"


def _fill(session: ScopedSession, form_id: str, few: str, many: str) -> None:
    """As many applications, of as many people, in one window: a page of them with one assessor, many with the other."""
    window_id = make_window(session, form_id, -40, -10)
    now, tenant_id = clock.now(), session.scope.tenant_id
    ids = [new_id() for _ in range(APPLICATIONS)]
    accounts = [
        {
            "id": one,
            "email": f"{one}@example.org",
            "email_norm": f"{one}@example.org",
            "name": one,
            "stamp": "",
            "locale": "en",
            "created_at": now,
        }
        for one in ids
    ]
    applications = [
        {
            "id": one, "tenant_id": tenant_id, "reference": one[-12:], "account_id": one, "window_id": window_id,
            "form_version_id": form_id, "state": "submitted", "locale": "en", "created_at": now, "changed_at": now,
            "submitted_at": now, "lateness": "on_time",
        }
        for one in ids
    ]  # fmt: skip
    assignments: list[dict[str, object]] = [
        {
            "id": new_id(), "tenant_id": tenant_id, "application_id": one, "assessor_id": assessor_id, "state": "offered",
            "source": "auto", "reasons": [], "due_at": now + timedelta(days=14 + number % 3), "created_at": now, "changed_at": now,
        }
        for assessor_id, held in ((few, PAGE), (many, HELD))
        for number, one in enumerate(ids[:held])
    ]  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Account), accounts)
        session.execute(sa.insert(Application), applications)
        session.execute(sa.insert(Assignment), assignments)


def _ask(client: FormClient, times: int) -> None:
    for _ in range(times):
        assert client.get(LIST).status_code == 200


def test_an_assessors_list(
    app: Flask, session_for: Callable[[str], ScopedSession], capsys: pytest.CaptureFixture[str]
) -> None:
    session = session_for("scotland")
    form_id = make_form(session)
    people = [
        make_person(app, f"bench{number}@example.org", grants=[(Role.ASSESSOR, "scotland")]) for number in range(2)
    ]
    few, many = (make_assessor(session, account) for account in people)
    _fill(session, form_id, few, many)
    analyse(app.config["Q"].owner_url)
    pages = []
    for name, account in zip((f"{PAGE} of {APPLICATIONS:,}", f"{HELD} of {APPLICATIONS:,}"), people, strict=True):
        pages.append(Subject(name, partial(_ask, client_of(app, account))))
    interleave(pages, TIMES)
    ratio = pages[1].cpu_ms / pages[0].cpu_ms
    rows = [("assessor's list", "CPU ms (wall)", "ratio", "goal")]
    rows += [
        (one.name, f"{one.cpu_ms:.2f} ({one.wall_ms:.2f})", f"{one.cpu_ms / pages[0].cpu_ms:.2f}", "-") for one in pages
    ]
    rows[-1] = (*rows[-1][:3], verdict(ratio, GOAL))
    with capsys.disabled():
        print(f"\n{table(rows)}")
    assert ratio < GOAL * 2
