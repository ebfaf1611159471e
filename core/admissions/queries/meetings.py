"""Reading panel meetings: planned and held ones, the agenda, and who is in the room for an application.

Applications that the reader is in conflict with are in no list, no count and no number of an agenda.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from core.admissions.content.shapes import CRITERIA
from core.admissions.measure.spread import Discussion, order_of_discussion
from core.admissions.models import Application, Assessor, PanelItem, PanelMeeting, Window, WindowRules
from core.admissions.models import Conflict as OfInterest
from core.admissions.queries import scores
from core.admissions.queries.assessing import STILL_READ
from core.admissions.queries.sight import READER, clear_of
from core.data.listing import caseless
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account


class Meeting(NamedTuple):
    """One meeting. `present` are the assessors who are there."""

    id: str
    window_id: str
    window_name: str
    blindness: str
    held_at: datetime
    place: str
    quorum: int
    present: list[str]
    state: str
    version: int
    closed_at: datetime | None


class Counted(NamedTuple):
    """A meeting in the list of its window, with how much of its agenda the reader may see."""

    id: str
    held_at: datetime
    place: str
    state: str
    items: int
    done: int


_ONE = (
    sa.select(
        PanelMeeting.id, PanelMeeting.window_id, Window.name, sa.func.coalesce(WindowRules.blindness, "none"),
        PanelMeeting.held_at, PanelMeeting.place, PanelMeeting.quorum, PanelMeeting.present, PanelMeeting.state,
        PanelMeeting.version, PanelMeeting.closed_at,
    )
    .join(Window, (Window.tenant_id == PanelMeeting.tenant_id) & (Window.id == PanelMeeting.window_id))
    .outerjoin(WindowRules, (WindowRules.tenant_id == Window.tenant_id) & (WindowRules.window_id == Window.id))
    .where(PanelMeeting.id == sa.bindparam("wanted"))
)  # fmt: skip


def one(session: ScopedSession, meeting_id: str) -> Meeting:
    """One meeting of the session's tenant. Raises NotFound: missing, or another tenant's."""
    row = session.execute(_ONE, {"wanted": meeting_id}).one_or_none() if is_id(meeting_id) else None
    if row is None:
        raise NotFound
    return Meeting(*row)


def listed(session: ScopedSession, account_id: str | None, window_id: str) -> list[Counted]:
    """The meetings of a window, the latest first, in one statement."""
    seen = sa.and_(PanelItem.id.is_not(None), clear_of(account_id, PanelItem.application_id))
    query = (
        sa.select(
            PanelMeeting.id, PanelMeeting.held_at, PanelMeeting.place, PanelMeeting.state,
            sa.func.coalesce(sa.func.sum(sa.case((seen, 1), else_=0)), 0),
            sa.func.coalesce(sa.func.sum(sa.case((sa.and_(seen, PanelItem.state == "done"), 1), else_=0)), 0),
        )
        .outerjoin(
            PanelItem, (PanelItem.tenant_id == PanelMeeting.tenant_id) & (PanelItem.meeting_id == PanelMeeting.id)
        )
        .where(PanelMeeting.window_id == window_id)
        .group_by(PanelMeeting.id, PanelMeeting.held_at, PanelMeeting.place, PanelMeeting.state)
        .order_by(PanelMeeting.held_at.desc(), PanelMeeting.id)
    )  # fmt: skip
    return [Counted(*row) for row in session.execute(query)]


class Item(NamedTuple):
    """One application on an agenda. `out` are the assessors who are not in the room for it; `name` is the applicant's."""

    id: str
    meeting_id: str
    application_id: str
    reference: str
    name: str
    state: str
    outcome: str | None
    out: list[str]
    minutes: str
    version: int


_ITEMS = (
    sa.select(
        PanelItem.id, PanelItem.meeting_id, PanelItem.application_id, Application.reference, Account.name, PanelItem.state,
        PanelItem.outcome, PanelItem.out, PanelItem.minutes, PanelItem.version,
    )
    .join(Application, (Application.tenant_id == PanelItem.tenant_id) & (Application.id == PanelItem.application_id))
    .join(Account, Account.id == Application.account_id)
    .order_by(PanelItem.position, PanelItem.id)
)  # fmt: skip


_AGENDA = _ITEMS.where(PanelItem.meeting_id == sa.bindparam("meeting"), clear_of(READER))


def agenda(session: ScopedSession, account_id: str | None, meeting_id: str) -> list[Item]:
    """What a meeting discusses, in its order, as far as the reader may see it."""
    rows = session.execute(_AGENDA, {"meeting": meeting_id, "reader": account_id or ""})
    return [Item(**row._asdict()) for row in rows]


def item(session: ScopedSession, account_id: str | None, item_id: str) -> Item:
    """One application of an agenda. Raises NotFound: missing, another tenant's, or in conflict with the reader."""
    query = _ITEMS.where(PanelItem.id == item_id, clear_of(account_id))
    row = session.execute(query).one_or_none() if is_id(item_id) else None
    if row is None:
        raise NotFound
    return Item(**row._asdict())


class Candidate(NamedTuple):
    """An application that a panel can discuss, with what its sealed scores say. `found` is None where nothing is sealed, or
    where it is not the reader's to see yet."""

    id: str
    reference: str
    found: Discussion[str] | None


def candidates(session: ScopedSession, account_id: str | None, window_id: str) -> list[Candidate]:
    """A window's applications under assessment that no panel has concluded, disagreements first, in two statements.

    The order follows from sealed scores alone; the older application comes first where they say the same.
    """
    done = sa.exists().where(PanelItem.application_id == Application.id, PanelItem.state == "done")
    query = (
        sa.select(Application.id, Application.reference)
        .where(Application.window_id == window_id, Application.state.in_(STILL_READ), ~done, clear_of(account_id))
        .order_by(Application.submitted_at, Application.id)
    )
    rows = session.execute(query).all()
    found = in_order(session, account_id, [row.id for row in rows])
    names = {row.id: row.reference for row in rows}
    return [Candidate(one.key, names[one.key], one if one.coverage is not None else None) for one in found]


def in_order(session: ScopedSession, account_id: str | None, application_ids: Sequence[str]) -> list[Discussion[str]]:
    """Applications in the order of discussion, by the sealed scores that the reader may see; those without any come last."""
    sealed = scores.sealed(session, account_id, application_ids, leads=True)
    marks: Mapping[str, Mapping[str, Sequence[float | None]]] = {
        key: {
            criterion: [one.scores[criterion].value for one in sealed.get(key, ()) if criterion in one.scores]
            for criterion in CRITERIA
        }
        for key in application_ids
    }
    return sorted(order_of_discussion(marks), key=lambda one: one.coverage is None)


@dataclass(frozen=True, slots=True)
class Member:
    """An assessor of the panel."""

    id: str
    account_id: str
    name: str


def members(session: ScopedSession) -> list[Member]:
    """The assessors of the session's tenant who are not ended, by name."""
    query = (
        sa.select(Assessor.id, Assessor.account_id, Account.name)
        .join(Account, Account.id == Assessor.account_id)
        .where(Assessor.state != "ended")
        .order_by(caseless(Account.name), Assessor.id)
    )
    return [Member(*row) for row in session.execute(query)]


def conflicted(session: ScopedSession, application_id: str) -> frozenset[str]:
    """The assessors who are in conflict with an application, or wrote it: for the one who chairs it, so that they are named as
    out of the room."""
    query = sa.select(Assessor.id).where(
        sa.or_(
            sa.exists().where(
                OfInterest.application_id == application_id,
                OfInterest.account_id == Assessor.account_id,
                OfInterest.ended_at.is_(None),
            ),
            sa.exists().where(Application.id == application_id, Application.account_id == Assessor.account_id),
        )
    )
    return frozenset(session.scalars(query))
