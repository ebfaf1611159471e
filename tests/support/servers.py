"""The platform's own processes, started for a test on a real database and a free port."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.support.databases import Database
from tests.support.environment import QPLATFORM, ROOT, environment
from tests.support.forking import Forked
from tests.support.patience import PATIENCE

PLATFORM = "core.cli"
"""The module of `qplatform`."""
WORKER_STARTED = "Started worker-"
"""What the server writes for each web process. One that is told to stop before this may only end when it is killed."""


_kept: list[socket.socket] = []


def free_port() -> int:
    """A port of 127.0.0.1 for a server of this test process, and of nobody else on this machine until this process ends.

    It stays bound without anybody listening, which leaves it to servers: they all ask for SO_REUSEADDR. Whoever asks the system for
    any free port gets another, and so does a connection that needs one for its own end.
    """
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    _kept.append(keeper)
    return int(keeper.getsockname()[1])


def status(port: int, path: str) -> int:
    """The status of a GET on this machine; 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def kill_all(pid: int) -> None:
    """End a process and everything it started, at once; what has ended meanwhile is no matter. Returns when all of them are over, and
    have let go of their port: the next server that wants it may start faster than the system ends them."""
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        parent.suspend()  # a server starts a web process anew that has died: one that began now would be in nobody's list
        processes = [*parent.children(recursive=True), parent]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        end = time.monotonic() + PATIENCE
        while not all(is_over(process.pid) for process in processes) and time.monotonic() < end:
            time.sleep(0.005)


def is_over(pid: int) -> bool:
    """Whether a process has ended, though its parent may not have asked how."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@dataclass
class Process:
    """A running `qplatform` command."""

    process: "subprocess.Popen[bytes] | Forked"
    database: Database
    log_file: Path
    port: int = 0
    stopped: bool = field(default=False, init=False)

    @property
    def url(self) -> str:
        """Where it serves, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process to send signals to."""
        return self.process.pid

    def log(self) -> str:
        """Everything it has written so far."""
        return self.log_file.read_text(errors="replace")

    @contextlib.contextmanager
    def explaining(self) -> Iterator[None]:
        """What fails inside carries the last errors that this command has written."""
        try:
            yield
        except BaseException as error:
            errors = [line for line in self.log().splitlines() if '"level": "error"' in line]
            error.add_note("\n".join(["the server wrote:", *errors[-5:]]))
            raise

    def wait_ready(self, workers: int) -> None:
        """Return once all `workers` run and `/readyz` answers 200; fail the test with the log when they do not."""
        end = time.monotonic() + PATIENCE
        while self.log().count(WORKER_STARTED) < workers or status(self.port, "/readyz") != 200:
            if self.process.poll() is not None or time.monotonic() > end:
                state = "ended" if self.process.poll() is not None else f"was not ready after {PATIENCE} s"
                self.kill()
                pytest.fail(f"the server {state}:\n{self.log()}", pytrace=False)
            time.sleep(0.05)

    def kill(self) -> None:
        """End it and everything it started, at once, as `kill -9` or a power cut would."""
        self.stopped = True
        kill_all(self.pid)
        self.process.wait()

    def stop(self) -> None:
        """Ask it to stop (SIGTERM) and wait; fail the test when it does not."""
        if self.stopped:
            return
        self.stopped = True
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"SIGTERM did not stop it within {PATIENCE} s:\n{self.log()[-3000:]}", pytrace=False)


def start(
    words: Sequence[str], database: Database, folder: Path, port: int, settings: Mapping[str, str], forked: bool = True,
    program: str = PLATFORM,
) -> Process:  # fmt: skip
    """Start `qplatform <words>` on `database`, logging into `folder`; `port` 0: it does not serve. Settings are further
    environment variables. `forked` saves two seconds of processor: not for tests of how the command starts or what it weighs.
    `program` is a module whose `main` is called with the words instead of the platform's own, in a forked process."""
    log_file = folder / f"{words[0]}-{len(list(folder.glob('*.log')))}.log"
    where = {"PORT": str(port), "QP_BASE_URL": f"http://127.0.0.1:{port}"} if port else {}
    env = environment(database, **where, **settings)
    log_file.touch()
    if forked:
        return Process(Forked(program, words, env, log_file), database, log_file, port)
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [QPLATFORM, *words], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    return Process(process, database, log_file, port)


def serve(
    database: Database, folder: Path, workers: int = 1, forked: bool = True, program: str = PLATFORM, **settings: str
) -> Process:
    """Start `qplatform serve` on a free port and wait until it is ready."""
    server = start(("serve", "--workers", str(workers)), database, folder, free_port(), settings, forked, program)
    server.wait_ready(workers)
    return server


def alive(pid: int) -> bool:
    """Whether a process with this id runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
