"""A canary crawl: one tenant is full of marked words, and nothing another tenant's people can reach may hold one."""

import itertools
import json
import logging
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from core.data import audit
from core.data.base import Base, tenant_tables
from core.data.db import tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import ID_LENGTH, new_id
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.tenancy import noticeboard
from core.web import logs
from core.work import registry
from core.work.models import Mail
from plugins.local_events.models import Event, Pool, Registration
from tests.factories.admissions import make_application, make_form, make_window
from tests.factories.assessing import make_assessor
from tests.factories.people import PASSWORD, client_of, make_person
from tests.isolation.marked import CANARY, ELSEWHERE, NAMED, seed
from tests.support.client import FormClient, without_token
from tests.support.thorough import some

Sessions = Callable[[str], ScopedSession]
STARTS = (
    "/scotland/", "/scotland/apply/start", "/scotland/apply/mine", "/", "/scotland/me/", "/scotland/manage/", "/scotland/assess/",
    "/scotland/manage/admissions/", "/scotland/manage/admissions/work", "/scotland/manage/admissions/funnel", "/console/",
    "/console/admissions/work", "/console/admissions/funnel", "/metrics", "/readyz", "/scotland/nowhere",
)  # fmt: skip
PEOPLE: dict[str, tuple[Role, ...]] = {
    "nobody": (),
    "whoever may most": (Role.PARTNER_LEAD, Role.ASSESSOR, Role.EVENTS_ORGANISER),
}
"""A crawl for each. A member with every role of the site reaches what each of them reaches."""
ALIKE = 3
"""How many pages that differ by an id or a number alone are looked at behind links. What is guessed is all looked at."""
GUARD = 2000
"""No crawl is as long as this: one that is has found pages without end, and fails."""
UNASKED = {"assets.serve", "site.language"}
"""Styles and pictures, which are nobody's, and what would change the visitor's language."""
WORDLESS = {
    "data_audit_head", "admissions_assessment", "local_events_pool", "local_events_feedback", "local_events_feedback_given",
    "local_events_organiser", "local_events_occurrence", "local_events_series",
    "expense_approvals_budget_entry", "expense_approvals_declaration", "expense_approvals_bank_details",
    "expense_approvals_delegation", "expense_approvals_payer_account", "expense_approvals_adjustment_line", "expense_approvals_escalation",
}  # fmt: skip
"""Tables that hold nobody's words."""


def _texts(model: Any, mark: str) -> dict[str, str]:
    """A marked word for every text column of a table that may hold any words."""
    closed = {
        "kind", "mode", "audience", "state", "origin", "id", "event_id", "account_id", "created_by", "uid", "pool_id", "source", "notice",
    }  # fmt: skip
    columns = [c for c in model.__table__.columns if isinstance(c.type, sa.String) and c.name not in closed]
    return {column.name: f"canary-{column.name}-{mark}" for column in columns}


def _event(tenant_id: int, state: str, audience: str) -> dict[str, Any]:
    start = clock.now() + timedelta(days=3)
    return {
        "id": new_id(), "tenant_id": tenant_id, "kind": "workshop", "mode": "both", "audience": audience, "state": state,
        "starts_at": start, "ends_at": start + timedelta(hours=1), "version": 1, "created_by": None,
        "origin": "partner", "created_at": start, "modified_at": start, "published_at": start, **_texts(Event, f"{state}{audience}"),
    }  # fmt: skip


def _seed(app: Flask, slug: str) -> list[str]:
    """Marked events with people, a marked entry of the trail, and a card that is shown on purpose; the ids of the events."""
    tenant = app.extensions["q.directory"].by_slug(slug)
    states = (
        ("draft", "area"),
        ("published", "area"),
        ("published", "uk"),
        ("cancelled", "public"),
        ("completed", "area"),
    )
    events = [_event(tenant.id, *pair) for pair in states]
    pools = [
        {"id": new_id(), "tenant_id": tenant.id, "event_id": event["id"], "kind": "in_person", "capacity": 9, "eligibility": "area"}
        for event in events
    ]  # fmt: skip
    registrations = [
        {
            "id": new_id(), "tenant_id": tenant.id, "event_id": event["id"], "pool_id": pool["id"], "account_id": new_id(),
            "state": "confirmed", "source": "self", "notice": "", "queued_at": clock.now(), "changed_at": clock.now(),
            **_texts(Registration, "r"),
        }
        for event, pool in zip(events, pools, strict=True)
    ]  # fmt: skip
    with app.app_context(), tenant_session(tenant.id) as session, transaction(session):
        session.execute(sa.insert(Event), events)
        session.execute(sa.insert(Pool), pools)
        session.execute(sa.insert(Registration), registrations)
        audit.record(session, actor=SYSTEM, action="canary-action-a", subject="canary-subject-a", why="canary-why-a")
        noticeboard.publish(
            session, plugin="local_events", ref=events[2]["id"], kind="workshop", title="shown on purpose", summary="",
            starts_at=events[2]["starts_at"], ends_at=events[2]["ends_at"], place="", path="/events/x", audience="uk",
        )  # fmt: skip
    return [event["id"] for event in events]


def _guesses(app: Flask, ids: dict[str, str], events: list[str]) -> Iterator[str]:
    """The address of every page at Scotland's site, and where it takes an id, of everything of Wales's that somebody might guess,
    as a page and as a file. Raises KeyError for a parameter of which nobody has said what it names."""
    known = {name: (ids[table],) for name, table in NAMED.items()} | {"event_id": tuple(events)}
    fixed = {
        "key": ("about",), "part": ("scores",), "number": (1,), "revision": (1,), "slug": ("wales",), "plugin": ("local_events",),
        "kind": ("change",), "secret": ("no-secret",), "token": ("no-token",), "code": ("NO-CODE",), "file_kind": ("csv",), "digest": ("0",),
        "name": ("base.css",), "page": ("policy",),
        **dict.fromkeys(("account_id", "case_id", "draft_id", "failure_id", "grant_id"), (new_id(),)),
    }  # fmt: skip
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in UNASKED:
            continue
        values = [({**known, **fixed}[name]) for name in sorted(rule.arguments)]
        ends = some(("", "?format=csv", "?format=xlsx"), 1, rule.endpoint) if rule.arguments & known.keys() else [""]
        for chosen in itertools.product(*values):
            path = adapter.build(rule.endpoint, dict(zip(sorted(rule.arguments), chosen, strict=True)))
            site = "" if rule.endpoint.startswith(("console.", "admissions.", "health.")) else "/scotland"
            yield from (f"{site}{path}{end}" for end in ends)


def _words(body: bytes) -> str:
    """What can be read of an answer; spreadsheets are zip files, so they are opened."""
    if not body.startswith(b"PK"):
        return body.decode("utf-8", "replace")
    with ZipFile(BytesIO(body)) as file:
        return "".join(file.read(name).decode("utf-8", "replace") for name in file.namelist())


def _kind(path: str) -> tuple[str, frozenset[str]]:
    """A page whatever it is sorted by: the address and which parameters it has, with the kind of a file."""
    parts = urlsplit(path)
    asked = parse_qs(parts.query)
    return parts.path, frozenset(asked) | frozenset(asked.get("format", []))


def _pattern(path: str) -> tuple[str, frozenset[str]]:
    """A page whatever it is about, too: its kind without ids and numbers."""
    address, asked = _kind(path)
    return re.sub(rf"(?<=[/-])(\d+|[0-9a-z]{{{ID_LENGTH}}})(?=[/.-]|$)", "*", address), asked


def _crawl(client: FormClient, starts: Iterable[str]) -> dict[str, str]:
    """Every page and file that can be reached by links from `starts`, without entering Wales's site: {path: body}. Of pages that
    differ by an id or a number alone, ALIKE. Raises AssertionError where it comes to no end."""
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    alike: Counter[tuple[str, frozenset[str]]] = Counter()
    waiting = deque((path, False) for path in starts)

    def links_of(path: str, response: TestResponse) -> Iterator[str]:
        links = [response.headers["Location"]] if response.status_code in {302, 303} else []
        if response.mimetype == "text/html":
            links += re.findall(r'(?:href|action)="([^"#]+)', response.get_data(as_text=True))
        inside = (urljoin("http://localhost" + path, link.replace("&amp;", "&")) for link in links)
        yield from (
            urlsplit(link)._replace(scheme="", netloc="").geturl() for link in inside if "://localhost/" in link
        )

    while waiting:
        path, behind_a_link = waiting.popleft()
        if _kind(path) in seen or path.startswith(("/wales", "/assets/")) or "/language/" in path:
            continue
        if behind_a_link:
            alike[_pattern(path)] += 1
            if alike[_pattern(path)] > ALIKE:
                continue
        seen.add(_kind(path))
        assert len(seen) < GUARD, f"pages without end, of late {path}"
        response = client.get(path)
        found[path] = _words(response.get_data()) + str(response.headers)
        waiting.extend((link, True) for link in links_of(path, response))
    return found


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What the platform writes to its log, as a server does: from INFO on, each entry as a line of JSON, one for each request."""
    stream = StringIO()
    monkeypatch.setattr(logs, "write", lambda line: stream.write(f"{line}\n"))
    handler, root = logs.StandardError(), logging.getLogger()
    handler.setFormatter(logs.JsonFormatter())
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.mark.only("sqlite")  # the harder case: PostgreSQL would keep the rows back by itself
@pytest.mark.parametrize("who", PEOPLE)
def test_nothing_of_wales_reaches_the_people_of_scotland(
    app: Flask, client: FormClient, who: str, written: StringIO
) -> None:
    events, ids = _seed(app, "wales"), seed(app, "wales")
    home = "" if who == "nobody" else "scotland"
    account = make_person(app, "scot@example.org", home=home, grants=[(role, "scotland") for role in PEOPLE[who]])
    if home:
        client = client_of(app, account)
    reached = _crawl(client, [*STARTS, *_guesses(app, ids, events)])
    if home:
        file = client.submit("/account/data", {"password": PASSWORD})
        reached["/account/data, the file"] = _words(file.get_data())
    logging.getLogger("core").info("the crawl is over")
    entries = [json.loads(line) for line in written.getvalue().splitlines()]
    assert entries[-1]["message"] == "the crawl is over"
    asked = [entry for entry in entries if entry["message"] == "answered"]
    assert len(asked) >= len(reached.keys() - {"/healthz", "/readyz", "/metrics"}), "each has its line in the log"
    assert {entry["tenant"] for entry in asked} >= {"uk", "scotland"}
    assert {path: CANARY.findall(body) for path, body in reached.items() if CANARY.search(body)} == {}
    assert not CANARY.search(written.getvalue())


@pytest.mark.only("sqlite")  # as above
def test_nothing_of_wales_is_written_to_the_people_of_scotland(app: Flask, session_for: Sessions) -> None:
    """Every job of Scotland's site, twice: what it writes, and what is put on people's shelves."""
    seed(app, "wales")
    grants = [(Role.PARTNER_LEAD, "scotland"), (Role.ASSESSOR, "scotland")]
    account = make_person(app, "scot@example.org", home="scotland", grants=grants)
    session = session_for("scotland")
    make_assessor(session, account)
    form = make_form(session, number=2001)
    make_application(session, make_window(session, form, -1, 1), form, account)
    jobs = [registry.JOBS[name] for name, slot in registry.SCHEDULES.items() if not slot.once]
    ours = [job for job in jobs if job.platform is None and not job.handler.__module__.startswith("tests.")]
    assert ours
    with app.app_context():
        for days in (0, 2):
            for job in ours:
                job.handler(session, at=(clock.now() + timedelta(days=days)).isoformat())
    mails = session.execute(sa.select(Mail.subject, Mail.text, Mail.html)).all()
    assert mails
    assert not CANARY.search(repr(mails))


def test_the_crawl_can_find_a_canary(app: Flask) -> None:
    """Negative control: Wales's own lead reaches the marked words by the same crawl."""
    _seed(app, "wales")
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "wales")]))
    assert CANARY.search(lead.get("/wales/events/").get_data(as_text=True))


def test_every_tenant_owned_table_is_marked(app: Flask) -> None:
    """A new table is seeded by itself: in each there is a marked word, but in those that hold none."""
    _seed(app, "wales")
    ids = seed(app, "wales")
    assert {table.name for table in tenant_tables()} == ELSEWHERE | ids.keys()
    with app.app_context(), tenant_session(app.extensions["q.directory"].by_slug("wales").id) as session:
        unmarked = {
            mapper.local_table.name
            for mapper in Base.registry.mappers
            if mapper.local_table in tenant_tables()
            and not CANARY.search(repr([vars(row) for row in session.scalars(sa.select(mapper.class_))]))
        }
    assert unmarked == WORDLESS


def test_another_tenants_object_looks_like_a_missing_one(app: Flask) -> None:
    events = _seed(app, "wales")
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    for page in ("events/{}", "events/{}/edit", "manage/events/{}/", "manage/events/{}/?format=csv"):
        theirs, missing = (lead.get(f"/scotland/{page.format(key)}") for key in (events[1], new_id()))
        assert theirs.status_code == 404
        assert without_token(theirs.text) == without_token(missing.text)


def test_a_crawl_that_comes_to_no_end_fails(app: Flask, client: FormClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: it does not stop in silence."""
    monkeypatch.setattr("tests.isolation.test_canary.GUARD", 10)
    with pytest.raises(AssertionError, match="without end"):
        _crawl(client, STARTS)
