"""Reading windows: one statement each."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.admissions.instants import WindowState, WindowTimes
from core.admissions.models import Application, Extension, FormVersion, Interest, Window, WindowAmendment
from core.admissions.queries.sight import clear_of
from core.admissions.states import DRAFT
from core.data.listing import caseless
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account

NEWEST = 50
"""So many windows of a site are looked at for the one to show; one area opens a few times a year."""


class WindowRow(NamedTuple):
    """A window as it is stored. Instants are UTC."""

    id: str
    name: str
    state: str
    opens_at: datetime
    closes_at: datetime
    grace_seconds: int
    released_at: datetime | None
    form_version_id: str
    form_number: int
    state_why: str
    version: int

    @property
    def times(self) -> WindowTimes:
        """The instants that its state follows from."""
        return WindowTimes(
            self.state, self.opens_at, self.closes_at, timedelta(seconds=self.grace_seconds), self.released_at
        )

    @property
    def now(self) -> WindowState:
        """Where it stands at this moment."""
        return self.times.state(clock.now())

    @property
    def grace_minutes(self) -> int:
        """The hidden grace in minutes."""
        return self.grace_seconds // 60


class Counted(NamedTuple):
    """A window in the list of its site, with how many applications were begun in it and how many of those submitted."""

    window: WindowRow
    begun: int
    submitted: int


class Amended(NamedTuple):
    """One change of a published window."""

    at: datetime
    by: str
    before: dict[str, Any]
    after: dict[str, Any]
    why: str


class Extended(NamedTuple):
    """One person's own closing instant."""

    id: str
    name: str
    email: str
    closes_at: datetime
    why: str
    by: str
    at: datetime


class FormChoice(NamedTuple):
    """A published form version that a window can take."""

    id: str
    number: int
    published_at: datetime | None


_WINDOW = [FormVersion.number if name == "form_number" else getattr(Window, name) for name in WindowRow._fields]
_WINDOWS = sa.select(*_WINDOW).join(FormVersion, FormVersion.id == Window.form_version_id)
_ONE = _WINDOWS.where(Window.id == sa.bindparam("window_id"))
_PUBLISHED = _WINDOWS.where(Window.state == "published").order_by(Window.opens_at.desc()).limit(NEWEST)


def one(session: ScopedSession, window_id: str) -> WindowRow:
    """One window of the session's site. Raises NotFound: missing, or another site's."""
    row = session.execute(_ONE, {"window_id": window_id}).one_or_none() if is_id(window_id) else None
    if row is None:
        raise NotFound
    return WindowRow(*row)


def listed(session: ScopedSession, account_id: str | None) -> list[Counted]:
    """Every window of the site, the latest first, with its applications counted as far as `account_id` may see them."""
    submitted = sa.case((Application.submitted_at.is_not(None), 1), else_=0)
    counts = (
        sa.select(
            Application.window_id, sa.func.count().label("begun"), sa.func.sum(submitted).label("submitted")
        )
        .where(clear_of(account_id))
        .group_by(Application.window_id)
        .subquery()
    )  # fmt: skip
    query = (
        _WINDOWS.add_columns(sa.func.coalesce(counts.c.begun, 0), sa.func.coalesce(counts.c.submitted, 0))
        .outerjoin(counts, counts.c.window_id == Window.id)
        .order_by(Window.opens_at.desc(), Window.id)
    )
    return [Counted(WindowRow(*row[:-2]), int(row[-2]), int(row[-1])) for row in session.execute(query)]


def shown(session: ScopedSession) -> WindowRow | None:
    """The window that the public should see now: the open one, else the one in grace, else the next to open, else the
    latest that is over; None where none was ever published."""
    return chosen((WindowRow(*row) for row in session.execute(_PUBLISHED)), clock.now())


def chosen(windows: Iterable[WindowRow], now: datetime) -> WindowRow | None:
    """Which of published `windows` `shown` gives at `now`."""
    known = list(windows)
    states = {window.id: window.times.state(now) for window in known}

    def of(*wanted: WindowState) -> list[WindowRow]:
        return [window for window in known if states[window.id] in wanted]

    if current := of(WindowState.OPEN) or of(WindowState.GRACE):
        return current[0]
    if ahead := of(WindowState.SCHEDULED):
        return min(ahead, key=lambda window: window.opens_at)
    over = of(WindowState.ASSESSING, WindowState.RELEASED)
    return max(over, key=lambda window: window.closes_at) if over else None


def extended_to(session: ScopedSession, window_id: str, account_id: str) -> datetime | None:
    """This person's own closing instant in a window, where they were given one."""
    query = sa.select(Extension.closes_at).where(Extension.window_id == window_id, Extension.account_id == account_id)
    return session.scalar(query)


def amendments(session: ScopedSession, window_id: str) -> list[Amended]:
    """Every change of a published window, newest first."""
    query = (
        sa.select(
            WindowAmendment.at, sa.func.coalesce(Account.name, ""), WindowAmendment.before, WindowAmendment.after,
            WindowAmendment.why,
        )
        .outerjoin(Account, Account.id == WindowAmendment.by)
        .where(WindowAmendment.window_id == window_id)
        .order_by(WindowAmendment.at.desc(), WindowAmendment.id.desc())
    )  # fmt: skip
    return [Amended(*row) for row in session.execute(query)]


def extensions(session: ScopedSession, window_id: str) -> list[Extended]:
    """Who has more time in a window, by name."""
    giver = aliased(Account)
    query = (
        sa.select(
            Extension.id, Account.name, Account.email, Extension.closes_at, Extension.why,
            sa.func.coalesce(giver.name, ""), Extension.at,
        )
        .join(Account, Account.id == Extension.account_id)
        .outerjoin(giver, giver.id == Extension.by)
        .where(Extension.window_id == window_id)
        .order_by(caseless(Account.name), Extension.id)
    )  # fmt: skip
    return [Extended(*row) for row in session.execute(query)]


def form_choices(session: ScopedSession) -> list[FormChoice]:
    """The published versions of the form, the newest first."""
    query = (
        sa.select(FormVersion.id, FormVersion.number, FormVersion.published_at)
        .where(FormVersion.state == "published")
        .order_by(FormVersion.number.desc())
    )
    return [FormChoice(*row) for row in session.execute(query)]


def waiting_to_hear(session: ScopedSession) -> int:
    """How many people asked to be told when the next window opens, and confirmed it."""
    return int(session.scalar(sa.select(sa.func.count(Interest.id)).where(Interest.state == "confirmed")) or 0)


def drafts_in(session: ScopedSession, window_id: str, account_id: str | None) -> tuple[int, int]:
    """(applications begun and not submitted, applications submitted) in one window, as far as `account_id` may see them."""
    is_draft = sa.case((Application.state == DRAFT, 1), else_=0)
    submitted = sa.case((Application.submitted_at.is_not(None), 1), else_=0)
    row = session.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(is_draft), 0), sa.func.coalesce(sa.func.sum(submitted), 0)
        ).where(Application.window_id == window_id, clear_of(account_id))
    ).one()  # fmt: skip
    return int(row[0]), int(row[1])
