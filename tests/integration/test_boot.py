"""Starting a server process: the database is looked at before anything is served."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from core.app import BootError, boot
from core.config import Config, ConfigError
from core.data.db import db
from tests.support.app_fixtures import config_for
from tests.support.databases import Database


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
    assert "local_events_sealed_answer" in app.extensions["q.registry"].broken["local_events"].error
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
        ({"QP_SECRET_KEY": "0123456789abcdefghijklmnopqrstuv"}, "QP_MAIL_URL is required"),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://u:p@mail.example.org"}, "unencrypted"),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://u:p@mail.example.org:587?starttls=0"}, "unencrypted"),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://u@192.0.2.1"}, "unencrypted"),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://u:p@localhost.example.org"}, "unencrypted"),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://u:p@mail.example.org?starttls=true"}, "starttls is 1 or 0"),
        ({"QP_DEMO": "1", "QP_MAIL_URL": "smtp://mail.example.org:99999"}, "QP_MAIL_URL must be"),
        ({"QP_DEMO": "1", "QP_DATABASE_URL": "mysql://x"}, "QP_DATABASE_URL"),
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
