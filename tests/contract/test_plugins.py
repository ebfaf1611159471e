"""Every plugin of this repository passes the contract suite, on both engines."""

from collections.abc import Iterator

import pytest

from core.config import ROOT
from core.hooks.registry import Plugin, discover
from core.sdk.testing import PluginContract, Site, build
from tests.support.databases import Database


class TestEveryPlugin(PluginContract):
    """The plugins in `plugins/`."""

    packages = discover(ROOT / "plugins", installed=False)

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, module_database: Database) -> Iterator[Site]:
        """On the engine of this run."""
        site = build(cls.packages, module_database.app_url, module_database.owner_url)
        yield site
        site.close()

    @pytest.mark.only("sqlite")  # rules are pure: no engine is asked, and the kit is the dearest of these tests
    def test_its_rule_packs_keep_the_national_policy(self, plugin: Plugin, site: Site) -> None:
        """As everywhere, once."""
        super().test_its_rule_packs_keep_the_national_policy(plugin, site)


def test_there_are_plugins_to_look_at() -> None:
    assert "local_events" in TestEveryPlugin.packages
