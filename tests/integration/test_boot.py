"""Starting a server process: the database is looked at before anything is served."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex, token_urlsafe

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from core.app import BootError, boot
from core.cli import main
from core.config import Config, ConfigError
from core.data.db import db
from tests.support.app_fixtures import config_for
from tests.support.databases import Database
from tests.support.environment import ROOT, SECRET_KEY, environment

WEAK = (
    "change-me-change-me-change-me-change-me",
    "password1234password1234password1234",
    "abcdefghabcdefghabcdefghabcdefgh",
    "0123456789" * 4,
    "0123456789abcdefghijklmnopqrstuv",
    "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210",
    "your-secret-key-goes-here-" + "9f86d081884c",
    "My_Pass-Word_is_9f86d081884c7d659a2feaa0",
)
"""Long enough, and made by hand."""


@pytest.fixture
def boot_on() -> Iterator[Callable[[Database], Flask]]:
    started: list[Flask] = []

    def start(database: Database) -> Flask:
        started.append(boot(config_for(database)))
        return started[-1]

    yield start
    for app in started:
        with app.app_context():
            db.engine.dispose()


def test_a_plugin_without_its_tables_is_broken_and_the_rest_starts(
    own_database: Database, boot_on: Callable[[Database], Flask]
) -> None:
    owner = sa.create_engine(own_database.owner_url)
    with owner.begin() as c:
        c.exec_driver_sql("drop table local_events_sealed_answer")
    owner.dispose()
    app = boot_on(own_database)
    told = app.extensions["q.registry"].broken["local_events"].error
    assert told == (
        "no table local_events_sealed_answer, and no migration left to run; "
        'write one: qplatform db revise local_events "…"'
    )
    client = app.test_client()
    assert client.get("/scotland/").status_code == 200
    assert client.get("/scotland/events/").status_code == 404


def test_a_whole_database_breaks_nothing(other_database: Database, boot_on: Callable[[Database], Flask]) -> None:
    assert boot_on(other_database).extensions["q.registry"].broken == {}


@pytest.mark.only("postgres")
def test_invariant_the_owner_cannot_serve(other_database: Database, boot_on: Callable[[Database], Flask]) -> None:
    with pytest.raises(BootError, match="owns"):
        boot(config_for(Database(other_database.superuser_url, other_database.owner_url, other_database.owner_url)))


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({}, "QP_SECRET_KEY is required"),
        ({"QP_SECRET_KEY": "short"}, "too weak"),
        ({"QP_SECRET_KEY": "a" * 40}, "too weak"),
        ({"QP_SECRET_KEY": "demonstration-only-secret-key-never-used-outside-the-demo"}, "too weak"),
        ({"QP_SECRET_KEY": SECRET_KEY}, "QP_MAIL_URL is required"),
        *(({"QP_SECRET_KEY": weak}, "too weak") for weak in WEAK),
        ({"QP_SECRET_KEY": SECRET_KEY, "QP_SECRET_KEY_BEFORE": "short"}, "QP_SECRET_KEY_BEFORE is too weak"),
        ({"QP_SECRET_KEY": SECRET_KEY, "QP_SECRET_KEY_BEFORE": SECRET_KEY}, "QP_SECRET_KEY_BEFORE is the same"),
        *(({"QP_SECRET_KEY": weak}, "secrets.token_urlsafe") for weak in ("", *WEAK)),
        ({"QP_DEMO": "yes"}, "QP_DEMO is 1 or 0"),
        ({"QP_DEMO": "true"}, "QP_DEMO is 1 or 0"),
        ({"QP_DEMO": "1", "QP_REDIS_URL": "garbage"}, "QP_REDIS_URL"),
        ({"QP_DEMO": "1", "QP_REDIS_URL": "http://127.0.0.1"}, "QP_REDIS_URL"),
        ({"QP_DEMO": "1", "QP_REDIS_URL": "redis://"}, "QP_REDIS_URL"),
        ({"QP_DEMO": "1", "QP_REDIS_URL": "redis://h:port/0"}, "QP_REDIS_URL"),
        ({"QP_DEMO": "1", "QP_HOSTS": "https://x.example=scotland"}, "QP_HOSTS"),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://u:p@mail.example.org"}, "unencrypted"),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://u:p@mail.example.org:587?starttls=0"}, "unencrypted"),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://u@192.0.2.1"}, "unencrypted"),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://u:p@localhost.example.org"}, "unencrypted"),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://u:p@mail.example.org?starttls=true"}, "starttls is 1 or 0"),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://mail.example.org:99999"}, "QP_MAIL_URL must be"),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://mail.example.org?from=Q%20Team"}, "from is one address"),
        (
            {"QP_DEMO": "1", "QP_MAIL_URL": "smtp://mail.example.org?from=q+team@example.org"},
            "a plus sign in it is %2B",
        ),
        (
            {"QP_DEMO": "1", "QP_MAIL_URL": "smtp://mail.example.org?from=a@q.example&from=b@q.example"},
            "from is one address",
        ),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://mail.example.org?startls=1"}, "it has no startls"),
        ({"QP_DEMO": "1", "QP_DATABASE_URL": "mysql://x"}, "QP_DATABASE_URL"),
        ({"QP_DEMO": "1", "QP_DATABASE_OWNER_URL": "mysql://x"}, "QP_DATABASE_OWNER_URL"),
        ({"QP_DEMO": "1", "QP_BASE_URL": "nowhere"}, "QP_BASE_URL"),
        ({"QP_DEMO": "1", "QP_HOSTS": "scotland"}, "QP_HOSTS"),
    ],
)
def test_a_wrong_environment_stops_the_boot_with_one_line(env: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError) as stopped:
        Config.from_env(env)
    assert words in str(stopped.value)
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize(
    "url",
    [
        "smtp://mail.example.org",
        "smtp://u:p@mail.example.org:587?starttls=1",
        "smtps://u:p@mail.example.org",
        "smtp://u:p@127.0.0.1:2525",
        "smtp://u:p@[::1]:2525",
        "smtp://u:p@localhost",
    ],
)
def test_a_password_goes_encrypted_or_not_beyond_this_machine(url: str) -> None:
    assert Config.from_env({"QP_DEMO": "1", "QP_MAIL_URL": url}).mail_url == url


@pytest.mark.parametrize(
    "make", [lambda: token_hex(16), lambda: token_hex(32), lambda: token_urlsafe(24), lambda: token_urlsafe(48)]
)
def test_a_random_secret_is_taken(make: Callable[[], str]) -> None:
    for _ in range(300):
        secret = make()
        assert Config.from_env({"QP_SECRET_KEY": secret, "QP_MAIL_URL": "smtp://localhost"}).secret_key == secret


@pytest.mark.parametrize(("value", "on"), [("", False), ("0", False), ("1", True)])
def test_the_demonstration_has_a_switch(value: str, on: bool) -> None:
    env = {"QP_DEMO": value, "QP_SECRET_KEY": SECRET_KEY, "QP_MAIL_URL": "smtp://localhost"}
    assert Config.from_env(env).demo is on


@pytest.mark.parametrize(
    "url", ["", "redis://redis:6379/0", "rediss://:word@r.example.org", "redis+unix:///run/redis.sock"]
)
def test_an_address_of_redis_is_taken(url: str) -> None:
    assert Config.from_env({"QP_DEMO": "1", "QP_REDIS_URL": url}).redis_url == url


def test_an_address_that_the_library_of_redis_refuses_is_told_in_one_line(other_database: Database) -> None:
    with pytest.raises(ConfigError, match="QP_REDIS_URL cannot be used") as told:
        boot(config_for(other_database, redis_url="redis://127.0.0.1/0?db=first"))
    assert "\n" not in str(told.value)


def test_a_host_of_a_site_that_is_not_there_stops_the_start(other_database: Database) -> None:
    with pytest.raises(BootError, match="QP_HOSTS: there is no site nonsense"):
        boot(config_for(other_database, hosts={"x.example": "nonsense", "y.example": "wales"}))


def test_a_database_without_tables_is_not_served(empty_database: Database) -> None:
    with pytest.raises(BootError, match="qplatform db upgrade") as told:
        boot(config_for(empty_database))
    assert "\n" not in str(told.value)


def test_a_database_that_cannot_be_reached_is_told_in_one_line(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/nowhere/q.sqlite", "postgresql://qp_app@127.0.0.1:1/q"):
        with pytest.raises(BootError, match="cannot be reached") as told:
            boot(config_for(Database(url, url, url)))
        assert "\n" not in str(told.value)


@pytest.mark.only("sqlite")  # whose database can be taken away from one process
def test_a_database_that_is_away_at_the_first_request_is_told_with_a_page(
    own_database: Database, boot_on: Callable[[Database], Flask]
) -> None:
    app, file = boot_on(own_database), Path(own_database.app_url.removeprefix("sqlite:///"))
    away = file.rename(file.with_suffix(".away"))
    file.mkdir()  # else one would be made
    answer = app.test_client().get("/scotland/")
    assert (answer.status_code, len(answer.headers["X-Request-Id"])) == (503, 16)
    assert answer.headers["X-Request-Id"] in answer.text
    file.rmdir()
    away.rename(file)
    assert app.test_client().get("/scotland/").status_code == 200


def _at(database: Database, component: str, revision: str) -> None:
    owner = sa.create_engine(database.owner_url, poolclass=sa.NullPool)
    with owner.begin() as c:
        c.exec_driver_sql(f"update alembic_{component} set version_num = '{revision}'")


def test_a_plugin_whose_migration_failed_is_broken_wherever_it_is_asked_for(
    own_database: Database, boot_on: Callable[[Database], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tables are all there, as its first migration left them."""
    _at(own_database, "local_events", "local_events0001")
    app = boot_on(own_database)
    broken = app.extensions["q.registry"].broken
    assert "a migration of its tables failed" in broken["local_events"].error
    assert set(broken) == {"local_events"}
    assert app.test_client().get("/scotland/").status_code == 200
    for name, value in environment(own_database).items():
        monkeypatch.setenv(name, value)
    told = CliRunner().invoke(main, ["plugins", "doctor"])
    assert (told.exit_code, "local_events: a migration of its tables failed" in told.output) == (1, True)
    listed = CliRunner().invoke(main, ["plugins", "list"])
    assert (listed.exit_code, "local_events " in listed.output) == (0, False)


def test_a_core_whose_migration_failed_is_not_served(own_database: Database) -> None:
    _at(own_database, "core", "core0001")
    with pytest.raises(BootError, match="migration of the core"):
        boot(config_for(own_database))


def test_tables_of_a_newer_release_break_nothing(own_database: Database, boot_on: Callable[[Database], Flask]) -> None:
    """The release before is started again beside them."""
    for component in ("core", "local_events"):
        _at(own_database, component, f"{component}9999")
    assert boot_on(own_database).extensions["q.registry"].broken == {}


def test_doctor_looks_at_the_code_alone_before_there_is_a_database(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(empty_database).items():
        monkeypatch.setenv(name, value)
    told = CliRunner().invoke(main, ["plugins", "doctor"])
    assert (told.exit_code, "only the code was looked at" in told.output) == (0, True)


@pytest.mark.only("postgres")  # where each table is looked at before anything is served
def test_a_plugin_with_tables_that_does_not_load_stops_nobody(other_database: Database, tmp_path: Path) -> None:
    """Its migrations cannot be run before it loads, so its tables need not be there."""
    folder = tmp_path / "half"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "manifest.py").write_text(
        "from core.sdk import Manifest\n"
        "MANIFEST = Manifest(name='half', title='T', summary='S', version='1.0', sdk=(1, 0), url_name='half')\n"
    )
    (folder / "models.py").write_text(
        "from core.data.base import Base, Id, TenantOwned, tenant_args\n"
        "from sqlalchemy.orm import Mapped\n"
        "class Row(TenantOwned, Base):\n"
        "    __tablename__ = 'half_row'\n"
        "    __table_args__ = tenant_args()\n"
        "    id: Mapped[Id]\n"
    )
    (folder / "plugin.py").write_text(
        "from core.sdk import hookimpl\n@hookimpl\ndef q_no_such_hook():\n    '''Of another release.'''\n"
    )
    ask = (
        "from core.app import create_app, look_at_database\n"
        "app = create_app(packages={'half': 'half'})\n"
        "assert 'q_no_such_hook' in app.extensions['q.registry'].broken['half'].error\n"
        "assert look_at_database(app) == []\n"
    )
    env = environment(other_database, PYTHONPATH=f"{tmp_path}:{ROOT}")
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
