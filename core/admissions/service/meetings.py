"""A panel's meeting: planned, its agenda, who is present, one application at a time, its outcome with minutes, closed.

Whoever chairs sees nothing of the applications that they are in conflict with, and cannot tell that there are any: no step is
refused because of one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Application, PanelItem, PanelMeeting
from core.admissions.queries import meetings, scores, windows
from core.admissions.queries.assessing import STILL_READ
from core.admissions.queries.meetings import Item, Meeting
from core.admissions.queries.sight import clear_of
from core.admissions.service.windows import may_manage
from core.data import audit
from core.data.conditional import update_as_seen
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, NotFound, Refused
from core.kernel.ids import new_id
from core.kernel.text import N_
from core.kernel.views import Actor

LONGEST_PLACE, LONGEST_MINUTES, MOST_QUORUM = 200, 4000, 50
FURTHEST = timedelta(days=2 * 366)
MEETING_CHANGED = N_("This cannot be done now: the state of the meeting has changed.")
NOT_OPEN = N_("The meeting is not open: open it when the panel is there.")
NO_QUORUM = N_("There are too few assessors in the room for an outcome. Put it off, or note who has come.")


@dataclass(frozen=True, slots=True)
class Plan:
    """When and where a panel meets (UTC), and how many assessors must be in the room for an outcome."""

    held_at: datetime
    place: str
    quorum: int


def _check(plan: Plan) -> None:
    wrong = {}
    if plan.held_at > clock.now() + FURTHEST or plan.held_at < clock.now() - FURTHEST:
        wrong["held_at"] = N_("Check the year")
    if len(plan.place) > LONGEST_PLACE:
        wrong["place"] = N_("At most 200 characters")
    if not 1 <= plan.quorum <= MOST_QUORUM:
        wrong["quorum"] = N_("Enter a number from 1 to 50")
    if wrong:
        raise Invalid(wrong)


def plan(session: ScopedSession, actor: Actor, window_id: str, wanted: Plan, key: str) -> str:
    """Plan a meeting over a window's applications; its id. The same form sent twice plans one. Raises Forbidden, NotFound,
    Invalid by field, and Refused for a form key that is missing or was used otherwise."""
    may_manage(actor)
    windows.one(session, window_id)
    _check(wanted)
    with transaction(session):
        sent = once(session, key, f"meeting.plan:{window_id}")
        if sent.result is not None:
            return sent.result
        meeting_id = new_id()
        row: dict[str, Any] = {
            "id": meeting_id, "tenant_id": session.scope.tenant_id, "window_id": window_id, "held_at": wanted.held_at,
            "place": wanted.place, "quorum": wanted.quorum, "present": [], "state": "planned", "version": 1,
            "created_by": actor.account_id, "created_at": clock.now(), "closed_at": None,
        }  # fmt: skip
        session.execute(sa.insert(PanelMeeting), [row])
        sent.keep(meeting_id)
        _tell(session, actor, "plan", meeting_id, {"held_at": wanted.held_at.isoformat(), "quorum": wanted.quorum})
    return meeting_id


def change(session: ScopedSession, actor: Actor, meeting_id: str, version: int, wanted: Plan) -> None:
    """Change when, where and with how many a planned meeting is held. Raises Forbidden, NotFound, Invalid, Conflict, Refused."""
    may_manage(actor)
    meeting = meetings.one(session, meeting_id)
    _check(wanted)
    with transaction(session):
        _step(
            session, meeting, version, ("planned",), held_at=wanted.held_at, place=wanted.place, quorum=wanted.quorum
        )  # fmt: skip
        _tell(session, actor, "change", meeting_id, {"held_at": wanted.held_at.isoformat(), "quorum": wanted.quorum})


def _step(session: ScopedSession, meeting: Meeting, version: int, states: tuple[str, ...], **values: Any) -> None:
    """The conditional update that every change of a meeting begins with. Raises NotFound, Conflict, Refused (another state)."""
    update_as_seen(
        session, PanelMeeting, PanelMeeting.id == meeting.id, version, states=states, closed=MEETING_CHANGED, **values
    )


def set_agenda(session: ScopedSession, actor: Actor, meeting_id: str, version: int, wanted: Iterable[str]) -> int:
    """Put these applications on the agenda of a meeting that is not closed, disagreements first; how many.

    What was discussed already stays, and so does what the actor cannot see. Raises Forbidden, NotFound, Conflict, Refused.
    """
    may_manage(actor)
    meeting = meetings.one(session, meeting_id)
    asked = set(wanted)
    with transaction(session):
        _step(session, meeting, version, ("planned", "open"))
        visible = sa.select(Application.id).where(clear_of(actor.account_id))
        session.execute(
            sa.delete(PanelItem)
            .where(
                PanelItem.meeting_id == meeting_id, PanelItem.state == "waiting", PanelItem.minutes == "",
                PanelItem.application_id.in_(visible),
            )
        )  # fmt: skip
        kept = session.execute(
            sa.select(PanelItem.application_id, PanelItem.position).where(PanelItem.meeting_id == meeting_id)
        ).all()
        there = {row.application_id for row in kept}
        allowed = set(
            session.scalars(
                visible.where(Application.window_id == meeting.window_id, Application.state.in_(STILL_READ))
            )
        )
        ordered = [one.key for one in meetings.in_order(session, actor.account_id, sorted((asked & allowed) - there))]
        first = 1 + max((row.position for row in kept), default=0)
        rows: list[dict[str, Any]] = [
            {
                "id": new_id(), "tenant_id": session.scope.tenant_id, "meeting_id": meeting_id, "application_id": application_id,
                "position": position, "state": "waiting", "outcome": None, "out": [], "minutes": "", "version": 1, "ended_at": None,
            }
            for position, application_id in enumerate(ordered, first)
        ]  # fmt: skip
        if rows:
            session.execute(sa.insert(PanelItem), rows)
        _tell(session, actor, "agenda", meeting_id, {"items": len(rows)})
    return len(rows)


def attend(session: ScopedSession, actor: Actor, meeting_id: str, version: int, present: Iterable[str]) -> None:
    """Note who is present, and open the meeting where it is not open yet. Raises Forbidden, NotFound, Invalid (nobody is),
    Conflict, and Refused once it is closed."""
    may_manage(actor)
    meeting = meetings.one(session, meeting_id)
    known = {member.id for member in meetings.members(session)}
    there = sorted(known & set(present))
    if not there:
        raise Invalid({"present": N_("Choose who is present")})
    with transaction(session):
        _step(session, meeting, version, ("planned", "open"), present=there, state="open")
        _tell(session, actor, "attend", meeting_id, {"present": len(there)})


def bring_up(session: ScopedSession, actor: Actor, item_id: str, version: int) -> None:
    """Discuss an application now. Whatever was discussed before and is not concluded waits again; assessors in conflict are
    out of the room. Raises Forbidden, NotFound, Conflict, and Refused where the meeting is not open or it is concluded."""
    may_manage(actor)
    one = _chaired(session, actor, item_id)
    out = sorted(meetings.conflicted(session, one.application_id))
    with transaction(session):
        _turn(session, one, version, ("waiting", "deferred", "now"), state="now", out=out, ended_at=None)
        session.execute(
            sa.update(PanelItem)
            .where(PanelItem.meeting_id == one.meeting_id, PanelItem.id != one.id, PanelItem.state == "now")
            .values(state="waiting", version=PanelItem.version + 1)
        )
        _told_of(session, actor, "bring_up", one, {"out": len(out)})


def conclude(
    session: ScopedSession, actor: Actor, item_id: str, version: int, *, outcome: str | None, minutes: str
) -> None:
    """End the discussion of an application: with an outcome, or put off (`outcome` None), with its minutes.

    An outcome needs the quorum in the room: those present, without those in conflict. Raises Forbidden, NotFound, Invalid by
    field, Conflict, and Refused.
    """
    may_manage(actor)
    one = _chaired(session, actor, item_id)
    minutes = minutes.strip()
    wrong = {}
    if outcome not in {None, "accept", "decline"}:
        wrong["outcome"] = N_("Choose one of these")
    if not minutes or len(minutes) > LONGEST_MINUTES:
        wrong["minutes"] = N_("Write the minutes, in at most 4,000 characters")
    if wrong:
        raise Invalid(wrong)
    state, now = ("deferred" if outcome is None else "done"), clock.now()
    with transaction(session):
        _turn(session, one, version, ("now",), state=state, outcome=outcome, minutes=minutes, ended_at=now)
        meeting = meetings.one(session, one.meeting_id)
        if (
            outcome is not None
            and len(set(meeting.present) - meetings.conflicted(session, one.application_id)) < meeting.quorum
        ):
            raise Refused(NO_QUORUM)
        _told_of(session, actor, "conclude", one, {"state": state, "outcome": outcome})


def close(session: ScopedSession, actor: Actor, meeting_id: str, version: int) -> None:
    """Close a meeting: what was not concluded is put off, so that another meeting can take it. Raises Forbidden, NotFound,
    Conflict, and Refused where it is not open."""
    may_manage(actor)
    meeting, now = meetings.one(session, meeting_id), clock.now()
    with transaction(session):
        _step(session, meeting, version, ("open",), state="closed", closed_at=now)
        session.execute(
            sa.update(PanelItem)
            .where(PanelItem.meeting_id == meeting_id, PanelItem.state.in_(("waiting", "now")))
            .values(state="deferred", ended_at=now, version=PanelItem.version + 1)
        )
        _tell(session, actor, "close", meeting_id, {"state": "closed"})


def _chaired(session: ScopedSession, actor: Actor, item_id: str) -> Item:
    """An item that the actor may chair: no conflict of interest, and what others scored is theirs to read."""
    one = meetings.item(session, actor.account_id, item_id)
    if not scores.may_read(session, actor.account_id, one.application_id, leads=True):
        raise Refused(N_("You assess this application and have not sealed your scores: somebody else chairs it."))
    return one


def _turn(session: ScopedSession, one: Item, version: int, states: tuple[str, ...], **values: Any) -> None:
    """The conditional update that every step of an item begins with: in an open meeting, without a conflict of interest. The meeting
    is locked before it, as its own steps do: of two items that are brought up at once the second sees the first."""
    session.execute(
        sa.update(PanelMeeting).where(PanelMeeting.id == one.meeting_id).values(version=PanelMeeting.version)
    )
    meets = sa.exists().where(PanelMeeting.id == PanelItem.meeting_id, PanelMeeting.state == "open")
    done = session.execute(
        sa.update(PanelItem)
        .where(PanelItem.id == one.id, PanelItem.version == version, PanelItem.state.in_(states), meets)
        .values(version=PanelItem.version + 1, **values)
        .returning(PanelItem.id)
    ).one_or_none()
    if done is not None:
        return
    now = session.execute(
        sa.select(PanelItem.state, PanelItem.version, PanelMeeting.state.label("meeting"))
        .join(PanelMeeting, (PanelMeeting.tenant_id == PanelItem.tenant_id) & (PanelMeeting.id == PanelItem.meeting_id))
        .where(PanelItem.id == one.id)
    ).one_or_none()
    if now is None:
        raise NotFound
    if now.meeting != "open":
        raise Refused(NOT_OPEN)
    raise (
        Conflict
        if now.version != version
        else Refused(N_("This cannot be done now: it is concluded, or not discussed."))
    )


def _tell(session: ScopedSession, actor: Actor, action: str, meeting_id: str, after: dict[str, Any]) -> None:
    audit.record(session, actor=actor, action=f"meeting.{action}", subject=f"meeting:{meeting_id}", after=after)


def _told_of(session: ScopedSession, actor: Actor, action: str, one: Item, after: dict[str, Any]) -> None:
    audit.record(session, actor=actor, action=f"meeting.{action}", subject=f"panel_item:{one.id}", after=after)
