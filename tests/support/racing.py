"""The same thing begun at the same moment by several: processes, or callers with a connection each."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask

from core.data.db import tenant_session
from core.data.session import ScopedSession
from core.kernel.errors import DomainError
from tests.support.environment import ROOT

AT_ONCE = 6


def together(module: str, jobs: Iterable[dict[str, Any]]) -> list[Any]:
    """Run `python -m module '<job>'` for each job; what each printed last, as JSON. Each prints a line when it is ready and
    waits for one before it begins."""
    pipe = subprocess.PIPE
    running = [
        subprocess.Popen([sys.executable, "-m", module, json.dumps(job)], cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        for job in jobs
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(process.communicate(timeout=120)[0]) for process in running]


def at_once(
    app: Flask, tenant_id: int, action: Callable[[ScopedSession, int], object], callers: int = AT_ONCE
) -> list[object]:
    """What `action(session, number)` gave to each of several callers who began together; a refusal gives its class."""
    start = Barrier(callers)

    def run(number: int) -> object:
        with app.app_context(), tenant_session(tenant_id) as session:
            start.wait()
            try:
                return action(session, number)
            except DomainError as refused:
                return type(refused)

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(run, range(callers)))
