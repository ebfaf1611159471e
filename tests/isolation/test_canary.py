"""A canary crawl: one tenant is full of marked words, and nothing another tenant's people can reach may hold one."""

import itertools
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data import audit
from core.data.base import Base, tenant_tables
from core.data.db import tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.tenancy import noticeboard
from core.work import registry
from core.work.models import Mail
from plugins.local_events.models import Event, Pool, Registration
from tests.factories.admissions import make_application, make_form, make_window
from tests.factories.assessing import make_assessor
from tests.factories.people import PASSWORD, client_of, make_person
from tests.isolation.marked import CANARY, ELSEWHERE, seed
from tests.support.client import FormClient, without_token
from tests.support.thorough import some

Sessions = Callable[[str], ScopedSession]
NAMED = {
    "window_id": "admissions_window", "application_id": "admissions_application", "attachment_id": "admissions_attachment",
    "assessor_id": "admissions_assessor", "interest_id": "admissions_assessor_interest", "run_id": "admissions_shadow_run",
    "conflict_id": "admissions_conflict", "assignment_id": "admissions_assignment", "redaction_id": "admissions_redaction",
    "meeting_id": "admissions_panel_meeting", "item_id": "admissions_panel_item", "batch_id": "admissions_release_batch",
    "decision_id": "admissions_decision", "appeal_id": "admissions_appeal", "offer_id": "admissions_membership_offer",
    "mark_id": "admissions_calibration_mark", "registration_id": "local_events_registration",
    "invitation_id": "local_events_invitation", "question_id": "local_events_question",
    "attendee_id": "local_events_registration", "certificate_id": "local_events_certificate", "message_id": "local_events_message",
    "series_id": "local_events_series", "organiser_id": "local_events_organiser",
    "action_id": "local_events_feedback_action", "visit_offer_id": "local_events_visit_offer", "visit_id": "local_events_visit",
    "activity_id": "expense_approvals_activity", "budget_id": "expense_approvals_budget",
    "preapproval_id": "expense_approvals_preapproval", "claim_id": "expense_approvals_claim",
    "line_id": "expense_approvals_claim_line", "receipt_id": "expense_approvals_receipt",
    "payment_batch_id": "expense_approvals_payment_batch", "delegation_id": "expense_approvals_delegation",
    "adjustment_id": "expense_approvals_adjustment",
}  # fmt: skip
"""What parameters of addresses name."""
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
PAGES = 600
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
    """The address of everything of Wales's that somebody might guess at Scotland's site, as a page and as a file."""
    known = {name: (ids[table],) for name, table in NAMED.items()} | {"event_id": tuple(events)}
    fixed = {
        "key": ("about",), "part": ("scores",), "number": (1,), "slug": ("wales",), "plugin": ("local_events",), "kind": ("change",),
        "secret": ("no-secret",), "file_kind": ("csv",),
    }  # fmt: skip
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or not rule.arguments & known.keys():
            continue
        values = [({**known, **fixed}[name]) for name in sorted(rule.arguments)]
        for chosen in itertools.product(*values):
            path = adapter.build(rule.endpoint, dict(zip(sorted(rule.arguments), chosen, strict=True)))
            site = "" if rule.endpoint.startswith(("console.", "admissions.")) else "/scotland"
            yield from (f"{site}{path}{end}" for end in some(("", "?format=csv", "?format=xlsx"), 1, rule.endpoint))


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


def _crawl(client: FormClient, starts: Iterable[str]) -> dict[str, str]:
    """Every page and file that can be reached by links from `starts`, without entering Wales's site: {path: body}."""
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = deque(starts)
    while waiting and len(found) < PAGES:
        path = waiting.popleft()
        if _kind(path) in seen or path.startswith(("/wales", "/assets/")) or "/language/" in path:
            continue
        seen.add(_kind(path))
        response = client.get(path)
        found[path] = _words(response.get_data()) + str(response.headers)
        if response.mimetype == "text/html":
            links = re.findall(r'(?:href|action)="([^"#]+)', response.get_data(as_text=True))
            inside = (urljoin("http://localhost" + path, link.replace("&amp;", "&")) for link in links)
            waiting.extend(
                urlsplit(link)._replace(scheme="", netloc="").geturl() for link in inside if "://localhost/" in link
            )
        if response.status_code in {302, 303}:
            waiting.append(urlsplit(response.headers["Location"])._replace(scheme="", netloc="").geturl())
    return found


@pytest.mark.only("sqlite")  # the harder case: PostgreSQL would keep the rows back by itself
@pytest.mark.parametrize("who", PEOPLE)
def test_nothing_of_wales_reaches_the_people_of_scotland(
    app: Flask, client: FormClient, who: str, caplog: pytest.LogCaptureFixture
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
    assert len(reached) > len(STARTS)
    assert {path: CANARY.findall(body) for path, body in reached.items() if CANARY.search(body)} == {}
    assert not CANARY.search(caplog.text)


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
