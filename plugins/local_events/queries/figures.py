"""Figures of events that took place, worked out in the database: three statements, whatever the number of events.

An event took place when it was published (or completed) and is over. In a session of one site these are its own; in one over
all sites, everybody's. What each figure divides by what is said at `Taken` and `Reached`, and in docs/activities.md.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.sdk import ScopedSession, clock, member_homes
from plugins.local_events.attendance import NO_SHOW
from plugins.local_events.feedback_questions import WORTH
from plugins.local_events.feedback_steps import Step
from plugins.local_events.models import CheckIn, Correction, Event, Feedback, Pool, Registration, WalkIn
from plugins.local_events.queries.looking import begins
from plugins.local_events.states import COMPLETED, CONFIRMED, PUBLISHED


@dataclass(frozen=True, slots=True)
class Period:
    """Which events are looked at: those that began on a day from `first` to `last` (London's, both included); of one `kind`,
    or "" for all."""

    first: date
    last: date
    kind: str = ""

    def where(self) -> list[sa.ColumnElement[bool]]:
        """The conditions of events that took place in it."""
        found: list[sa.ColumnElement[bool]] = [
            Event.state.in_((PUBLISHED, COMPLETED)), Event.starts_at >= begins(self.first),
            Event.starts_at < begins(self.last + timedelta(days=1)), Event.ends_at <= clock.now(),
        ]  # fmt: skip
        return [*found, Event.kind == self.kind] if self.kind else found


class Taken(NamedTuple):
    """The events of one kind at one site.

    Fill is `held` / `offered`: places confirmed at the start (guests included; nobody can give one back later) over the
    places of all pools, of the `limited` events, every pool of which has a limit. No-shows are `missed` / `expected`: people
    with a confirmed place who did not come, over all with one, of the `counted` events, at which attendance was taken at all.
    """

    tenant_id: int
    kind: str
    events: int
    limited: int
    held: int
    offered: int
    counted: int
    missed: int
    expected: int


class Reached(NamedTuple):
    """People with one home (None for who is no member): `people` came at least once, `again` to two events or more. Each
    person counts once, wherever they came; who was noted by name alone at the door is nobody who can be counted so."""

    home: int | None
    people: int
    again: int


class Worth(NamedTuple):
    """What was published about one event's worth: its day in London, and the last step (`feedback_steps`)."""

    on: date
    step: Step


def _who(model: Any) -> Any:
    return sa.func.coalesce(model.registration_id, model.walk_in_id)


def _of(model: Any, period: Period, *columns: Any) -> Any:
    """A select of `columns` of the rows that belong to the period's events."""
    event = sa.and_(Event.tenant_id == model.tenant_id, Event.id == model.event_id)
    return sa.select(*columns).select_from(model).join(Event, event).where(*period.where())


def _standing(period: Period) -> sa.Subquery:
    """Who was checked in, by presses that were not taken back: a row for each person."""
    undo = aliased(CheckIn)
    taken_back = sa.and_(
        undo.tenant_id == CheckIn.tenant_id, undo.event_id == CheckIn.event_id, undo.direction == "undo",
        undo.undoes == CheckIn.nonce, _who(undo) == _who(CheckIn),
    )  # fmt: skip
    found: sa.Subquery = (
        _of(CheckIn, period, CheckIn.tenant_id, _who(CheckIn).label("who"))
        .outerjoin(undo, taken_back)
        .where(CheckIn.direction == "in", undo.id.is_(None))
        .group_by(CheckIn.tenant_id, _who(CheckIn))
        .subquery("standing")
    )
    return found


def _said(period: Period) -> sa.Subquery:
    """The last correction of each person's attendance."""
    rank = sa.func.row_number().over(
        partition_by=(Correction.tenant_id, _who(Correction)),
        order_by=(Correction.made_at.desc(), Correction.id.desc()),
    )
    ranked = _of(
        Correction, period, Correction.tenant_id, _who(Correction).label("who"), Correction.attendance, rank.label("rank")
    ).subquery("ranked")  # fmt: skip
    return sa.select(ranked.c.tenant_id, ranked.c.who, ranked.c.attendance).where(ranked.c.rank == 1).subquery("said")


def _attended(model: Any, period: Period, *more: Any) -> Any:
    """A select of `model`'s people at the events of the period: (tenant_id, event_id, account_id, came as 0 or 1, `more`).
    What an organiser said last counts, else the presses."""
    standing, said = _standing(period), _said(period)
    came = sa.case((said.c.attendance.is_not(None), said.c.attendance != NO_SHOW), else_=standing.c.who.is_not(None))
    return (
        _of(
            model, period, model.tenant_id, model.event_id, model.account_id, sa.case((came, 1), else_=0).label("came"), *more
        )
        .outerjoin(standing, sa.and_(standing.c.tenant_id == model.tenant_id, standing.c.who == model.id))
        .outerjoin(said, sa.and_(said.c.tenant_id == model.tenant_id, said.c.who == model.id))
    )  # fmt: skip


def taken(session: ScopedSession, period: Period) -> list[Taken]:
    """The period's events by site and kind, in one statement."""
    pools = (
        sa.select(
            Pool.tenant_id, Pool.event_id, sa.func.sum(Pool.capacity).label("offered"),
            sa.func.count(Pool.id).filter(Pool.capacity.is_(None)).label("endless"),
        )
        .group_by(Pool.tenant_id, Pool.event_id)
        .subquery("pools")
    )  # fmt: skip
    confirmed = _attended(
        Registration, period, (1 + Registration.guests).label("places")
    ).where(Registration.state == CONFIRMED).subquery("confirmed")  # fmt: skip
    had = (
        sa.select(
            confirmed.c.tenant_id, confirmed.c.event_id, sa.func.sum(confirmed.c.places).label("held"),
            sa.func.count().label("expected"), sa.func.sum(1 - confirmed.c.came).label("missed"),
        )
        .group_by(confirmed.c.tenant_id, confirmed.c.event_id)
        .subquery("had")
    )  # fmt: skip
    noted = sa.union(
        *(_of(model, period, model.tenant_id, model.event_id) for model in (CheckIn, Correction))
    ).subquery("noted")

    def of_event(table: sa.Subquery) -> sa.ColumnElement[bool]:
        return sa.and_(table.c.tenant_id == Event.tenant_id, table.c.event_id == Event.id)

    limited = sa.and_(pools.c.endless == 0, pools.c.offered > 0)
    counted = noted.c.event_id.is_not(None)
    rows = session.execute(
        sa.select(
            Event.tenant_id, Event.kind, sa.func.count(Event.id), sa.func.count(Event.id).filter(limited),
            *(
                sa.func.coalesce(sa.func.sum(figure).filter(where), 0)
                for figure, where in ((had.c.held, limited), (pools.c.offered, limited))
            ),
            sa.func.count(Event.id).filter(counted),
            *(sa.func.coalesce(sa.func.sum(figure).filter(counted), 0) for figure in (had.c.missed, had.c.expected)),
        )
        .outerjoin(pools, of_event(pools))
        .outerjoin(had, of_event(had))
        .outerjoin(noted, of_event(noted))
        .where(*period.where())
        .group_by(Event.tenant_id, Event.kind)
        .order_by(Event.tenant_id, Event.kind)
    )  # fmt: skip
    return [Taken(row[0], row[1], *(int(figure) for figure in row[2:])) for row in rows]


def reached(session: ScopedSession, period: Period) -> list[Reached]:
    """The period's people by their home today, in one statement."""
    found = sa.union_all(_attended(Registration, period), _attended(WalkIn, period)).subquery("found")
    people = (
        sa.select(found.c.account_id, sa.func.count(found.c.event_id.distinct()).label("events"))
        .where(found.c.came == 1, found.c.account_id.is_not(None))
        .group_by(found.c.account_id)
        .subquery("people")
    )
    home = member_homes()
    rows = session.execute(
        sa.select(
            home.c.home_tenant_id, sa.func.count(people.c.account_id),
            sa.func.count(people.c.account_id).filter(people.c.events > 1),
        )
        .select_from(people)
        .outerjoin(home, home.c.account_id == people.c.account_id)
        .group_by(home.c.home_tenant_id)
    )  # fmt: skip
    return [Reached(*row) for row in rows]


def heard(session: ScopedSession, period: Period) -> list[Worth]:
    """What was published of the period's feedback on "it was worth my time", by day, in one statement. Answers themselves are
    not read: what is said here was said on the events' own pages."""
    rows = session.execute(
        sa.select(Event.starts_at, Feedback.steps)
        .join(Feedback, sa.and_(Feedback.tenant_id == Event.tenant_id, Feedback.event_id == Event.id))
        .where(*period.where())
        .order_by(Event.starts_at, Event.id)
    )
    return [
        Worth(clock.london(starts_at).date(), Step.read(steps[WORTH][-1]))
        for starts_at, steps in rows
        if steps.get(WORTH)
    ]
