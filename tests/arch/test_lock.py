"""The lock: everything named, pinned and hashed, nothing from one machine; the tests' lock holds the product's."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.sources import report, text

LOCK, DEV = Path(".requirements/lock.txt"), Path(".requirements/dev.txt")
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[\w,]+\])?==(\S+?)(?: ;.*)? \\$")


def _pins(path: Path) -> set[tuple[str, str]]:
    return {(m[1], m[2]) for line in text(path).splitlines() if (m := PIN.match(line))}


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return re.sub(r"[._-]+", "-", found[0]).lower()


@pytest.mark.parametrize("path", [LOCK, DEV], ids=str)
def test_every_line_is_a_pin_or_a_hash(path: Path) -> None:
    strange = [
        line
        for line in text(path).splitlines()
        if not PIN.match(line) and not re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line)
    ]
    assert not strange, report(strange)
    assert _pins(path)


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads(text(Path("pyproject.toml")))
    wanted = {_name(r) for r in (*project["project"]["dependencies"], *project["build-system"]["requires"])}
    extra = {_name(r) for r in project["project"]["optional-dependencies"]["dev"]}
    missing = wanted - {name for name, _ in _pins(LOCK)} | extra - {name for name, _ in _pins(DEV)}
    assert not missing, report([f"{name}: run `make lock`" for name in sorted(missing)])


def test_the_tests_run_on_what_the_product_runs_on() -> None:
    assert _pins(LOCK) <= _pins(DEV), report(sorted(f"{n}=={v}" for n, v in _pins(LOCK) - _pins(DEV)))
