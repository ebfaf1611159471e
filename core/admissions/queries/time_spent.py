"""How long applicants spent at the form, against the promise of one to two hours. Figures of groups, never of a person."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from core.admissions.models import Application, Window
from core.admissions.queries.sight import clear_of
from core.data.session import ScopedSession

PROMISED_MINUTES = 120
"""The source: an application takes one to two hours."""
FEWEST = 5
"""Of fewer people than these nothing is told: a median of two is somebody's own time."""


class Spent(NamedTuple):
    """Minutes that submitted applications took: half were done within `median`, nine of ten within `ninety`; `within` is the
    share (percent) that kept the promise. All three are None where too few were submitted to tell. `measured` is how many they are."""

    measured: int
    median: int | None
    ninety: int | None
    within: int | None


def of_seconds(seconds: Sequence[int]) -> Spent:
    """The figures of some applications. A rank is rounded up: the figure is one that somebody took."""
    if len(seconds) < FEWEST:
        return Spent(len(seconds), None, None, None)
    ordered = sorted(seconds)

    def rank(share: int) -> int:
        return round(ordered[-(-len(ordered) * share // 100) - 1] / 60)

    kept = sum(one <= PROMISED_MINUTES * 60 for one in ordered)
    return Spent(len(ordered), rank(50), rank(90), round(100 * kept / len(ordered)))


_MEASURED = (Application.submitted_at.is_not(None), Application.seconds > 0)
"""Submitted, and filled in on pages that measured: an application that was moved is counted where it was written."""


def in_window(session: ScopedSession, account_id: str | None, window_id: str) -> Spent:
    """The figures of one window, for `account_id`'s eyes. One statement."""
    query = sa.select(Application.seconds).where(
        Application.window_id == window_id, *_MEASURED, _written_here(), clear_of(account_id)
    )
    return of_seconds(list(session.scalars(query)))


class OfWindow(NamedTuple):
    """One window of one site with its figures."""

    tenant_id: int
    name: str
    spent: Spent


def everywhere(session: ScopedSession, account_id: str | None) -> tuple[list[OfWindow], Spent]:
    """(every window in which something was submitted, the UK as a whole). Needs platform scope. One statement."""
    query = (
        sa.select(Application.tenant_id, Application.window_id, Window.name, Application.seconds)
        .join(Window, (Window.tenant_id == Application.tenant_id) & (Window.id == Application.window_id))
        .where(*_MEASURED, _written_here(), clear_of(account_id))
        .order_by(Application.tenant_id, Window.opens_at, Window.id)
    )
    found: dict[str, tuple[int, str, list[int]]] = {}
    for row in session.execute(query):
        found.setdefault(row.window_id, (row.tenant_id, row.name, []))[2].append(row.seconds)
    windows = [OfWindow(tenant_id, name, of_seconds(seconds)) for tenant_id, name, seconds in found.values()]
    return windows, of_seconds([one for _, _, seconds in found.values() for one in seconds])


def _written_here() -> sa.ColumnElement[bool]:
    """Not one that came from another area: its time is counted there, once."""
    return sa.or_(Application.moved_id.is_(None), Application.state == "transferred")
