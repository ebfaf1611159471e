"""The suite's options and rules. The fixtures live in tests/support/, one file per matter."""

import gc
import os
import sys
from itertools import chain, islice
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support import network
from tests.support.postgres import NoPostgres, postgres_server
from tests.support.thorough import THOROUGH

pytest_plugins = (
    "tests.support.data_fixtures",
    "tests.support.app_fixtures",
    "tests.support.process_fixtures",
)

# The suite starts hundreds of Python processes: where none may keep what it compiled, each compiles the platform again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# By the clock an example may take 200 ms, and finding some a second: what else the machine does is nobody's fault.
settings.register_profile("beside other work", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("beside other work")

DATABASE_FIXTURES = {"databases"}
"""A test that asks for one of these, itself or through others, touches a database and runs on both engines."""
ROOMS = ("tests/integration/admissions/", "tests/integration/console/", "tests/integration/people/", "tests/plugins/")
"""Pages and services of the rooms, which say the same on both engines: `make test` asks SQLite, `make test-again` PostgreSQL."""
PROCESSES = {"other_database", "start_process", "start_server"}
"""A test that asks for one of these starts processes that meet in the database: who wins is the engine's to say."""
SERVER = pytest.StashKey[Any]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        choices=("sqlite", "postgres"),
        default=os.environ.get("QP_TEST_ENGINE", "sqlite"),
        help="the database to test on (also QP_TEST_ENGINE)",
    )


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _shared(item: pytest.Item) -> str:
    """The file or folder whose tests share a fixture with this one, so that one test process runs them all and makes it once; empty
    where they share none."""
    found = getattr(item, "_fixtureinfo", None)
    scopes = {made[-1].scope for made in found.name2fixturedefs.values()} if found else set()
    file = item.nodeid.partition("::")[0]
    if "package" in scopes:
        return file.rpartition("/")[0]
    return file if scopes & {"class", "module"} else ""


def _again(item: pytest.Item, engine: str) -> bool:
    """Whether the test is run on this engine `again`: what it says has little to do with the engine, and the other one has it in
    every check. A test that says what one engine alone can do is never one of these, nor is any in a thorough run."""
    if THOROUGH or "only" in item.keywords:
        return False
    if mainly := item.get_closest_marker("mainly"):
        return bool(mainly.args != (engine,))
    meets = "both" in item.keywords or PROCESSES.intersection(getattr(item, "fixturenames", ()))
    return engine == "postgres" and item.nodeid.startswith(ROOMS) and not meets


def _spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """What takes long, spread over the first three quarters: begun last, it would keep one test process busy while the others have
    nothing to do, and begun all together, all of them would wait, for that is what most of it does."""
    slow = [item for item in items if "slow" in item.keywords]
    others = iter([item for item in items if "slow" not in item.keywords])
    between = 3 * (len(items) - len(slow)) // (4 * len(slow)) if slow else 0
    return [*chain.from_iterable((item, *islice(others, between)) for item in slow), *others]


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    network.allow_loopback_only()
    if config.getoption("--engine") == "postgres" and not _is_worker(config) and not config.option.collectonly:
        server = postgres_server()
        try:
            os.environ["QP_TEST_POSTGRES_RUNNING"] = server.__enter__()
        except NoPostgres as e:
            raise pytest.UsageError(str(e)) from e
        config.stash[SERVER] = server  # one server for the whole run; xdist's workers inherit its address


def pytest_unconfigure(config: pytest.Config) -> None:
    gc.collect()
    gc.freeze()  # pytest looks for garbage five times more, and Python twice: a second and more of a test process that has all in it
    if SERVER in config.stash:
        config.stash[SERVER].__exit__(None, None, None)


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups next
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what uses a database, a browser or a stopwatch; leave out what is for the other engine, and what measures."""
    engine = config.getoption("--engine")
    measuring = "bench" in config.option.markexpr
    other: list[pytest.Item] = []
    for item in items:
        for mark in ("browser", "bench"):
            if item.nodeid.startswith(f"tests/{mark}/"):
                item.add_marker(mark)
        if DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("database")
        if shared := _shared(item):
            item.add_marker(pytest.mark.xdist_group(shared))
        for only in item.iter_markers("only"):
            item.add_marker("database")
            other.extend([item] if only.args != (engine,) else [])
        if "mainly" in item.keywords:
            item.add_marker("database")
        if "database" in item.keywords and _again(item, engine):
            item.add_marker("again")
        if "bench" in item.keywords and not measuring:
            other.append(item)
    if other:
        config.hook.pytest_deselected(items=other)
        left = set(other)
        items[:] = [item for item in items if item not in left]
    items[:] = _spread(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run where tests that share a fixture are not kept together. xdist 3.8 does that by the tests' names, which pytest
    from 9.2 on does not let it change: nothing fails then, and every test process makes each shared fixture again."""
    if session.config.getoption("loadgroup", False):
        for item in session.items:
            if "xdist_group" in item.keywords and "@" not in item.nodeid.rpartition("]")[2]:
                raise pytest.UsageError(f"xdist does not keep tests together that share a fixture: {item.nodeid}")


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('--engine')}"
