"""The panel that meets at this moment: what is done, what is discussed now, who disagrees and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from core.admissions.models import DiscussionNote, PanelMeeting
from core.admissions.rules import CRITERIA, Outcome
from core.admissions.states import SEALED
from core.demo.admissions.assessing import ASSIGNED_AFTER, Case, Line, Panel
from core.demo.admissions.deciding import Pinned, Settled, item, member_at, minutes, words

DONE, WAITING = 3, 4
QUORUM = 4


def split(panel: Panel, case: Case) -> None:
    """Five who have read the same application, four for it and one against."""
    assigned = panel.round.times.closes_at + ASSIGNED_AFTER
    for number, mark in enumerate(words()["split"]["mark"]):
        member = member_at(panel, mark["member"])
        assignment_id = panel.seat(case, member, SEALED, assigned)
        at = panel.round.now - timedelta(days=2 + number, hours=3 * number + 1)
        panel.mark(
            case, member, assignment_id, at, lines=_lines(mark), recommendation=mark["recommendation"]
        )  # fmt: skip
        if member.place == words()["again"]["member"]:
            again = words()["again"]
            panel.mark(
                case, member, assignment_id, panel.round.now - timedelta(minutes=2), lines=_lines(again),
                recommendation=again["recommendation"], phase="post_discussion",
            )  # fmt: skip


def _lines(row: Mapping[str, Any]) -> list[Line]:
    return [Line(criterion, *row[criterion]) for criterion in CRITERIA]


def hold(panel: Panel, pinned: Pinned, case: Case, settled: Sequence[Settled]) -> None:
    """The meeting itself: some applications are done, `case` is discussed now, others wait."""
    now = panel.round.now
    began = now - timedelta(minutes=70)
    present = [member.id for member in panel.members if member.place not in {3, 8}]
    meeting_id = panel.rows.add(
        PanelMeeting, window_id=panel.round.id, held_at=began, place="Room 2, and by video", quorum=QUORUM,
        present=sorted(present), state="open", version=3, created_by=pinned.lead, created_at=now - timedelta(days=12),
        closed_at=None,
    )  # fmt: skip
    panel.rows.tell(
        now - timedelta(days=12), pinned.lead, "meeting.plan", f"meeting:{meeting_id}", after={"quorum": QUORUM}
    )
    panel.rows.tell(began, pinned.lead, "meeting.attend", f"meeting:{meeting_id}", after={"present": len(present)})
    others = [one for one in settled if one.proposed is Outcome.PANEL and one.case is not case][: DONE + WAITING]
    for number, one in enumerate(others[:DONE], 1):
        one.outcome = ("accept", "decline", "accept")[number - 1]
        item(
            panel, meeting_id, one.case, number, "done", outcome=one.outcome, minutes=minutes(one, panel.chance),
            ended_at=began + timedelta(minutes=11 * number),
        )  # fmt: skip
    item(panel, meeting_id, case, DONE + 1, "now")
    for number, one in enumerate(others[DONE:], DONE + 2):
        item(panel, meeting_id, one.case, number, "waiting")
    for note in words()["note"]:
        panel.rows.add(
            DiscussionNote, application_id=case.applied.id, account_id=member_at(panel, note["member"]).account_id,
            body=note["words"], at=_ago(now, note["minutes_ago"]),
        )  # fmt: skip


def _ago(now: datetime, minutes_: int) -> datetime:
    return now - timedelta(minutes=minutes_)
