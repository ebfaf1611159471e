"""The commands of the compose file, with its environment and nothing else, as processes on a real PostgreSQL."""

import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
import yaml

from tests.support import servers
from tests.support.client import forms
from tests.support.environment import QPLATFORM, ROOT
from tests.support.mailbox import Mailbox
from tests.support.patience import PATIENCE
from tests.support.postgres import private_server, programs

HOST = "q.example.org"
FORWARDED = {"Host": HOST, "X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": HOST}
SECONDS = {"s": 1, "m": 60}


@dataclass
class Deployment:
    """The services of the compose file, on this machine: `db` is a private server, Redis is not there."""

    services: dict[str, Any]
    values: Mapping[str, str]
    socket: str
    port: int
    folder: Path

    def environment(self, name: str) -> dict[str, str]:
        """What the container of a service gets, with the addresses of this machine."""
        given = {
            key: re.sub(r"\$\{(\w+)[^}]*\}", lambda found: self.values.get(found[1], ""), value)
            for key, value in self.services[name]["environment"].items()
        }
        here = {key: value.replace("@db/q", f"@/q?host={self.socket}") for key, value in given.items()}
        path = os.pathsep.join([str(Path(QPLATFORM).parent), os.environ["PATH"]])
        bare = {"PATH": path, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(self.folder)}
        return {**here, **bare, "QP_REDIS_URL": "redis://127.0.0.1:1/0"}

    def words(self, command: Sequence[str]) -> list[str]:
        """A command with this machine's port and Python."""
        words = [word.replace("8000", str(self.port)).replace("0.0.0.0", "127.0.0.1") for word in command]
        return [sys.executable if word == "python" else word for word in words]

    def start(self, name: str) -> "subprocess.Popen[bytes]":
        """Start a service; its log is `<name>.log`."""
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                self.words(self.services[name]["command"]),
                env=self.environment(name), cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def log(self, name: str) -> str:
        """What a service has written."""
        return (self.folder / f"{name}.log").read_text()

    def healthy(self, name: str) -> bool:
        """Whether the service's own health check passes."""
        kind, *words = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        done = subprocess.run(self.words(words), env=self.environment(name), capture_output=True, check=False)
        return done.returncode == 0

    def ask(
        self, method: str, path: str, form: Mapping[str, Any] | None = None, cookie: str = ""
    ) -> tuple[int, str, str]:
        """A request as the proxy in front hands it on: (status, body, cookie)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {**FORWARDED, "Cookie": cookie, "Referer": f"https://{HOST}{path}"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, urlencode(form or {}, doseq=True), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text, (answer.headers["Set-Cookie"] or "").partition(";")[0]


def _seconds(words: str) -> int:
    return int(words[:-1]) * SECONDS[words[-1]]


def _until(ready: Callable[[], bool], log: Callable[[], str], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, log()
        time.sleep(0.2)


@pytest.fixture
def deployment(engine_name: str, tmp_path: Path, smtp_server: Mailbox) -> Iterator[Deployment]:
    """The compose file on a server of its own, with the roles its script makes and the example's settings filled in."""
    services = yaml.safe_load((ROOT / ".deploy/compose.yaml").read_text())["services"]
    example = (ROOT / ".deploy/example.env").read_text()
    values = dict(re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE))
    assert values["QP_BASE_URL"] == f"https://{HOST}"
    unset = {"QP_HOSTS", "QP_CONTACT", "QP_FILES_URL"}  # what is empty in the example and may be so
    values |= {
        name: f"{index}c9f86d081884c7d659a2feaa0c55ad0153"
        for index, name in enumerate(values)
        if not values[name] and name not in unset and not name.startswith("AWS_")
    }
    values |= {"QP_MAIL_URL": smtp_server.url}
    with private_server() as url:
        admin = sa.make_url(url)
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as c:
            c.exec_driver_sql(f"create database {services['db']['environment']['POSTGRES_DB']}")
        engine.dispose()
        env = {
            "PATH": f"{programs()}{os.pathsep}{os.environ['PATH']}",
            "PGHOST": str(admin.query["host"]),
            "POSTGRES_USER": "super",
            "POSTGRES_DB": "q",
            "QP_OWNER_PASSWORD": values["QP_OWNER_PASSWORD"],
            "QP_APP_PASSWORD": values["QP_APP_PASSWORD"],
        }
        subprocess.run([ROOT / ".deploy/postgres/roles.sh"], env=env, check=True, capture_output=True)
        yield Deployment(services, values, str(admin.query["host"]), servers.free_port(), tmp_path)


@pytest.mark.slow
@pytest.mark.only("postgres")
def test_the_compose_files_commands_run_the_platform(deployment: Deployment, smtp_server: Mailbox) -> None:
    for _ in ("an empty database", "again, as at every later start"):
        upgrade = deployment.start("upgrade")
        assert upgrade.wait(120) == 0, deployment.log("upgrade")
    assert "scotland: created" not in deployment.log("upgrade")
    with ExitStack() as stack:
        running = {name: deployment.start(name) for name in ("web", "worker")}
        for process in running.values():
            stack.callback(process.kill)
        # asked here first: every try of its own check is a process of Python
        _until(lambda: servers.status(deployment.port, "/readyz") == 200, lambda: deployment.log("web"))
        assert deployment.healthy("web"), deployment.log("web")
        _until(lambda: "is ready" in deployment.log("worker"), lambda: deployment.log("worker"))
        assert deployment.ask("GET", "/scotland/")[0] == 200
        assert deployment.ask("GET", "/metrics")[0] == 404  # the proxy's visitors do not get them
        _, page, cookie = deployment.ask("GET", "/account/register")
        assert cookie.startswith("__Host-q=")
        form = next(form for form in forms(page) if "email" in form.fields)
        sent = {**form.fields, "name": "Ann Example", "email": "ann@example.org"}
        status, page, _ = deployment.ask("POST", form.action or "/account/register", sent, cookie)
        assert status in {200, 303}, page
        assert smtp_server.wait_for(1)[0]["To"] == "ann@example.org"
        assert f"https://{HOST}/" in smtp_server.messages[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
        for name, process in running.items():
            process.terminate()
            assert process.wait(_seconds(deployment.services[name]["stop_grace_period"])) == 0, deployment.log(name)
    assert not list(deployment.folder.glob("q-metrics-*"))
