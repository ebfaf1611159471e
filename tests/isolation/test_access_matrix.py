"""Every route × every kind of visitor: the application's own URL map against the table written by hand (`who_may`)."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from core.data.db import tenant_session
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.tenancy.models import PluginState
from core.tenancy.service import Change, configure
from core.web.access import access_of
from tests.factories.people import make_person
from tests.integration.bad_input.made import made_world
from tests.integration.bad_input.rooms.whole import Filled
from tests.integration.bad_input.world import World, prefix, refresh
from tests.isolation.marked import NAMED, seed
from tests.isolation.who_may import OWNER, ROLES, UK, UK_WIDE, VISITORS, A, B, Line, Visitor, files, read
from tests.support.client import FormClient, without_token
from tests.support.databases import Database, Databases

MOST = "whoever may most at A"
KNOWN = {
    "organiser and assessor of A": "member",
    "assessor of A": "assessor",
    "lead of A": "lead",
    "central": "central",
}
"""Visitors whom the world has: its objects are theirs."""
WORDS = {
    "digest", "name", "number", "revision", "slug", "plugin", "page", "key", "part", "way", "kind", "step", "code", "token", "secret",
    "file_kind",
}  # fmt: skip
"""Parameters that name nothing of one site's own by an id."""
OF_ALL_SITES = {"account_id", "case_id", "draft_id", "failure_id", "grant_id", "hosting_id", "sign_in_id"}
"""Ids of people, of what is the whole platform's, and of what two sites share: the bad input's tests ask for others' of these."""
UNOPENED = {
    "applying.file",
    "assessing.check",
    "assessing.recuse",
    "assessing.scores",
    "assets.serve",
    "me.feed",
    "windows.extend",
}
"""Pages that the world's object, in the state in which it is, has not: everybody who is let in is told that there is none."""
WHILE_OFF = {"local_events.feed", "local_events.feed_atom", "local_events.event_file"}
"""Feeds that go on answering who subscribed while their plugin is off (decision 0025): everything else is gone with it."""
TABLE = read()
# who may open a page is decided before the engine is asked; the leak matrix runs on both
pytestmark = pytest.mark.only("sqlite")


def _people(app: Flask, filled: Filled) -> None:
    """The visitors whom the world has not."""
    for visitor in VISITORS[1:]:
        if visitor.name in KNOWN:
            filled.people[visitor.name] = filled.people[KNOWN[visitor.name]]
            continue
        grants = [(ROLES[role], "uk" if role in UK_WIDE else visitor.at[1:]) for role in visitor.roles]
        home = "" if visitor.roles else visitor.at[1:]
        email = f"{visitor.name.replace(' ', '.')}@example.org"
        filled.people[visitor.name] = make_person(app, email, home=home, grants=grants)
    most = [
        (role, "scotland") for role in (Role.PARTNER_LEAD, Role.ASSESSOR, Role.EVENTS_ORGANISER, Role.EXPENSE_APPROVER)
    ]
    filled.people[MOST] = make_person(app, "most@example.org", home="scotland", grants=most)


@pytest.fixture(scope="module")
def world(databases: Databases, baseline: Database) -> Iterator[World]:
    """The bad input's world, full of real objects of A's, with every visitor in it."""
    with made_world(databases, baseline, [*(visitor.name for visitor in VISITORS[1:]), MOST], _people) as made:
        yield made


@pytest.fixture(autouse=True)
def _as_before(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "world" in request.fixturenames:
        request.getfixturevalue("world").put_back()


def _rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield rule, method


def _path(app: Flask, rule: Rule, values: dict[str, str]) -> str:
    """The address of a route below its site's."""
    numbers = rule.arguments & {"number", "revision"}
    built = {name: int(value) if name in numbers else value for name, value in values.items()}
    return app.url_map.bind("localhost").build(rule.endpoint, built)


def _own(world: World, rule: Rule) -> dict[str, str]:
    """Objects of A's own for a route's parameters."""
    return {name: world.values(rule, name)[0] for name in rule.arguments}


def _place(app: Flask, endpoint: str) -> str:
    """Where a route is: at the UK's site alone, or at every partner's, and then A's is looked at."""
    access = access_of(app, endpoint)
    return UK if access is not None and access.tenantless else prefix(endpoint)


def _judged(visitor: Visitor, line: Line, site: str, response: TestResponse) -> str:
    """What is wrong with an answer; empty where it is as the table says."""
    to_sign_in = response.status_code == 303 and "/account/sign-in?next" in response.headers["Location"]
    refused = to_sign_in if visitor.name == "signed out" else response.status_code == 403
    if response.status_code >= 500:
        return "broken"
    if not visitor.is_let_in(line, site):
        return "" if refused else "let in"
    return "refused" if to_sign_in or (refused and not line.rules_inside) else ""


def test_every_route_is_listed(world: World, app: Flask) -> None:
    """One line for each, in the demonstration and without it, and none for a route that there is no more."""
    routes = {rule.endpoint: f"{method} {rule.rule}" for rule, method in _rules(world.app)}
    missing = [f"{endpoint}  (who? {route})" for endpoint, route in routes.items() if endpoint not in TABLE]
    assert not missing, "\n".join(["say who may use these in one of", *map(str, files()), *missing])
    assert TABLE.keys() - routes.keys() == set(), "there is no such route"
    assert TABLE.keys() - {rule.endpoint for rule, _ in _rules(app)} == {
        name for name in TABLE if name.startswith("demo.")
    }


@pytest.mark.slow
def test_the_matrix(world: World) -> None:
    """Every route by every visitor, of real objects; what is a partner's, of A's."""
    wrong: list[tuple[str, ...]] = []
    opened, ruled_out = set(), set()
    for rule, method in _rules(world.app):
        line, site = TABLE[rule.endpoint], _place(world.app, rule.endpoint)
        path = site + _path(world.app, rule, _own(world, rule))
        shown = 0
        for visitor, browser in zip(VISITORS, world.browsers, strict=False):
            response = world.send(browser, method, path)
            if said := _judged(visitor, line, site, response):
                wrong.append((visitor.name, said, rule.endpoint, method, path, response.status))
            elif visitor.is_let_in(line, site):
                shown += response.status_code != 404
                opened |= {rule.endpoint} if response.status_code < 400 else set()
                ruled_out |= {rule.endpoint} if response.status_code == 403 else set()
        if line.who == OWNER and method == "GET" and shown > 1:
            wrong.append(("others, too", "shown", rule.endpoint, method, path))
    assert wrong == []
    assert {rule.endpoint for rule, method in _rules(world.app) if method == "GET"} - opened == UNOPENED
    assert ruled_out == {endpoint for endpoint, line in TABLE.items() if line.rules_inside}


@pytest.mark.slow
def test_a_role_at_one_site_is_none_at_another(world: World) -> None:
    """A's assessor and lead at B's and at the UK's site, whatever id they name; where a route is not, nothing is."""
    wrong: list[tuple[str, ...]] = []
    people = [
        (visitor, browser)
        for visitor, browser in zip(VISITORS, world.browsers, strict=False)
        if visitor.name in {"assessor of A", "lead of A"}
    ]
    for rule, method in _rules(world.app):
        line = TABLE[rule.endpoint]
        if not line.who <= ROLES.keys():
            continue
        for site in {B, UK} - {_place(world.app, rule.endpoint)}:
            path = site + _path(world.app, rule, _own(world, rule))
            for visitor, browser in people:
                response = world.send(browser, method, path)
                if response.status_code != 404 and (said := _judged(visitor, line, site, response)):
                    wrong.append((visitor.name, said, rule.endpoint, method, path, response.status))
    assert wrong == []


def _answer(response: TestResponse, asked: str) -> tuple[int, str, str]:
    """An answer without the id that was asked for."""
    location = response.headers.get("Location", "")
    return response.status_code, without_token(response.text).replace(asked, ""), location.replace(asked, "")


def test_another_tenants_object_and_a_missing_one_give_the_same_bytes(world: World) -> None:
    """Of every page that takes an id, for every id in its address, for whoever may most at A and for the central team: an object of
    B's, or of a third site's where B has none."""
    ids = seed(world.app, "eastern", number=9001)
    foreign = {name: (ids[table],) for name, table in NAMED.items()} | world.foreign
    people = [browser for browser in world.browsers if browser.name in {MOST, "central"}]
    assert len(people) == 2
    wrong = []
    for rule, method in _rules(world.app):
        for name in sorted(rule.arguments - WORDS - OF_ALL_SITES) if method == "GET" else ():
            theirs = (foreign.get(f"{rule.endpoint}:{name}") or foreign[name])[0]
            for browser in people:
                answers = [
                    _answer(world.send(browser, method, _place(world.app, rule.endpoint) + path), value)
                    for value in (theirs, new_id())
                    if (path := _path(world.app, rule, {**_own(world, rule), name: value}))
                ]
                if answers[0] != answers[1]:
                    wrong.append((browser.name, rule.endpoint, name, answers[0][0], answers[1][0]))
    assert wrong == []


def _switch_off(world: World, slug: str) -> set[str]:
    """Switch every plugin off that a site can switch; their names."""
    directory, registry = world.app.extensions["q.directory"], world.app.extensions["q.registry"]
    tenant = directory.by_slug(slug)
    off = [name for name, plugin in registry.plugins.items() if not plugin.manifest.platform_wide]
    with world.app.app_context(), tenant_session(tenant.id) as session:
        for name in off:
            said = sa.select(PluginState).where(PluginState.at_tenant_id == tenant.id, PluginState.plugin == name)
            state = session.scalar(said)
            settings = registry.plugins[name].settings().model_dump(mode="json")
            change = Change(name, False, settings, state.revision if state else 0, "test")
            configure(session, registry, tenant.ref(), change, SYSTEM)
    refresh(world.app)
    return set(off)


def test_a_plugin_that_is_off_looks_like_nothing(world: World) -> None:
    """To whoever asks, every route of a plugin that is off gives the bytes of a missing page, real objects or none, but for the feeds
    that are named above: those answer reads where the plugin was on before, and with a file."""
    off = _switch_off(world, "scotland")
    assert off
    browsers = [
        browser for browser in world.browsers if browser.name in {"nobody", "member of A", "lead of A", "central"}
    ]
    assert len(browsers) == 4
    missing = {  # the menu marks that one is somewhere in one's management, be there a page or none
        (browser.name, room): without_token(world.send(browser, "GET", f"{room}/no-such-page").text)
        for browser in browsers
        for room in (A, f"{A}/manage")
    }
    routes = [
        (rule, method)
        for rule, method in _rules(world.app)
        if rule.endpoint.split(".")[0].removesuffix("_manage") in off
    ]
    answering = set()
    for rule, method in routes:
        path = A + _path(world.app, rule, _own(world, rule))
        room = f"{A}/manage" if path.startswith(f"{A}/manage/") else A
        for browser in browsers:
            response = world.send(browser, method, path)
            if rule.endpoint in WHILE_OFF and response.status_code == 200:
                assert method == "GET", rule.endpoint
                assert response.mimetype in {"text/calendar", "application/atom+xml"}
                answering.add(rule.endpoint)
                continue
            assert response.status_code == 404, (rule.endpoint, browser.name)
            assert without_token(response.text) == missing[browser.name, room], (rule.endpoint, browser.name)
    assert answering == WHILE_OFF


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
