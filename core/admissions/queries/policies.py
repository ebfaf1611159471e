"""Reading the national policy's versions. What comes out of the database is checked by the model once more."""

import json
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import PolicyVersion
from core.admissions.queries import versions as versions_of
from core.admissions.rules import NationalPolicy
from core.data.session import ScopedSession
from core.people.models import Account


class Published(NamedTuple):
    """One version of the national policy. `by` is a name, empty for the platform itself."""

    id: str
    number: int
    policy: NationalPolicy
    sha256: str
    note: str
    by: str
    at: datetime


_VERSIONS = (
    sa.select(
        PolicyVersion.id, PolicyVersion.number, PolicyVersion.content, PolicyVersion.sha256, PolicyVersion.note,
        sa.func.coalesce(Account.name, ""), PolicyVersion.published_at,
    )
    .outerjoin(Account, Account.id == PolicyVersion.published_by)
    .order_by(PolicyVersion.number.desc())
)  # fmt: skip
_NEWEST = _VERSIONS.limit(1)
_ONE = _VERSIONS.where(PolicyVersion.number == sa.bindparam("wanted"))


def read(content: object) -> NationalPolicy:
    """A policy as it is stored (JSON values)."""
    return NationalPolicy.model_validate_json(json.dumps(content))


def versions(session: ScopedSession) -> list[Published]:
    """Every version, newest first."""
    return [_published(row) for row in session.execute(_VERSIONS)]


def newest(session: ScopedSession) -> Published | None:
    """The version that windows take; None before the first."""
    row = session.execute(_NEWEST).one_or_none()
    return None if row is None else _published(row)


def one(session: ScopedSession, number: int) -> Published:
    """A version by its number. Raises NotFound."""
    return _published(versions_of.numbered(session, _ONE, number))


def _published(row: Any) -> Published:
    key, number, content, sha, note, by, at = row
    return Published(key, number, read(content), sha, note, by, at)
