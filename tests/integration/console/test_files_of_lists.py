"""Every list can be taken away as a file: the same rows in the same order, for the same people, noted where it holds persons."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from io import StringIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data import audit
from core.data.audit import AuditEntry
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.tenancy.directory import TenantSnapshot
from core.work.models import WorkFailure
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_submitted
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import published
from tests.support.client import FormClient
from tests.unit.web.test_sheets import sheet_of

EVIL = '=HYPERLINK("http://x","y")'
Sessions = Callable[[str], ScopedSession]


@dataclass(frozen=True)
class List:
    """One list: its address, who sees it, whether it holds persons, and a query that leaves some rows out."""

    path: str
    who: str
    personal: bool
    some: str
    sorts: tuple[str, ...]
    other: str


LISTS = {
    "members": List("/scotland/manage/members/", "lead", True, "q=Zed", ("name", "organisation", "cohort", "since"), "/wales/manage/members/"),
    "a site's roles": List("/scotland/manage/roles/", "lead", True, "q=Zed", ("role", "name", "from"), "/wales/manage/roles/"),
    "a site's trail": List("/scotland/manage/audit/", "lead", True, "action=test.two", ("at",), "/wales/manage/audit/"),
    "sites": List("/console/", "central", False, "q=wales", ("name", "members", "work", "changed"), ""),
    "plugins": List("/console/plugins/", "central", False, "q=events", ("name", "on"), ""),
    "roles": List("/console/roles/", "central", True, "role=partner_lead", ("where", "name", "role", "from"), ""),
    "people": List("/console/people/", "central", True, "q=Zed", ("name", "email", "signed_in", "created"), ""),
    "trail": List("/console/audit/", "central", True, "action=test.two&tenant=scotland", ("at",), ""),
    "failed jobs": List("/console/health", "central", False, "job=core.two", ("failed", "job", "tries"), ""),
    "applications": List("/scotland/manage/admissions/windows/{window}/applications", "lead", True, "q=0001", ("reference", "name", "state", "submitted", "minutes"), ""),
    "who is coming": List("/scotland/manage/events/{event}/", "lead", True, "q=zed", ("asked", "name", "email", "state", "changed"), ""),
}  # fmt: skip


class _Rows(HTMLParser):
    """The text of each row's first cell, of the page's last table that can be sorted."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[tuple[list[str], bool]] = []
        self._rows: list[str] = []
        self._cell = self._sortable = False
        self._done = True

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "table":
            self._rows, self._sortable = [], False
        elif tag == "th" and any(name == "aria-sort" for name, _ in attrs):
            self._sortable = True
        elif tag == "tr":
            self._done = False
        elif tag in {"td", "th"} and ("scope", "col") not in attrs and not self._done:
            self._cell, self._done = True, True
            self._rows.append("")
        elif tag in {"br", "span", "code"} and self._cell and self._rows[-1].strip():
            self._cell = False

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._cell = False
        elif tag == "table":
            self.tables.append(([row.strip() for row in self._rows], self._sortable))

    def handle_data(self, data: str) -> None:
        if self._cell:
            self._rows[-1] += data


def _shown(page: str) -> list[str]:
    parser = _Rows()
    parser.feed(page)
    return parser.tables[-1][0]


@pytest.fixture
def people(app: Flask, session_for: Sessions, tenant: Callable[[str], TenantSnapshot]) -> dict[str, Any]:
    """Some of everything, with somebody whose name is a formula everywhere."""
    lead = make_person(app, "lead@example.org", name="Isla Lead", grants=[(Role.PARTNER_LEAD, "scotland")])
    central = make_person(app, "central@example.org", name="Cen Tral", grants=[(Role.CENTRAL_TEAM, "uk")])
    for number, name in enumerate(("Anna Alpha", "Zed Zulu", "Bo Beta")):
        grants = [(Role.ASSESSOR, "scotland")] if number else []
        make_person(app, f"{name[:3].lower().strip()}@example.org", name=name, home="scotland", grants=grants)
    evil = make_person(
        app, "evil@example.org", name=EVIL, home="scotland", grants=[(Role.EVENTS_ORGANISER, "scotland")]
    )
    session = session_for("scotland")
    event_id = published(session, tenant("scotland").ref())
    with transaction(session):
        for n in range(3):
            audit.record(session, actor=SYSTEM, action="test.two" if n else "test.one", subject=EVIL, why=EVIL)
        for n in range(3):
            row: dict[str, Any] = {
                "id": new_id(), "name": "core.two" if n else "core.one", "args": {}, "at_tenant_id": 3, "state": "failed",
                "error": EVIL, "place": "", "attempts": n + 1, "request_id": "", "created_at": clock.now(),
                "failed_at": clock.now(),
            }  # fmt: skip
            session.execute(sa.insert(WorkFailure), [row])
    clients = {"lead": client_of(app, lead), "central": client_of(app, central), "evil": client_of(app, evil)}
    for who in ("lead", "evil"):
        assert clients[who].submit(f"/scotland/events/{event_id}", form="register").status_code == 303
    zed = next(iter(session.execute(sa.text("select id from people_account where name = 'Zed Zulu'"))))[0]
    session.rollback()
    assert client_of(app, zed).submit(f"/scotland/events/{event_id}", form="register").status_code == 303
    form = make_form(session)
    window = make_window(session, form)
    for number, account_id in enumerate((evil, zed)):
        make_submitted(session, window, form, account_id, reference=f"Q-LIST-000{number}")
    return {**clients, "event": event_id, "window": window}


def _csv(client: FormClient, address: str) -> list[list[str]]:
    answer = client.get(address)
    assert answer.status_code == 200, address
    assert answer.mimetype == "text/csv"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(StringIO(answer.data.decode("utf-8-sig"), newline="")))


def _same(cell: str, shown: str) -> bool:
    """Whether a file's first cell and a page's say the same; instants are written differently."""
    return cell.removeprefix("'") == shown or cell[:4] in shown


def _holds_the_rows(name: str, people: dict[str, Any]) -> None:
    one, client = LISTS[name], people[LISTS[name].who]
    path = one.path.format(**people)
    every = "action=test." if path.endswith("audit/") else ""  # the trail notes every reading of it, so it would grow
    counts = set()
    for query in (every, one.some, *(f"sort={way}{key}&{one.some}" for key in one.sorts for way in ("", "-"))):
        page = client.get(f"{path}?{query}")
        assert page.status_code == 200, query
        shown = _shown(page.text)
        rows = _csv(client, f"{path}?{query}&format=csv")
        assert len(rows) - 1 == len(shown), (query, shown, rows)
        assert all(_same(row[0], text) for row, text in zip(rows[1:], shown, strict=True)), (query, shown, rows)
        counts.add(len(shown))
        same, xml = sheet_of(client.get(f"{path}?{query}&format=xlsx").data)
        assert "<f>" not in xml
        assert [[text.removeprefix("'") for text in row] for row in rows] == same
    assert len(counts) > 1 or name == "plugins", f"{name}: the filter leaves nothing out"


# All lists in one test each: what they look at takes longer to make than to look at.


def test_a_file_holds_the_rows_of_the_list(people: dict[str, Any]) -> None:
    for name in LISTS:
        _holds_the_rows(name, people)


def test_a_formula_is_only_text(people: dict[str, Any]) -> None:
    for name, one in LISTS.items():
        rows = _csv(people[one.who], f"{one.path.format(**people)}?format=csv")
        cells = [cell for row in rows for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))], name
        assert f"'{EVIL}" in cells or name in {"sites", "plugins"}, name


def test_the_page_links_to_its_files(people: dict[str, Any]) -> None:
    for name, one in LISTS.items():
        path = one.path.format(**people)
        page = people[one.who].get(f"{path}?{one.some}").text
        for kind in ("csv", "xlsx"):
            link = page.split(f"format={kind}")[0].rsplit('href="', 1)[1].replace("&amp;", "&")
            assert link.startswith(path), name
            assert one.some.split("&")[0].split("=")[0] in link, name
            assert people[one.who].get(f"{link}format={kind}", buffered=True).status_code == 200, name


def test_taking_persons_away_is_noted(people: dict[str, Any], platform_session: ScopedSession) -> None:
    seen: set[str] = set()
    for name, one in LISTS.items():
        people[one.who].get(f"{one.path.format(**people)}?{one.some}&format=xlsx", buffered=True)
        entries = platform_session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "list.export")).all()
        noted = [entry for entry in entries if entry.id not in seen]
        assert len(noted) == (1 if one.personal else 0), name
        for entry in noted:
            seen.add(entry.id)
            assert entry.after is not None
            assert entry.after["format"] == "xlsx"
            assert entry.after["rows"] >= 1
            assert "Zed" not in str(entry.after)
            assert entry.subject.startswith("list:")
        platform_session.rollback()  # the next look sees what is written from now on


def test_whoever_may_not_see_the_list_gets_no_file(app: Flask, people: dict[str, Any]) -> None:
    member = client_of(app, make_person(app, "member@example.org", home="scotland"))
    for name, one in LISTS.items():
        path = one.path.format(**people)
        assert member.get(f"{path}?format=csv").status_code == 403, name
        assert app.test_client().get(f"{path}?format=csv").status_code == 303, name
        if one.other:
            assert people[one.who].get(f"{one.other}?format=csv").status_code == 403, name


def test_a_page_past_the_end_is_the_last_one(people: dict[str, Any]) -> None:
    for name in ("members", "people", "roles", "failed jobs"):
        one = LISTS[name]
        assert _shown(people[one.who].get(f"{one.path}?page=99").text), name


def test_the_trail_can_be_read_from_its_beginning(people: dict[str, Any]) -> None:
    newest, oldest = (
        _csv(people["lead"], f"/scotland/manage/audit/?action=test.&sort={sort}&format=csv")[1:]
        for sort in ("-at", "at")
    )
    assert newest == oldest[::-1]
    assert len(newest) == 3
