"""Assessors, who has what, and what they sealed: severities differ, agreement is moderate, everybody is linked."""

import random
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import sqlalchemy as sa

from core.admissions import assign
from core.admissions.conflict_rules import normal
from core.admissions.models import (
    Application,
    Assessment,
    Assessor,
    AssessorInterest,
    Assignment,
    Conflict,
    Score,
    ScoreDraft,
)
from core.admissions.rules import CRITERIA
from core.admissions.scoring import reason_of
from core.admissions.service.assigned import CARDS
from core.admissions.states import ASSESSING, DECLARED, OFFERED, RECUSED, SEALED, TURNED_DOWN
from core.data.session import ScopedSession
from core.demo.admissions import seams
from core.demo.admissions.applying import Applied, Round
from core.demo.admissions.rows import Rows
from core.demo.admissions.writing import filled
from core.demo.community import account_row
from core.kernel.permissions import Role
from core.people.models import Account, RoleGrant
from core.tenancy.directory import TenantSnapshot
from core.tenancy.models import ShelfItem

WORKPLACES = (
    "A hospital in {place}, ward for older people", "Group practice, {place}", "University, {place}", "Carers’ centre, {place}",
    "Community services, {place}", "Ambulance service, {place}", "Neighbourhood charity, {place}", "",
    "Integrated care programme, {place}", "Care home in {place}",
)  # fmt: skip
ROLES: tuple[tuple[str, ...], ...] = (
    (), ("chair",), ("lay",), ("external",), (), ("lay",), ("external", "cy_reader"), (), ("lay",), (),
)  # fmt: skip
SEVERITY = (0.0, -0.35, 0.3, -0.15, 0.45, 0.2, -0.4, 0.1, -0.25, 0.15)
"""How much more than a fair reader each assessor gives."""
NOISE = 0.42
AT_WORK = (3, 5)
"""Places in a panel of those who work where an applicant does."""
ASSIGNED_AFTER = timedelta(days=3, hours=10)
DUE_AFTER = timedelta(days=seams.ASSESS_DAYS)


@cache
def reasons() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """The ways to say why, by criterion and level."""
    return tomllib.loads((Path(__file__).parent / "reasons.toml").read_text("utf-8"))


class Member(NamedTuple):
    """Somebody on a panel."""

    id: str
    account_id: str
    roles: tuple[str, ...]
    severity: float
    place: int


class Line(NamedTuple):
    """One criterion as scored: a level or None, and why."""

    criterion: str
    value: int | None
    words: str


@dataclass(slots=True)
class Mark:
    """One assessor's view of an application, sealed or not."""

    assessment_id: str
    member: Member
    lines: list[Line]
    recommendation: Literal["accept", "decline", "unsure"]
    sealed_at: datetime | None


@dataclass(slots=True)
class Case:
    """An application with those who have it. `marks` are the sealed ones."""

    applied: Applied
    marks: list[Mark] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    proposals: int = 0


@dataclass(slots=True)
class Panel:
    """A panel and its cases. `seals` are (assessment, instant, hash, recommendation): sealed once the scores are there."""

    rows: Rows
    round: Round
    members: list[Member]
    cases: list[Case]
    chance: random.Random
    loads: Counter[str] = field(default_factory=Counter)
    seals: list[tuple[str, datetime, str, str]] = field(default_factory=list)

    def seat(
        self, case: Case, member: Member, state: str, at: datetime, *, reasons: Iterable[str] = (), **values: Any
    ) -> str:
        """Give a case to an assessor; the assignment's id."""
        case.held.add(member.id)
        self.loads[member.id] += 1
        declared = state not in {OFFERED, TURNED_DOWN}
        level = {RECUSED: "major", DECLARED: "minor"}.get(state, "none") if declared else None
        declared_at = at + timedelta(minutes=self.chance.randint(20, 300)) if declared else None
        row = {
            "declaration": "", "resolved_by": None, "resolution": "", "state_why": "", "reminded_at": None, "version": 1, **values,
        }  # fmt: skip
        assignment_id = self.rows.add(
            Assignment, application_id=case.applied.id, assessor_id=member.id, state=state, source="manual", run_id=None,
            reasons=list(reasons), due_at=self.round.times.closes_at + DUE_AFTER, level=level, declared_at=declared_at,
            told_at=at, created_by=None, created_at=at, changed_at=declared_at or at, **row,
        )  # fmt: skip
        if declared_at is not None:
            state_then = {RECUSED: RECUSED, DECLARED: DECLARED}.get(state, ASSESSING)
            self.rows.tell(
                declared_at, member.account_id, f"assignment.declare_{level}", f"assignment:{assignment_id}",
                after={"state": state_then},
            )  # fmt: skip
        return assignment_id

    def mark(
        self, case: Case, member: Member, assignment_id: str, at: datetime, *, sealed: bool = True,
        lines: Sequence[Line] | None = None, recommendation: str = "", phase: str = "independent",
    ) -> Mark:  # fmt: skip
        """An assessment with its scores, to be sealed at `at`; one that is not sealed is about half done."""
        given = list(lines) if lines is not None else _lines(case, member, self.chance)
        view = recommendation or _view(given)
        if not sealed:
            given = given[: self.chance.choice((2, 3))]
        assessment_id = self.rows.add(
            Assessment, assignment_id=assignment_id, application_id=case.applied.id, assessor_id=member.id,
            submission_id=case.applied.submission_id, phase=phase, number=1, recommendation=None, sha256="", version=1,
            started_at=at - timedelta(minutes=self.chance.randint(25, 3000)), changed_at=at, sealed_at=None,
        )  # fmt: skip
        scores = [
            {
                "assessment_id": assessment_id, "criterion": one.criterion, "value": one.value,
                "not_scored": one.words if one.value is None else "", "words": one.words if one.value is not None else "",
            }
            for one in given
        ]  # fmt: skip
        for row in scores if sealed else ():
            self.rows.add(Score, **row)
        for one in () if sealed else given:
            for name, said in (
                (one.criterion, "unable" if one.value is None else str(one.value)),
                (reason_of(one.criterion), one.words),
            ):
                self.rows.add(
                    ScoreDraft, assessment_id=assessment_id, field=name, value=said, revision=1, lost=False, at=at
                )  # fmt: skip
        made = Mark(
            assessment_id, member, given, cast("Literal['accept', 'decline', 'unsure']", view), at if sealed else None
        )
        if sealed:
            total = seams.seal_sum(scores, view, case.applied.submission_id)
            self.seals.append((assessment_id, at, total, view))
            facts = {"phase": phase, "number": 1, "sha256": total}
            if phase == "independent":
                case.marks.append(made)
                self.rows.tell(
                    at,
                    member.account_id,
                    "assignment.seal",
                    f"assignment:{assignment_id}",
                    after={"state": SEALED, **facts},
                )
            else:
                self.rows.tell(at, member.account_id, "assessment.seal", f"assessment:{assessment_id}", after=facts)
        return made

    def next_member(self, case: Case) -> Member:
        """Of those who do not have a case and are not in conflict the one with the least to do."""
        free = [one for one in self.members if one.id not in case.held and one.place]
        return min(free, key=lambda one: (self.loads[one.id], one.place))

    def show_cards(self) -> None:
        """Each assignment that waits for its assessor among their own items, as `assigned.show_card` puts it."""
        accounts = {member.id: member.account_id for member in self.members}
        references = {row["id"]: row["reference"] for row in self.rows.of.get(Application, [])}
        for row in self.rows.of.get(Assignment, []):
            if row["state"] in CARDS and row["assessor_id"] in accounts:
                self.rows.add_shared(
                    ShelfItem, account_id=accounts[row["assessor_id"]], origin_tenant_id=self.rows.tenant_id, plugin="admissions",
                    ref=row["id"], kind="assessment", title=references[row["application_id"]],
                    title_is_message=False, status=CARDS[row["state"]], when=row["due_at"],
                    path=f"/assess/{row['id']}/", needs_action=row["state"] != DECLARED, changed_at=row["changed_at"],
                )  # fmt: skip

    def write(self, session: ScopedSession) -> None:
        """Write everything, then seal what is sealed: the database takes no score afterwards."""
        self.rows.write(session)
        for assessment_id, at, total, view in self.seals:
            session.execute(
                sa.update(Assessment)
                .where(Assessment.id == assessment_id)
                .values(sealed_at=at, sha256=total, recommendation=view)
            )
        self.seals.clear()


def _lines(case: Case, member: Member, chance: random.Random) -> list[Line]:
    """What an assessor makes of an application: a fair reader's level, their severity, and the day they had."""
    found = []
    for criterion in CRITERIA:
        if chance.random() < 0.012:
            found.append(Line(criterion, None, chance.choice(reasons()["unable"]["1"])))
            continue
        level = case.applied.told.fair(criterion) + member.severity + chance.gauss(0, NOISE)
        value = min(4, max(1, round(level)))
        text = chance.choice(reasons()[criterion][str(value)])
        found.append(Line(criterion, value, filled(text, {"seen": case.applied.told.seen[criterion]})))
    return found


def _view(lines: Iterable[Line]) -> str:
    values = [one.value for one in lines if one.value is not None]
    mean = sum(values) / len(values) if values else 0
    return "accept" if mean >= 2.7 else "decline" if mean < 2.3 else "unsure"


def members(
    rows: Rows, tenant: TenantSnapshot, count: int, account_id: str, hashed: str, places: Sequence[str], since: datetime,
    chance: random.Random, names: Sequence[str], tied: Sequence[str],
) -> list[Member]:  # fmt: skip
    """A panel of `count`; the first is the demonstration's own assessor, `account_id`. The others have accounts made
    here. Two of them work where applicants do: `tied`."""
    found = []
    for place in range(count):
        if place:
            email = f"assessor{place + 1}.{tenant.slug}@demo.example"
            row = account_row(email, names[place], hashed, since)
            rows.add_plain(Account, **row)
            account_id = str(row["id"])
            rows.add_shared(
                RoleGrant, account_id=account_id, role=Role.ASSESSOR.value, at_tenant_id=tenant.id,
                starts_on=date(2017, 1, 1), ends_on=None, granted_by=None, granted_at=since, reason="demonstration",
            )  # fmt: skip
        workplace = WORKPLACES[place % len(WORKPLACES)].format(place=chance.choice(places))
        if place in AT_WORK and tied:
            workplace = tied[AT_WORK.index(place) % len(tied)]
        member_id = rows.add(
            Assessor, account_id=account_id, roles=list(ROLES[place]), capacity=9 if not place else 30, workplace=workplace,
            workplace_norm=normal(workplace), trained_on=since.date() + timedelta(days=chance.randint(3, 40)),
            state="active", version=1, created_by=None, created_at=since,
        )  # fmt: skip
        _interests(rows, member_id, place, places, since, chance)
        found.append(Member(member_id, account_id, ROLES[place], SEVERITY[place], place))
    return found


def _interests(
    rows: Rows, member_id: str, place: int, places: Sequence[str], at: datetime, chance: random.Random
) -> None:
    kept = (
        ("organisation", f"Hospice friends of {chance.choice(places)}"),
        ("employer", f"Community hospital, {chance.choice(places)}"),
        ("co_author", "Dr R. Fairclough"),
    )
    for kind, target in kept[: (0, 1, 2, 0, 3)[place % 5]]:
        rows.add(
            AssessorInterest, assessor_id=member_id, kind=kind, target=target, target_norm=normal(target), at=at, ended_at=None
        )  # fmt: skip


def derived(rows: Rows, panel: Sequence[Member], cases: Sequence[Case], at: datetime) -> dict[str, frozenset[str]]:
    """Conflicts that follow from workplaces and interests; by application the assessors who may never have it."""
    tied: dict[str, set[str]] = {member.id: set() for member in panel}
    for row in rows.of.get(Assessor, []):
        tied[row["id"]].add(row["workplace_norm"])
    for row in rows.of.get(AssessorInterest, []):
        if row["kind"] == "employer":
            tied[row["assessor_id"]].add(row["target_norm"])
    found = {}
    for case in cases:
        organisation = normal(case.applied.organisation)
        apart = [member for member in panel if organisation and organisation in tied[member.id]]
        for member in apart:
            rows.add(
                Conflict, application_id=case.applied.id, account_id=member.account_id, source="derived", kind="same_employer",
                why="", by=None, at=at, ended_at=None, ended_by=None, end_why="",
            )  # fmt: skip
            case.held.add(member.id)  # never offered to them
        found[case.applied.id] = frozenset(member.id for member in apart)
    return found


def seats(
    panel: Panel, cases: Sequence[Case], apart: Mapping[str, frozenset[str]], *, first_rests: bool
) -> list[tuple[Case, Member]]:
    """Two assessors for each of `cases`, as the platform’s own planner has it. With `first_rests` the first has few."""
    by_id = {case.applied.id: case for case in cases}
    of = {member.id: member for member in panel.members}
    names = {member.id: f"{member.place:02d}" for member in panel.members}  # new ids, the same plan
    back = {name: member_id for member_id, name in names.items()}
    order = {f"{number:03d}": case.applied.id for number, case in enumerate(cases)}
    plan = assign.plan(
        [
            assign.Assessor(names[member.id], 8 if first_rests and not member.place else 30, frozenset(member.roles))
            for member in panel.members
        ],
        [
            assign.Application(number, 2, conflicts=frozenset(names[one] for one in apart[application_id]))
            for number, application_id in order.items()
        ],
        seed=2017,
    )
    found = [(by_id[order[one.application]], of[back[one.assessor]]) for one in plan.added]
    for case, member in found:
        case.held.add(member.id)  # nobody is asked twice
    return found


def assess_all(panel: Panel, found: Sequence[tuple[Case, Member]], until: datetime) -> None:
    """Everything sealed, spread over the days from assignment to `until`."""
    assigned = panel.round.times.closes_at + ASSIGNED_AFTER
    for case, member in found:
        assignment_id = panel.seat(case, member, SEALED, assigned)
        begin = assigned + timedelta(days=2)
        panel.mark(case, member, assignment_id, begin + (until - begin) * panel.chance.random())


def more(panel: Panel, case: Case, at: datetime) -> None:
    """One more assessor for a case on which the others do not agree, from `at`; sealed within about a day."""
    member = panel.next_member(case)
    assignment_id = panel.seat(case, member, SEALED, at)
    panel.mark(case, member, assignment_id, at + timedelta(minutes=panel.chance.randint(400, 1500)))


def under_way(panel: Panel, found: Sequence[tuple[Case, Member]], kept: Iterable[str]) -> None:
    """A panel in the middle of its work: most sealed, some half done, some to be declared, a minor conflict that waits for the
    lead, somebody recused, somebody who gave one back. Applications in `kept` (ids) are sealed by all."""
    chance, now, assigned = panel.chance, panel.round.now, panel.round.times.closes_at + ASSIGNED_AFTER
    whole = set(kept)
    turns: Counter[str] = Counter()
    for case, member in found:
        turns[member.id] += 1
        turn = turns[member.id]
        state = SEALED
        if case.applied.id not in whole:
            last = sum(one[1].id == member.id for one in found) - turn
            if not member.place:
                state = OFFERED if last < 2 else ASSESSING if last < 5 else SEALED
            elif last == 0:
                state = (OFFERED, ASSESSING, OFFERED, ASSESSING, DECLARED, RECUSED, TURNED_DOWN)[member.place % 7]
            elif last == 1 and member.place % 2:
                state = ASSESSING
        words = {
            DECLARED: "We sat on the same regional committee two years ago. I do not think that it matters, and would rather say so.",
            RECUSED: "The applicant was my line manager until last spring.",
        }
        why = {TURNED_DOWN: "I am away for the rest of the month."}
        assignment_id = panel.seat(
            case, member, state, assigned, declaration=words.get(state, ""), state_why=why.get(state, "")
        )
        begin = assigned + timedelta(days=2)
        at = begin + (now - timedelta(hours=20) - begin) * chance.random()
        if state == SEALED:
            panel.mark(case, member, assignment_id, at)
        elif state == ASSESSING:
            panel.mark(case, member, assignment_id, now - timedelta(hours=chance.randint(2, 60)), sealed=False)
        elif state in {RECUSED, TURNED_DOWN}:
            if state == RECUSED:
                panel.rows.add(
                    Conflict, application_id=case.applied.id, account_id=member.account_id, source="declared", kind="other",
                    why=words[RECUSED], by=member.account_id, at=assigned + timedelta(days=1), ended_at=None, ended_by=None,
                    end_why="",
                )  # fmt: skip
            more(panel, case, assigned + timedelta(days=4))
