"""Several processes that begin the same thing at the same moment."""

import json
import subprocess
import sys
from typing import Any

from tests.support.environment import ROOT


def together(module: str, job: dict[str, Any], processes: int) -> list[dict[str, Any]]:
    """Run `python -m module '<job>'` so many times; what each printed last, as JSON. Each prints a line when it is ready and
    waits for one before it begins."""
    command, pipe = [sys.executable, "-m", module, json.dumps(job)], subprocess.PIPE
    running = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(processes)]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(process.communicate(timeout=120)[0]) for process in running]
