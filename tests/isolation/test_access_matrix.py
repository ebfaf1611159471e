"""Every route × every kind of visitor, generated from the application's own URL map."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from flask import Flask
from werkzeug.routing import Rule

from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.web.access import Access, access_of
from tests.factories.people import client_of, make_person
from tests.support.client import FormClient
from tests.support.thorough import some

PUBLIC, SIGNED_IN = "public", "signed_in"
PREFIXES = ("/scotland", "/wales", "")
VISITORS = (
    "signed out", "member of A", "assessor of A", "lead of A", "member of B", "assessor of B", "lead of B", "central",
)  # fmt: skip

# What a route asks for, stated a second time by hand: a new route fails until somebody says here who may use it.
EXPECTED: dict[str, str] = {
    "assets.serve": PUBLIC,
    "health.healthz": PUBLIC,
    "health.readyz": PUBLIC,
    "health.prometheus": PUBLIC,
    "site.home": PUBLIC,
    **dict.fromkeys(
        (
            f"applying.{name}"
            for name in (
                "start",
                "own",
                "tasks",
                "section",
                "check",
                "submit",
                "withdraw",
                "decision",
                "understood",
                "appeal",
                "withdraw_appeal",
                "file",
            )
        ),
        SIGNED_IN,
    ),
    **dict.fromkeys(
        ("applying.offer", "applying.offer_decline", "applying.equality", "applying.equality_delete", "compact.mine"),
        SIGNED_IN,
    ),
    "compact.refuse": SIGNED_IN,
    "compact.show": PUBLIC,
    "compact.show_version": PUBLIC,
    "site.theme": PUBLIC,
    "site.language": PUBLIC,
    "site.accessibility": PUBLIC,
    "site.privacy": PUBLIC,
    "style.index": PUBLIC,
    "account.register": PUBLIC,
    "account.reset": PUBLIC,
    "account.check_mail": PUBLIC,
    "account.confirm": PUBLIC,
    "account.email": SIGNED_IN,
    "account.email_with": PUBLIC,
    "account.move": SIGNED_IN,
    "account.reset_with": PUBLIC,
    "account.sign_in": PUBLIC,
    "account.sign_out": PUBLIC,
    "account.sign_out_everywhere": SIGNED_IN,
    "account.home": SIGNED_IN,
    "account.password": SIGNED_IN,
    "account.data": SIGNED_IN,
    "account.close": SIGNED_IN,
    "account.devices": SIGNED_IN,
    "account.end_device": SIGNED_IN,
    "me.items": SIGNED_IN,
    "me.calendar": SIGNED_IN,
    "me.end_calendar": SIGNED_IN,
    "me.feed": PUBLIC,
    "portal.home": PUBLIC,
    "portal.register": PUBLIC,
    "portal.registered": PUBLIC,
    "portal.confirm": PUBLIC,
    "portal.stop": PUBLIC,
    "portal.stop_at_once": PUBLIC,
}
# Rooms whose services have rules of their own beyond the route's: whoever is let in may still be refused there.
RULES_INSIDE = ("local_events.", "local_events_manage.", "expense_approvals.", "expense_approvals_manage.")
PERMISSION_OF_PREFIX = {
    "console.": "console and its parts",
    "manage.": "a partner's own management",
    "admissions.": "the central team's part of Joining Q",
    "expense_approvals.": "costs a member asks for",
    "expense_approvals_manage.": "deciding costs, and budgets",
    "local_events.": "events",
    "local_events_manage.": "running events",
    "windows.": "a partner's windows",
    "overview.": "what waits for a partner's lead, and figures",
    "decisions.": "a partner's decisions",
    "applications.": "what was submitted in a partner's windows",
    "asking.": "asking an applicant for more",
    "enclosures.": "files of submitted applications",
    "moving.": "an application to another area",
    "calibration.": "an assessor's calibration cases",
    "quality.": "a partner's figures of quality",
    "assessors.": "a partner's panel",
    "panels.": "who assesses what",
    "plans.": "plans of assignments",
    "conflicts.": "conflicts of interest",
    "interests.": "an assessor's own interests",
    "assessing.": "what an assessor does",
    "oversight.": "what whoever runs a panel does around its assessments",
    "meetings.": "a panel's meetings",
}
WHILE_OFF = {"local_events.feed", "local_events.feed_atom", "local_events.event_file"}
"""Feeds that go on answering who subscribed while their plugin is off (decision 0025): everything else is gone with it."""
_numbers = count()


@pytest.fixture
def visitors(app: Flask) -> dict[str, FormClient]:
    def someone(home: str = "", *grants: tuple[Role, str]) -> FormClient:
        return client_of(app, make_person(app, f"p{next(_numbers)}@example.org", home=home, grants=grants))

    return {
        "signed out": app.test_client(),  # type: ignore[dict-item]  # the application's own client class
        "member of A": someone("scotland"),
        "assessor of A": someone("", (Role.ASSESSOR, "scotland")),
        "lead of A": someone("", (Role.PARTNER_LEAD, "scotland")),
        "member of B": someone("wales"),
        "assessor of B": someone("", (Role.ASSESSOR, "wales")),
        "lead of B": someone("", (Role.PARTNER_LEAD, "wales")),
        "central": someone("", (Role.CENTRAL_TEAM, "uk")),
    }


def _rules(app: Flask) -> Iterator[tuple[Rule, Access, str]]:
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint)
        assert access is not None
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield rule, access, method


def _path(app: Flask, rule: Rule) -> str:
    values: dict[str, object] = {name: new_id() for name in rule.arguments}
    values |= dict.fromkeys(rule.arguments & {"revision", "number"}, 1)
    values |= dict.fromkeys(rule.arguments & {"slug"}, "scotland")
    with app.test_request_context("http://localhost/"):
        adapter = app.url_map.bind("localhost")
        return adapter.build(rule.endpoint, values)


def _asked(endpoint: str, access: Access, method: str, prefix: str) -> list[str]:
    """Everybody where a role decides, of a page at A's site; else a sample of them."""
    if access.kind == "needs" and prefix == "/scotland":
        return list(VISITORS) if method == "GET" else some(VISITORS, 4, endpoint)
    return some(VISITORS, 2, endpoint, method, prefix)


def _permitted(app: Flask, access: Access, visitor: str, prefix: str) -> bool:
    """Whether the declaration lets this visitor in at this site, by roles alone."""
    if access.kind == "public":
        return True
    if visitor == "signed out":
        return False
    if access.kind == "signed_in":
        return True
    roles = {
        "member of A": {Role.MEMBER},
        "member of B": {Role.MEMBER},
        "assessor of A": {Role.ASSESSOR} if prefix == "/scotland" else set(),
        "assessor of B": {Role.ASSESSOR} if prefix == "/wales" else set(),
        "lead of A": {Role.PARTNER_LEAD} if prefix == "/scotland" else set(),
        "lead of B": {Role.PARTNER_LEAD} if prefix == "/wales" else set(),
        "central": {Role.CENTRAL_TEAM},
    }[visitor]
    return any(access.permission in _held(app, role) for role in roles)


def _held(app: Flask, role: Role) -> set[str]:
    from core.kernel.permissions import ROLE_PERMISSIONS

    held = {str(name) for name in ROLE_PERMISSIONS.get(role, frozenset())}
    for plugin in app.extensions["q.registry"].plugins.values():
        held |= {p.name for p in plugin.manifest.permissions if role in p.roles}
    return held


def test_every_route_is_listed(app: Flask) -> None:
    for rule, access, _ in _rules(app):
        if any(rule.endpoint.startswith(prefix) for prefix in PERMISSION_OF_PREFIX):
            continue
        assert EXPECTED.get(rule.endpoint) == access.kind, f"{rule.endpoint}: say in EXPECTED who may use it"
        assert access.kind != "needs"


def test_every_console_and_manage_route_needs_a_permission(app: Flask) -> None:
    for rule, access, _ in _rules(app):
        if rule.endpoint.startswith(
            ("console.", "manage.", "admissions.", "local_events_manage.", "expense_approvals_manage.")
        ):
            assert access.kind == "needs", rule.endpoint


@pytest.mark.slow
@pytest.mark.only("sqlite")  # who may open a page is decided before the engine is asked; the leak matrix runs on both
def test_the_matrix(app: Flask, visitors: dict[str, FormClient]) -> None:
    wrong = []
    for rule, access, method in _rules(app):
        if access.tenantless:
            continue
        path = _path(app, rule)
        for prefix in PREFIXES:
            for name in _asked(rule.endpoint, access, method, prefix):
                if rule.endpoint in {"account.sign_out", "account.sign_out_everywhere"} and name != "signed out":
                    continue
                response = visitors[name].open(prefix + path, method=method)
                to_sign_in = response.status_code == 303 and "/account/sign-in" in response.headers["Location"]
                refused = to_sign_in if name == "signed out" else response.status_code == 403
                permitted = _permitted(app, access, name, prefix)
                hidden = response.status_code == 404
                ruled_out = response.status_code == 403 and rule.endpoint.startswith(RULES_INSIDE)
                if response.status_code >= 500 or (
                    permitted and not ruled_out and (response.status_code == 403 or to_sign_in)
                ):
                    wrong.append((name, method, prefix + path, response.status_code))
                elif not permitted and not (refused or hidden):
                    wrong.append((name, method, prefix + path, response.status_code))
    assert wrong == []


def test_a_plugin_that_is_off_looks_like_nothing(app: Flask, client: FormClient) -> None:
    """Every route of a plugin that is off gives the bytes of a missing page, but for the feeds that are named above: those
    answer reads where the plugin was on before, and with a file."""
    from core.data.db import tenant_session
    from core.kernel.views import SYSTEM
    from core.tenancy.service import Change, configure

    directory, registry = app.extensions["q.directory"], app.extensions["q.registry"]
    tenant = directory.by_slug("eastern")
    with app.app_context(), tenant_session(tenant.id) as session:
        for name, plugin in registry.plugins.items():
            if plugin.manifest.platform_wide:
                continue  # not this site's to switch
            revision = 1 if name in tenant.ever_enabled else 0
            change = Change(name, False, plugin.settings().model_dump(mode="json"), revision, "test")
            configure(session, registry, tenant.ref(), change, SYSTEM)
    missing = client.get("/eastern/no-such-page")
    off = {name for name, plugin in registry.plugins.items() if not plugin.manifest.platform_wide}
    assert off
    assert {rule.endpoint for rule, access, _ in _rules(app) if access.while_off} == WHILE_OFF
    for rule, _, method in _rules(app):
        if rule.endpoint.split(".")[0].removesuffix("_manage") in off:
            response = client.open("/eastern" + _path(app, rule), method=method)
            if rule.endpoint in WHILE_OFF and response.status_code == 200:
                assert (method, rule.arguments) == ("GET", set()), rule.endpoint
                assert response.mimetype in {"text/calendar", "application/atom+xml"}
                continue
            assert response.status_code == 404, rule.endpoint
            assert response.data == missing.data, rule.endpoint


def test_an_unknown_site_and_host_get_a_helpful_page(client: FormClient) -> None:
    for response in (client.get("/atlantis/"), client.get("/", base_url="http://nobody.example")):
        assert response.status_code == 404
        assert b"/scotland/" in response.data


@pytest.mark.parametrize("path", ["/demo/", "/demo/mail"])
def test_the_demonstration_is_absent_otherwise(client: FormClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_demonstration_is_there_where_it_is_asked_for(make_app: Callable[..., Flask]) -> None:
    app = make_app(demo=True)
    assert app.test_client().get("/demo/").status_code == 200
