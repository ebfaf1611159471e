"""The engine stays out of every process but the worker's: it costs a second of CPU and 45 MB."""

import subprocess
import sys

import pytest

WITHOUT = ("import core.work.service, core.work.queries, core.work.runner", "import core.app")
WORKER = "import core.work.worker"


@pytest.fixture(scope="module")
def loaded() -> dict[str, bool]:
    """Whether the engine is there after each import. One process makes them all, one after the other: what is not there at the end
    of an import was brought by none before it."""
    looked = (f"{statement}; print('dbos' in sys.modules)" for statement in (*WITHOUT, WORKER))
    words = [sys.executable, "-W", "ignore", "-c", "\n".join(("import sys", *looked))]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    return {statement: found == "True" for statement, found in zip((*WITHOUT, WORKER), said, strict=True)}


@pytest.mark.parametrize("statement", WITHOUT)
def test_web_processes_do_without_the_engine(loaded: dict[str, bool], statement: str) -> None:
    assert not loaded[statement]


def test_the_worker_brings_it(loaded: dict[str, bool]) -> None:
    """Negative control."""
    assert loaded[WORKER]
