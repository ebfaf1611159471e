"""The demonstration's people and the people of a real platform never share a database that is served."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa
from flask import Flask

from core.app import BootError, boot
from core.config import normalise_url
from core.data.db import db
from core.demo import apart
from core.demo.community import PASSWORD, account_row
from core.kernel import clock
from core.people import passwords
from core.people.models import Account
from tests.support.app_fixtures import config_for
from tests.support.client import FormClient
from tests.support.databases import Database
from tests.support.environment import environment
from tests.support.forking import command

CENTRAL = "central@demo.example"


def _people(database: Database, *emails: str, confirmed: bool = True) -> None:
    hashed = passwords.hasher(quick=True).hash(PASSWORD)
    rows = [account_row(email, "Somebody", hashed, clock.now()) for email in emails]
    engine = sa.create_engine(normalise_url(database.superuser_url), poolclass=sa.NullPool)
    with engine.begin() as c:
        c.execute(sa.insert(Account), [row if confirmed else {**row, "confirmed_at": None} for row in rows])
    engine.dispose()


def _emails(database: Database) -> set[str]:
    engine = sa.create_engine(normalise_url(database.superuser_url), poolclass=sa.NullPool)
    with engine.connect() as c:
        return set(c.execute(sa.select(Account.email)).scalars())


def _command(database: Database, folder: Path, *words: str, **settings: str) -> tuple[int, str]:
    """The command's exit code, and what it wrote."""
    log = folder / "log"
    log.unlink(missing_ok=True)
    return command(words, environment(database, TMPDIR=str(folder), **settings), log)


def _signs_in(app: Flask) -> bool:
    app.test_client_class = FormClient
    client = cast("FormClient", app.test_client())
    client.submit("/account/sign-in", {"email": CENTRAL, "password": PASSWORD})
    answer = client.get("/me/")
    with app.app_context():
        db.engine.dispose()
    return answer.status_code == 200


@pytest.fixture
def boot_on() -> Callable[..., Flask]:
    return lambda database, **changes: boot(config_for(database, **changes))


def test_people_of_the_demonstration_sign_in_only_where_it_is_on(
    own_database: Database, boot_on: Callable[..., Flask]
) -> None:
    _people(own_database, CENTRAL)
    assert _signs_in(boot_on(own_database, demo=True))
    with pytest.raises(BootError, match="QP_DATABASE_URL") as stopped:
        _signs_in(boot_on(own_database))
    assert "\n" not in str(stopped.value)


def test_an_address_of_the_demonstration_that_nobody_confirmed_stops_no_start(
    own_database: Database, boot_on: Callable[..., Flask]
) -> None:
    """Anybody can type one at the registration, and nobody can receive mail there."""
    _people(own_database, "somebody@demo.example", confirmed=False)
    assert not _signs_in(boot_on(own_database))


def test_serve_and_worker_do_not_start_on_a_demonstration(own_database: Database, tmp_path: Path) -> None:
    _people(own_database, CENTRAL)
    for words in (("serve", "--port", "0"), ("worker",)):
        code, said = _command(own_database, tmp_path, *words)
        assert (code, said.count("QP_DEMO=1"), "Traceback" in said) == (1, 1, False), said


@pytest.mark.parametrize("off", ["0", ""])
@pytest.mark.parametrize("words", [("--load-only",), ("--reset", "--load-only")])
def test_demo_does_nothing_where_the_demonstration_is_off(
    own_database: Database, tmp_path: Path, words: tuple[str, ...], off: str
) -> None:
    _people(own_database, "ann@example.org")
    code, said = _command(own_database, tmp_path, "demo", *words, QP_DEMO=off)
    assert (code, "QP_DEMO" in said, "Traceback" in said) == (1, True, False), said
    assert _emails(own_database) == {"ann@example.org"}


@pytest.mark.parametrize("words", [("--load-only",), ("--reset", "--load-only")])
def test_demo_leaves_a_database_of_real_people_alone(
    own_database: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    _people(own_database, "ann@example.org")
    code, said = _command(own_database, tmp_path, "demo", *words)
    assert (code, "no demonstration" in said) == (1, True), said
    assert "Traceback" not in said
    assert _emails(own_database) == {"ann@example.org"}


@pytest.mark.only("sqlite")
def test_demo_deletes_no_file_that_is_something_else(tmp_path: Path) -> None:
    other, text = tmp_path / "other.sqlite", tmp_path / "notes.txt"
    engine = sa.create_engine(f"sqlite:///{other}", poolclass=sa.NullPool)
    with engine.begin() as c:
        c.exec_driver_sql("create table ledger (id integer)")
    text.write_text("not a database, but somebody's notes" * 100)
    for file in (other, text):
        kept = file.read_bytes()
        url = f"sqlite:///{file}"
        code, said = _command(Database(url, url, url), tmp_path, "demo", "--reset", "--load-only")
        assert (code, "Traceback" in said) == (1, False), said
        assert file.read_bytes() == kept


@pytest.mark.only("sqlite")
def test_where_no_database_is_yet_the_demonstration_may_be_loaded(tmp_path: Path) -> None:
    """A fresh clone has not even the folder."""
    folder = tmp_path / "instance"
    assert apart.may_load(f"sqlite:///{folder / 'q.sqlite'}") == ""
    assert not folder.exists()
    folder.mkdir()
    assert apart.may_load(f"sqlite:///{folder / 'q.sqlite'}") == ""
    assert not list(folder.iterdir())
