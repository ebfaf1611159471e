"""Processes that fork from one which has imported the platform: they cost no start of Python and no import of a thousand modules."""

import contextlib
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.environment import ROOT

PRELOADED = ("tests.support.preloaded",)
"""Last of what is imported, because it ends by putting everything out of the reach of collections of garbage."""
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(list(PRELOADED))


class Forked:
    """A program in a forked process: the `main` of a module, called with `words`. It has as much of `subprocess.Popen` as its
    users need."""

    def __init__(self, module: str, words: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.args = tuple(words)
        self._process = PROCESSES.Process(target=_run, args=(module, self.args, dict(environment), str(log)))
        self._process.start()

    @property
    def pid(self) -> int:
        """The process to send signals to."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, negative where a signal ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended. Raises subprocess.TimeoutExpired when it has not after `timeout` seconds."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has, and the news is on its way
                os.kill(self.pid, number)


def command(words: Sequence[str], environment: Mapping[str, str], log: Path, seconds: float = 120) -> tuple[int, str]:
    """A command of `qplatform`, run to its end: its exit code, and all it wrote, which is `log` as well. Raises
    subprocess.TimeoutExpired."""
    done = Forked("core.cli", words, environment, log)
    try:
        return done.wait(seconds), log.read_text()
    finally:
        done.kill()


def _run(module: str, words: tuple[str, ...], environment: dict[str, str], log: str) -> None:
    """In the new process: what a shell would have set up, then the program itself."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for standard in (1, 2):
        os.dup2(output, standard)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    multiprocessing.set_start_method("fork", force=True)  # as a command has it, for the processes that it starts
    sys.argv = [module, *words]
    sys.exit(importlib.import_module(module).main(words))
