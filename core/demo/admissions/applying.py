"""Applications of one area: drafts in every state, submitted ones, one taken back, one that is asked for more."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.admissions.conflict_rules import normal
from core.admissions.form.answers import unfinished
from core.admissions.form.schema import FormSchema
from core.admissions.instants import Lateness, WindowTimes
from core.admissions.models import Answer, AnswerRevision, Application, Extension, InfoRequest, Submission
from core.admissions.service.drafts import new_reference
from core.admissions.service.shelving import SHOWN, TITLE
from core.admissions.service.submitting import canonical, digest
from core.admissions.states import DRAFT, INFO_REQUESTED, NOT_SUBMITTED, SUBMITTED, WITHDRAWN
from core.demo.admissions.places import Scene, names, settings
from core.demo.admissions.rows import Rows
from core.demo.admissions.writing import Told, told, voices_in
from core.demo.community import account_row
from core.kernel import clock
from core.people.models import Account
from core.tenancy.models import ShelfItem

LEAST, MOST, USUAL = 40 * 60, 150 * 60, 85 * 60
"""Seconds that a whole application takes: the source promises one to two hours; some are quicker, some slower."""
SOON_AFTER = timedelta(minutes=20)
ASKED = (
    "You write that it got better, and we should like to know how you knew: what did you look at, and over what time? A few "
    "sentences are enough. Please say as well which part was yours."
)


@dataclass(frozen=True, slots=True)
class Round:
    """The window that everything is about. `ends` is the last instant that can have been: its closing, or now."""

    id: str
    form_version_id: str
    schema: FormSchema
    times: WindowTimes
    now: datetime

    @property
    def ends(self) -> datetime:
        """The last instant at which somebody can have submitted."""
        return min(self.times.closes_at, self.now - timedelta(minutes=30))


@dataclass(frozen=True, slots=True)
class Applied:
    """An application that was submitted, for those who assess and decide."""

    id: str
    account_id: str
    name: str
    email: str
    reference: str
    submission_id: str
    submitted_at: datetime
    told: Told
    organisation: str


@dataclass(slots=True)
class _Area:
    """What all applications of an area are made with."""

    rows: Rows
    round: Round
    slug: str
    hashed: str
    chance: random.Random

    def person(self, name: str, email: str, at: datetime) -> str:
        """An account of an applicant; its id."""
        row = account_row(email, name, self.hashed, at)
        self.rows.add_plain(Account, **row)
        return str(row["id"])

    def shelf(self, account_id: str, application_id: str, state: str, when: datetime | None, at: datetime) -> None:
        """The application's card among the person's own items, as `shelving.show` puts it."""
        self.rows.add_shared(
            ShelfItem, account_id=account_id, origin_tenant_id=self.rows.tenant_id, plugin="admissions", ref=application_id,
            kind="application", title=TITLE, title_is_message=True, status=SHOWN[state], when=when,
            path=f"/apply/{application_id}/", needs_action=state != SUBMITTED, changed_at=at,
        )  # fmt: skip

    def application(self, told: Told, account_id: str, state: str, begun: datetime, changed: datetime, **values: Any) -> tuple[str, str]:  # fmt: skip
        """The row of an application, told in the trail; (id, reference)."""
        reference = new_reference(self.chance.choice)
        of_work = normal(told.answers.get("organisation", "")) if values.get("submitted_at") else ""
        row = {
            "submitted_at": None, "lateness": "", "state_why": "", "seconds": 0, "version": 1, "reminded_at": None, **values,
        }  # fmt: skip
        application_id = self.rows.add(
            Application, reference=reference, account_id=account_id, window_id=self.round.id,
            form_version_id=self.round.form_version_id, state=state, locale="en", previous_id=None, moved_tenant_id=None,
            moved_id=None, organisation_norm=of_work, created_at=begun, changed_at=changed, **row,
        )  # fmt: skip
        self.rows.tell(begun, account_id, "application.start", application_id)
        return application_id, reference

    def answers(self, application_id: str, given: Mapping[str, Any], begun: datetime, ended: datetime) -> None:
        """Answers with the trail of how they came about: long ones were begun, left and finished."""
        step = (ended - begun) / (len(given) + 1)
        for number, (question, value) in enumerate(given.items(), 1):
            at = begun + step * number
            text = value.split() if isinstance(value, str) else []
            stages = [value]
            if len(text) > 60 and self.chance.random() < 0.7:
                stages = [" ".join(text[: len(text) // 2]), value]
            if len(text) > 60 and self.chance.random() < 0.3:
                stages.insert(0, " ".join(text[:12]))
            spread = (at - begun) / (len(stages) + 1)
            for revision, stage in enumerate(stages, 1):
                self.rows.add(
                    AnswerRevision, application_id=application_id, question=question, value=stage, revision=revision,
                    kept=True, at=at - spread * (len(stages) - revision),
                )  # fmt: skip
            self.rows.add(
                Answer,
                application_id=application_id,
                question=question,
                value=value,
                revision=len(stages),
                changed_at=at,
            )


def apply(
    rows: Rows, round_: Round, slug: str, scene: Scene, hashed: str, turn: int, chance: random.Random
) -> list[Applied]:
    """Everybody who applied in a window; those who submitted and did not take it back, in the order in which they did.

    `hashed` is the hash of everybody's password, `turn` the area's number: it chooses the facts of each voice.
    """
    area = _Area(rows, round_, slug, hashed, chance)
    total = scene.submitted + scene.withdrawn + scene.drafts + scene.ended
    people = zip(voices_in(slug, chance)[:total], settings(slug, total, chance), names(total, chance), strict=True)
    written = [
        (told(voice, where, round_.schema, turn), voice.called[turn % len(voice.called)] if voice.called else name)
        for voice, where, name in people
    ]
    written.sort(key=lambda one: len(one[0].answers["example"]) < 350 and chance.random() < 0.5)  # the thin are late
    instants = _instants(round_, scene.submitted + scene.withdrawn, chance)
    found = [
        _submitted(area, said, name, number, at)
        for number, ((said, name), at) in enumerate(zip(written, instants, strict=False), 1)
    ]
    rest = written[len(instants) :]
    _drafts(area, rest[: scene.drafts], len(instants), DRAFT)
    _drafts(area, rest[scene.drafts :], len(instants) + scene.drafts, NOT_SUBMITTED)
    applications = {row["id"]: row for row in rows.of[Application]}
    for one in found[: scene.withdrawn]:
        _withdraw(area, one, applications[one.id])
    brief = sorted(found[scene.withdrawn :], key=lambda one: one.told.fair("experience"))
    for one in brief[: scene.asked]:
        _ask(area, one, applications[one.id])
    return found[scene.withdrawn :]


def _instants(round_: Round, count: int, chance: random.Random) -> list[datetime]:
    """When people submit, first to last: of a window that closed nearly half on its last two days, some in its grace."""
    begin, end = round_.times.opens_at + timedelta(hours=9), round_.ends
    closed = round_.times.closes_at < round_.now
    found = []
    for _ in range(count):
        late = closed and chance.random() < 0.45
        since = max(begin, end - timedelta(days=2)) if late else begin
        found.append(since + (end - since) * chance.random())
    if closed:
        found[-2:] = [end + timedelta(minutes=4), end + timedelta(minutes=17)]
    return sorted(found)


def _submitted(area: _Area, said: Told, name: str, number: int, at: datetime) -> Applied:
    """Somebody who submitted at `at`."""
    chance, times = area.chance, area.round.times
    begun = max(
        times.opens_at + SOON_AFTER, at - timedelta(hours=chance.choice((3, 5, 26, 50, 74, 120, 200)) + chance.random())
    )
    begun = min(begun, at - timedelta(seconds=MOST))
    email = f"applicant{number:02d}.{area.slug}@demo.example"
    account_id = area.person(name, email, begun - timedelta(minutes=chance.randint(4, 40)))
    lateness = (times.taken(at) or Lateness.ON_TIME).value
    application_id, reference = area.application(
        said, account_id, SUBMITTED, begun, at, submitted_at=at, lateness=lateness, version=2,
        seconds=int(chance.triangular(LEAST, MOST, USUAL)),
    )  # fmt: skip
    area.answers(application_id, said.answers, begun, at - timedelta(minutes=5))
    text = canonical(said.answers)
    submission_id = area.rows.add(
        Submission, application_id=application_id, number=1, form_version_id=area.round.form_version_id, locale="en",
        answers=text, sha256=digest(text), lateness=lateness, at=at,
    )  # fmt: skip
    area.rows.tell(
        at, account_id, "application.submit", application_id, before={"state": DRAFT},
        after={"state": SUBMITTED, "number": 1, "sha256": digest(text), "lateness": lateness},
    )  # fmt: skip
    area.shelf(account_id, application_id, SUBMITTED, None, at)
    organisation = str(said.answers.get("organisation", ""))
    return Applied(application_id, account_id, name, email, reference, submission_id, at, said, organisation)


def _drafts(area: _Area, people: Sequence[tuple[Told, str]], after: int, state: str) -> None:
    """People who began, one further than the other; `after` so many who submitted."""
    chance, round_ = area.chance, area.round
    for number, (said, name) in enumerate(people):
        part = (number + chance.random()) / len(people)
        begun = round_.times.opens_at + SOON_AFTER + (round_.ends - round_.times.opens_at) * chance.random() * 0.9
        begun = min(begun, round_.ends - timedelta(hours=4))
        changed = begun + (round_.ends - begun) * chance.random()
        account_id = area.person(name, f"applicant{after + number + 1:02d}.{area.slug}@demo.example", begun)
        given = _so_far(said, round(part * len(said.answers)), chance, round_.schema)
        ended = state == NOT_SUBMITTED
        application_id, _ = area.application(
            said, account_id, state, begun, round_.times.closes_at + timedelta(hours=2) if ended else changed,
            seconds=int(part * chance.triangular(LEAST, MOST, USUAL)),
        )  # fmt: skip
        area.answers(application_id, given, begun, changed)
        if ended:
            area.rows.tell(
                round_.times.closes_at + timedelta(hours=2), None, "application.expire", application_id,
                after={"state": NOT_SUBMITTED},
            )  # fmt: skip
            continue
        closes_at = round_.times.closes_at
        if number == 3:
            closes_at = _more_time(area, account_id)
        area.shelf(account_id, application_id, DRAFT, closes_at, changed)


def _so_far(said: Told, many: int, chance: random.Random, schema: FormSchema) -> dict[str, Any]:
    """The first answers of somebody, the last of them broken off where it is long."""
    given = dict(list(said.answers.items())[:many])
    if given and chance.random() < 0.6:
        last = list(given)[-1]
        text = given[last]
        if isinstance(text, str) and len(text) > 200:
            given[last] = text[: len(text) // 2].rsplit(" ", 1)[0]
    if not unfinished(schema, given) and chance.random() < 0.5:
        del given["why"]
    return given


def _more_time(area: _Area, account_id: str) -> datetime:
    """More time for one person; until when."""
    until = area.round.times.closes_at + timedelta(days=7)
    at = area.round.now - timedelta(days=1)
    area.rows.add(
        Extension, window_id=area.round.id, account_id=account_id, closes_at=until, by=None, at=at,
        why="A death in the family, in the week that was kept free for writing it.",
    )  # fmt: skip
    return until


def _withdraw(area: _Area, one: Applied, row: dict[str, Any]) -> None:
    at = min(one.submitted_at + timedelta(days=2, hours=3), clock.now() - timedelta(minutes=10))
    row.update(
        state=WITHDRAWN,
        version=3,
        changed_at=at,
        state_why="I am moving to another part of the country and will apply there.",
    )
    _take_down(area, one.id)
    area.rows.tell(at, one.account_id, "application.withdraw", one.id, after={"state": WITHDRAWN}, why=row["state_why"])


def _ask(area: _Area, one: Applied, row: dict[str, Any]) -> None:
    """Ask somebody for more: two sections, until a week from now."""
    at = max(one.submitted_at + timedelta(hours=1), area.round.now - timedelta(days=2))
    due_at, sections = at + timedelta(days=9), ["across_teams", "your_work"]
    row.update(state=INFO_REQUESTED, version=3, changed_at=at)
    area.rows.add(
        InfoRequest, application_id=one.id, sections=sections, question=ASKED, due_at=due_at, state="open", by=None, at=at,
        ended_at=None,
    )  # fmt: skip
    _take_down(area, one.id)
    area.shelf(one.account_id, one.id, INFO_REQUESTED, due_at, at)
    area.rows.tell(
        at, None, "application.ask", one.id,
        after={"state": INFO_REQUESTED, "sections": sections, "due_at": due_at.isoformat()},
    )  # fmt: skip


def _take_down(area: _Area, application_id: str) -> None:
    area.rows.of[ShelfItem] = [row for row in area.rows.of[ShelfItem] if row["ref"] != application_id]
