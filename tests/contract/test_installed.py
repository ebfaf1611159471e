"""A plugin that comes as an installed package is found by its entry point, in an environment of its own."""

import json
import sys
from pathlib import Path

import pytest

from core.sdk.scaffold import write_plugin
from tests.contract.outside import python
from tests.support.environment import ROOT

PAGE = (ROOT / "docs" / "write-a-plugin.md").read_text("utf-8")
PROJECT = PAGE.partition("```toml\n")[2].partition("```")[0].replace("thanks", "parcel")
"""The page's own, of another name."""
ASK = """
import json
from pathlib import Path
from core.config import ROOT
from core.hooks.registry import discover, load

found = discover(ROOT / "plugins")
registry = load(found)
plugin = registry.plugins.get("parcel")
print(json.dumps({
    "found": found,
    "without": discover(ROOT / "plugins", installed=False),
    "folder": str(plugin.folder) if plugin else "",
    "parts": sorted(p.name for p in plugin.folder.iterdir()) if plugin else [],
    "broken": {name: broken.error for name, broken in registry.broken.items()},
}))
"""
SERVE = """
from core.config import ROOT
from core.hooks.registry import discover
from core.sdk.testing import sqlite_site
from pathlib import Path
import sys

site = sqlite_site(discover(ROOT / "plugins"), Path(sys.argv[1]))
page = site.client().get("/scotland/parcel/")
print(page.status_code, "There are no notes yet." in page.text, site.client().get("/south-west/parcel/").status_code)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed a distribution with the plugin `parcel`; nothing is fetched."""
    source, target = tmp_path_factory.mktemp("parcel"), tmp_path_factory.mktemp("environment")
    write_plugin("parcel", source / "src")
    (source / "pyproject.toml").write_text(PROJECT)
    words = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    done = python("-m", "pip", "install", *words, "--target", str(target), str(source), cwd=source)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_it_is_found_by_its_entry_point_and_loads(installed):
    done = python("-c", ASK, paths=(installed,))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["found"]["parcel"] == "parcel"
    assert "parcel" not in told["without"]
    assert "local_events" in told["found"]
    assert told["folder"] == str(installed / "parcel")
    assert {"templates", "migrations", "translations", "plugin.py"} <= set(told["parts"])
    assert told["broken"] == {}


def test_without_the_environment_it_is_not_there():
    done = python("-c", ASK)
    assert "parcel" not in json.loads(done.stdout)["found"]


@pytest.mark.slow
def test_it_serves_its_pages_where_it_is_on(installed, tmp_path):
    done = python("-c", SERVE, str(tmp_path), paths=(installed,))
    assert done.stdout.split() == ["200", "True", "404"], done.stderr[-3000:]


def test_these_tests_run_in_no_environment_that_has_it():
    assert "parcel" not in sys.modules
