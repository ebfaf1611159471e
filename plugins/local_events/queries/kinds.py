"""What events of a kind begin with at a site: as its organisers saved it, else as the plugin suggests."""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession
from plugins.local_events.models import KindSettings
from plugins.local_events.queries.shapes import columns
from plugins.local_events.settings import Settings
from plugins.local_events.words import KINDS


class Kind(NamedTuple):
    """What a new event of a kind begins with. `version` 0 is what nobody has changed yet; `capacity` None is no limit."""

    kind: str
    version: int
    minutes: int
    mode: str
    capacity: int | None
    wants_approval: bool
    guests_allowed: int
    certificate: bool
    reminders: list[int]
    questions: list[dict[str, Any]]


class Version(NamedTuple):
    """One version of a kind's settings, for its history."""

    settings: Kind
    saved_by: str | None
    saved_at: datetime


_MINUTES = {
    "networking": 120, "masterclass": 180, "workshop": 180, "webinar": 60, "site_visit": 240, "exchange": 240, "meet_up": 90,
}  # fmt: skip
_SMALL = {"site_visit": 12, "exchange": 8}
_LEARNING = ("masterclass", "workshop")
_COLUMNS = columns(Kind, KindSettings)
_CURRENT = sa.select(*_COLUMNS).where(KindSettings.current)
_ONE = _CURRENT.where(KindSettings.kind == sa.bindparam("kind"))


def usual(kind: str, settings: Settings) -> Kind:
    """What the plugin suggests for a kind."""
    return Kind(
        kind=kind,
        version=0,
        minutes=_MINUTES[kind],
        mode="online" if kind == "webinar" else "in_person",
        capacity=None if kind == "webinar" else _SMALL.get(kind, settings.default_capacity),
        wants_approval=kind == "exchange",
        guests_allowed=0,
        certificate=kind in _LEARNING,
        reminders=[24] if kind in ("webinar", "meet_up") else [168, 24],
        questions=[],
    )


def current(session: ScopedSession, settings: Settings, kind: str) -> Kind:
    """What a new event of `kind`, one of the list, begins with here. One statement."""
    row = session.execute(_ONE, {"kind": kind}).one_or_none()
    return Kind(*row) if row is not None else usual(kind, settings)


def every(session: ScopedSession, settings: Settings) -> list[Kind]:
    """All kinds, in the list's order. One statement."""
    saved = {row.kind: Kind(*row) for row in session.execute(_CURRENT)}
    return [saved.get(kind) or usual(kind, settings) for kind in KINDS]


def versions(session: ScopedSession, kind: str) -> list[Version]:
    """Everything that was ever saved for a kind, the newest first; at most fifty."""
    rows = session.execute(
        sa.select(*_COLUMNS, KindSettings.saved_by, KindSettings.saved_at)
        .where(KindSettings.kind == kind)
        .order_by(KindSettings.version.desc())
        .limit(50)
    ).all()
    return [Version(Kind(*row[:-2]), row.saved_by, row.saved_at) for row in rows]
