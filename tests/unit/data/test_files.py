"""The two places for the content of files do the same: whole or not at all, and by keys alone."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from obstore.exceptions import GenericError
from obstore.store import MemoryStore

from core.config import Config, ConfigError
from core.data import files
from core.data.files import Bucket, Folder, Store, new_key, open_store

ENV = {"QP_SECRET_KEY": "9f86d081884c7d659a2feaa0c55ad015", "QP_MAIL_URL": "smtp://127.0.0.1"}


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Each of the two."""
    makers: dict[str, Callable[[], Store]] = {
        "folder": lambda: open_store((tmp_path / "with space").as_uri()),
        "bucket": lambda: Bucket("s3://bucket", MemoryStore()),
    }
    return makers[request.param]()


def test_what_is_put_is_there_until_it_is_deleted(store: Store) -> None:
    key, other = new_key(2), new_key(3)
    store.put(key, b"one")
    store.put(other, b"two")
    assert (store.get(key), store.get(new_key(2))) == (b"one", None)
    [(listed, at)] = store.listed(2)
    assert listed == key
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    store.delete([key, new_key(2)])
    assert store.get(key) is None
    assert store.get(other) == b"two"
    assert list(store.listed(9)) == []


@pytest.mark.parametrize(
    "key", ["", "2", "../etc/passwd", "2/../../etc/passwd", "2/short", "x/" + "a" * 32, "2/" + "a" * 32 + "\n"]
)
def test_nothing_else_is_a_key(store: Store, key: str) -> None:
    for step in (lambda: store.put(key, b"x"), lambda: store.get(key), lambda: store.delete([key])):
        with pytest.raises(ValueError, match="not a key"):
            step()


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    folder, key = Folder(tmp_path), new_key(2)
    with pytest.raises(OSError, match="no space"):
        folder.put(key, b"half")
    assert folder.get(key) is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_a_killed_process_left_half_written_is_cleared(tmp_path: Path) -> None:
    folder, key = Folder(tmp_path), new_key(2)
    folder.put(key, b"whole")
    [path] = [path for path in tmp_path.rglob("*") if path.is_file()]
    young, old = (path.with_name(f"{path.name}.{name}{files.UNFINISHED}") for name in ("young", "old"))
    for half in (young, old):
        half.write_bytes(b"ha")
    long_ago = (datetime.now(UTC) - timedelta(hours=3)).timestamp()
    os.utime(old, (long_ago, long_ago))
    assert [listed for listed, _ in folder.listed(2)] == [key]
    assert (young.exists(), old.exists()) == (True, False)


def test_a_service_that_does_not_answer_is_an_error_of_the_system() -> None:
    """Whoever keeps files need not know which client is behind them."""

    class Silent:
        def put(self, *_: object) -> None:
            raise GenericError("http://user:secret@store")

    with pytest.raises(OSError, match="GenericError") as raised:
        Bucket("s3://bucket", Silent()).put(new_key(2), b"x")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["file:///srv/files", "s3://bucket/q", ""])
def test_a_place_that_is_understood(url: str) -> None:
    assert Config.from_env({**ENV, "QP_FILES_URL": url}).files_url.startswith(("file:///", "s3://"))


@pytest.mark.parametrize("url", ["/srv/files", "file://host/x", "file:///", "s3://", "https://bucket", "file:relative"])
def test_a_place_that_is_not(url: str) -> None:
    with pytest.raises(ConfigError, match="QP_FILES_URL"):
        Config.from_env({**ENV, "QP_FILES_URL": url})
