"""`qplatform plugins new` writes a plugin that passes the contract suite and the linters unchanged."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.cli import main
from core.hooks.manifest import ManifestError
from core.sdk.scaffold import ScaffoldError, write_plugin
from tests.contract.outside import run_tests
from tests.support.environment import ROOT

PARTS = {
    "README.md", "__init__.py", "forms.py", "manifest.py", "models.py", "plugin.py", "queries.py", "service.py",
    "settings.py", "views.py", "migrations/book_club0001_first_tables.py", "templates/book_club/home.html",
    "templates/book_club/list.html", "templates/book_club/new.html", "tests/__init__.py", "tests/test_contract.py",
    "translations/cy/LC_MESSAGES/messages.po",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plugin that the command wrote."""
    folder = tmp_path_factory.mktemp("made")
    words = ["plugins", "new", "book_club", "--into", str(folder), "--title-cy", "Clwb llyfrau"]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert f"wrote {len(PARTS)} files" in done.output
    return folder


def test_every_part_is_there(home):
    folder = home / "book_club"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == PARTS
    assert not [path for path in folder.rglob("*.*") if "$" in path.read_text("utf-8")]


@pytest.mark.slow
def test_it_passes_the_contract_suite_unchanged(home):
    report = run_tests(home, "book_club")
    assert "19 passed" in report, report


def test_in_the_repository_it_is_a_package_of_plugins_that_the_linter_accepts(tmp_path, monkeypatch):
    monkeypatch.setattr("core.sdk.scaffold.ROOT", tmp_path)
    written = write_plugin("quiet_room")
    assert (written.package, written.folder) == ("plugins.quiet_room", tmp_path / "plugins" / "quiet_room")
    assert "from plugins.quiet_room import queries, service" in (written.folder / "plugin.py").read_text("utf-8")
    (tmp_path / "plugins" / "__init__.py").touch()
    for package in ("core/sdk", "core/sdk/testing"):
        (tmp_path / package).mkdir(parents=True)
        (tmp_path / package / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for words in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *words, "--no-cache", "plugins"]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_it_overwrites_nothing_and_refuses_impossible_names(tmp_path):
    write_plugin("notes", tmp_path)
    with pytest.raises(ScaffoldError, match="there already"):
        write_plugin("notes", tmp_path)
    for name in ("Notes", "1st", "../up", "a-b", ""):
        with pytest.raises(ManifestError):
            write_plugin(name, tmp_path)
    for title in ('Say "hello"', "{{ 7 }}", "two\nlines"):
        with pytest.raises(ScaffoldError, match="plain words"):
            write_plugin("other", tmp_path, title)
    for name, why in (("class", "a word of Python"), ("core", "another package"), ("test", "another package")):
        with pytest.raises(ScaffoldError, match=why):
            write_plugin(name, tmp_path)
    for name, why in (
        ("A B", "lower-case"),
        ("account", "uses the name"),
        ("apply", "is taken"),
        ("wales", "is taken"),
        ("work_diary", "the platform's own tables begin like work_"),
        ("local_events_more", "told from those of the plugin local_events"),
    ):
        refused = CliRunner().invoke(main, ["plugins", "new", name, "--into", str(tmp_path)])
        assert (refused.exit_code, why in refused.output) == (1, True), (name, refused.output)
    assert [child.name for child in tmp_path.iterdir()] == ["notes"]
