"""The project's own files, for checks over all of them."""

import subprocess
from functools import cache
from pathlib import Path

from tests.support.environment import ROOT


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is or would be committed, relative to the project, in order."""
    words = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    files = tuple(sorted(Path(name) for name in names if name and (ROOT / name).is_file()))
    assert files, "git lists no file of the project"
    return files


def files(*endings: str, under: tuple[str, ...] = ()) -> list[Path]:
    """Those with one of `endings`, in one of the folders `under` (everywhere when empty)."""
    return [path for path in project_files() if path.name.endswith(endings) and (not under or path.parts[0] in under)]


@cache
def text(path: Path) -> str:
    """A project file's text."""
    return (ROOT / path).read_text("utf-8")


def lines(path: Path) -> list[tuple[int, str]]:
    """Its lines with their numbers."""
    return list(enumerate(text(path).splitlines(), 1))


def report(found: list[str]) -> str:
    """Findings as an assertion's message."""
    return "\n" + "\n".join(found)
