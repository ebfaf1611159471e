"""What a partner lead may do at the own site, and what stays with the central team."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest
from flask import Flask

from core.console import queries, service
from core.data.session import ScopedSession
from core.hooks.registry import Registry
from core.kernel.errors import Conflict, Forbidden
from core.kernel.permissions import ROLE_PERMISSIONS, Role
from core.kernel.views import Actor
from core.people.queries import role_holders
from core.tenancy.directory import TenantSnapshot
from tests.factories.people import client_of, make_person
from tests.integration.console.conftest import Changes
from tests.support.client import FormClient

EVENTS = "/scotland/manage/plugins/local_events/"
LEAD = Actor("lead", "Lead", frozenset({Role.PARTNER_LEAD}), ROLE_PERMISSIONS[Role.PARTNER_LEAD])


@pytest.fixture
def limited(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The registry, with local events leaving partners one setting and no switch."""
    registry: Registry = app.extensions["q.registry"]
    plugin = registry.plugins["local_events"]
    manifest = replace(plugin.manifest, partner_may_switch=False, partner_may_set=("default_capacity",))
    monkeypatch.setitem(registry.plugins, "local_events", replace(plugin, manifest=manifest))
    return registry


def test_a_lead_sets_what_the_manifest_leaves_to_partners(lead: FormClient, change: Changes) -> None:
    assert "Local events" in lead.get("/scotland/manage/plugins/").text
    assert change(lead, EVENTS, {"set-default_capacity": "45"}).status_code == 303
    assert 'value="45"' in lead.get(EVENTS).text
    assert "Isla Lead" in lead.get("/scotland/manage/plugins/").text


@pytest.mark.usefixtures("limited")
def test_only_what_the_manifest_names_is_shown_and_accepted(
    lead: FormClient, preview: Changes, confirm: Changes, change: Changes
) -> None:
    page = lead.get(EVENTS)
    assert "set-default_capacity" in page.text
    assert "set-who_may_create" not in page.text
    assert 'name="enabled"' not in page.text
    assert preview(lead, EVENTS, {"set-who_may_create": "members"}).status_code == 403
    seen = preview(lead, EVENTS, {"set-default_capacity": "45"})
    for forged in (
        {"enabled": None, "settings": {"default_capacity": 45, "who_may_create": "members"}},
        {"enabled": False, "settings": {"default_capacity": 45}},
        {"enabled": None, "settings": {"who_may_create": "organisers"}},
    ):
        assert confirm(lead, seen, values=json.dumps(forged), why="forged").status_code == 403
    assert 'value="30"' in lead.get(EVENTS).text
    assert change(lead, EVENTS, {"set-default_capacity": "45"}).status_code == 303


def test_the_service_itself_keeps_to_the_manifest(
    limited: Registry, session_for: Callable[[str], ScopedSession], tenant: Callable[[str], TenantSnapshot]
) -> None:
    session, ref = session_for("scotland"), tenant("scotland").ref()
    for enabled, settings in ((False, {}), (None, {"who_may_create": "members"}), (None, {"invented": 1})):
        with pytest.raises(Forbidden):
            service.configure_as_lead(
                session,
                limited,
                ref,
                LEAD,
                plugin="local_events",
                asked=service.Asked(enabled, settings),
                revision=1,
                why="x",
            )
    with pytest.raises(Forbidden):
        service.as_lead(
            session, limited, ref, replace(LEAD, permissions=frozenset()), "local_events", service.Asked(None, {})
        )
    assert queries.plugin_at(session, limited, ref.id, "local_events").enabled


def test_a_plugin_that_leaves_nothing_is_not_shown(
    limited: Registry, lead: FormClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = limited.plugins["local_events"]
    closed = replace(plugin, manifest=replace(plugin.manifest, partner_may_set=()))
    monkeypatch.setitem(limited.plugins, "local_events", closed)
    assert EVENTS not in lead.get("/scotland/manage/plugins/").text
    assert lead.get(EVENTS).status_code == 403


def test_a_lead_manages_the_own_site_alone(lead: FormClient) -> None:
    for path in ("", "members/", "roles/", "roles/new", "plugins/", "audit/", "audit/?format=csv"):
        assert lead.get(f"/scotland/manage/{path}").status_code == 200, path
        assert lead.get(f"/wales/manage/{path}").status_code == 403, path


def test_members_are_searched_and_paged(app: Flask, lead: FormClient) -> None:
    for number in range(52):
        make_person(app, f"m{number}@example.org", name=f"Member {number:03}", home="scotland")
    make_person(app, "w@example.org", name="Member of Wales", home="wales")
    first = lead.get("/scotland/manage/members/").text
    assert "Member 049" in first
    assert "Member 050" not in first
    assert "Member 051" in lead.get("/scotland/manage/members/?page=2").text
    found = lead.get("/scotland/manage/members/?q=Member+007").text
    assert "Member 007" in found
    assert "Member 008" not in found
    assert "Nobody found" in lead.get("/scotland/manage/members/?q=zzz%00").text
    assert "Member of Wales" not in lead.get("/scotland/manage/members/?q=wales").text
    assert ">52<" in lead.get("/scotland/manage/").text


def test_a_lead_gives_and_ends_the_local_roles_only(app: Flask, lead: FormClient) -> None:
    account = make_person(app, "organiser@example.org", name="Olla Organiser", home="scotland")
    path = "/scotland/manage/roles/new"
    assert 'value="central_team"' not in lead.get(path).text
    wanted = {"email": "ORGANISER@example.org", "role": "events_organiser", "reason": "runs our events"}
    assert "Choose the role" in lead.submit(path, {**wanted, "role": ""}, form=-1).text
    assert lead.submit(path, {**wanted, "role": "partner_lead"}, form=-1).status_code == 422
    assert "Say why" in lead.submit(path, {**wanted, "reason": ""}, form=-1).text
    assert "No account has this address" in lead.submit(path, {**wanted, "email": "x@example.org"}, form=-1).text
    assert lead.submit(path, wanted, form=-1).status_code == 303
    assert "holds the role already" in lead.submit(path, wanted, form=-1).text
    assert client_of(app, account).get("/scotland/events/new").status_code == 200
    page = lead.get("/scotland/manage/roles/").text
    assert "Olla Organiser" in page
    end = page.split('/end"')[0].rsplit('href="', 1)[1] + "/end"
    assert lead.submit(end, {"reason": ""}, form=-1).status_code == 422
    assert lead.submit(end, {"reason": "moved on"}, form=-1).status_code == 303
    assert "Olla Organiser" not in lead.get("/scotland/manage/roles/").text


def test_a_reason_is_kept_when_somebody_else_ended_the_role(
    app: Flask, lead: FormClient, session_for: Callable[[str], ScopedSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_person(app, "organiser@example.org", grants=[(Role.EVENTS_ORGANISER, "scotland")])
    held = next(row for row in grants_at(session_for("scotland")) if row.role == "events_organiser")
    monkeypatch.setattr("core.people.service.roles.end", Mock(side_effect=Conflict))
    answer = lead.submit(f"/scotland/manage/roles/{held.id}/end", {"reason": "Moved on."}, form=-1)
    assert answer.status_code == 422
    assert "Moved on.</textarea>" in answer.text


def test_a_page_for_running_the_site_says_so_in_its_title(lead: FormClient) -> None:
    """Of two tabs, one with the site's events and one for running them, each has a title of its own."""
    titles = [
        lead.get(f"/scotland/{path}").text.split("<title>")[1].split("</title>")[0]
        for path in ("events/", "manage/events/", "manage/")
    ]
    assert titles == ["Events – Scotland", "Events – Manage this site – Scotland", "Manage this site – Scotland"]


def test_links_stand_beside_the_page_for_who_has_more_than_one(app: Flask, lead: FormClient) -> None:
    organiser = make_person(app, "olla@example.org", name="Olla", grants=[(Role.EVENTS_ORGANISER, "scotland")])
    path = "/scotland/manage/events/"
    assert '<nav class="side"' in lead.get(path).text
    page = client_of(app, organiser).get(path).text
    assert "<h1>Events</h1>" in page
    assert '<nav class="side"' not in page
    assert 'class="desk"' not in page


def test_another_sites_grant_is_not_there(
    app: Flask, lead: FormClient, session_for: Callable[[str], ScopedSession]
) -> None:
    account = make_person(app, "wal@example.org", name="Wal Es", grants=[(Role.EVENTS_ORGANISER, "wales")])
    other = next(row for row in grants_at(session_for("wales")) if row.account_id == account)
    missing = lead.get(f"/scotland/manage/roles/{'0' * 26}/end")
    there = lead.get(f"/scotland/manage/roles/{other.id}/end")
    assert (missing.status_code, there.status_code) == (404, 404)
    own = next(row for row in grants_at(session_for("scotland")) if row.role == "partner_lead")
    assert lead.get(f"/scotland/manage/roles/{own.id}/end").status_code == 403


def grants_at(session: ScopedSession) -> list[Any]:
    """Every grant of the session's tenant."""
    return list(role_holders(session, session.scope.tenant_id))


def test_a_leads_audit_trail_holds_the_own_site_alone(lead: FormClient, central: FormClient, change: Changes) -> None:
    change(
        central, "/console/tenants/wales/plugins/local_events/", {"set-default_capacity": "45"}, why="only for Wales"
    )
    change(lead, EVENTS, {"set-default_capacity": "45"}, why="only for Scotland")
    page = lead.get("/scotland/manage/audit/").text
    assert "only for Scotland" in page
    assert "only for Wales" not in page
    assert "only for Wales" not in lead.get("/scotland/manage/audit/?tenant=wales").text
    sheet = lead.get("/scotland/manage/audit/?tenant=wales&format=csv")
    assert "only for Scotland" in sheet.text
    assert "only for Wales" not in sheet.text


def test_a_role_for_somebody_whose_account_is_closed_is_told_on_the_form(
    app: Flask, lead: FormClient, central: FormClient
) -> None:
    gone = make_person(app, "gone@example.org")
    assert central.submit(f"/console/people/{gone}/close", {"reason": "left"}).status_code == 303
    wanted = {"email": "gone@example.org", "role": "assessor", "reason": "knows the area"}
    at = {"/scotland/manage/roles/new": (lead, {}), "/console/roles/new": (central, {"at": "scotland"})}
    for path, (client, more) in at.items():
        answer = client.submit(path, {**wanted, **more}, form=-1)
        assert answer.status_code == 422
        assert "No account has this address" in answer.text
        assert "knows the area" in answer.text
