"""Switching and setting plugins in the console: preview, reason, history, stale forms, undo."""

import html
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Window
from core.data.audit import AuditEntry
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.tenancy import service
from core.tenancy.directory import TenantSnapshot
from core.tenancy.models import PluginRevision, PluginState, Tenant
from core.work.registry import JOBS
from plugins.local_events.queries import switching_off
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_policy, make_rules
from tests.factories.people import client_of, make_person
from tests.integration.console.conftest import EVENTS, Changes
from tests.support.client import FormClient
from tests.support.racing import at_once

SCOTLAND = "/console/tenants/scotland/"


def revisions(session: ScopedSession) -> list[PluginRevision]:
    return list(session.scalars(sa.select(PluginRevision).order_by(PluginRevision.revision)).all())


def test_a_switch_takes_effect_at_once_in_another_application(
    app: Flask, make_app: Callable[..., Flask], central: FormClient, change: Changes
) -> None:
    other = make_app()
    visitor = other.test_client()
    assert visitor.get("/scotland/events/").status_code == 200
    answer = change(central, EVENTS, {"enabled": None})
    assert answer.status_code == 303
    assert answer.location.endswith("/console/tenants/scotland/")
    assert visitor.get("/scotland/events/").status_code == 404
    assert visitor.get("/wales/events/").status_code == 200
    change(central, EVENTS, {"enabled": "y"})
    assert visitor.get("/scotland/events/").status_code == 200


def test_the_preview_shows_what_would_change_and_changes_nothing(
    central: FormClient, preview: Changes, session_for: Callable[[str], ScopedSession]
) -> None:
    before = len(revisions(session_for("scotland")))
    page = preview(central, EVENTS, {"enabled": None, "set-default_capacity": "45"})
    assert page.status_code == 200
    assert "<h1>Preview of the change: Local events, Scotland</h1>" in page.text
    for words in ("Places in a new event", ">30<", ">45<", "What disappears", "/scotland/events/", "Create events"):
        assert words in page.text, words
    assert len(revisions(session_for("scotland"))) == before
    assert central.get("/scotland/events/").status_code == 200


def _listed(page: str, heading: str) -> set[str]:
    """The addresses in the foldable list of a preview with this heading."""
    found = re.search(rf"<summary>{heading} \((\d+)\)</summary>(.*?)</details>", page, re.DOTALL)
    addresses = re.findall(r"<code>(.*?)</code>", found[2]) if found else []
    assert not found or len(addresses) == int(found[1])
    return set(addresses)


def test_the_preview_lists_every_page_that_goes_and_none_that_goes_on(
    app: Flask, central: FormClient, preview: Changes, change: Changes
) -> None:
    rules = {(rule.endpoint.partition(".")[0], rule.rule) for rule in app.url_map.iter_rules()}
    own = {
        f"/scotland{re.sub('<[^>]*>', '…', rule)}"
        for name, rule in rules
        if name in {"local_events", "local_events_manage"}
    }
    feeds = {f"/scotland/events/{name}" for name in ("feed.ics", "feed.atom", "….ics")}
    page = preview(central, EVENTS, {"enabled": None}).text
    assert "/scotland/manage/events/" in _listed(page, "Pages")
    assert _listed(page, "Pages") == own - feeds
    assert _listed(page, "What goes on meanwhile") == feeds
    change(central, EVENTS, {"enabled": None})
    assert central.get("/scotland/events/feed.ics").status_code == 200
    page = preview(central, EVENTS, {"enabled": "y"}).text
    assert (_listed(page, "Pages"), _listed(page, "What goes on meanwhile")) == (own, set())


def test_the_preview_says_in_words_what_happens_by_itself(central: FormClient, preview: Changes) -> None:
    page = html.unescape(preview(central, EVENTS, {"enabled": None}).text)
    assert "Reminders before events (every 10 minutes)</li>" in page
    assert "Messages that waited too long, once somebody asks for them (when it is asked for)" in page
    assert not [job.name for job in JOBS.values() if job.owner == "local_events" and job.name in page]
    assert "&lt;" not in page


def test_a_preview_in_which_nothing_changes_asks_for_no_reason_and_offers_nothing_to_do(
    central: FormClient, preview: Changes
) -> None:
    page = preview(central, EVENTS, {}).text
    assert "Nothing changes." in page
    assert "Make this change" not in page
    assert "Say why" not in page
    assert 'name="why"' not in page
    assert "Go back and edit" in page


def test_a_change_is_kept_with_who_why_before_and_after(
    central: FormClient, change: Changes, session_for: Callable[[str], ScopedSession]
) -> None:
    change(central, EVENTS, {"set-default_capacity": "45", "set-who_may_create": "members"}, why="asked by the lead")
    session = session_for("scotland")
    last = [row for row in revisions(session) if row.at_tenant_id == session.scope.tenant_id][-1]
    assert last.why == "asked by the lead"
    assert (last.before["settings"]["default_capacity"], last.before["settings"]["who_may_create"]) == (
        30,
        "organisers",
    )
    assert last.after["settings"] == {**last.before["settings"], "who_may_create": "members", "default_capacity": 45}
    entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert entry is not None
    assert (entry.action, entry.subject, entry.why) == ("plugin.configure", "local_events", "asked by the lead")
    page = central.get("/console/tenants/scotland/").text
    assert "asked by the lead" in page
    assert "Cen Tral" in page


def test_a_change_that_is_sent_twice_is_made_once_and_shows_the_same_page(
    app: Flask, central: FormClient, preview: Changes, confirm: Changes, session_for: Callable[[str], ScopedSession]
) -> None:
    seen = preview(central, EVENTS, {"enabled": None, "set-default_capacity": "45"})
    first = confirm(central, seen, why="agreed")
    again = confirm(central, seen, why="agreed")
    assert (first.status_code, first.location) == (again.status_code, again.location) == (303, first.location)
    assert [row.why for row in revisions(session_for("scotland"))].count("agreed") == 1
    assert confirm(central, seen, why="agreed, for another reason").status_code == 409
    second = client_of(app, make_person(app, "second@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    assert confirm(second, preview(second, EVENTS, {"enabled": "y"}), why="back").status_code == 303
    assert confirm(central, seen, why="agreed").status_code == 409, "it is not in force any more"
    assert central.get("/scotland/events/").status_code == 200


def test_bad_values_are_named_beside_their_fields_and_kept(central: FormClient, preview: Changes) -> None:
    page = preview(central, EVENTS, {"set-default_capacity": "6000"})
    assert page.status_code == 422
    assert "</span>Enter 5000 or less</span>" in page.text, "beside the field"
    assert ">Places in a new event: Enter 5000 or less</a>" in page.text, "and above the form, where it says of which"
    assert 'value="6000"' in page.text
    assert "Enter a whole number" in preview(central, EVENTS, {"set-default_capacity": "many"}).text
    assert "Choose one of the answers" in preview(central, EVENTS, {"set-who_may_create": "nobody"}).text
    assert preview(central, EVENTS, {"set-default_capacity": "3\x000"}).status_code == 422


def test_a_reason_is_required_and_the_change_is_kept_meanwhile(
    central: FormClient, preview: Changes, confirm: Changes, session_for: Callable[[str], ScopedSession]
) -> None:
    before = len(revisions(session_for("scotland")))
    page = confirm(central, preview(central, EVENTS, {"set-default_capacity": "45"}), why="  ")
    assert page.status_code == 422
    assert "Say why you are changing this" in page.text
    assert len(revisions(session_for("scotland"))) == before
    assert confirm(central, page, why="now with a reason").status_code == 303


def test_going_back_from_the_preview_keeps_what_was_typed(
    central: FormClient, preview: Changes, confirm: Changes
) -> None:
    page = preview(central, EVENTS, {"set-default_capacity": "45"})
    assert 'value="45"' in confirm(central, page, step="edit").text


def test_a_stale_form_gets_409_and_keeps_what_was_typed(
    central: FormClient, preview: Changes, confirm: Changes, change: Changes
) -> None:
    mine = preview(central, EVENTS, {"set-default_capacity": "45"})
    change(central, EVENTS, {"set-default_capacity": "50"}, why="a colleague was quicker")
    late = confirm(central, mine, why="mine")
    assert late.status_code == 409
    assert 'value="45"' in late.text
    assert "Somebody changed this while you were looking at it." in late.text
    assert ">50<" in late.text
    assert 'value="50"' in central.get(EVENTS).text
    assert confirm(central, mine, why="mine", revision="9" * 40).status_code == 409


def test_undoing_a_change_brings_the_old_values_back_as_a_new_change(
    central: FormClient, change: Changes, confirm: Changes, session_for: Callable[[str], ScopedSession]
) -> None:
    change(central, EVENTS, {"set-default_capacity": "45"})
    session = session_for("scotland")
    number = max(r.revision for r in revisions(session) if r.at_tenant_id == session.scope.tenant_id)
    page = central.get(f"{EVENTS}undo/{number}")
    assert ">45<" in page.text
    assert confirm(central, page, why="").status_code == 422
    assert confirm(central, page, why="it was a mistake").status_code == 303
    assert 'value="30"' in central.get(EVENTS).text
    assert central.get(f"{EVENTS}undo/999").status_code == 404
    assert central.get(f"{EVENTS}undo/{10**30}").status_code == 404


def test_a_damaged_confirmation_is_answered_with_400(central: FormClient, preview: Changes, confirm: Changes) -> None:
    page = preview(central, EVENTS, {"set-default_capacity": "45"})
    for values in ("", "[]", "{", '{"enabled": 1, "settings": {}}', '{"enabled": true, "settings": {"x": "\\ud800"}}'):
        assert confirm(central, page, values=values, why="why").status_code == 400, values
    forged = confirm(central, page, values='{"enabled": true, "settings": {"default_capacity": []}}', why="why")
    assert forged.status_code == 422


def test_what_is_not_there_is_404(central: FormClient) -> None:
    for path in ("/console/tenants/atlantis/", "/console/tenants/scotland/plugins/nothing/", "/console/nothing"):
        assert central.get(path).status_code == 404, path


def test_the_console_is_for_the_central_team_and_only_at_the_uk_site(
    app: Flask, central: FormClient, lead: FormClient, client: FormClient
) -> None:
    missing = client.get("/scotland/console/nothing")
    for visitor in (central, lead, client):
        assert visitor.get("/scotland/console/").status_code == 404
        assert visitor.get("/manage/").status_code == 404
    there = client.get("/scotland/console/").text
    assert there == missing.text.replace("console/nothing", "console/")
    assert lead.get("/console/").status_code == 403
    assert client.get("/console/").status_code == 303
    member = client_of(app, make_person(app, "member@example.org", home="scotland"))
    assert member.get("/console/").status_code == 403
    assert member.get("/scotland/manage/").status_code == 403


def test_the_preview_of_switching_rules_off_names_the_windows_that_pin_them(
    central: FormClient, preview: Changes, session_for: Callable[[str], ScopedSession]
) -> None:
    path = "/console/tenants/scotland/plugins/assessment_rules/"
    session = session_for("scotland")
    form, policy = make_form(session), make_policy(session)
    assert "Windows that are assessed by its rules" not in preview(central, path, {"enabled": None}).text
    under_way, over, cancelled = (make_window(session, form, start, start + 20) for start in (-10, -90, 40))
    for window in (under_way, over, cancelled):
        make_rules(session, window, policy)
    wales = session_for("wales")
    make_rules(wales, make_window(wales, form, -10, 10), policy)
    with transaction(session):
        for window, values in ((over, {"released_at": clock.now()}), (cancelled, {"state": "cancelled"})):
            session.execute(sa.update(Window).where(Window.id == window).values(**values))
    page = preview(central, path, {"enabled": None}).text
    assert "Windows that are assessed by its rules, and go on by them: 1" in page
    assert "Windows that are assessed by its rules" not in preview(central, EVENTS, {"enabled": None}).text


def test_a_plugin_that_cannot_say_what_is_touched_does_not_stop_the_preview(
    app: Flask, central: FormClient, preview: Changes, change: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "There may be more than is listed here" not in preview(central, EVENTS, {"enabled": None}).text

    def broken(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("plugins.local_events.queries.switching_off.ahead", broken)
    assert "There may be more than is listed here" in preview(central, EVENTS, {"enabled": None}).text
    assert change(central, EVENTS, {"enabled": None}).status_code == 303


def test_what_a_plugin_tells_of_a_site_that_it_was_not_asked_about_is_left_out(
    app: Flask, central: FormClient, preview: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = switching_off.Ahead(3, "x", "Not Scotland’s", clock.now(), 5)
    monkeypatch.setattr(switching_off, "ahead", lambda *_: switching_off.AllAhead([theirs], 1, 5))
    page = preview(central, EVENTS, {"enabled": None}).text
    assert "There may be more than is listed here" in page
    assert "Not Scotland’s" not in page
    assert app.extensions["q.registry"].failures[-1].error == "it was not asked about the tenant 3"


@pytest.mark.both
def test_of_several_who_switch_a_plugin_for_the_first_time_one_does(
    app: Flask, tenant: Callable[[str], TenantSnapshot], platform_session: ScopedSession
) -> None:
    registry, oxford = app.extensions["q.registry"], tenant("oxford").ref()
    known = set(platform_session.scalars(sa.select(PluginState.plugin).where(PluginState.at_tenant_id == oxford.id)))
    platform_session.rollback()
    name = min(
        name
        for name, plugin in registry.plugins.items()
        if not plugin.manifest.platform_wide and not plugin.manifest.requires and name not in known
    )

    def switch(session: ScopedSession, number: int) -> int:
        change = service.Change(name, number % 2 == 0, {}, 0, f"by {number}")
        return service.configure(session, registry, oxford, change, SYSTEM)

    told = at_once(app, oxford.id, switch)
    assert [one for one in told if one is not Conflict] == [1]


def test_settings_that_do_not_fit_the_running_version_take_one_plugin_at_one_site_off(
    app: Flask, make_app: Callable[..., Flask], central: FormClient, lead: FormClient, change: Changes,
    platform_session: ScopedSession,
) -> None:  # fmt: skip
    with transaction(platform_session):
        at_scotland = sa.and_(PluginState.plugin == "local_events", PluginState.at_tenant_id == 2)
        platform_session.execute(sa.update(PluginState).where(at_scotland).values(settings={"an_old_setting": 1}))
        platform_session.execute(sa.update(Tenant).values(config_version=Tenant.config_version + 1))
    for visitor in (central, make_app().test_client()):
        assert visitor.get("/").status_code == 200
        assert visitor.get("/wales/events/").status_code == 200
        assert visitor.get("/scotland/").status_code == 200
        assert visitor.get("/scotland/events/").status_code == 404
    health = central.get("/console/health").text
    assert "an_old_setting" in health
    assert EVENTS in health, "it leads to where they are mended"
    assert "Open each, set it as it should be and apply the change" in health
    told = "is off here until its settings are mended"
    told_at = (("/console/", "settings do not fit"), (SCOTLAND, "Off until mended"), (EVENTS, told))
    for page, says in told_at:
        assert says in central.get(page).text, page
    assert "Off until mended" in lead.get("/scotland/manage/plugins/").text
    assert told in lead.get("/scotland/manage/plugins/local_events/").text
    for page in (SCOTLAND, EVENTS):
        assert "mended" not in central.get(page.replace("scotland", "wales")).text, page
    assert "an_old_setting" in central.get(EVENTS).text
    other = make_app()
    elsewhere = client_of(other, make_person(other, "else@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    assert "an_old_setting" in elsewhere.get("/console/health").text
    assert change(central, EVENTS, {"enabled": "y", "set-default_capacity": "20"}).status_code == 303
    assert "an_old_setting" not in elsewhere.get("/console/health").text, "another process mended it"
    assert central.get("/scotland/events/").status_code == 200
    assert "an_old_setting" not in central.get("/console/health").text
    assert "settings do not fit" not in central.get("/console/").text
    assert told not in central.get(EVENTS).text


def test_settings_of_a_plugin_that_is_switched_off_are_nobodys_fault(
    central: FormClient, platform_session: ScopedSession
) -> None:
    with transaction(platform_session):
        at_scotland = sa.and_(PluginState.plugin == "local_events", PluginState.at_tenant_id == 2)
        old = {"enabled": False, "settings": {"an_old_setting": 1}}
        platform_session.execute(sa.update(PluginState).where(at_scotland).values(old))
        platform_session.execute(sa.update(Tenant).values(config_version=Tenant.config_version + 1))
    assert "an_old_setting" not in central.get("/console/health").text
    assert "settings do not fit" not in central.get("/console/").text
    for page in (SCOTLAND, EVENTS):
        assert "mended" not in central.get(page).text, page


def test_a_change_can_be_undone_from_where_it_is_listed(
    central: FormClient, preview: Changes, confirm: Changes
) -> None:
    """The way to it is not hidden with what changed, and the title says at which site one is."""
    confirm(central, preview(central, EVENTS, {"set-default_capacity": "45"}), why="agreed")
    page = central.get(EVENTS).text
    hidden = "".join(part.split("</details>")[0] for part in page.split("<details")[1:])
    assert f"{EVENTS}undo/" in page
    assert f"{EVENTS}undo/" not in hidden
    assert "<title>Scotland: Local events –" in page
