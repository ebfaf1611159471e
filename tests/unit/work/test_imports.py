"""The engine stays out of every process but the worker's: it costs a second of CPU and 45 MB."""

import subprocess
import sys

import pytest


def _loaded(statement: str) -> bool:
    code = f"import sys; {statement}; print('dbos' in sys.modules)"
    words = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip() == "True"


@pytest.mark.parametrize(
    "statement", ["import core.work.service, core.work.queries, core.work.runner", "import core.app"]
)
def test_web_processes_do_without_the_engine(statement: str) -> None:
    assert not _loaded(statement)


def test_the_worker_brings_it() -> None:
    """Negative control."""
    assert _loaded("import core.work.worker")
