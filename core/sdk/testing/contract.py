"""`PluginContract`: the suite as a class of tests, run for every plugin that a subclass names."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import pytest

from core.hooks.registry import Plugin
from core.sdk.testing import files, running
from core.sdk.testing.site import Site, sqlite_site


class PluginContract:
    """Subclass it as `Test…` and set `packages`, {plugin: import name}. Override `site` for another database."""

    packages: ClassVar[Mapping[str, str]] = {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One run of each test for each plugin."""
        if "name" in metafunc.fixturenames:
            metafunc.parametrize("name", sorted(self.packages))

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
        """A whole platform with the plugins, on a SQLite database of its own."""
        site = sqlite_site(cls.packages, tmp_path_factory.mktemp("contract"))
        yield site
        site.close()

    @pytest.fixture
    def plugin(self, site: Site, name: str) -> Plugin:
        """The plugin under test, which is in service."""
        return site.plugin(name)

    def test_the_manifest_is_valid_and_static(self, plugin: Plugin) -> None:
        """See `files.manifest_problems`."""
        assert files.manifest_problems(plugin) == []

    def test_it_imports_the_sdk_and_itself_alone(self, plugin: Plugin) -> None:
        """See `files.import_problems`."""
        assert files.import_problems(plugin) == []

    def test_its_settings_are_strict_and_have_defaults(self, plugin: Plugin) -> None:
        """See `files.settings_problems`."""
        assert files.settings_problems(plugin) == []

    def test_its_actions_have_words_for_the_audit_trail(self, plugin: Plugin) -> None:
        """See `files.action_problems`."""
        assert files.action_problems(plugin) == []

    def test_its_jobs_have_titles(self, plugin: Plugin) -> None:
        """See `files.job_problems`."""
        assert files.job_problems(plugin) == []

    def test_its_templates_stay_in_their_folder(self, plugin: Plugin, site: Site) -> None:
        """See `files.template_problems`."""
        assert files.template_problems(plugin, site.app.jinja_env) == []

    def test_its_static_files_carry_its_name(self, plugin: Plugin) -> None:
        """See `files.static_problems`."""
        assert files.static_problems(plugin) == []

    def test_every_word_has_its_welsh(self, plugin: Plugin) -> None:
        """See `files.translation_problems`."""
        assert files.translation_problems(plugin) == []

    def test_its_tables_are_its_own_and_cannot_cross_tenants(self, plugin: Plugin) -> None:
        """See `running.table_problems`."""
        assert running.table_problems(plugin) == []

    def test_its_migrations_make_what_its_models_say(self, plugin: Plugin, site: Site) -> None:
        """See `running.migration_problems`."""
        assert running.migration_problems(plugin, site) == []

    def test_its_routes_lie_below_its_address_and_declare_access(self, plugin: Plugin, site: Site) -> None:
        """See `running.route_problems`."""
        assert running.route_problems(plugin, site) == []

    def test_where_it_is_off_it_looks_like_nothing(self, plugin: Plugin, site: Site) -> None:
        """See `running.off_problems`."""
        assert running.off_problems(plugin, site) == []

    def test_its_hooks_answer(self, plugin: Plugin, site: Site) -> None:
        """See `running.hook_problems`."""
        assert running.hook_problems(plugin, site) == []

    def test_its_failures_stay_its_own(self, plugin: Plugin, site: Site) -> None:
        """See `running.isolation_problems`."""
        assert running.isolation_problems(plugin, site) == []

    def test_its_rule_packs_keep_the_national_policy(self, plugin: Plugin, site: Site) -> None:
        """See `running.rule_problems`."""
        assert running.rule_problems(plugin, site) == []

    def test_a_persons_data_can_be_given_and_erased(self, plugin: Plugin, site: Site) -> None:
        """See `running.person_problems`."""
        assert running.person_problems(plugin, site) == []
