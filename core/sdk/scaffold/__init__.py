"""`qplatform plugins new`: a complete small plugin, filled in from the files beside this one."""

import keyword
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from string import Template

from core.config import ROOT
from core.hooks.manifest import Manifest

FILES = Path(__file__).parent / "files"
ENDING = ".tpl"


class ScaffoldError(ValueError):
    """The plugin cannot be written; the message says why."""


@dataclass(frozen=True, slots=True)
class Written:
    """A plugin that was written: its import name, its folder and its files, relative to the folder."""

    package: str
    folder: Path
    files: tuple[str, ...]


def _title_of(name: str) -> str:
    return name.replace("_", " ").capitalize()


def planned(name: str) -> Manifest:
    """What the manifest of a plugin called so says. Raises ManifestError for an impossible name."""
    title = _title_of(name)
    return Manifest(name=name, title=title, summary=title, version="0.1.0", sdk=(1, 0), url_name=name.replace("_", "-"))


def write_plugin(name: str, into: Path | None = None, title: str = "", title_cy: str = "") -> Written:
    """Write the plugin `name` below `into` (the repository's `plugins/` when None), where it is a package `plugins.<name>`.

    Anywhere else it is a package `<name>` of its own, for a distribution with an entry point. Raises ScaffoldError when
    the folder exists, Python could not import it by its name, or a title would break the files, and ManifestError for an
    impossible name.
    """
    title = title.strip() or _title_of(name)
    title_cy = title_cy.strip() or title
    if any(char in text for text in (title, title_cy) for char in "\"'\\$%{}<>\n"):
        raise ScaffoldError("a title is plain words, without quotes or brackets")
    url_name = planned(name).url_name
    if keyword.iskeyword(name):
        raise ScaffoldError(f"{name!r} is a word of Python's own: no package can be called that")
    home = into if into is not None else ROOT / "plugins"
    folder, package = home / name, name if into is not None else f"plugins.{name}"
    if folder.exists():
        raise ScaffoldError(f"{folder} is there already")
    if package == name and find_spec(name) is not None:
        raise ScaffoldError(f"another package is called {name!r} already: Python would import that one")
    words = {
        "name": name,
        "package": package,
        "title": title,
        "title_cy": title_cy,
        "url_name": url_name,
        "folder": str(folder.relative_to(ROOT)) if folder.is_relative_to(ROOT) else name,
    }
    written = []
    for source in sorted(FILES.rglob(f"*{ENDING}")):
        target = _target(source.relative_to(FILES), name)
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        (folder / target).write_text(Template(source.read_text("utf-8")).substitute(words), "utf-8")
        written.append(target.as_posix())
    return Written(package, folder, tuple(sorted(written)))


def _target(source: Path, name: str) -> Path:
    """Where a file goes: templates below the plugin's name, the migration under its number, the words under their language."""
    plain = source.with_name(source.name.removesuffix(ENDING))
    if plain.parts[0] == "templates":
        return Path("templates", name, *plain.parts[1:])
    if plain.parts[0] == "migrations":
        return plain.with_name(f"{name}0001_{plain.name}")
    if plain.parts[0] == "translations":
        return Path("translations", "cy", "LC_MESSAGES", plain.name)
    return plain
