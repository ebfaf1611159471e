"""A plugin of level `platform` is on for the whole platform or not at all, as the UK site says."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.audit import AuditEntry
from core.data.session import ScopedSession, transaction
from core.hooks.manifest import ManifestError
from core.hooks.registry import load
from core.kernel import clock
from core.kernel.errors import Conflict, Refused
from core.kernel.permissions import Role
from core.tenancy import noticeboard, service
from core.tenancy.files import read_tenant_files
from core.tenancy.models import PluginState
from tests.contract.hostile.everywhere.plugin import HEARD
from tests.contract.hostile.make import manifest
from tests.factories.people import client_of, make_person
from tests.integration.console.conftest import Changes, change, confirm, preview
from tests.integration.plugins.conftest import PACKAGES, Switch
from tests.support.statements import Counter

__all__ = ["change", "confirm", "preview"]  # the steps of the console's own tests
pytestmark = pytest.mark.mainly("sqlite")  # what is on is decided before the engine is asked
SITES = ("", "/scotland", "/wales")
AT_UK = "/console/tenants/uk/plugins/everywhere/"


def answers(app: Flask) -> list[int]:
    return [app.test_client().get(f"{site}/everywhere/").status_code for site in SITES]


def test_one_switch_at_the_uk_site_reaches_every_site_in_every_process(
    wide: Flask, make_wide: Callable[[], Flask], switch: Switch
) -> None:
    other = make_wide()
    versions = {t.slug: t.version for t in other.extensions["q.directory"].all()}
    assert answers(wide) == answers(other) == [404, 404, 404]
    HEARD.clear()
    assert switch(True, word="one") == 1
    assert HEARD == ["uk"]
    assert answers(other) == answers(wide) == [200, 200, 200]
    assert {t.slug: t.version - 1 for t in other.extensions["q.directory"].all()} == versions
    assert "/scotland/everywhere/" in other.test_client().get("/scotland/").text
    switch(True, revision=1, word="two")
    for site in SITES:
        assert other.test_client().get(f"{site}/everywhere/").text == "two"
    switch(False, revision=2, word="two")
    assert answers(other) == answers(wide) == [404, 404, 404]
    assert "everywhere" not in other.test_client().get("/scotland/").text


def test_it_costs_no_statement_more(wide: Flask, switch: Switch, statements: Counter) -> None:
    client = wide.test_client()
    client.get("/scotland/")
    with statements() as before:
        client.get("/scotland/")
    switch(True)
    client.get("/scotland/")
    with statements() as after:
        assert "Everywhere" in client.get("/scotland/").text
    assert len(after) == len(before)


def test_a_partners_site_cannot_be_an_exception(wide: Flask, switch: Switch, platform_session: ScopedSession) -> None:
    with pytest.raises(Refused, match="whole platform"):
        switch(True, "scotland")
    switch(True)
    with pytest.raises(Refused, match="whole platform"):
        switch(False, "scotland", revision=1)
    # A row from the time when each site decided for itself says nothing any more.
    scotland = wide.extensions["q.directory"].by_slug("scotland")
    row = {"enabled": False, "ever_enabled": True, "settings": {"word": "old"}, "settings_version": 1, "revision": 4}
    platform_session.execute(sa.insert(PluginState).values(at_tenant_id=scotland.id, plugin="everywhere", **row))
    platform_session.commit()
    switch(True, revision=1, word="of all")
    assert wide.test_client().get("/scotland/everywhere/").text == "of all"


def test_the_change_is_the_uk_sites_in_history_and_audit(switch: Switch, platform_session: ScopedSession) -> None:
    switch(True, word="x")
    with pytest.raises(Conflict):
        switch(False, word="x")
    entries = platform_session.scalars(sa.select(AuditEntry).where(AuditEntry.subject == "everywhere")).all()
    assert [(entry.tenant_id, entry.action) for entry in entries] == [(1, "plugin.configure")]


def test_a_tenant_file_of_a_partner_cannot_name_it(wide: Flask, platform_session: ScopedSession) -> None:
    from core.app import tenants_folder

    registry = wide.extensions["q.registry"]
    scotland = next(file for file in read_tenant_files(tenants_folder()) if file.slug == "scotland")
    file = scotland.model_copy(update={"id": 900, "slug": "atlantis", "position": 90, "plugins": {"everywhere": {}}})
    lines = service.sync(platform_session, [file], registry)
    assert lines == [
        "atlantis: the plugin everywhere is for the whole platform; it belongs into the UK site's file",
        "atlantis: created",
    ]


def test_a_manifest_for_the_whole_platform_leaves_nothing_to_partners() -> None:
    for left in ({"partner_may_switch": True}, {"partner_may_set": ("word",)}):
        with pytest.raises(ManifestError, match="leaves nothing to partners"):
            manifest("wide", level="platform", **left)


def test_it_cannot_need_what_a_site_may_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.contract.hostile.everywhere import manifest as module

    monkeypatch.setattr(module, "MANIFEST", replace(module.MANIFEST, requires=("local_events",)))
    registry = load(PACKAGES)
    assert "local_events" in registry.broken["everywhere"].error
    assert "local_events" in registry.plugins


def test_it_stays_on_while_a_site_needs_it(wide: Flask, switch: Switch) -> None:
    registry = wide.extensions["q.registry"]
    events = registry.plugins["local_events"]
    switch(True)
    registry.plugins["local_events"] = replace(events, manifest=replace(events.manifest, requires=("everywhere",)))
    with pytest.raises(Refused, match="local_events"):
        switch(False, revision=1)
    registry.plugins["local_events"] = events
    switch(False, revision=1)
    registry.plugins["local_events"] = replace(events, manifest=replace(events.manifest, requires=("everywhere",)))
    with pytest.raises(Refused, match="everywhere"):
        switch(True, "scotland", name="local_events", revision=1, who_may_create="organisers")


def test_the_console_decides_it_at_the_uk_site_alone(wide: Flask, change: Changes, preview: Changes) -> None:
    central = client_of(wide, make_person(wide, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    page = central.get("/console/tenants/scotland/").text
    assert "for the whole platform" in page
    assert "Decided at the UK site" in page
    assert "/scotland/plugins/everywhere/" not in page
    for method in ("GET", "POST"):
        answer = central.open("/console/tenants/scotland/plugins/everywhere/", method=method, data={})
        assert answer.status_code in {303, 400}  # 400: without the form's token
        if method == "GET":
            assert answer.location.endswith(AT_UK)
    assert central.get("/console/tenants/scotland/plugins/everywhere/undo/1").location.endswith(AT_UK)
    assert AT_UK in central.get("/console/tenants/uk/").text
    assert "every partner’s site at once" in central.get(AT_UK).text
    assert "every partner’s site at once" in preview(central, AT_UK, {"enabled": "y"}).text
    assert change(central, AT_UK, {"enabled": "y", "set-word": "console"}).status_code == 303
    assert wide.test_client().get("/wales/everywhere/").text == "console"
    assert central.get("/console/").text.count(">everywhere<") == 19


def test_a_partners_own_page_does_not_offer_it(wide: Flask, switch: Switch) -> None:
    switch(True)
    lead = client_of(wide, make_person(wide, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    assert "plugins/everywhere" not in lead.get("/scotland/manage/plugins/").text
    assert lead.get("/scotland/manage/plugins/everywhere/").status_code == 403


def test_changes_at_many_sites_at_once_lose_no_version(wide: Flask, switch: Switch) -> None:
    """Everybody's version rises with the one change while sites change their own: no deadlock, nothing lost."""
    sites, rounds = ("uk", "scotland", "wales", "oxford"), 8
    before = {t.slug: t.version for t in wide.extensions["q.directory"].all()}

    def own(slug: str) -> None:
        for revision in range(1, rounds + 1):
            switch(True, slug, name="local_events", revision=revision, who_may_create="organisers")

    def everywhere() -> None:
        for revision in range(rounds):
            switch(revision % 2 == 0, revision=revision)

    with ThreadPoolExecutor(len(sites) + 1) as pool:
        done = [pool.submit(own, slug) for slug in sites] + [pool.submit(everywhere)]
        for one in done:
            one.result(60)
    wide.test_client().get("/")
    after = {t.slug: t.version for t in wide.extensions["q.directory"].all()}
    assert {slug: after[slug] - before[slug] for slug in after} == {
        slug: rounds * 2 if slug in sites else rounds for slug in after
    }


def test_the_preview_lists_what_switching_it_off_touches_at_every_site_the_soonest_first(
    wide: Flask, switch: Switch, preview: Changes, statements: Counter
) -> None:
    central = client_of(wide, make_person(wide, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    switch(True, word="plain")
    assert "Things everywhere" not in preview(central, AT_UK, {"set-word": "other"}).text
    with statements() as seen:
        page = preview(central, AT_UK, {"enabled": None}).text
    assert seen.all.count("select 1 from tenancy_tenant") == 1, "the plugin's own statement, for all the sites"
    assert len(seen) < 19
    assert "Things everywhere (19)" in page
    assert "38 people count on this." in page
    places = [page.find(f"The {slug} thing") for slug in ("uk", "scotland", "wales")]
    assert places == sorted(places)
    assert -1 not in places
    assert "and 9 more" in page


def test_settings_that_do_not_fit_are_told_once_for_all_sites(
    wide: Flask, make_wide: Callable[[], Flask], switch: Switch, platform_session: ScopedSession,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    switch(True)
    with transaction(platform_session):
        its = PluginState.plugin == "everywhere"
        platform_session.execute(sa.update(PluginState).where(its).values(settings={"an_old_setting": 1}))
    caplog.clear()
    other = make_wide()
    assert answers(other) == [404, 404, 404]
    assert [one.levelname for one in caplog.records if "an_old_setting" in one.getMessage()] == ["WARNING"]
    central = client_of(other, make_person(other, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    page = central.get("/console/health").text
    assert page.count("an_old_setting") == 1
    assert "for the whole platform" in page
    assert f'href="{AT_UK}"' in page


def test_its_cards_leave_the_noticeboard_with_it(
    switch: Switch, session_for: Callable[[str], ScopedSession], platform_session: ScopedSession
) -> None:
    """Its switch is the UK site's; what a site said while it was that site's own goes, and keeps nothing back."""
    scotland, wales = session_for("scotland"), session_for("wales")
    row = {"enabled": False, "ever_enabled": True, "settings": {}, "settings_version": 1, "revision": 4}
    platform_session.execute(
        sa.insert(PluginState).values(at_tenant_id=scotland.scope.tenant_id, plugin="everywhere", **row)
    )
    platform_session.commit()
    switch(True)
    later = clock.now() + timedelta(days=1)
    with transaction(scotland):
        noticeboard.publish(
            scotland, plugin="everywhere", ref="1", kind="talk", title="A talk", summary="", starts_at=later, ends_at=later,
            place="", path="/everywhere/", audience="public",
        )  # fmt: skip

    def titles() -> list[str]:
        wales.rollback()
        return [card.title for card in noticeboard.upcoming(wales, audiences=("public",), limit=9)]

    assert titles() == ["A talk"]
    switch(False, revision=1)
    assert titles() == []
    switch(True, revision=2)
    assert titles() == ["A talk"]
