"""Hostile plugins: the pages still render, the culprit is named, and no other site's rows come back."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from core.app import BootError, create_app
from core.config import ROOT, Config
from core.console.waiting import at_sites
from core.data.audit import AuditEntry, verify
from core.data.base import Base
from core.hooks.dispatcher import SLOW_IN_A_ROW
from core.hooks.registry import discover, load
from core.hooks.spec import HOOKS, Gate, OnError
from core.kernel.findings import Verdict, worst
from core.kernel.views import SYSTEM
from core.sdk.testing import Site, build, running
from tests.contract.hostile.make import BEFORE_IT_HARMS
from tests.contract.hostile.thief.plugin import LOOT, WAYS
from tests.support.databases import Database

pytestmark = pytest.mark.mainly("sqlite")  # the harder case: PostgreSQL would keep the rows back by itself
HOME = "tests.contract.hostile"
REAL = discover(ROOT / "plugins", installed=False)
Load = Callable[..., Site]


def _loads(database: Database) -> Iterator[Load]:
    made: list[Site] = []

    def make(*names: str) -> Site:
        packages = REAL | {name: f"{HOME}.{name}" for name in names}
        made.append(build(packages, database.app_url, database.owner_url))
        made[-1].registry.failures.clear()
        return made[-1]

    yield make
    for site in made:
        site.close()


@pytest.fixture
def hostile(own_database: Database) -> Iterator[Load]:
    """`hostile("lying")`: the platform with its own plugins and the named ones, those that can be on being on in Scotland."""
    yield from _loads(own_database)


@pytest.fixture
def hostile_at_first(empty_database: Database) -> Iterator[Load]:
    """The same where no table has been made yet."""
    yield from _loads(empty_database)


def _named(site: Site, *, slow: bool = False) -> set[tuple[str, str]]:
    """Which hooks of which plugins failed or, apart from that, were slow, which on a busy machine any of them can be."""
    return {(failure.plugin, failure.hook) for failure in site.registry.failures if failure.slow is slow}


@pytest.mark.parametrize("name", ["lying", "raising", "twisted"])
def test_pages_render_and_the_culprit_is_named(hostile, name):
    site = hostile(name)
    for path in ("/scotland/", "/scotland/events/", "/"):
        page = site.client().get(path)
        assert page.status_code == 200, path
        assert name.upper() not in page.text
    assert {(name, "q_nav_items"), (name, "q_page_fragments")} <= _named(site)
    assert {plugin for plugin, _ in _named(site)} == {name}
    assert "local_events" in site.registry.plugins


def test_a_plugin_that_raises_in_every_hook_stops_only_what_its_hooks_are_asked_for(hostile):
    site = hostile()
    registry = load(REAL | {"raising": f"{HOME}.raising"})
    with site.session("scotland") as session:
        for hook, meta in HOOKS.items():
            if hook in BEFORE_IT_HARMS:
                continue
            given = {
                "session": session,
                "tenant": site.tenant("scotland"),
                "tenants": (site.tenant("scotland"),),
                "actor": SYSTEM,
                "settings": {},
                "people": (),
            }
            given |= {"place": "home.main", "event": None, "account_id": "x", "dry_run": True, "from_version": 1}
            given["limit"] = 10
            if meta.on_error is OnError.RAISE:
                with pytest.raises(RuntimeError, match=hook):
                    registry.dispatcher.call(hook, frozenset({"raising"}), **given)
                continue
            reached = None if meta.gate is Gate.BOOT else frozenset({"raising"})
            found = registry.dispatcher.call(hook, reached, **given)
            assert [(f.plugin, f.hook) for f in found.failures] == [("raising", hook)]
            if meta.on_error is OnError.REFER:
                assert worst(found.values()) is Verdict.REFER
            else:
                assert "raising" not in {answer.plugin for answer in found.answers}
        assert session.scalar(sa.select(sa.func.count(AuditEntry.id))) is not None


def test_a_slow_hook_is_named_and_its_answer_used(hostile):
    site = hostile("slow")
    for _ in range(SLOW_IN_A_ROW):
        assert "LATE" in site.client().get("/scotland/").text
    assert _named(site) == set()
    assert {hook for plugin, hook in _named(site, slow=True) if plugin == "slow"} == {"q_nav_items"}


def test_no_way_leads_to_another_sites_rows(hostile):
    site = hostile("thief")
    with site.session("wales") as session:
        before = verify(session)
        foreign = set(session.scalars(sa.select(AuditEntry.id)))
    LOOT.clear()
    page = site.client().get("/scotland/")
    assert page.status_code == 200
    assert page.text.count("LOOT") == len(WAYS)
    assert foreign
    assert not [row_id for row_id in foreign if row_id in page.text]
    got = dict(LOOT)
    assert got["entities"] == got["columns"] == []
    assert {got[way] for way in ("core select", "text", "driver")} == {"ScopeError"}
    assert {str(got[way]) for way in ("update", "delete")} <= {"0", "ProgrammingError", "InternalError", "ScopeError"}
    with site.session("wales") as session:
        assert verify(session) == before


def test_no_way_leads_there_where_several_sites_are_read_together_and_nothing_is_told_of_others(hostile):
    site = hostile("thief")
    site.switch("oxford", "thief", True)
    with site.session("wales") as session:
        before = verify(session)
    LOOT.clear()
    directory = site.app.extensions["q.directory"]
    with site.app.test_request_context("/"):
        told = at_sites(site.registry, directory.all())
    there = {site.tenant(slug).id for slug in ("scotland", "oxford")}
    assert {tenant_id for tenant_id, work in told.items() for one in work if one.label == "LOOT"} == there
    assert _named(site) == {("thief", "q_open_work")}
    got = dict(LOOT)
    assert {row.tenant_id for row in got["entities"]} == {row.tenant_id for row in got["columns"]} == there
    assert {got[way] for way in ("core select", "text", "driver", "update", "delete")} == {"ScopeError"}
    with site.session("wales") as session:
        assert verify(session) == before


def test_the_contract_names_who_asks_again_for_each_site_or_tells_of_others(hostile):
    site = hostile("plodder", "thief")
    faults = {name: running.hook_problems(site.registry.plugins[name], site) for name in ("plodder", "thief")}
    assert "q_open_work: it was not asked about the tenant 1" in faults["thief"]
    assert faults["plodder"] == [
        "q_open_work tells something else of a site when it is asked about others too",
        f"q_open_work asks 1 statements of one site and {len(site.app.extensions['q.directory'].all())} of 19",
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("squatter", "another plugin has the url_name 'events'"),
        ("settler", "the address /account/ is taken"),
        ("partner", "the address /wales/ is taken"),
        ("site", "the platform itself uses the name 'site'"),
        ("impostor", "its blueprint must be called 'impostor'"),
        ("meddler", "reaches beyond its own pages: before_request_funcs"),
        ("sleeper", "its views must be plain functions: sleeper.page"),
        ("grabber", "a table's name must begin with grabber_: people_intruder"),
        ("quitter", "SystemExit: the quitter has left"),
    ],
)
def test_a_collision_or_a_grab_makes_it_broken_and_nothing_else(hostile, name, why):
    site = hostile(name)
    assert why in site.registry.broken[name].error
    assert site.registry.names() == set(REAL)
    assert "people_intruder" not in Base.metadata.tables
    for path in ("/", "/scotland/", "/scotland/events/", "/scotland/account/sign-in"):
        page = site.client().get(path)
        assert (page.status_code, "HOSTILE" in page.text) == (200, False), path


def test_a_plugin_whose_migration_fails_is_broken_and_the_rest_is_migrated(hostile_at_first):
    site = hostile_at_first("unbuilt")
    assert set(site.failed) == {"unbuilt"}
    assert "OperationalError" in site.failed["unbuilt"] or "ProgrammingError" in site.failed["unbuilt"]
    assert site.registry.broken["unbuilt"].error == site.failed["unbuilt"]
    assert site.client().get("/scotland/events/").status_code == 200


def test_a_plugin_that_breaks_after_it_was_mounted_is_gone_everywhere(hostile):
    site = hostile()
    assert site.client().get("/scotland/events/").status_code == 200
    site.registry.mark_broken("local_events", "its tables are gone")
    assert site.client().get("/scotland/events/").status_code == 404
    home = site.client().get("/scotland/")
    assert (home.status_code, 'href="/scotland/events/"' in home.text) == (200, False)


def test_a_page_that_declares_no_access_stops_the_boot():
    config = Config(
        database_url="sqlite:///:memory:", owner_url="sqlite:///:memory:", secret_key="k" * 40, testing=True
    )
    with pytest.raises(BootError, match=r"no access declared for: open_door\.page"):
        create_app(config, {"open_door": f"{HOME}.open_door"})
