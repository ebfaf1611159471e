"""A canary crawl: one tenant is full of marked words, and nothing another tenant's people can reach may hold one."""

import re
from collections import deque
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urljoin, urlsplit
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import (
    Answer,
    AnswerRevision,
    Application,
    Extension,
    InfoRequest,
    Interest,
    MembershipOffer,
    Submission,
    Window,
    WindowAmendment,
)
from core.data import audit
from core.data.base import tenant_tables
from core.data.db import tenant_session
from core.data.session import transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.tenancy import noticeboard
from plugins.local_events.models import Event, Registration
from tests.factories.admissions import make_form
from tests.factories.people import client_of, make_person
from tests.support.client import FormClient

JOINING = (
    Window,
    WindowAmendment,
    Extension,
    Interest,
    Application,
    Answer,
    AnswerRevision,
    Submission,
    InfoRequest,
    MembershipOffer,
)
TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')
"""What forms carry is signed anew every second."""
CANARY = re.compile(r"canary-[a-z_]+-[a-z0-9]+")
SEEDED = {"local_events_event", "local_events_registration", "data_audit_entry", "data_audit_head", "data_form_key"} | {
    model.__tablename__ for model in JOINING
}
PAGES = 400


def _texts(model: Any, mark: str) -> dict[str, str]:
    """A marked word for every text column of a table that may hold any words."""
    closed = {"kind", "mode", "audience", "state", "id", "event_id", "account_id", "created_by"}
    columns = [c for c in model.__table__.columns if isinstance(c.type, sa.String) and c.name not in closed]
    return {column.name: f"canary-{column.name}-{mark}" for column in columns}


def _event(tenant_id: int, state: str, audience: str) -> dict[str, Any]:
    start = clock.now() + timedelta(days=3)
    return {
        "id": new_id(), "tenant_id": tenant_id, "kind": "workshop", "mode": "both", "audience": audience, "state": state,
        "starts_at": start, "ends_at": start + timedelta(hours=1), "capacity": 9, "taken": 1, "version": 1, "created_by": None,
        "created_at": start, "published_at": start, **_texts(Event, f"{state}{audience}"),
    }  # fmt: skip


def _seed(app: Flask, slug: str) -> list[str]:
    """Marked rows in every tenant-owned table of one tenant; the ids of its events."""
    tenant = app.extensions["q.directory"].by_slug(slug)
    states = (
        ("draft", "area"),
        ("published", "area"),
        ("published", "uk"),
        ("cancelled", "public"),
        ("completed", "area"),
    )
    events = [_event(tenant.id, *pair) for pair in states]
    registrations = [
        {
            "id": new_id(), "tenant_id": tenant.id, "event_id": event["id"], "account_id": new_id(), "state": "coming",
            "registered_at": clock.now(), "changed_at": clock.now(), **_texts(Registration, "r"),
        }
        for event in events
    ]  # fmt: skip
    with app.app_context(), tenant_session(tenant.id) as session, transaction(session):
        session.execute(sa.insert(Event), events)
        session.execute(sa.insert(Registration), registrations)
        audit.record(session, actor=SYSTEM, action="canary-action-a", subject="canary-subject-a", why="canary-why-a")
        noticeboard.publish(
            session, plugin="local_events", ref=events[2]["id"], kind="workshop", title="shown on purpose", summary="",
            starts_at=events[2]["starts_at"], ends_at=events[2]["ends_at"], place="", path="/events/x", audience="uk",
        )  # fmt: skip
    return [event["id"] for event in events]


def _seed_joining(app: Flask, slug: str) -> list[str]:
    """Marked rows in every table of Joining Q of one tenant; the ids of its applications."""
    tenant = app.extensions["q.directory"].by_slug(slug)
    account = make_person(app, f"applicant.{slug}@example.org")
    now, mark = clock.now(), {"canary": "canary-json-a"}
    with app.app_context(), tenant_session(tenant.id) as session:
        form = make_form(session)
        one = {
            "tenant_id": tenant.id, "account_id": account, "by": None, "at": now, "created_by": None, "created_at": now,
            "changed_at": now, "form_version_id": form, "version": 1, "revision": 1, "number": 1, "kept": True, "released_at": None,
            "opens_at": now - timedelta(days=1), "closes_at": now + timedelta(days=1), "grace_seconds": 0, "seconds": 0,
            "previous_id": None, "reminded_at": None, "submitted_at": now, "due_at": now, "ended_at": None, "told_open": None,
            "told_closing": None, "offered_at": now - timedelta(days=9), "lapses_at": now + timedelta(days=9), "before": mark, "after": mark, "value": "canary-value-a", "sections": ["canary-sections-a"],
        }  # fmt: skip
        states = {
            Window: "published",
            Interest: "confirmed",
            Application: "submitted",
            InfoRequest: "answered",
            MembershipOffer: "offered",
        }
        ids = {model: new_id() for model in JOINING}
        links = {"window_id": ids[Window], "application_id": ids[Application]}
        with transaction(session):
            for model in JOINING:
                given = {**_texts(model, "a"), **one, **links, "id": ids[model], "state": states.get(model, "")}
                names = {column.name for column in model.__table__.columns}
                row = {name: value for name, value in given.items() if name in names}
                shorter = {
                    "reference": "canary-r-a",
                    "locale": "en",
                    "lateness": "canary-lateness-a",
                    "question": "canary-question-a",
                }
                session.execute(sa.insert(model), [{**row, **{k: v for k, v in shorter.items() if k in names}}])
    return [ids[Application]]


def _words(body: bytes) -> str:
    """What can be read of an answer; spreadsheets are zip files, so they are opened."""
    if not body.startswith(b"PK"):
        return body.decode("utf-8", "replace")
    with ZipFile(BytesIO(body)) as file:
        return "".join(file.read(name).decode("utf-8", "replace") for name in file.namelist())


def _crawl(client: FormClient, starts: list[str]) -> dict[str, str]:
    """Every page that can be reached by links from `starts`, without leaving the site's first path segments: {path: body}."""
    seen: dict[str, str] = {}
    waiting = deque(starts)
    while waiting and len(seen) < PAGES:
        path = waiting.popleft()
        if path in seen or "/wales" in path or path.startswith("/assets/"):
            continue
        response = client.get(path)
        seen[path] = _words(response.get_data()) + str(response.headers)
        if response.mimetype == "text/html":
            links = re.findall(r'(?:href|action)="([^"#]+)', response.get_data(as_text=True))
            inside = (urljoin("http://localhost" + path, link.replace("&amp;", "&")) for link in links)
            waiting.extend(
                urlsplit(link)._replace(scheme="", netloc="").geturl() for link in inside if "://localhost/" in link
            )
        if response.status_code in {302, 303}:
            waiting.append(urlsplit(response.headers["Location"])._replace(scheme="", netloc="").geturl())
    return seen


@pytest.mark.only("sqlite")  # the harder case: PostgreSQL would keep the rows back by itself
@pytest.mark.parametrize("role", [None, Role.MEMBER, Role.EVENTS_ORGANISER, Role.PARTNER_LEAD])
def test_nothing_of_wales_reaches_the_people_of_scotland(
    app: Flask, client: FormClient, role: Role | None, caplog: pytest.LogCaptureFixture
) -> None:
    events = _seed(app, "wales")
    applications = _seed_joining(app, "wales")
    if role is not None:
        grants = [] if role is Role.MEMBER else [(role, "scotland")]
        client = client_of(app, make_person(app, f"{role}@example.org", home="scotland", grants=grants))
    guesses = [
        f"/scotland/events/{event}{end}" for event in events for end in ("", "/edit", "/people", "/people?format=csv")
    ]
    guesses += [
        f"/scotland/apply/{one}/{end}"
        for one in applications
        for end in ("", "check", "part/about", "withdraw", "offer", "equality")
    ]
    starts = [
        "/scotland/",
        "/scotland/apply/start",
        "/scotland/apply/mine",
        "/",
        "/scotland/me/",
        "/scotland/manage/",
        "/console/",
        "/metrics",
        "/scotland/nowhere",
        *guesses,
    ]
    reached = _crawl(client, starts)
    assert len(reached) > len(starts)
    assert {path: CANARY.findall(body) for path, body in reached.items() if CANARY.search(body)} == {}
    assert not CANARY.search(caplog.text)


def test_the_crawl_can_find_a_canary(app: Flask) -> None:
    """Negative control: Wales's own lead reaches the marked words by the same crawl."""
    _seed(app, "wales")
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "wales")]))
    assert CANARY.search(lead.get("/wales/events/").get_data(as_text=True))


def test_every_tenant_owned_table_is_thought_of() -> None:
    """A new tenant-owned table must be seeded above."""
    assert {table.name for table in tenant_tables()} == SEEDED


def test_another_tenants_object_looks_like_a_missing_one(app: Flask) -> None:
    events = _seed(app, "wales")
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    for end in ("", "/edit", "/people", "/people?format=csv"):
        theirs, missing = (lead.get(f"/scotland/events/{key}{end}") for key in (events[1], new_id()))
        assert theirs.status_code == 404
        assert TOKEN.sub("", theirs.text) == TOKEN.sub("", missing.text)
