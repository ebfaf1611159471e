"""Figures of events that took place, worked out in the database: three statements, whatever the number of events.

An event took place when it was published (or completed) and is over. In a session of one site these are its own; in one over
all sites, everybody's. What each figure divides by what is said at `Taken` and `Reached`, and in docs/activities.md.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.sdk import ScopedSession, clock, members_today
from plugins.local_events.attendance import ATTENDED, IN, NO_SHOW, UNDO
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
    """People with one home and one sector (None for who is no member; "" for a sector that nobody told): `people` came at least once, `again` to two events or more. Each
    person counts once, wherever they came; who was noted by name alone at the door is nobody who can be counted so."""

    home: int | None
    sector: str | None
    people: int
    again: int


class Worth(NamedTuple):
    """What was published about one event's worth: its day in London, and the last step (`feedback_steps`)."""

    on: date
    step: Step


def _came(model: Any) -> sa.ColumnElement[bool]:
    """Whether somebody (a row of `model`: Registration or WalkIn) was there: what an organiser said last counts, else whether a
    press stands that was not taken back. Looked up person by person among their event's rows, which its index finds."""
    column = "registration_id" if model is Registration else "walk_in_id"

    def theirs(rows: Any) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            rows.tenant_id == model.tenant_id, rows.event_id == model.event_id, getattr(rows, column) == model.id,
        )  # fmt: skip

    undo = aliased(CheckIn)
    taken_back = sa.exists().where(
        undo.tenant_id == CheckIn.tenant_id, undo.event_id == CheckIn.event_id, undo.direction == UNDO,
        undo.undoes == CheckIn.nonce, getattr(undo, column) == getattr(CheckIn, column),
    )  # fmt: skip
    standing = sa.exists().where(*theirs(CheckIn), CheckIn.direction == IN, ~taken_back)
    said = (
        sa.select(Correction.attendance)
        .where(*theirs(Correction))
        .order_by(Correction.made_at.desc(), Correction.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return sa.func.coalesce(said, sa.case((standing, ATTENDED), else_=NO_SHOW)) != NO_SHOW


def _of(model: Any, *figure: Any) -> Any:
    """A select of `figure` of the rows of `model` that belong to the event beside it."""
    return sa.select(*figure).where(model.tenant_id == Event.tenant_id, model.event_id == Event.id)


def taken(session: ScopedSession, period: Period) -> list[Taken]:
    """The period's events by site and kind, in one statement."""
    confirmed = Registration.state == CONFIRMED
    each: dict[str, Any] = {
        "offered": _of(Pool, sa.func.sum(Pool.capacity)),
        "endless": _of(Pool, sa.func.count(Pool.id)).where(Pool.capacity.is_(None)),
        "held": _of(Registration, sa.func.sum(1 + Registration.guests)).where(confirmed),
        "expected": _of(Registration, sa.func.count(Registration.id)).where(confirmed),
        "missed": _of(Registration, sa.func.count(Registration.id)).where(confirmed, ~_came(Registration)),
    }
    noted = sa.or_(_of(CheckIn, CheckIn.id).exists(), _of(Correction, Correction.id).exists())
    one = (
        sa.select(
            Event.tenant_id, Event.kind, sa.case((noted, 1), else_=0).label("noted"),
            *(figure.scalar_subquery().label(name) for name, figure in each.items()),
        )
        .where(*period.where())
        .subquery("one")
    )  # fmt: skip
    limited, counted = sa.and_(one.c.endless == 0, one.c.offered > 0), one.c.noted == 1

    def total(figure: Any, where: Any) -> Any:
        return sa.func.coalesce(sa.func.sum(figure).filter(where), 0)

    rows = session.execute(
        sa.select(
            one.c.tenant_id, one.c.kind, sa.func.count(), sa.func.count().filter(limited), total(one.c.held, limited),
            total(one.c.offered, limited), sa.func.count().filter(counted), total(one.c.missed, counted),
            total(one.c.expected, counted),
        )
        .group_by(one.c.tenant_id, one.c.kind)
        .order_by(one.c.tenant_id, one.c.kind)
    )  # fmt: skip
    return [Taken(row[0], row[1], *(int(figure) for figure in row[2:])) for row in rows]


def reached(session: ScopedSession, period: Period) -> list[Reached]:
    """The period's people by their home and their sector today, in one statement."""
    came = sa.union_all(
        *(
            sa.select(model.account_id, model.event_id)
            .join(Event, sa.and_(Event.tenant_id == model.tenant_id, Event.id == model.event_id))
            .where(*period.where(), model.account_id.is_not(None), _came(model))
            for model in (Registration, WalkIn)
        )
    ).subquery("came")
    people = (
        sa.select(came.c.account_id, sa.func.count(came.c.event_id.distinct()).label("events"))
        .group_by(came.c.account_id)
        .subquery("people")
    )
    member = members_today()
    rows = session.execute(
        sa.select(
            member.c.home_tenant_id, member.c.sector, sa.func.count(people.c.account_id),
            sa.func.count(people.c.account_id).filter(people.c.events > 1),
        )
        .select_from(people)
        .outerjoin(member, member.c.account_id == people.c.account_id)
        .group_by(member.c.home_tenant_id, member.c.sector)
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
