"""The contract suite knows plugins for the whole platform: it switches them at the UK site, and looks at them while off."""

from collections.abc import Iterator

import pytest

from core.config import ROOT
from core.hooks.registry import discover
from core.sdk.testing import Site, sqlite_site
from core.sdk.testing.running import hook_problems, isolation_problems, off_problems, route_problems

PACKAGES = discover(ROOT / "plugins", installed=False) | {"everywhere": "tests.contract.hostile.everywhere"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = sqlite_site(PACKAGES, tmp_path_factory.mktemp("contract"))
    yield made
    made.close()


def test_it_is_on_at_every_site_and_keeps_the_contract(site: Site) -> None:
    plugin = site.plugin("everywhere")
    for slug in ("scotland", "south-west"):
        assert site.client().get(f"/{slug}/everywhere/").status_code == 200
    for check in (route_problems, off_problems, hook_problems, isolation_problems):
        assert check(plugin, site) == [], check.__name__
    assert site.client().get("/scotland/everywhere/").status_code == 200, "it was switched on again"


def test_one_that_shows_while_it_is_off_is_found(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the gate is kept from asking."""
    monkeypatch.setattr("core.web.gate.is_on", lambda *_: True)
    found = off_problems(site.plugin("everywhere"), site)
    assert any("GET /south-west/everywhere/" in line for line in found)
    assert any("OPTIONS /south-west/everywhere/sent" in line for line in found)
    assert any("PUT /south-west/everywhere/" in line for line in found)
