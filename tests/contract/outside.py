"""Runs a plugin's own tests in a process of their own, as its author would: nothing of it stays in this one."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.environment import ROOT


def environment(*paths: Path) -> dict[str, str]:
    """This process's environment without QP_ settings, with `paths` and the project to import from."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("QP_", "PYTEST_"))}
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, (*paths, ROOT))), "PYTHONDONTWRITEBYTECODE": "1"}


def python(*words: str, paths: tuple[Path, ...] = (), cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the interpreter of the tests with `words`."""
    return subprocess.run(
        [sys.executable, *words], env=environment(*paths), cwd=cwd, capture_output=True, text=True, check=False
    )


def run_tests(home: Path, name: str) -> str:
    """Run the tests in `home/name` with `home` to import from; the report of pytest. Fails when one of them does."""
    done = python("-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "--rootdir", str(home), name,
                  paths=(home,), cwd=home)  # fmt: skip
    assert done.returncode == 0, f"the tests of {name} failed:\n{done.stdout[-6000:]}{done.stderr[-2000:]}"
    return done.stdout
