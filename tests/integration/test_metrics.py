"""/metrics tells the sum over the web processes, whichever of them is asked."""

import http.client
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.client import FormClient
from tests.support.databases import Database
from tests.support.environment import ROOT
from tests.support.patience import PATIENCE
from tests.support.servers import Process

pytestmark = pytest.mark.mainly("sqlite")  # the figures are kept in files
COUNTED = re.compile(
    r'^q_request_seconds_count\{endpoint="(?P<endpoint>[^"]*)",status="(?P<status>\d+)"\} (?P<count>\d+)', re.MULTILINE
)


def _get(server: Process, path: str) -> str:
    """The body of a page, on a connection of its own: the next one may reach another process."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200, path
        return answer.read().decode()
    finally:
        connection.close()


def _count(text: str, endpoint: str) -> int:
    return sum(int(found["count"]) for found in COUNTED.finditer(text) if found["endpoint"] == endpoint)


def _folder(server: Process) -> Path:
    """Where the web processes of a server write their figures."""
    for child in psutil.Process(server.pid).children(recursive=True):
        for file in child.open_files():
            if Path(file.path).name.startswith("histogram_"):
                return Path(file.path).parent
    raise AssertionError("no process of this server writes figures")


@pytest.mark.parametrize("workers", [1, 2])
def test_the_figures_are_those_of_all_processes(start_server, other_database: Database, workers: int) -> None:
    server = start_server(other_database, workers=workers)
    before = _count(_get(server, "/metrics"), "site.home")
    for _ in range(60):
        _get(server, "/scotland/")
    told = [_count(_get(server, "/metrics"), "site.home") for _ in range(12)]
    assert told == [before + 60] * 12
    folder = _folder(server)
    assert len(list(folder.glob("histogram_*.db"))) == workers, "each process took a part"
    server.stop()
    assert not folder.exists()


def test_a_process_that_ended_leaves_its_figures(start_server, other_database: Database) -> None:
    server = start_server(other_database, workers=2)
    for _ in range(40):
        _get(server, "/scotland/")
    before = _count(_get(server, "/metrics"), "site.home")
    writers = {int(path.stem.split("_")[1]) for path in _folder(server).glob("histogram_*.db")}
    psutil.Process(min(writers)).kill()
    server.wait_ready(3)  # a third was started in its place
    assert _count(_get(server, "/metrics"), "site.home") == before
    _get(server, "/scotland/")
    assert _count(_get(server, "/metrics"), "site.home") == before + 1


def test_without_a_server_a_process_tells_its_own(client: FormClient) -> None:
    client.get("/scotland/")
    assert _count(client.get("/metrics").text, "site.home") >= 1


MEASURE = """
import sys
from time import process_time
from core.web import health
health.share(sys.argv[1])
started = process_time()
for _ in range(5000):
    health.SECONDS.labels("test.cost", 200).observe(0.01)
print((process_time() - started) / 5000)
"""


def test_measuring_costs_next_to_nothing(tmp_path: Path) -> None:
    """A request's figures, written to the shared file: microseconds where a page takes milliseconds."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 0.0001
    assert [path.name.split("_")[0] for path in tmp_path.iterdir()] == ["histogram"]
