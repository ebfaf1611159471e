"""What waits at sites: asked of each plugin once for all sites, told as each site's own page tells it."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.console import waiting
from core.data.db import tenant_session
from core.data.session import ScopedSession
from core.hooks.dispatcher import Failure
from core.hooks.registry import Registry
from core.kernel.views import SYSTEM, OpenWork, TenantRef
from core.tenancy.directory import TenantSnapshot
from core.tenancy.service import Change, configure
from tests.plugins.expense_approvals import helpers as expenses
from tests.plugins.local_events import helpers as events
from tests.support.client import FormClient
from tests.support.statements import Counter

pytestmark = pytest.mark.both
Sessions = Callable[[str], ScopedSession]


def at_work(app: Flask, session_for: Sessions, sites: list[TenantSnapshot]) -> list[TenantSnapshot]:
    """The sites, with both plugins on and work in each, at no two the same: at each, one request is for as much as its lead may agree
    to, which is between 4 and 21 pounds, and others, from none to four, are for a pound more."""
    for number, site in enumerate(sites):
        session = session_for(site.slug)
        if "local_events" not in site.enabled:
            switched(app, site.slug, "local_events", on=True)
        pounds = 4 + number
        expenses.switched_on(app, site.slug, lead_pounds=pounds)
        activity = expenses.activity(session, expenses.opened(session, 100_00))
        for wanted in (pounds, *[pounds + 1] * (number % 5)):
            expenses.asked(session, activity, expenses.visitor(), expenses.cost("a", wanted * 100))
        for _ in range(number % 4):
            events.drafted(session, site.ref())
        session.rollback()
    return sites


@pytest.fixture
def busy(app: Flask, session_for: Sessions) -> list[TenantSnapshot]:
    """Every partner's site at work."""
    return at_work(app, session_for, [site for site in app.extensions["q.directory"].all() if site.kind != "uk"])


@pytest.fixture
def few(app: Flask, session_for: Sessions) -> list[TenantSnapshot]:
    """Three sites at work, for what is said of one site and of the others."""
    directory = app.extensions["q.directory"]
    return at_work(app, session_for, [directory.by_slug(slug) for slug in ("scotland", "wales", "northern-ireland")])


def switched(app: Flask, slug: str, name: str, *, on: bool) -> None:
    """Switch a plugin of a site as it is set."""
    site = app.extensions["q.directory"].by_slug(slug)
    with app.app_context(), tenant_session(site.id) as session:
        now = site.settings.get(name)
        settings = now.model_dump(mode="json") if now is not None else {}
        change = Change(name, on, settings, int(now is not None), "test")
        configure(session, app.extensions["q.registry"], site.ref(), change, SYSTEM)


def at_sites(app: Flask) -> dict[str, list[OpenWork]]:
    """What waits, by the site's slug, all asked together."""
    directory, registry = app.extensions["q.directory"], app.extensions["q.registry"]
    with app.test_request_context("/"):
        with tenant_session(1) as session:
            directory.refresh(session)
        found = waiting.at_sites(registry, directory.all())
    return {site.slug: found[site.id] for site in directory.all()}


def by_itself(app: Flask, site: TenantSnapshot) -> list[OpenWork]:
    """What waits at one site, in a session of its own as on its own page."""
    with app.test_request_context("/"), tenant_session(site.id) as session:
        return list(waiting.asked(app.extensions["q.registry"], session, (site.ref(),), site.enabled))


@contextmanager
def instead(app: Flask, plugin: str, answer: Callable[..., Any]) -> Iterator[None]:
    """`answer(session, tenants)` in place of what a plugin says."""
    registry: Registry = app.extensions["q.registry"]
    impls: list[Any] = [one for one in registry.manager.hook.q_open_work.get_hookimpls() if one.plugin_name == plugin]
    (impl,) = impls
    kept = impl.function, impl.argnames
    impl.function, impl.argnames = answer, ("session", "tenants")
    registry.dispatcher.forget_plans()
    registry.failures.clear()
    try:
        yield
    finally:
        impl.function, impl.argnames = kept
        registry.dispatcher.forget_plans()
        registry.failures.clear()


def failed(registry: Registry) -> list[Failure]:
    """What went wrong in plugins. On a busy machine any of them can be slow, which is kept with what went wrong."""
    return [one for one in registry.failures if not one.slow]


def told(client: FormClient) -> dict[str, str]:
    """The table's figures, by the site's name."""
    sheet = client.get("/console/?format=csv").text.removeprefix("\ufeff")
    return {row["Site"]: row["Open work"] for row in csv.DictReader(StringIO(sheet))}


def test_the_table_costs_the_same_for_one_site_and_for_eighteen(
    busy: list[TenantSnapshot], central: FormClient, statements: Counter
) -> None:
    central.get("/console/")
    counts = []
    for query in ("?q=wales", "", "?sort=-work"):
        with statements() as seen:
            page = central.get(f"/console/{query}").text
        counts.append(len(seen))
    assert sum(site.name in page for site in busy) == 18
    assert counts == [counts[0]] * 3, seen.text


def test_its_figures_are_those_of_each_sites_own_page(
    app: Flask, busy: list[TenantSnapshot], central: FormClient
) -> None:
    together, table = at_sites(app), told(central)
    for site in app.extensions["q.directory"].all():
        alone = by_itself(app, site)
        assert sorted(together[site.slug], key=str) == sorted(alone, key=str), site.slug
        assert table[site.name] == str(sum(one.count for one in alone)), site.slug
    assert len({tuple((one.label, one.count) for one in together[site.slug]) for site in busy}) > 12
    above = {one.count for site in busy for one in together[site.slug] if "above" in one.label}
    assert len(above) > 3


def test_where_a_plugin_is_off_it_is_not_asked_and_nothing_of_it_is_told(app: Flask, few: list[TenantSnapshot]) -> None:
    before = at_sites(app)
    assert [one for one in before["wales"] if "/expenses/" in one.href]
    switched(app, "wales", "expense_approvals", on=False)
    after = at_sites(app)
    assert after["wales"] == [one for one in before["wales"] if "/expenses/" not in one.href]
    assert {slug: work for slug, work in after.items() if slug != "wales"} == {
        slug: work for slug, work in before.items() if slug != "wales"
    }
    seen: list[TenantRef] = []
    with instead(app, "expense_approvals", lambda session, tenants: seen.extend(tenants)):
        at_sites(app)
    assert {one.slug for one in seen} == {site.slug for site in few} - {"wales"}


def test_a_plugin_that_raises_takes_away_its_own_figures_alone(
    app: Flask, few: list[TenantSnapshot], central: FormClient
) -> None:
    registry: Registry = app.extensions["q.registry"]
    before = at_sites(app)

    def fail(session: ScopedSession, tenants: tuple[TenantRef, ...]) -> None:
        session.execute(sa.text("select no_such_column from tenancy_tenant"))

    with instead(app, "expense_approvals", fail):
        page = central.get("/console/")
        assert page.status_code == 200
        assert {(one.plugin, one.hook) for one in failed(registry)} == {("expense_approvals", "q_open_work")}
        assert central.get("/console/tenants/wales/").status_code == 200
        after = at_sites(app)
    for site in few:
        assert after[site.slug] == [one for one in before[site.slug] if "/expenses/" not in one.href]


def test_what_is_told_of_a_site_that_was_not_asked_about_is_left_out_and_named(
    app: Flask, few: list[TenantSnapshot]
) -> None:
    registry: Registry = app.extensions["q.registry"]
    there = OpenWork(few[0].id, "There", 7, "/"), OpenWork(1, "Elsewhere", 7, "/")
    with instead(app, "expense_approvals", lambda session, tenants: there):
        found = at_sites(app)
        assert [one.error for one in failed(registry)] == ["it was not asked about the tenant 1"]
    assert there[0] in found[few[0].slug]
    assert found["uk"] == []
