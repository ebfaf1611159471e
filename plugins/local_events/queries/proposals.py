"""Reading proposals: the organisers' queue, one's own, and how one went."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, clock, contains_words
from plugins.local_events.models import Event, ProposalStep
from plugins.local_events.states import CHANGES_REQUESTED, REJECTED, SUBMITTED, UNDECIDED

MEMBER = "member"


class Proposal(NamedTuple):
    """A proposal as a list shows it. `since` is when its last step was."""

    id: str
    title: str
    kind: str
    starts_at: datetime
    audience: str
    state: str
    created_by: str | None
    since: datetime


class Step(NamedTuple):
    """One step of a proposal."""

    step: str
    why: str
    by: str | None
    at: datetime


def waiting(
    session: ScopedSession, states: Sequence[str] = (SUBMITTED,), limit: int | None = None, offset: int = 0,
    search: str = "", newest: bool = False,
) -> tuple[list[Proposal], int]:  # fmt: skip
    """Proposals in one of `states`, who waits longest first, and how many there are in all. One statement."""
    last = sa.func.coalesce(sa.func.max(ProposalStep.at), Event.created_at)
    query = (
        sa.select(
            Event.id, Event.title, Event.kind, Event.starts_at, Event.audience, Event.state, Event.created_by,
            last.label("since"), sa.func.count().over(),
        )
        .outerjoin(ProposalStep, sa.and_(ProposalStep.tenant_id == Event.tenant_id, ProposalStep.event_id == Event.id))
        .where(Event.origin == MEMBER, Event.state.in_(states), *contains_words(search, Event.title))
        .group_by(Event.id)
    )  # fmt: skip
    query = query.order_by(last.desc() if newest else last, Event.id).limit(limit).offset(offset)
    rows = session.execute(query).all()
    return [Proposal(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def undecided(session: ScopedSession) -> tuple[int, int]:
    """How many proposals wait for an organiser, and how many for their proposer."""
    row = session.execute(
        sa.select(
            sa.func.count(Event.id).filter(Event.state == SUBMITTED),
            sa.func.count(Event.id).filter(Event.state == CHANGES_REQUESTED),
        ).where(Event.origin == MEMBER, Event.state.in_(UNDECIDED))
    ).one()
    return int(row[0]), int(row[1])


def own(session: ScopedSession, account_id: str) -> list[Proposal]:
    """A person's own proposals that were submitted and not published, soonest first; those whose time is over are left out."""
    query = (
        sa.select(
            Event.id, Event.title, Event.kind, Event.starts_at, Event.audience, Event.state, Event.created_by,
            Event.modified_at,
        )
        .where(
            Event.created_by == account_id, Event.origin == MEMBER, Event.starts_at > clock.now(),
            Event.state.in_((REJECTED, *UNDECIDED)),
        )
        .order_by(Event.starts_at, Event.id)
        .limit(50)
    )  # fmt: skip
    return [Proposal(*row) for row in session.execute(query)]


def steps(session: ScopedSession, event_id: str) -> list[Step]:
    """How a proposal went, from its beginning. None for what is no proposal."""
    query = (
        sa.select(ProposalStep.step, ProposalStep.why, ProposalStep.by, ProposalStep.at)
        .where(ProposalStep.event_id == event_id)
        .order_by(ProposalStep.at, ProposalStep.id)
    )
    return [Step(*row) for row in session.execute(query)]
