"""Where the content of files lies: a folder, or a bucket that speaks S3. Rows of the database say what it is and whose.

A key is `<tenant id>/<random>`: nobody can guess one, and a tenant's contents can be listed by themselves. Content is put
first and its row is written after it, in a transaction: whatever kills the process leaves at most content without a row,
which a job sweeps up. Content never changes under its key.
"""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from core.kernel import clock
from core.kernel.ids import new_token

_KEY = re.compile(r"[0-9]{1,9}/[A-Za-z0-9_-]{16,100}")
UNFINISHED, ABANDONED = ".part", timedelta(hours=1)


class Store(Protocol):
    """Contents by key. Each method raises ValueError for what is no key, and OSError when the place cannot be reached."""

    def put(self, key: str, content: bytes) -> None:
        """Keep `content`; when this returns it is on the disk, or with the service."""
        ...

    def get(self, key: str) -> bytes | None:
        """The content; None where there is none."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Delete contents; those that are gone already are no error."""
        ...

    def listed(self, tenant_id: int) -> Iterator[tuple[str, datetime]]:
        """Every key of a tenant with the instant (UTC) at which its content was put."""
        ...


def new_key(tenant_id: int) -> str:
    """A key that nobody can guess."""
    return f"{tenant_id}/{new_token()}"


def open_store(url: str) -> Store:
    """The store at `file:///folder` or `s3://bucket/prefix`. Nothing is made or asked before it is used.

    What S3 needs besides (region, endpoint, keys) is read from the environment by its usual names (`AWS_REGION`, …).
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Folder(Path(unquote(parts.path)))
    return Bucket(url)


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError("not a key of a file")
    return key


class Folder:
    """A folder of this machine, or one that all machines share."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _path(self, key: str) -> Path:
        tenant, _, name = _checked(key).partition("/")
        return self._root / tenant / name[:2] / name

    def put(self, key: str, content: bytes) -> None:
        """Written beside its place, brought to the disk, then named: a reader sees all of it or nothing."""
        path = self._path(key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def get(self, key: str) -> bytes | None:
        """The content; None where there is none."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            return None

    def delete(self, keys: Iterable[str]) -> None:
        """Delete contents."""
        for key in keys:
            self._path(key).unlink(missing_ok=True)

    def listed(self, tenant_id: int) -> Iterator[tuple[str, datetime]]:
        """Every key of a tenant. What a killed process left half written is cleared away after an hour."""
        for path in sorted((self._root / str(tenant_id)).glob("*/*")):
            with suppress(FileNotFoundError):  # deleted while we look
                put_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                if path.name.endswith(UNFINISHED):
                    self._clear(path, put_at)
                else:
                    yield f"{tenant_id}/{path.name}", put_at

    def _clear(self, path: Path, put_at: datetime) -> None:
        if clock.now() - put_at > ABANDONED:
            path.unlink(missing_ok=True)


class Bucket:
    """A bucket of a service that speaks S3."""

    def __init__(self, url: str, store: Any = None) -> None:
        self._url, self._store = url, store

    def _open(self) -> Any:
        if self._store is None:
            from obstore.store import from_url  # ten MB of machine code that a folder does without

            for name in [name for name, value in os.environ.items() if name.startswith("AWS_") and not value]:
                del os.environ[
                    name
                ]  # a compose file hands on what is not set as empty, which the library takes for a value
            self._store = from_url(self._url)
        return self._store

    def put(self, key: str, content: bytes) -> None:
        """Keep `content`."""
        with _asked():
            self._open().put(_checked(key), content)

    def get(self, key: str) -> bytes | None:
        """The content; None where there is none."""
        try:
            with _asked():
                return bytes(self._open().get(_checked(key)).bytes())
        except FileNotFoundError:
            return None

    def delete(self, keys: Iterable[str]) -> None:
        """Delete contents."""
        for key in keys:
            with suppress(FileNotFoundError), _asked():
                self._open().delete(_checked(key))

    def listed(self, tenant_id: int) -> Iterator[tuple[str, datetime]]:
        """Every key of a tenant."""
        with _asked():
            pages = list(self._open().list(f"{tenant_id}/"))
        for page in pages:
            for found in page:
                yield str(found["path"]), found["last_modified"]


@contextmanager
def _asked() -> Iterator[None]:
    """Raise OSError where the service did not answer, or refused, instead of the client's own errors."""
    from obstore.exceptions import BaseError  # the same library

    try:
        yield
    except BaseError as error:
        raise OSError(f"the store of files: {type(error).__name__}") from None  # its words hold addresses
