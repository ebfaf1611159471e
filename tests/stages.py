"""What `make test` runs, stage by stage, each with its time. `python -m tests.stages [stage …]` runs some of them.

A stage fails when a command of it fails, takes too long, or is pytest and ran no test or skipped one: what cannot run
here is a failure, never a quiet success.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.support import tools

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
MINUTES = 30
"""After this long a stage is stopped: something hangs."""
PROCESSORS = os.cpu_count() or 2
WORKERS = str(min(6, max(3, PROCESSORS + 1)))
"""Test processes: one more than there are processors, because each waits now and then. Six are as many as the suite was tried with."""
NO_TESTS = 5
"""The exit code by which pytest says that it found nothing to run."""
ABROAD = "not browser and not bench"
ROOMY = 4
"""From so many processors on `make test` has time to ask both engines everything."""


def once(processors: int) -> str:
    """What `make test` asks of each engine on a machine with so many processors: the marks, as pytest takes them (decision 29)."""
    return ABROAD if processors >= ROOMY else f"not again and {ABROAD}"


ONCE = once(PROCESSORS)
AT_HOME = ("--ignore=tests/browser", "--ignore=tests/bench")
"""The folders of what `ABROAD` leaves out: a test process need not collect them, nor import what drives a browser."""
DATABASE = ("--engine", "postgres", "--ignore=tests/unit", *AT_HOME)
"""Unit tests have no database."""
CLOSING = re.compile(r"^=* ?((?:\d+ [a-z]+(?:, )?)+ in [\d.]+s.*?) ?=*$")


@dataclass(frozen=True, slots=True)
class Stage:
    """Commands that run side by side, each given as its words. `pytest` says that the one command is a test run. `beside` names
    the stage beside which this one runs where both do."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    pytest: bool = False
    beside: str = ""


def _tests(name: str, *words: str) -> Stage:
    return Stage(name, (("pytest", "-q", "--dist", "loadgroup", *words),), pytest=True)


STAGES = (
    Stage(
        "lint",
        (
            ("ruff", "check", "--quiet"),
            ("ruff", "format", "--check", "--quiet"),
            ("lint-imports", "--no-logo"),
            ("mypy", "--no-error-summary"),
        ),
        beside="sqlite",  # which leaves a fifth of two processors idle: it waits for an hour to close, and for jobs' delays
    ),
    _tests("sqlite", "-n", WORKERS, *AT_HOME, "-m", ONCE),
    _tests("postgres", "-n", WORKERS, *DATABASE, "-m", f"database and {ONCE}"),
    _tests("browser", "-n", WORKERS, "-m", "browser", "tests/browser"),
)
"""Each test process imports and collects all it is given: browsers have their own folder."""
OTHERS = (
    _tests("again-sqlite", "-n", WORKERS, *AT_HOME, "-m", f"again and {ABROAD}"),
    _tests("again-postgres", "-n", WORKERS, *DATABASE, "-m", f"again and {ABROAD}"),
    _tests("bench", "-s", "--engine", "postgres", "-m", "bench", "tests/bench"),
)


MEMORY, ROOM = Path("/dev/shm"), 6 * 2**30
"""Where files are kept in memory on Linux, and how many bytes must be free there: a whole run's databases take less."""


@contextmanager
def _in_memory() -> Iterator[None]:
    """Temporary files, and with them the suite's databases, live in memory where there is room: each of them is hundreds of files,
    and nobody needs them after a power cut."""
    fits = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    if "TMPDIR" in os.environ or not fits or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="q-tests-", dir=MEMORY) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as somebody else
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        try:
            yield
        finally:
            del os.environ["TMPDIR"]
            tempfile.tempdir = None


def _start(words: Sequence[str], output: IO[str] | None) -> "subprocess.Popen[str]":
    """Run a program of this environment; its output goes to `output`, or past us where that is None."""
    program = [sys.executable, "-m", words[0]] if words[0] == "pytest" else [str(BIN / words[0])]
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.Popen(
        [*program, *words[1:]], cwd=ROOT, env=env, text=True, stdin=subprocess.DEVNULL, start_new_session=True,
        stdout=output or subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def _stop(process: "subprocess.Popen[str]") -> None:
    """End a command and what it started."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def run_side_by_side(stage: Stage) -> str:
    """Run the commands side by side; why the stage failed, or nothing."""
    failed = []
    with ExitStack() as files:
        outputs = {words: files.enter_context(tempfile.TemporaryFile("w+")) for words in stage.commands}
        running = {words: _start(words, output) for words, output in outputs.items()}
        for words, process in running.items():
            try:
                code = process.wait(MINUTES * 60)
            except subprocess.TimeoutExpired:
                _stop(process)
                code = 1
            if code:
                failed.append(" ".join(words))
                outputs[words].seek(0)
                print(f"--- {' '.join(words)}\n{outputs[words].read()}", flush=True)
    return f"failed: {'; '.join(failed)}" if failed else ""


def run_tests(stage: Stage) -> tuple[str, str]:
    """Run the tests and show what they print; (why the stage failed or nothing, pytest's closing line)."""
    closing = ""
    with _start(stage.commands[0], None) as process:
        limit = threading.Timer(MINUTES * 60, _stop, [process])
        limit.start()
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if found := CLOSING.match(line.strip()):
                closing = found[1]
        code = process.wait()
        limit.cancel()
    if code == NO_TESTS:
        return "no test ran", closing
    if code:
        return f"pytest ended with {code}", closing
    if not re.search(r"\b[1-9]\d* passed", closing):
        return "no test passed", closing
    if re.search(r"\b[1-9]\d* skipped", closing):
        return "tests were skipped: what cannot run here is a failure", closing
    return "", closing


def _told(stage: Stage) -> tuple[str, bool]:
    """Run one stage; the line that tells of it, and whether it passed."""
    print(f"== {stage.name}", flush=True)
    began = time.monotonic()
    problem, closing = run_tests(stage) if stage.pytest else (run_side_by_side(stage), "")
    return f"{stage.name:<14} {time.monotonic() - began:6.1f} s  {problem or 'ok':<4} {closing}", not problem


def run(stages: Sequence[Stage]) -> int:
    """Run `stages`, all of them even when one fails, so that one run tells everything; the process's exit code."""
    names = {stage.name for stage in stages}
    told: list[tuple[str, bool]] = []
    for stage in stages:
        if stage.beside in names:
            continue
        others = [other for other in stages if other.beside == stage.name]
        with ThreadPoolExecutor(len(others) + 1) as pool:
            told += pool.map(_told, [stage, *others])
    print("\n" + "\n".join(line for line, _ in told), flush=True)
    return 0 if all(passed for _, passed in told) else 1


def main(names: Sequence[str]) -> int:
    """Run the named stages, or all that `make test` runs. Returns 0 only when all of them passed."""
    known = {stage.name: stage for stage in (*STAGES, *OTHERS)}
    if unknown := [name for name in names if name not in known]:
        print(f"no such stage: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    chosen = [known[name] for name in names] or list(STAGES)
    if any(stage.pytest for stage in chosen):
        try:
            tools.install()
        except tools.Missing as e:
            print(f"make test cannot run here: {e}")
            return 1
    with _in_memory():
        return run(chosen)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
