"""Finding plugins in a folder: what is half there is said, not passed over."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.hooks.registry import Registry, discover, load

MANIFEST = """
from core.hooks.manifest import Manifest

MANIFEST = Manifest(name="half", title="Half", summary="A half.", version="1.0", sdk=(1, 0), url_name="half")
"""
Load = Callable[..., Registry]


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """`loaded(first={}, second={"requires": ("first",)})`: the registry of plugins with these manifests, loaded in this order."""
    monkeypatch.syspath_prepend(tmp_path)

    def load_all(**plugins: dict[str, object]) -> Registry:
        for name, more in plugins.items():
            folder = tmp_path / "made_plugins" / name
            folder.mkdir(parents=True)
            said = ", ".join(f"{key}={value!r}" for key, value in {"name": name, "url_name": name, **more}.items())
            (folder / "manifest.py").write_text(
                "from core.hooks.manifest import Manifest\n"
                f"MANIFEST = Manifest(title='T', summary='S', version='1.0', sdk=(1, 0), {said})\n"
            )
            for empty in ("__init__.py", "plugin.py"):
                (folder / empty).touch()
        return load({name: f"made_plugins.{name}" for name in plugins})

    yield load_all
    for module in [name for name in sys.modules if name.startswith("made_plugins")]:
        del sys.modules[module]


def test_what_needs_a_broken_plugin_is_broken_with_all_that_needs_it_in_turn(loaded: Load) -> None:
    registry = loaded(
        last={"requires": ("middle",)}, middle={"requires": ("first",)}, first={"requires": ("nothing",)}, other={}
    )
    assert registry.names() == {"other"}
    assert {name: broken.error for name, broken in registry.broken.items()} == {
        "first": "needs nothing",
        "middle": "needs first",
        "last": "needs middle",
    }


def test_what_needs_a_plugin_that_is_broken_later_is_broken_then(loaded: Load) -> None:
    registry = loaded(last={"requires": ("middle",)}, middle={"requires": ("first",)}, first={})
    assert registry.names() == {"last", "middle", "first"}
    registry.mark_broken("first", "no table first_one")
    registry.break_lacking()
    assert registry.names() == frozenset()


def test_a_folder_with_a_manifest_and_no_plugin_is_reported_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "some_plugins"
    for name in ("half", "half/templates", "notes", "__pycache__"):
        (folder / name).mkdir(parents=True)
    (folder / "half" / "manifest.py").write_text(MANIFEST)
    (folder / "half" / "__init__.py").touch()
    (folder / "notes" / "readme.txt").touch()
    monkeypatch.syspath_prepend(tmp_path)
    found = discover(folder, installed=False)
    assert found == {"half": "some_plugins.half"}
    registry = load(found)
    for module in [name for name in sys.modules if name.startswith("some_plugins")]:
        del sys.modules[module]
    assert registry.plugins == {}
    assert "some_plugins.half.plugin" in registry.broken["half"].error


def test_no_plugins_tables_can_be_taken_for_anothers_or_for_the_cores(loaded: Load) -> None:
    registry = loaded(
        visits={},
        visits_more={"url_name": "more"},
        visitsmore={},
        data={},
        work_diary={"url_name": "diary"},
        datasets={},
    )
    assert registry.names() == {"visits", "visitsmore", "datasets"}
    assert "told from those of the plugin visits" in registry.broken["visits_more"].error
    for name in ("data", "work_diary"):
        assert "the platform's own tables" in registry.broken[name].error
