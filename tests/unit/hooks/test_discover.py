"""Finding plugins in a folder: what is half there is said, not passed over."""

import sys
from pathlib import Path

import pytest

from core.hooks.registry import discover, load

MANIFEST = """
from core.hooks.manifest import Manifest

MANIFEST = Manifest(name="half", title="Half", summary="A half.", version="1.0", sdk=(1, 0), url_name="half")
"""


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
