"""The audit trail says in words what was done, is chosen by words, and understands codes in addresses."""

import csv
import re
from collections.abc import Callable, Mapping
from html import unescape
from io import StringIO

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Conflict
from core.console import queries
from core.console.actions import groups, title_of
from core.data import audit
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.views import SYSTEM, Actor, SubjectName
from tests.factories.admissions import make_application, make_form, make_window
from tests.factories.people import make_person
from tests.integration.console.conftest import Changes
from tests.support.client import FormClient
from tests.support.statements import Counter

CODES = ("local_events.publish", "local_events.cancel", "account.email", "account.email_asked", "gone.away")
Record = Callable[..., None]


@pytest.fixture
def record(session_for: Callable[[str], ScopedSession]) -> Record:
    """`record(*codes)`: entries of Scotland's."""

    def tell(*codes: str) -> None:
        session = session_for("scotland")
        with transaction(session):
            for code in codes:
                audit.record(session, actor=SYSTEM, action=code, subject=f"about-{code}")

    return tell


def _abouts(page: str) -> set[str]:
    return set(re.findall(r"about-([\w.]+)", page))


def _choices(page: str) -> Mapping[str, dict[str, str]]:
    """{group: {title: code}} of the filter."""
    [select] = re.findall(r'<select class="in" id="action".*?</select>', page, re.DOTALL)
    return {
        unescape(label): {
            unescape(title): code for code, title in re.findall(r'<option value="(.*?)".*?>(.*?)<', options)
        }
        for label, options in re.findall(r'<optgroup label="(.*?)">(.*?)</optgroup>', select, re.DOTALL)
    }


def _said(page: str) -> list[str]:
    """What was done, row by row."""
    return [unescape(one) for one in re.findall(r"<td>(?:<code class=\"break\">)?([^<]+)(?:</code>)?<br>", page)]


def test_an_entry_is_told_in_words(lead: FormClient, record: Record) -> None:
    record(*CODES)
    assert _said(lead.get("/scotland/manage/audit/?sort=at").text)[-5:] == [
        "Published an event",
        "Cancelled an event",
        "Changed their email address",
        "Asked to change their email address",
        "gone.away",
    ]


def _file(browser: FormClient) -> list[dict[str, str]]:
    """Scotland's trail as a file, from its beginning."""
    sheet = browser.get("/scotland/manage/audit/?format=csv&sort=at").text.removeprefix("\ufeff")
    return list(csv.DictReader(StringIO(sheet)))


def test_and_in_welsh(central: FormClient, record: Record) -> None:
    record(*CODES)
    central.get("/language/cy")
    page = central.get("/console/audit/?tenant=scotland").text
    assert "Cyhoeddwyd digwyddiad" in _said(page)
    assert _choices(page)["Digwyddiadau lleol"]["Canslwyd digwyddiad"] == "local_events.cancel"


def test_filters_that_find_nothing_say_what_may_be_wrong_with_them(lead: FormClient) -> None:
    trail = "/scotland/manage/audit/"
    turned = lead.get(f"{trail}?from=2026-03-01&to=2026-02-01").text
    assert "The last day must not be before the first." in turned
    half = lead.get(f"{trail}?actor=nobody").text
    assert "An email address has to be whole" in half
    assert "The last day" not in half
    assert f'href="{trail}">Show everything</a>' in half


def test_words_are_chosen_by_room_and_plugin(lead: FormClient, record: Record) -> None:
    record(*CODES)
    found = _choices(lead.get("/scotland/manage/audit/").text)
    assert list(found)[:3] == ["Sites and plugins", "People and roles", "Joining Q"]
    assert found["Local events"]["Published an event"] == "local_events.publish"
    assert list(found["People and roles"]) == sorted(found["People and roles"], key=str.casefold)
    for choice, there in {
        found["Local events"]["Published an event"]: {"local_events.publish"},
        found["Local events"]["Local events: everything"]: {"local_events.publish", "local_events.cancel"},
        found["People and roles"]["Changed their email address"]: {"account.email"},
    }.items():
        assert _abouts(lead.get(f"/scotland/manage/audit/?action={choice}").text) == there, choice


@pytest.mark.parametrize(
    ("action", "there", "shown"),
    [
        ("local_events.publish", {"local_events.publish"}, "Published an event"),
        ("account.", {"account.email", "account.email_asked"}, "What begins with account."),
        ("gone.away", {"gone.away"}, "What begins with gone.away"),
        ("local_events.", {"local_events.publish", "local_events.cancel"}, "Local events: everything"),
    ],
)
def test_an_address_says_it_by_code(lead: FormClient, record: Record, action: str, there: set[str], shown: str) -> None:
    record(*CODES)
    page = lead.get(f"/scotland/manage/audit/?action={action}").text
    assert _abouts(page) == there
    assert re.findall(r'<option value="([^"]*)" selected>(.*?)<', page) == [(action, shown)]


def test_a_file_has_the_words_and_the_code(lead: FormClient, record: Record) -> None:
    record(*CODES)
    rows = [(row["Action"], row["Code"]) for row in _file(lead) if row["About"].startswith("about-")]
    assert rows == [
        ("Published an event", "local_events.publish"),
        ("Cancelled an event", "local_events.cancel"),
        ("Changed their email address", "account.email"),
        ("Asked to change their email address", "account.email_asked"),
        ("gone.away", "gone.away"),
    ]


def test_a_partner_is_offered_the_plugins_that_were_ever_on_there(
    lead: FormClient, central: FormClient, change: Changes
) -> None:
    expenses = "/console/tenants/scotland/plugins/expense_approvals/"
    assert "Expense approvals" not in _choices(lead.get("/scotland/manage/audit/").text)
    assert "Expense approvals" in _choices(central.get("/console/audit/").text)
    change(central, expenses, {"enabled": "y"}, why="to begin")
    change(central, expenses, {"enabled": None}, why="a rest")
    assert "Expense approvals" in _choices(lead.get("/scotland/manage/audit/").text)


def test_the_code_of_a_plugin_that_is_gone_is_its_own_title(app: Flask) -> None:
    registry = app.extensions["q.registry"]
    assert title_of(registry, "local_events.publish") == "Published an event"
    assert title_of(registry, "gone.away") == title_of(registry, "local_events") == title_of(registry, "") == ""
    assert [group.every for group in groups(registry, ["gone", "local_events"], str)] == ["", "", "", "local_events."]


def test_it_costs_the_same_however_many_there_are(lead: FormClient, record: Record, statements: Counter) -> None:
    record("plugin.configure")
    lead.get("/scotland/manage/audit/")
    with statements() as few:
        lead.get("/scotland/manage/audit/")
    record(*CODES * 10)
    with statements() as many:
        lead.get("/scotland/manage/audit/")
    assert len(many) == len(few)


def _abouts_of(page: str) -> list[str]:
    return re.findall(r"<span class=\"hide\">About: </span>(?:<code>)?([^<]+)<", page)


def test_what_it_was_about_is_told_by_name_where_that_costs_nothing(
    lead: FormClient, session_for: Callable[[str], ScopedSession]
) -> None:
    form = make_form(session_for("uk"))
    own, other = (make_window(session_for(slug), form, name=f"of {slug}") for slug in ("scotland", "wales"))
    told = [
        ("plugin.configure", "local_events", "Local events"),
        ("plugin.configure", "gone", "gone"),
        ("tenant.create", "scotland", "Scotland"),
        ("compact.publish", "compact:3", "Version 3"),
        ("window.plan", f"window:{own}", "of scotland"),
        ("window.plan", f"window:{other}", f"window:{other}"),
        ("account.email", "0" * 26, "0" * 26),
    ]
    session = session_for("scotland")
    with transaction(session):
        for action, subject, _ in told:
            audit.record(session, actor=SYSTEM, action=action, subject=subject)
    page = lead.get("/scotland/manage/audit/?sort=at").text
    assert _abouts_of(page)[-len(told) :] == [words for _, _, words in told]
    of_file = [(row["About"], row["About, in words"]) for row in _file(lead)][-len(told) :]
    assert of_file == [(subject, words if words != subject else "") for _, subject, words in told]


def test_a_person_is_named_where_the_entry_is_about_a_role_or_themselves(
    app: Flask, lead: FormClient, session_for: Callable[[str], ScopedSession]
) -> None:
    """Who else did something on the same page makes no difference to what is said of them."""
    ann, session = make_person(app, "ann@example.org", name="Ann Other"), session_for("scotland")
    with transaction(session):
        for actor, action in (
            (Actor(ann, "Ann Other"), "account.email"), (SYSTEM, "account.close"), (SYSTEM, "role.grant"),
        ):  # fmt: skip
            audit.record(session, actor=actor, action=action, subject=ann)
    page = lead.get("/scotland/manage/audit/?sort=at").text
    assert _abouts_of(page)[-3:] == ["Ann Other", ann, "Ann Other"]
    assert [row["About, in words"] for row in _file(lead)][-3:] == ["Ann Other", "", "Ann Other"]


def _application(app: Flask, session: ScopedSession, form: str, number: int = 0) -> str:
    """An application's id; its reference is the end of it."""
    person = make_person(app, f"{session.scope.tenant_id}.{number}@example.org", name=f"Secret Name{number}")
    return make_application(session, make_window(session, form), form, person)


def test_applications_are_told_by_reference_alone_and_at_their_own_site(
    app: Flask, lead: FormClient, central: FormClient, session_for: Callable[[str], ScopedSession]
) -> None:
    session, form = session_for("scotland"), make_form(session_for("uk"))
    own, other = (_application(app, session_for(slug), form) for slug in ("scotland", "wales"))
    neighbour = make_person(app, "neighbour@example.org", name="Secret Neighbour")
    against = new_id()
    conflict = {
        "id": against, "tenant_id": session.scope.tenant_id, "application_id": own, "account_id": neighbour,
        "source": "declared", "kind": "employer", "why": "We share an office", "by": None, "at": clock.now(), "ended_at": None,
        "ended_by": None, "end_why": "",
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Conflict), [conflict])
        for action, subject in (
            ("application.submit", own), ("application.note", f"application:{own}"), ("conflict.set", against),
            ("application.submit", other), ("gone.away", own),
        ):  # fmt: skip
            audit.record(session, actor=SYSTEM, action=action, subject=subject)
    page = lead.get("/scotland/manage/audit/?sort=at").text
    assert _abouts_of(page)[-5:] == [own[-12:], own[-12:], own[-12:], other, own]
    assert "Secret" not in page
    assert "office" not in page
    whole = central.get("/console/audit/?tenant=scotland&sort=at").text
    assert _abouts_of(whole)[-5:] == [own[-12:], own[-12:], own[-12:], other[-12:], own]


def test_names_cost_the_same_for_one_thing_and_for_twenty(
    app: Flask, lead: FormClient, session_for: Callable[[str], ScopedSession], statements: Counter
) -> None:
    session, form = session_for("scotland"), make_form(session_for("uk"))

    def told(numbers: range) -> int:
        made = [_application(app, session, form, number) for number in numbers]
        with transaction(session):
            for one in made:
                audit.record(session, actor=SYSTEM, action="application.submit", subject=one)
                audit.record(session, actor=SYSTEM, action="local_events.publish", subject=new_id())
        lead.get("/scotland/manage/audit/")
        with statements() as seen:
            page = lead.get("/scotland/manage/audit/").text
        assert all(one[-12:] in _abouts_of(page) for one in made)
        return len(seen)

    assert told(range(1)) == told(range(1, 20))


def test_names_in_a_file_cost_the_same_for_one_thing_and_for_fifty(
    lead: FormClient, session_for: Callable[[str], ScopedSession], statements: Counter
) -> None:
    session, form = session_for("scotland"), make_form(session_for("uk"))

    def told(numbers: range) -> int:
        windows = [make_window(session, form, name=f"Window {number}") for number in numbers]
        with transaction(session):
            for one in windows:
                audit.record(session, actor=SYSTEM, action="window.plan", subject=f"window:{one}")
                audit.record(session, actor=SYSTEM, action="local_events.publish", subject=new_id())
        _file(lead)
        with statements() as seen:
            words = {row["About, in words"] for row in _file(lead)}
        assert words.issuperset(f"Window {number}" for number in numbers)
        return len(seen)

    assert told(range(1)) == told(range(1, 50))


def test_a_long_file_is_named_block_by_block(
    app: Flask, lead: FormClient, session_for: Callable[[str], ScopedSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "BLOCK", 3)
    session, form = session_for("scotland"), make_form(session_for("uk"))
    windows = [make_window(session, form, name=f"Window {number}") for number in range(8)]
    with transaction(session):
        for one in windows:
            audit.record(session, actor=SYSTEM, action="window.plan", subject=f"window:{one}")
    assert [row["About, in words"] for row in _file(lead)][-8:] == [f"Window {number}" for number in range(8)]


def test_a_plugin_that_fails_leaves_ids_and_answers_for_its_own_entries_alone(
    app: Flask, lead: FormClient, session_for: Callable[[str], ScopedSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, session = app.extensions["q.registry"], session_for("scotland")
    [impl] = [
        one
        for one in registry.manager.hook.q_audit_subjects.get_hookimpls()
        if one.plugin_name == "local_events"
    ]  # fmt: skip
    event, application = new_id(), new_id()
    with transaction(session):
        audit.record(session, actor=SYSTEM, action="local_events.publish", subject=event)
        audit.record(session, actor=SYSTEM, action="application.submit", subject=application)

    def about(answer: Callable[..., object]) -> list[str]:
        monkeypatch.setattr(impl, "function", answer)
        registry.dispatcher.forget_plans()
        return _abouts_of(lead.get("/scotland/manage/audit/?sort=at").text)[-2:]

    try:
        assert about(lambda session, ids: [SubjectName(event, "<b>Tea"), SubjectName(application, "Mine")]) == [
            "&lt;b&gt;Tea", application,
        ]  # fmt: skip
        assert about(lambda session, ids: 1 / 0) == [event, application]
        assert about(lambda session, ids: [(event, "Tea")]) == [event, application]
    finally:
        monkeypatch.undo()
        registry.dispatcher.forget_plans()
