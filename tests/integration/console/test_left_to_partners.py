"""What of a plugin a partner may change: the central team decides it for each site, while it all runs."""

import json
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.console import queries, service
from core.data.audit import AuditEntry
from core.data.session import ScopedSession, transaction
from core.hooks.registry import Registry
from core.kernel.errors import Conflict, Forbidden, Invalid, Refused
from core.kernel.permissions import ROLE_PERMISSIONS, Role
from core.kernel.views import SYSTEM, Actor
from core.tenancy.directory import TenantSnapshot
from core.tenancy.left import Left
from core.tenancy.models import PluginRevision, PluginState
from core.tenancy.service import Change, configure
from tests.factories.people import client_of, make_person
from tests.integration.console.conftest import EVENTS, Changes
from tests.support.client import FormClient, forms
from tests.support.racing import at_once
from tests.support.statements import Counter

OWN = "/scotland/manage/plugins/local_events/"
RULES = "/console/tenants/scotland/plugins/assessment_rules/"
PLACES = "set-default_capacity"
LEAD = Actor("lead", "Lead", frozenset({Role.PARTNER_LEAD}), ROLE_PERMISSIONS[Role.PARTNER_LEAD])


def boxes(client: FormClient, path: str = EVENTS) -> set[str]:
    """What is ticked on a plugin's page in the console."""
    found = next(form for form in forms(client.get(path).text) if "left" in form.kinds)
    return set(found.fields.get("left", []))


def offered(client: FormClient) -> set[str]:
    """The fields that the lead's page of local events has."""
    found = next(form for form in forms(client.get(OWN).text) if "plugins/" in form.action)
    return {name for name in found.kinds if name == "enabled" or name.startswith("set-")}


def test_what_the_plugins_maker_proposes_holds_until_the_central_team_decides(
    central: FormClient, lead: FormClient
) -> None:
    assert boxes(central) == {"enabled", *(name for name in offered(lead) if name != "enabled")}
    assert boxes(central, RULES) == set()
    page = central.get(EVENTS).text
    assert "As the plugin’s maker proposes" in page
    assert 'name="proposal"' not in page


def test_the_lead_has_exactly_what_is_left_at_once_in_every_process(
    app: Flask, make_app: Callable[..., Flask], central: FormClient, change: Changes, confirm: Changes, preview: Changes
) -> None:
    person = make_person(app, "isla@example.org", grants=[(Role.PARTNER_LEAD, "scotland")])
    others = [client_of(app, person), client_of(make_app(), person)]
    assert change(central, EVENTS, {"left": [PLACES]}).status_code == 303
    for lead in others:
        assert offered(lead) == {PLACES}
        assert preview(lead, OWN, {"enabled": "y"}).status_code == 200, "the switch stays as it is"
        assert preview(lead, OWN, {"set-quiet_from": "20"}).status_code == 403
        seen = preview(lead, OWN, {PLACES: "45"})
        for forged in ({"enabled": False, "settings": {}}, {"enabled": None, "settings": {"quiet_from": 20}}):
            assert confirm(lead, seen, values=json.dumps(forged), why="forged").status_code == 403
    assert change(others[1], OWN, {PLACES: "45"}).status_code == 303
    assert boxes(central) == {PLACES}, "a lead's change leaves it as it is"
    assert change(central, EVENTS, {"left": None}).status_code == 303
    for lead in others:
        assert lead.get(OWN).status_code == 403
        assert OWN not in lead.get("/scotland/manage/plugins/").text
    assert change(central, EVENTS, {"left": ["enabled"]}).status_code == 303
    for lead in others:
        assert offered(lead) == {"enabled"}
    assert change(others[0], OWN, {"enabled": None}).status_code == 303
    assert others[1].get("/scotland/events/").status_code == 404
    assert others[1].get("/wales/events/").status_code == 200


def test_more_can_be_left_than_the_plugins_maker_proposes(
    central: FormClient, lead: FormClient, change: Changes
) -> None:
    own = "/scotland/manage/plugins/assessment_rules/"
    assert lead.get(own).status_code == 403
    assert change(central, RULES, {"left": ["enabled"]}).status_code == 303
    assert own in lead.get("/scotland/manage/plugins/").text
    assert change(lead, own, {"enabled": None}).status_code == 303
    assert boxes(central, RULES.replace("scotland", "wales")) == set(), "each site has its own"


def test_the_preview_says_what_the_partner_gains_and_loses(
    central: FormClient, preview: Changes, change: Changes, lead: FormClient
) -> None:
    page = preview(central, EVENTS, {"left": ["enabled", PLACES]}).text
    assert "What the partner gains" not in page
    lost = page.split("What the partner loses")[1].split("</ul>")[0]
    assert "Quiet hours begin at" in lost
    assert "Places in a new event" not in lost
    assert "What disappears" not in page
    page = preview(central, RULES, {"left": ["enabled"]}).text
    assert "Switch this plugin on and off" in page.split("What the partner gains")[1].split("</ul>")[0]
    assert "What the partner loses" not in page
    assert "Nothing changes." in preview(central, EVENTS, {}).text
    change(central, EVENTS, {"left": [PLACES]}, why="until the new lead knows it")
    for client, path in ((central, EVENTS), (lead, "/scotland/manage/plugins/")):
        page = client.get(path).text
        assert "until the new lead knows it" in page
        assert "<ins>Places in a new event</ins>" in page
        assert "<del>As the plugin’s maker proposes</del>" in unescape(page)
    page = preview(central, EVENTS, {"left": ["enabled"]}).text
    changed = page.split("<tbody>")[1].split("</tbody>")[0]
    assert changed.count("<tr>") == 2, "of two decisions, each thing that differs"
    for title, before, after in (
        ("Switch this plugin on and off", "No", "Yes"),
        ("Places in a new event", "Yes", "No"),
    ):
        row = f'The partner may change: {title}</th>\n<td data-label="Before"><del>{before}</del></td>'
        assert f'{row}\n<td data-label="After"><ins>{after}</ins>' in changed


def test_it_is_part_of_the_plugins_history_and_of_the_audit_trail(
    central: FormClient, change: Changes, session_for: Callable[[str], ScopedSession]
) -> None:
    change(central, EVENTS, {"left": [PLACES], PLACES: "45"}, why="agreed")
    session = session_for("scotland")
    mine = sa.select(PluginRevision).where(PluginRevision.at_tenant_id == session.scope.tenant_id)
    last = session.scalars(mine.order_by(PluginRevision.revision.desc())).first()
    entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    for one in (last, entry):
        assert one is not None
        assert one.before is not None
        assert one.after is not None
        assert one.before["left"] is None
        assert one.after["left"] == {"switch": False, "settings": ["default_capacity"]}
        assert one.after["settings"]["default_capacity"] == 45
        assert one.why == "agreed"


def test_undoing_a_change_brings_back_what_was_left(
    central: FormClient, change: Changes, confirm: Changes, session_for: Callable[[str], ScopedSession]
) -> None:
    before = boxes(central)
    change(central, EVENTS, {"left": [PLACES]})
    change(central, EVENTS, {"left": ["enabled"]})
    scotland = session_for("scotland")
    number = queries.history(scotland, scotland.scope.tenant_id or 0, "local_events")[0].revision
    page = central.get(f"{EVENTS}undo/{number}")
    assert "What the partner gains" in page.text
    assert confirm(central, page, why="a mistake").status_code == 303
    assert boxes(central) == {PLACES}
    assert confirm(central, central.get(f"{EVENTS}undo/{number - 1}"), why="a mistake too").status_code == 303
    assert boxes(central) == before
    assert "until you decide otherwise" in central.get(EVENTS).text


def test_one_button_goes_back_to_what_the_plugins_maker_proposes(
    central: FormClient, change: Changes, preview: Changes
) -> None:
    before = boxes(central)
    change(central, EVENTS, {"left": [PLACES]})
    assert "The central team decided this for this site." in central.get(EVENTS).text
    assert 'name="proposal"' in central.get(EVENTS).text
    assert "<ins>As the plugin’s maker proposes</ins>" in unescape(preview(central, EVENTS, {"proposal": "1"}).text)
    assert change(central, EVENTS, {"proposal": "1"}).status_code == 303
    assert boxes(central) == before
    assert 'name="proposal"' not in central.get(EVENTS).text


def test_it_is_said_in_welsh(central: FormClient, preview: Changes) -> None:
    central.get("/wales/language/cy")
    page = central.get(EVENTS.replace("scotland", "wales")).text
    assert "What the partner may change" not in page
    assert page.count(">Lleoedd mewn digwyddiad newydd</label>") == 2, "the setting, and the box that leaves it"
    assert "What the partner loses" not in preview(central, EVENTS, {"left": [PLACES]}).text


def test_what_is_ticked_outlives_going_back_and_a_colleague_who_was_quicker(
    central: FormClient, lead: FormClient, preview: Changes, confirm: Changes, change: Changes
) -> None:
    seen = preview(central, EVENTS, {"left": [PLACES]})
    back = confirm(central, seen, step="edit")
    assert next(form for form in forms(back.text) if "left" in form.kinds).fields["left"] == [PLACES]
    change(lead, OWN, {PLACES: "50"}, why="the lead was quicker")
    late = confirm(central, seen, why="mine")
    assert late.status_code == 409
    assert next(form for form in forms(late.text) if "left" in form.kinds).fields["left"] == [PLACES]
    assert "<ins>Places in a new event</ins>" in late.text, "what differs from what is in force"
    assert lead.get(OWN).status_code == 200
    assert confirm(central, preview(central, EVENTS, {"left": [PLACES]}), why="again").status_code == 303
    assert confirm(central, seen, why="mine").status_code == 409


def test_sent_twice_it_is_done_once(central: FormClient, preview: Changes, confirm: Changes) -> None:
    seen = preview(central, EVENTS, {"left": [PLACES]})
    assert [confirm(central, seen, why="agreed").status_code for _ in range(2)] == [303, 303]
    assert central.get(EVENTS).text.count("agreed") == 1


def test_a_lead_whose_form_is_older_than_the_decision_changes_nothing(
    central: FormClient, lead: FormClient, preview: Changes, confirm: Changes, change: Changes
) -> None:
    seen, kept = preview(lead, OWN, {PLACES: "45"}), lead.get(OWN)
    sent = next(form for form in forms(kept.text) if "plugins/" in form.action)
    change(central, EVENTS, {"left": ["set-quiet_from"]})
    assert confirm(lead, seen, why="mine").status_code == 403
    assert lead.post(sent.action, data={**sent.fields, PLACES: "45"}).status_code == 403
    assert 'value="30"' in central.get(EVENTS).text
    change(central, EVENTS, {"left": [PLACES]})
    late = confirm(lead, seen, why="mine", values=json.dumps({"enabled": None, "settings": {"default_capacity": 45}}))
    assert late.status_code == 409
    assert "set-quiet_from" not in late.text, "the page has what is left now"


def test_only_the_central_team_says_what_is_left(
    lead: FormClient, preview: Changes, confirm: Changes, central: FormClient
) -> None:
    before = boxes(central)
    page = lead.get(OWN).text
    assert "What the partner may change" not in page
    for sent in ({"left": ["enabled"]}, {"proposal": "1"}):
        assert preview(lead, OWN, sent).status_code == 403
    seen = preview(lead, OWN, {PLACES: "45"})
    for left in (None, {"switch": True, "settings": []}):
        values = json.dumps({"enabled": None, "settings": {}, "left": left})
        assert confirm(lead, seen, values=values, why="forged").status_code == 403
    assert boxes(central) == before


def test_a_setting_that_is_not_there_is_refused_and_a_damaged_form_is_400(
    central: FormClient, preview: Changes, confirm: Changes
) -> None:
    before = boxes(central)
    for sent in ([PLACES, "set-invented"], ["default_capacity_"], [""], ["set-enabled\x00"]):
        page = preview(central, EVENTS, {"left": sent})
        assert page.status_code == 422, sent
        assert "There is no such setting" in page.text
    seen = preview(central, EVENTS, {"left": [PLACES]})
    damaged: tuple[object, ...] = (
        "", [], {"switch": 1, "settings": []}, {"switch": True}, {"switch": True, "settings": [1]}
    )  # fmt: skip
    for left in damaged:
        values = json.dumps({"enabled": None, "settings": {}, "left": left})
        assert confirm(central, seen, values=values, why="why").status_code == 400, left
    forged = {"enabled": None, "settings": {}, "left": {"switch": True, "settings": ["invented"]}}
    assert confirm(central, seen, values=json.dumps(forged), why="why").status_code == 422
    assert boxes(central) == before


@pytest.mark.parametrize("name", ["set-invented", "set-"])
def test_a_field_that_no_setting_has_is_told_and_what_was_typed_is_kept(
    central: FormClient, lead: FormClient, preview: Changes, change: Changes, name: str
) -> None:
    """As with every other form: only a setting that there is can be the central team's to decide."""
    for client, page in ((lead, OWN), (central, EVENTS)):
        answer = preview(client, page, {PLACES: "45", name: "1"})
        assert answer.status_code == 422
        assert f"This form has no field named “{name}”" in answer.text
        assert 'value="45"' in answer.text
    change(central, EVENTS, {"left": [PLACES]})
    both = preview(lead, OWN, {name: "1", "set-quiet_from": "20"})
    assert both.status_code == 403, "a setting that is not left to the partner"


def test_the_uk_site_has_no_partner(
    app: Flask, central: FormClient, preview: Changes, session_for: Callable[[str], ScopedSession]
) -> None:
    at_uk = "/console/tenants/uk/plugins/local_events/"
    assert "What the partner may change" not in central.get(at_uk).text
    assert "can be left to a partner" in preview(central, at_uk, {"left": ["enabled"]}).text
    registry, uk = app.extensions["q.registry"], app.extensions["q.directory"].by_slug("uk")
    now = queries.plugin_at(session_for("uk"), registry, uk.id, "local_events")
    change = Change("local_events", True, now.settings, now.revision, "why", Left(True, decided=True))
    with pytest.raises(Refused):
        configure(session_for("uk"), registry, uk.ref(), change, SYSTEM)


def test_the_service_itself_refuses_what_is_no_setting_and_passes_over_what_is_none_any_more(
    app: Flask, tenant: Callable[[str], TenantSnapshot], session_for: Callable[[str], ScopedSession]
) -> None:
    registry, scotland, session = app.extensions["q.registry"], tenant("scotland").ref(), session_for("scotland")
    now = queries.plugin_at(session, registry, scotland.id, "local_events")
    change = Change("local_events", True, now.settings, now.revision, "why", Left(True, ("of_old",), decided=True))
    with pytest.raises(Invalid):
        configure(session, registry, scotland, change, SYSTEM)
    of_old = {"switch": True, "settings": ["of_old", "quiet_from"]}
    with transaction(session):
        where = (PluginState.at_tenant_id == scotland.id, PluginState.plugin == "local_events")
        session.execute(sa.update(PluginState).where(*where).values(left_to_partner=of_old))
    now = queries.plugin_at(session, registry, scotland.id, "local_events")
    assert now.left == Left(True, ("quiet_from",), decided=True)
    asked = service.Asked(None, {"quiet_from": 20})
    service.configure_as_lead(
        session, registry, scotland, LEAD, plugin="local_events", asked=asked, revision=now.revision, why="x"
    )
    assert session.scalar(sa.select(PluginState.left_to_partner).where(*where)) == now.left.kept()


@pytest.mark.both
def test_a_leads_change_at_the_moment_in_which_it_is_taken_away_is_made_before_or_not_at_all(
    app: Flask, tenant: Callable[[str], TenantSnapshot], session_for: Callable[[str], ScopedSession]
) -> None:
    registry: Registry = app.extensions["q.registry"]
    scotland, session = tenant("scotland").ref(), session_for("scotland")
    for _ in range(4):
        now = queries.plugin_at(session, registry, scotland.id, "local_events")
        session.rollback()
        whole, start = dict(now.settings), now.revision

        def part(session: ScopedSession, number: int, start: int = start, whole: dict[str, object] = whole) -> int:
            if number % 2:
                asked, revision = service.Asked(None, {"default_capacity": 100 + number}), start + number // 2
                return service.configure_as_lead(
                    session, registry, scotland, LEAD, plugin="local_events", asked=asked, revision=revision, why="x"
                )
            taken = Left(True, ("quiet_from",), decided=True)
            return configure(
                session, registry, scotland, Change("local_events", True, whole, start, "y", taken), SYSTEM
            )

        told = at_once(app, scotland.id, part)
        assert {one for one in told if not isinstance(one, int)} <= {Conflict, Forbidden}
        rows = session.scalars(
            sa.select(PluginRevision)
            .where(PluginRevision.at_tenant_id == scotland.id, PluginRevision.revision > start)
            .order_by(PluginRevision.revision)
        ).all()
        assert [row.revision for row in rows] == sorted(one for one in told if isinstance(one, int))
        for row in rows:
            by_lead = row.actor_id == "lead"
            assert not (by_lead and row.before["left"] == {"switch": True, "settings": ["quiet_from"]})
        back = Change("local_events", True, whole, start + len(rows), "z", Left())
        session.rollback()
        configure(session, registry, scotland, back, SYSTEM)


@pytest.mark.both
def test_a_revision_that_is_guessed_ahead_gets_nothing_through_while_it_is_taken_away(
    app: Flask,
    tenant: Callable[[str], TenantSnapshot],
    session_for: Callable[[str], ScopedSession],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry, scotland, session = app.extensions["q.registry"], tenant("scotland").ref(), session_for("scotland")

    def look_and_lose_it(*given: Any) -> queries.PluginNow:
        found = queries.plugin_at(*given)
        taken = Change("local_events", True, found.settings, found.revision, "y", Left(decided=True))
        configure(session_for("scotland"), registry, scotland, taken, SYSTEM)
        return found

    ahead = queries.plugin_at(session, registry, scotland.id, "local_events").revision + 1
    session.rollback()
    monkeypatch.setattr(service, "plugin_at", look_and_lose_it)
    asked = service.Asked(None, {"default_capacity": 45})
    with pytest.raises(Conflict):
        service.configure_as_lead(
            session, registry, scotland, LEAD, plugin="local_events", asked=asked, revision=ahead, why="x"
        )
    session.rollback()
    now = queries.plugin_at(session, registry, scotland.id, "local_events")
    assert (now.revision, now.settings["default_capacity"], bool(now.left)) == (ahead, 30, False)


def test_it_costs_no_statement(central: FormClient, lead: FormClient, change: Changes, statements: Counter) -> None:
    pages = ((central, EVENTS), (lead, OWN), (lead, "/scotland/manage/plugins/"), (lead, "/scotland/"))

    def counted() -> list[int]:
        found = []
        for client, path in pages:
            client.get(path)
            with statements() as made:
                assert client.get(path).status_code == 200
            found.append(len(made))
        return found

    before = counted()
    change(central, EVENTS, {"left": [PLACES]})
    assert counted() == before
