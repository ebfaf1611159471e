"""What every file of the project keeps to: its length, its place, and words that do not belong in it."""

import re
from pathlib import Path

from tests.support.sources import files, lines, project_files, report, text

LONGEST = 500
CODE = (".py", ".html", ".css", ".js")
WRITTEN = (*CODE, ".md", ".toml", ".yaml", ".yml", ".txt", ".po", "Makefile", "Containerfile", ".ini", ".cfg", ".sh")
TOP = {"core", "plugins", "tenants", "templates", "tests", "docs", "wsgi.py", "pyproject.toml", "README.md", "Makefile"}

UNFINISHED = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "Not" + "Implemented", r"\bX" + r"XX\b")))
MACHINE = re.compile(
    r"pypi\.org|pythonhosted|npmjs\.(org|com)|deb\.debian\.org|index-url|find-links"
    r"|(?<![\w.\]})])/(work|root|farm|opt/wheels|opt/pypi|tmp/probe|tmp/plan)(/|\b)"
)
WAIVER = re.compile(
    r"#\s*(?:noqa(?P<codes>:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|type: ignore(?P<types>\[[\w, -]+\])?)(?P<why>.*)"
)
SELF = Path("tests/arch/test_files.py")


def test_no_file_is_longer_than_can_be_read() -> None:
    long = [f"{path}: {len(lines(path))} lines" for path in files(*CODE) if len(lines(path)) > LONGEST]
    assert not long, report(long)


def test_the_top_level_holds_what_the_architecture_names() -> None:
    strange = sorted({path.parts[0] for path in project_files()} - TOP)
    assert not [name for name in strange if not name.startswith(".")], report(strange)


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in files(*WRITTEN)
        if path != SELF
        for number, line in lines(path)
        if UNFINISHED.search(line)
    ]
    assert not found, report(found)


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in files(*WRITTEN, "run", ".gitignore")
        if path != SELF
        for number, line in lines(path)
        if MACHINE.search(line)
    ]
    assert not found, report(found)


def test_every_waiver_names_its_rule_and_its_reason() -> None:
    found = []
    for path in files(".py"):
        for number, line in lines(path):
            waiver = WAIVER.search(line) if path != SELF else None
            if waiver and not ((waiver["codes"] or waiver["types"]) and len(waiver["why"].strip(" #-–:")) >= 8):
                found.append(f"{path}:{number}: {line.strip()[:110]}")
    assert not found, report(found)


def test_the_changelog_tells_of_this_version() -> None:
    version = re.search(r'^version = "([^"]+)"', text(Path("pyproject.toml")), re.MULTILINE)
    assert version
    assert f"## {version[1]}" in text(Path("docs/changelog.md"))


def test_packages_are_packages() -> None:
    modules = [path for path in files(".py", under=("core", "plugins", "tests")) if not text(path).startswith("#!")]
    folders = {path.parent for path in modules}
    scripts = {"versions", "migrations", "static", "templates"}
    bare = [str(f) for f in sorted(folders) if not scripts & set(f.parts) and f / "__init__.py" not in project_files()]
    assert not bare, report(bare)
