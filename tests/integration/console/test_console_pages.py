"""The console's tables: sites, roles, audit trail, health."""

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from unittest.mock import Mock

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data import audit
from core.data.db import tenant_session
from core.data.session import ScopedSession, transaction
from core.hooks.dispatcher import Failure
from core.hooks.registry import Registry
from core.kernel import clock
from core.kernel.errors import Conflict
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.people.queries import role_holders
from core.tenancy.models import Tenant
from core.work import mail
from core.work.delivery import JOB
from core.work.models import Mail, OutboxItem, WorkFailure
from tests.factories.people import client_of, make_person
from tests.support.app_fixtures import FrozenClock
from tests.support.client import FormClient, forms
from tests.support.statements import Counter


def test_the_sites_table_costs_the_same_however_many_sites_there_are(
    app: Flask, central: FormClient, statements: Counter, platform_session: ScopedSession
) -> None:
    make_person(app, "m@example.org", home="wales")
    central.get("/console/")
    with statements() as few:
        page = central.get("/console/").text
    assert "Wales" in page
    with transaction(platform_session):
        platform_session.add_all(
            Tenant(
                id=100 + n, slug=f"more-{n}", name=f"More {n}", name_cy=f"Mwy {n}", partner="Partner", kind="region",
                position=100 + n, details=platform_session.get_one(Tenant, 2).details, changed_at=clock.now(),
            )
            for n in range(30)
        )  # fmt: skip
    central.get("/console/")
    with statements() as many:
        assert "More 29" in central.get("/console/").text
    assert len(many) == len(few), many.text


def test_only_the_sites_that_are_shown_are_asked_what_waits_there(central: FormClient, statements: Counter) -> None:
    def cost(query: str) -> int:
        with statements() as seen:
            assert central.get(f"/console/{query}").status_code == 200
        return len(seen)

    cost("")
    none, one, two, every = cost("?q=nowhere"), cost("?q=wales"), cost("?q=ireland"), cost("")
    assert none < one == two == every
    assert cost("?sort=-work") == every


def test_one_sites_page_tells_its_plugins_and_its_open_work(central: FormClient) -> None:
    page = central.get("/console/tenants/wales/").text
    assert "Local events" in page
    assert "Nothing waits for anybody here." in page


def grants_at(session: ScopedSession, account_id: str) -> list[Any]:
    return [row for row in role_holders(session) if row.account_id == account_id]


def test_the_central_team_gives_and_ends_roles_anywhere(
    app: Flask, central: FormClient, session_for: Callable[[str], ScopedSession]
) -> None:
    account = make_person(app, "new.lead@example.org", name="Nia Lead")
    wanted = {"email": "new.lead@example.org", "role": "partner_lead", "at": "wales", "reason": "elected"}
    path = "/console/roles/new"
    for bad, words in (
        ({"email": "nobody@example.org"}, "No account has this address"),
        ({"reason": " "}, "Say why"),
        ({"role": "auditor"}, "This role is given UK-wide only"),
        ({"role": ""}, "Choose the role"),
        ({"at": ""}, "Choose where the role holds"),
        ({"starts_on": "2026-12-01", "ends_on": "2026-11-01"}, "The last day must not be before the first"),
        ({"starts_on": "soon"}, "Enter a date like 2026-11-23"),
        ({"email": "central@example.org"}, "You cannot give yourself a role"),
    ):
        page = central.submit(path, {**wanted, **bad}, form=-1)
        assert page.status_code == 422, bad
        assert words in page.text, bad
    given = central.submit(path, wanted, form=-1)
    assert "Nia Lead has the role now: Partner lead, Wales." in central.get(given.location).text
    assert "holds the role already" in central.submit(path, wanted, form=-1).text
    assert client_of(app, account).get("/wales/manage/").status_code == 200
    assert "Nia Lead" in central.get("/console/roles/?tenant=wales&role=partner_lead").text
    assert "Nia Lead" not in central.get("/console/roles/?tenant=wales&role=assessor").text
    assert "Nia Lead" not in central.get("/console/roles/?tenant=scotland").text
    trail = central.get("/console/audit/?action=role.grant&tenant=wales").text
    assert "Nia Lead" in trail, "whose role it is, not only an id"
    assert account not in trail
    (grant,) = grants_at(session_for("wales"), account)
    end = f"/console/roles/{grant.id}/end"
    assert "<title>End a role: Nia Lead, Partner lead –" in central.get(end).text
    assert central.submit(end, {"reason": ""}, form=-1).status_code == 422
    assert central.submit(end, {"reason": "term over"}, form=-1).status_code == 303
    assert client_of(app, account).get("/wales/manage/").status_code == 403
    assert central.get(end).status_code == 404
    session = session_for("wales")
    actions = session.scalars(sa.select(audit.AuditEntry.action).order_by(audit.AuditEntry.seq)).all()
    assert actions[-2:] == ["role.grant", "role.end"]


def test_no_role_and_no_place_is_chosen_before_somebody_chooses(central: FormClient, lead: FormClient) -> None:
    """Else who passes a list over gives the first of it: to assess everywhere."""
    page = central.get("/console/roles/new").text
    assert 0 < page.index('value="">Choose a role</option>') < page.index('value="assessor"')
    assert 0 < page.index('value="">Choose a site, or UK-wide</option>') < page.index('value="uk"')
    of_wales = central.get("/console/roles/new?tenant=wales").text
    assert '<option selected value="wales">' in of_wales, "the site whose roles were looked at"
    assert 'value="">Choose a role</option>' in lead.get("/scotland/manage/roles/new").text


@pytest.mark.parametrize("who", ["central", "lead"])
def test_a_role_that_begins_later_is_not_said_to_be_held_now(app: Flask, central: FormClient, who: str) -> None:
    account = make_person(app, "soon@example.org", name="Sian Soon", home="scotland")
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    client, path = (central, "/console/roles/new") if who == "central" else (lead, "/scotland/manage/roles/new")
    later = clock.today() + timedelta(days=1)
    wanted = {
        "email": "soon@example.org",
        "role": "events_organiser",
        "reason": "from then on",
        "starts_on": later.isoformat(),
    }
    given = client.submit(path, {**wanted, **({"at": "scotland"} if who == "central" else {})}, form=-1)
    page = client.get(given.location).text
    assert f"Sian Soon has the role from {later:%A} {later.day} {later:%B %Y}: Events organiser, Scotland." in page
    assert "has the role now" not in page
    assert client_of(app, account).get("/scotland/manage/events/").status_code == 403


def test_who_closes_an_account_or_opens_it_again_is_told_what_becomes_of_its_places(
    app: Flask, central: FormClient
) -> None:
    """They are given back within minutes: what is for a day alone is not undone by opening the account again."""
    person = f"/console/people/{make_person(app, 'away@example.org')}"
    assert "their places in events to come are given back" in central.get(f"{person}/close").text
    assert central.submit(f"{person}/close", {"reason": "misuse"}).status_code == 303
    assert "stays as it is" not in central.get(person).text
    assert "places in events have to be asked for anew" in central.get(f"{person}/reopen").text


def test_an_auditor_reads_and_changes_nothing(app: Flask) -> None:
    auditor = client_of(app, make_person(app, "aud@example.org", grants=[(Role.AUDITOR, "uk")]))
    for path in ("/console/", "/console/tenants/wales/", "/console/roles/", "/console/audit/", "/console/health"):
        assert auditor.get(path).status_code == 200, path
    for path in ("/console/tenants/wales/plugins/local_events/", "/console/roles/new"):
        assert auditor.get(path).status_code == 403, path


def seed(session: ScopedSession, frozen_clock: FrozenClock, slug_ids: dict[str, int]) -> None:
    with transaction(session):
        for day, slug, action in ((1, "wales", "test.one"), (2, "wales", "test.two"), (3, "scotland", "test.two")):
            frozen_clock.move_to(datetime(2026, 10, day, 12, tzinfo=UTC))
            why = f"{slug} on day {day}"
            audit.record(session, actor=SYSTEM, action=action, subject="=cmd()", why=why, tenant_id=slug_ids[slug])
    frozen_clock.move_to(datetime(2026, 11, 23, 12, tzinfo=UTC))


def test_the_audit_trail_is_filtered_paged_and_exported(
    app: Flask, platform_session: ScopedSession, frozen_clock: FrozenClock, tenant: Callable[[str], Any]
) -> None:
    central = client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    seed(platform_session, frozen_clock, {slug: tenant(slug).id for slug in ("wales", "scotland")})

    def seen(query: str) -> set[str]:
        page = central.get(f"/console/audit/?{query}")
        assert page.status_code == 200, query
        return {why for why in ("wales on day 1", "wales on day 2", "scotland on day 3") if why in page.text}

    assert len(seen("action=test.")) == 3
    assert seen("tenant=wales") == {"wales on day 1", "wales on day 2"}
    assert seen("action=test.two") == {"wales on day 2", "scotland on day 3"}
    assert seen("from=2026-10-02&to=2026-10-02") == {"wales on day 2"}
    assert seen("actor=central@example.org&from=2026-10-01&to=2026-10-30") == set()
    assert seen("actor=nobody@example.org") == set()
    assert "A date could not be read" in central.get("/console/audit/?from=yesterday").text
    assert "platform.read" in central.get("/console/audit/?actor=central@example.org").text
    assert central.get("/console/audit/?tenant=atlantis").status_code == 404
    assert central.get("/console/audit/?before=nonsense&action=%00%ff").status_code == 200

    sheet = central.get("/console/audit/?action=test.&tenant=wales&format=csv")
    assert sheet.mimetype == "text/csv"
    rows = list(csv.DictReader(StringIO(sheet.text.removeprefix("\ufeff"))))
    assert [row["Reason"] for row in rows] == ["wales on day 2", "wales on day 1"]
    assert {row["About"] for row in rows} == {"'=cmd()"}


def test_pages_of_the_trail_neither_repeat_nor_leave_out(
    central: FormClient, platform_session: ScopedSession, tenant: Callable[[str], Any]
) -> None:
    with transaction(platform_session):
        for n in range(120):
            audit.record(
                platform_session,
                actor=SYSTEM,
                action="many.things",
                subject=f"thing-{n:03}",
                tenant_id=tenant("oxford").id,
            )
    address, found = "/console/audit/?action=many.", []
    for _ in range(3):
        page = central.get(address).text
        found += [part[:9] for part in page.split("<code>")[1:] if part.startswith("thing-")]
        address = next_page(page)
    assert found == [f"thing-{n:03}" for n in reversed(range(120))]
    assert address == ""


def next_page(page: str) -> str:
    """Where the pager leads to, empty at the end."""
    links = [part.split('"')[0].replace("&amp;", "&") for part in page.split('href="')[1:]]
    return next((link for link in links if "before=" in link), "")


def test_a_chain_that_was_altered_is_told(
    central: FormClient, platform_session: ScopedSession, tenant: Callable[[str], Any]
) -> None:
    page = central.get("/console/audit/chains").text
    assert "Whole" in page
    assert "Cut off" not in page
    with transaction(platform_session):
        platform_session.execute(
            sa.update(audit.AuditHead).where(audit.AuditHead.tenant_id == tenant("wales").id).values(seq=99)
        )
    assert "Cut off" in central.get("/console/audit/chains").text


def test_what_is_broken_is_in_plain_sight(app: Flask, central: FormClient) -> None:
    registry: Registry = app.extensions["q.registry"]
    assert "All plugins are in service" in central.get("/console/health").text
    with app.app_context():
        registry.dispatcher.report(Failure("local_events", "q_nav_items", "RuntimeError: the hook fell over"))
    registry.mark_broken("unheard_of", "ImportError: no such thing")
    try:
        page = central.get("/console/health").text
        assert "the hook fell over" in page
        assert "ImportError: no such thing" in page
        assert "Some plugins are out of service." in central.get("/console/").text
    finally:
        registry.failures.clear()
        registry.broken.clear()


def test_a_failure_of_a_plugin_is_seen_whichever_process_met_it(
    make_app: Callable[..., Flask], central: FormClient, tenant: Callable[[str], Any]
) -> None:
    other = make_app()
    registry: Registry = other.extensions["q.registry"]
    error = "IntegrityError: a row\n[parameters: ('ann@example.org',)]"

    def work() -> None:
        with tenant_session(tenant("wales").id) as session, transaction(session):
            audit.record(session, actor=SYSTEM, action="test.one", subject="x", tenant_id=tenant("wales").id)
            registry.dispatcher.report(Failure("local_events", "q_due", error))
            raise RuntimeError("rolled back")

    with other.app_context(), pytest.raises(RuntimeError, match="rolled back"):
        work()
    page = central.get("/console/health").text
    assert "IntegrityError: a row" in page
    assert "ann@example.org" not in page


def failed_mail(session: ScopedSession, at: int, account_id: str) -> None:
    with transaction(session):
        session.add(Mail(
            id=new_id(), account_id=account_id, at_tenant_id=at, to_address="m@example.org", subject="Your place", text="", html="",
            locale="en", secret=False, state="failed", attempts=5, last_error="SMTPRecipientsRefused: 550 no such mailbox",
            message_id="", created_at=clock.now(),
        ))  # fmt: skip


def test_messages_that_failed_are_counted_in_words_and_listed_for_those_who_may_look_at_people(
    app: Flask, central: FormClient, platform_session: ScopedSession, tenant: Callable[[str], Any]
) -> None:
    person = make_person(app, "m@example.org", home="wales")
    assert "Messages that could not be sent" not in central.get("/console/health").text
    failed_mail(platform_session, tenant("wales").id, person)
    page = central.get("/console/health").text
    assert "message that failed</a>" in page
    assert "messages that failed</" not in page
    assert "550 no such mailbox" in page
    assert f"/console/people/{person}/" in page
    auditor = client_of(app, make_person(app, "audit@example.org", grants=[(Role.AUDITOR, "uk")]))
    seen = auditor.get("/console/health").text
    assert "550 no such mailbox" not in seen
    assert 'href="#mail"' not in seen
    assert "message that failed" in seen


def test_the_list_of_plugins_names_them_as_people_do(central: FormClient) -> None:
    page = central.get("/console/plugins/").text
    assert "Local events" in page
    assert "local_events" not in page


def failed_job(session: ScopedSession, at: int, name: str = "local_events.nothing") -> str:
    job = WorkFailure(
        id=new_id(), name=name, args={}, at_tenant_id=at, state="failed", error="SMTPError: went wrong", place="mail.py",
        attempts=6, request_id="", created_at=clock.now(), failed_at=clock.now(),
    )  # fmt: skip
    with transaction(session):
        session.add(job)
    return job.id


def test_failed_jobs_are_told_in_words_with_their_names_in_small_print(
    central: FormClient, platform_session: ScopedSession, tenant: Callable[[str], Any]
) -> None:
    wales = tenant("wales").id
    mail = failed_job(platform_session, wales, "core.mail")
    failed_job(platform_session, wales, "local_events.remind")
    failed_job(platform_session, wales, "gone.nothing")
    rows = re.findall(r'<th scope="row">(.*?)</th>', central.get("/console/health").text)
    assert [re.sub("<[^>]*>", "|", row) for row in rows] == [
        "|gone.nothing|", "Reminders before events||local_events.remind|", "A message is sent||core.mail|",
    ]  # fmt: skip
    aside = central.get(f"/console/health/jobs/{mail}/set-aside").text
    assert "<dd>A message is sent</dd>" in aside
    assert "<dd>core.mail</dd>" in aside
    central.get("/language/cy")
    assert "Anfonir neges" in central.get("/console/health").text
    assert '"Anfonir neges","core.mail",' in central.get("/console/health?format=csv").text


def test_a_failed_job_is_listed_and_set_aside_with_a_reason(
    central: FormClient,
    platform_session: ScopedSession,
    session_for: Callable[[str], ScopedSession],
    tenant: Callable[[str], Any],
) -> None:
    job = failed_job(platform_session, tenant("wales").id)
    assert "SMTPError: went wrong" in central.get("/console/health").text
    gone = central.submit("/console/health", {}, form="run-again")
    assert gone.status_code == 422
    assert "has no such job any more" in gone.text
    path = f"/console/health/jobs/{job}/set-aside"
    assert central.submit(path, {"reason": ""}, form=-1).status_code == 422
    assert central.submit(path, {"reason": "not needed"}, form=-1).status_code == 303
    assert "SMTPError" not in central.get("/console/health").text
    last = session_for("wales").scalars(sa.select(audit.AuditEntry).order_by(audit.AuditEntry.seq.desc())).first()
    assert last is not None
    assert (last.action, last.why) == ("work.set_aside", "not needed")
    assert central.get(f"/console/health/jobs/{'0' * 26}/set-aside").status_code == 404


def test_a_reason_is_kept_when_somebody_else_set_the_job_aside(
    central: FormClient, platform_session: ScopedSession, tenant: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/console/health/jobs/{failed_job(platform_session, tenant('wales').id)}/set-aside"
    monkeypatch.setattr("core.work.service.set_aside", Mock(side_effect=Conflict))
    answer = central.submit(path, {"reason": "Not needed."}, form=-1)
    assert answer.status_code == 422
    assert "Not needed.</textarea>" in answer.text


def test_a_message_that_failed_is_listed_and_sent_again(
    app: Flask, central: FormClient, session_for: Callable[[str], ScopedSession]
) -> None:
    assert "could not be sent" not in central.get("/console/health").text
    session = session_for("wales")
    with transaction(session):
        mail_id = mail.send(session, to="gone@example.org", subject="Your offer", text="T", html="T")
        session.execute(sa.update(Mail).where(Mail.id == mail_id).values(state="failed", last_error="550 no such box"))
        old = mail.send(session, to="old@example.org", subject="Long ago", text="T", html="T")
        session.execute(sa.update(Mail).where(Mail.id == old).values(state="failed", text="", last_error="550"))
        session.execute(sa.delete(OutboxItem))
    auditor = client_of(app, make_person(app, "aud@example.org", grants=[(Role.AUDITOR, "uk")]))
    page = central.get("/console/health").text
    for words in ("Your offer", "gone@example.org", "550 no such box", "Its text has been forgotten"):
        assert words in page, words
    assert page.count("/send-again") == 1
    assert "/send-again" not in auditor.get("/console/health").text
    [form] = [form for form in forms(page) if "send-again" in form.action]
    assert central.post(form.action, data=form.fields).status_code == 303
    assert "Your offer" not in central.get("/console/health").text
    assert [row.args for row in session.scalars(sa.select(OutboxItem))] == [{"mail_id": mail_id}]
    assert central.post(form.action, data=form.fields).status_code == 409
    assert central.post("/console/health/mail/nothing/send-again", data=form.fields).status_code == 404


def test_a_failed_job_runs_again(
    central: FormClient, platform_session: ScopedSession, tenant: Callable[[str], Any]
) -> None:
    failed_job(platform_session, tenant("wales").id, JOB)
    assert central.submit("/console/health", {}, form="run-again").status_code == 303
    waiting = platform_session.scalars(sa.select(OutboxItem).where(OutboxItem.failure_id.is_not(None))).all()
    assert [(item.name, item.at_tenant_id) for item in waiting] == [(JOB, tenant("wales").id)]
