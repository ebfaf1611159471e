"""Applying: nothing typed is lost, nothing submitted can change, nobody has two applications in one window."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.form.schema import FormSchema
from core.admissions.models import Answer, AnswerRevision, Application, Extension, InfoRequest, Submission
from core.admissions.queries import applying, public
from core.admissions.queries.applying import Mine
from core.admissions.service import deadlines, drafts, submitting, windows
from core.admissions.service.drafts import Wish
from core.admissions.service.submitting import Receipt
from core.data.audit import AuditEntry
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, NotFound, Refused
from core.kernel.ids import new_id
from core.kernel.views import SYSTEM, Actor
from tests.factories.admissions import make_form, make_window, said, small_form
from tests.factories.people import make_person
from tests.support.app_fixtures import FrozenClock

YES = {"based_here": True}
FULL = {"job": "Nurse", "story": "We measured falls."}


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock) -> ScopedSession:
    """A session on Scotland's rows, at a known time."""
    return session_for("scotland")


@pytest.fixture
def window(session: ScopedSession) -> str:
    """An open window; its id."""
    return make_window(session, make_form(session))


@pytest.fixture
def ann(app: Flask) -> Actor:
    """An applicant."""
    return Actor(make_person(app, "ann@example.org", name="Ann"), "Ann")


def begin(session: ScopedSession, who: Actor) -> Mine:
    """A new application."""
    made = drafts.start(session, actor=who, eligible=YES, locale="en", is_member=False)
    return applying.mine(session, made, str(who.account_id))


def again(session: ScopedSession, mine: Mine, who: Actor) -> Mine:
    """The application as it stands now."""
    return applying.mine(session, mine.id, str(who.account_id))


def type_in(session: ScopedSession, mine: Mine, who: Actor, **answers: Any) -> drafts.Saved:
    """Save answers as one tab would, from the revisions that the page had."""
    held = {key: mine.answers[key].revision if key in mine.answers else 0 for key in answers}
    wishes = {key: Wish(value, held[key]) for key, value in answers.items()}
    return drafts.save(session, mine, str(who.account_id), wishes)


def send(session: ScopedSession, mine: Mine, who: Actor, post: Any = None) -> Receipt:
    """Submit what the page shows."""
    return submitting.submit(session, mine, who, checked=submitting.checked_sum(mine), post=post or (lambda *_: None))


def trail(session: ScopedSession, question: str) -> list[tuple[Any, bool]]:
    rows = session.execute(
        sa.select(AnswerRevision.value, AnswerRevision.kept)
        .where(AnswerRevision.question == question)
        .order_by(AnswerRevision.id)
    )
    return [(row.value, row.kept) for row in rows]


def test_starting_twice_is_one_application(session: ScopedSession, window: str, ann: Actor) -> None:
    first, second = begin(session, ann), begin(session, ann)
    assert first.id == second.id
    assert session.scalar(sa.select(sa.func.count(Application.id))) == 1
    assert first.reference.startswith("Q-")
    assert (first.state, set(first.sections), dict(first.values)) == ("draft", {"about", "more"}, {})


@pytest.mark.parametrize("eligible", [{}, {"based_here": None}, {"based_here": False}])
def test_eligibility_is_asked_and_answered_in_words(
    session: ScopedSession, window: str, ann: Actor, eligible: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refused:
        drafts.start(session, actor=ann, eligible=eligible, locale="en", is_member=False)
    assert set(refused.value.field_errors) == {"based_here"}
    assert session.scalar(sa.select(sa.func.count(Application.id))) == 0


def test_members_and_closed_windows_are_refused(session: ScopedSession, ann: Actor, frozen_clock: FrozenClock) -> None:
    with pytest.raises(Refused):
        begin(session, ann)
    make_window(session, make_form(session))
    with pytest.raises(Refused, match="member"):
        drafts.start(session, actor=ann, eligible=YES, locale="en", is_member=True)
    frozen_clock.advance(days=20)
    with pytest.raises(Refused):
        begin(session, ann)


def test_answers_are_saved_each_by_itself(session: ScopedSession, window: str, ann: Actor) -> None:
    mine = begin(session, ann)
    saved = drafts.save(session, mine, str(ann.account_id), {"job": Wish("Nurse", 0)}, 40)
    assert (saved.revisions, saved.lost) == ({"job": 1}, {})
    mine = again(session, mine, ann)
    wishes = {"job": Wish("Ward nurse", 1), "learnt": Wish(["taught"], 0)}
    assert drafts.save(session, mine, str(ann.account_id), wishes, 99_999).revisions == {"job": 2, "learnt": 1}
    mine = again(session, mine, ann)
    assert mine.values == {"job": "Ward nurse", "learnt": ["taught"]}
    assert mine.seconds == 40 + drafts.LONGEST_SITTING
    assert trail(session, "job") == [("Nurse", True), ("Ward nurse", True)]


def test_saving_what_is_there_changes_nothing(session: ScopedSession, window: str, ann: Actor) -> None:
    mine = begin(session, ann)
    type_in(session, mine, ann, job="Nurse")
    mine = again(session, mine, ann)
    assert type_in(session, mine, ann, job="Nurse", again=None).revisions == {"job": 1, "again": 0}
    assert len(trail(session, "job")) == 1


def test_two_tabs_conflict_visibly_and_lose_nothing(session: ScopedSession, window: str, ann: Actor) -> None:
    """The invariant of autosave: the second tab is told, and its words are kept beside the first's."""
    one = two = begin(session, ann)
    assert type_in(session, one, ann, story="From the first tab").lost == {}
    found = type_in(session, two, ann, story="From the second tab", job="Nurse")
    assert found.lost == {"story": applying.Held("From the first tab", 1)}
    assert found.revisions == {"story": 1, "job": 1}
    assert trail(session, "story") == [("From the first tab", True), ("From the second tab", False)]
    settled = drafts.save(session, two, str(ann.account_id), {"story": Wish("Both", found.revisions["story"])})
    assert (settled.lost, settled.revisions) == ({}, {"story": 2})


def test_an_answer_can_be_taken_back(session: ScopedSession, window: str, ann: Actor) -> None:
    mine = begin(session, ann)
    type_in(session, mine, ann, job="Nurse")
    mine = again(session, mine, ann)
    type_in(session, mine, ann, job=None)
    assert again(session, mine, ann).values == {"job": None}
    assert trail(session, "job") == [("Nurse", True), (None, True)]


def test_nobody_else_can_read_or_write_it(
    app: Flask, session: ScopedSession, session_for: Any, window: str, ann: Actor
) -> None:
    mine = begin(session, ann)
    bob = Actor(make_person(app, "bob@example.org", name="Bob"), "Bob")
    for where, who in ((session, bob), (session_for("wales"), ann)):
        with pytest.raises(NotFound):
            applying.mine(where, mine.id, str(who.account_id))
    with pytest.raises(Refused):
        type_in(session, mine, bob, job="Thief")
    with pytest.raises(NotFound):
        type_in(session, mine, ann, elsewhere="?")
    assert session.scalar(sa.select(sa.func.count(Answer.id))) == 0


def test_after_the_window_words_are_refused_and_kept_all_the_same(
    session: ScopedSession, window: str, ann: Actor, frozen_clock: FrozenClock
) -> None:
    mine = begin(session, ann)
    frozen_clock.advance(days=10, minutes=20)
    assert type_in(session, mine, ann, job="In the grace").lost == {}
    frozen_clock.advance(minutes=20)
    with pytest.raises(Refused):
        type_in(session, mine, ann, story="Too late")
    assert trail(session, "story") == [("Too late", False)]
    assert again(session, mine, ann).values == {"job": "In the grace"}


def test_submitting_makes_one_immutable_version(session: ScopedSession, window: str, ann: Actor) -> None:
    mine = begin(session, ann)
    type_in(session, mine, ann, **FULL, again=False)
    mine = again(session, mine, ann)
    posted: list[Receipt] = []
    receipt = send(session, mine, ann, lambda _, receipt: posted.append(receipt))
    assert posted == [receipt]
    (kept,) = applying.submissions(session, mine.id)
    assert kept.answers == '{"again":false,"job":"Nurse","story":"We measured falls."}'
    assert kept.sha256 == submitting.digest(kept.answers)
    now = again(session, mine, ann)
    assert (now.state, now.lateness, now.sections) == ("submitted", "on_time", frozenset())
    with pytest.raises(Refused):
        send(session, mine, ann)
    with pytest.raises(NotFound):
        type_in(session, now, ann, job="Doctor")
    assert len(applying.submissions(session, mine.id)) == 1
    for change in (sa.update(Submission).values(answers="{}"), sa.update(AnswerRevision).values(kept=True)):
        with pytest.raises(sa.exc.DBAPIError), transaction(session):
            session.execute(change)


def test_what_is_unfinished_is_named_by_its_part(session: ScopedSession, window: str, ann: Actor) -> None:
    mine = begin(session, ann)
    type_in(session, mine, ann, job="Nurse", story="word " * 21)
    mine = again(session, mine, ann)
    with pytest.raises(Invalid) as refused:
        send(session, mine, ann)
    assert set(refused.value.field_errors) == {"about"}
    assert set(submitting.problems_of(mine)) == {"story"}
    assert again(session, mine, ann).state == "draft"


def test_what_was_checked_is_what_is_submitted(session: ScopedSession, window: str, ann: Actor) -> None:
    mine = begin(session, ann)
    type_in(session, mine, ann, **FULL)
    checked = again(session, mine, ann)
    type_in(session, checked, ann, job="Doctor")  # another tab, after the answers were checked
    with pytest.raises(Conflict):
        send(session, checked, ann)
    assert again(session, mine, ann).state == "draft"
    send(session, again(session, mine, ann), ann)


def test_deadline_grace_and_extension_in_the_database(
    app: Flask, session: ScopedSession, window: str, ann: Actor, frozen_clock: FrozenClock
) -> None:
    """Acceptance test 8: taken, taken late and marked, refused; an extension is for one person."""
    people = [ann, *(Actor(make_person(app, f"p{n}@example.org"), "P") for n in range(3))]
    mine = [begin(session, who) for who in people]
    for one, who in zip(mine, people, strict=True):
        type_in(session, one, who, **FULL)
    with transaction(session):
        session.execute(
            sa.insert(Extension),
            [
                {
                    "id": new_id(), "tenant_id": session.scope.tenant_id, "window_id": window, "account_id": people[3].account_id,
                    "closes_at": clock.now() + timedelta(days=14), "why": "In hospital", "by": None, "at": clock.now(),
                }
            ],
        )  # fmt: skip
    frozen_clock.advance(days=10)
    send(session, again(session, mine[0], people[0]), people[0])
    frozen_clock.advance(seconds=30)
    send(session, again(session, mine[1], people[1]), people[1])
    frozen_clock.advance(minutes=30)
    with pytest.raises(Refused):
        send(session, again(session, mine[2], people[2]), people[2])
    send(session, again(session, mine[3], people[3]), people[3])
    late = [again(session, one, who).lateness for one, who in zip(mine, people, strict=True)]
    assert late == ["on_time", "in_grace", "", "by_extension"]
    assert deadlines.expire(session, clock.now()) == 1
    assert again(session, mine[2], people[2]).state == "not_submitted"
    assert again(session, mine[2], people[2]).values == FULL


def test_more_is_asked_about_named_parts_only(
    session: ScopedSession, window: str, ann: Actor, frozen_clock: FrozenClock
) -> None:
    mine = begin(session, ann)
    type_in(session, mine, ann, **FULL)
    send(session, again(session, mine, ann), ann)
    lead, due = SYSTEM, clock.now() + timedelta(days=7)
    with pytest.raises(Invalid):
        submitting.ask(
            session, mine.id, lead, sections=["nowhere"], question=" ", due_at=clock.now(), known=["about", "more"]
        )
    submitting.ask(
        session, mine.id, lead, sections=["more"], question="Where did you learn?", due_at=due, known=["about", "more"]
    )
    now = again(session, mine, ann)
    assert (now.state, set(now.sections), now.asked) == ("info_requested", {"more"}, "Where did you learn?")
    assert now.due_at == due
    with pytest.raises(NotFound):
        type_in(session, now, ann, job="Doctor")
    type_in(session, now, ann, learnt=["work"])
    send(session, again(session, mine, ann), ann)
    assert [one.number for one in applying.submissions(session, mine.id)] == [1, 2]
    assert session.scalar(sa.select(InfoRequest.state)) == "answered"


def test_what_is_submitted_again_leaves_the_first_instant_as_it_was(
    session: ScopedSession, window: str, ann: Actor, frozen_clock: FrozenClock
) -> None:
    """The time to a decision runs from it; the second version tells when it came itself."""
    mine = begin(session, ann)
    type_in(session, mine, ann, **FULL)
    send(session, again(session, mine, ann), ann)
    first, due = clock.now(), clock.now() + timedelta(days=7)
    submitting.ask(session, mine.id, SYSTEM, sections=["more"], question="?", due_at=due, known=["more"])
    frozen_clock.advance(days=3)
    type_in(session, again(session, mine, ann), ann, learnt=["work"])
    send(session, again(session, mine, ann), ann)
    assert again(session, mine, ann).submitted_at == first
    assert list(session.scalars(sa.select(Submission.at).order_by(Submission.number))) == [first, clock.now()]


def test_an_unanswered_request_lapses_once(
    session: ScopedSession, window: str, ann: Actor, frozen_clock: FrozenClock
) -> None:
    mine = begin(session, ann)
    type_in(session, mine, ann, **FULL)
    send(session, again(session, mine, ann), ann)
    due = clock.now() + timedelta(days=2)
    submitting.ask(session, mine.id, SYSTEM, sections=["more"], question="?", due_at=due, known=["more"])
    assert deadlines.lapse(session, clock.now()) == 0
    frozen_clock.advance(days=3)
    assert [deadlines.lapse(session, clock.now()) for _ in range(2)] == [1, 0]
    assert again(session, mine, ann).state == "submitted"


def test_an_answer_is_taken_as_long_as_the_request_has_not_lapsed(
    session: ScopedSession, window: str, ann: Actor, frozen_clock: FrozenClock
) -> None:
    mine = begin(session, ann)
    type_in(session, mine, ann, **FULL)
    send(session, again(session, mine, ann), ann)
    due = clock.now() + timedelta(days=2)
    submitting.ask(session, mine.id, SYSTEM, sections=["more"], question="?", due_at=due, known=["more"])
    frozen_clock.advance(days=2, minutes=60)
    assert deadlines.lapse(session, clock.now()) == 0
    assert again(session, mine, ann).taken(clock.now()) == "in_grace"
    frozen_clock.advance(seconds=1)
    assert again(session, mine, ann).taken(clock.now()) is None
    assert deadlines.lapse(session, clock.now()) == 1


def test_withdrawing_keeps_everything_and_applying_again_takes_the_answers(
    session: ScopedSession, window: str, ann: Actor
) -> None:
    mine = begin(session, ann)
    type_in(session, mine, ann, **FULL)
    mine = again(session, mine, ann)
    submitting.withdraw(session, mine, ann, why="Moving away")
    with pytest.raises(Refused):
        submitting.withdraw(session, mine, ann)
    new = begin(session, ann)
    assert new.id != mine.id
    assert new.values == FULL
    assert {held.revision for held in new.answers.values()} == {1}
    assert [one.status.stage for one in public.all_mine(session, str(ann.account_id))] == ["draft", "withdrawn"]
    actions = session.scalars(
        sa.select(AuditEntry.action).where(AuditEntry.action.like("application.%")).order_by(AuditEntry.seq)
    )
    assert list(actions) == ["application.start", "application.withdraw", "application.start"]


def test_a_choice_that_the_form_no_longer_has_is_not_taken_over(session: ScopedSession, ann: Actor) -> None:
    """Nobody submits what the form does not offer, nor skips a question that must be answered by what an older form offered."""

    def form(number: int, *keys: str) -> str:
        content = small_form().model_dump(mode="json")
        options = [{"key": key, "label": said(key)} for key in keys]
        learnt, again_one = content["sections"][1]["questions"]
        learnt |= {"options": options, "required": True}
        again_one |= {"kind": "one", "options": options, "required": True}
        return make_form(session, FormSchema.model_validate(content), number)

    first = make_window(session, form(1001, "taught", "work"))
    mine = begin(session, ann)
    type_in(session, mine, ann, **FULL, learnt=["taught", "work"], again="work")
    submitting.withdraw(session, again(session, mine, ann), ann)
    windows.cancel(session, SYSTEM, first, 1, "Another form")
    make_window(session, form(1002, "taught", "reading"))
    new = begin(session, ann)
    assert new.values == {**FULL, "learnt": ["taught"]}
    with pytest.raises(Invalid) as refused:
        send(session, new, ann)
    assert list(refused.value.field_errors) == ["more"]


def test_a_page_needs_two_statements_whatever_was_answered(
    session: ScopedSession, window: str, ann: Actor, statements: Callable[[], Any]
) -> None:
    mine = begin(session, ann)
    for _ in range(2):
        with statements() as seen:
            again(session, mine, ann)
        assert len(seen) == 2
        type_in(session, again(session, mine, ann), ann, **FULL, learnt=["work"], again=True)


def test_one_reminder_even_after_days_without_the_job(
    app: Flask, session: ScopedSession, window: str, ann: Actor, frozen_clock: FrozenClock
) -> None:
    """Acceptance test 7: whoever is due hears once, whichever runs were missed; who has submitted hears nothing."""
    done = Actor(make_person(app, "done@example.org"), "D")
    for who in (ann, done):
        type_in(session, begin(session, who), who, **FULL)
    finished = begin(session, done)
    send(session, finished, done)
    told: list[str] = []
    runs = []
    for hours in (24, 6 * 24, 3 * 24 - 1, 12, 12):  # the job runs only now and then; the window closes after ten days
        frozen_clock.advance(hours=hours)
        runs.append(deadlines.remind(session, clock.now(), lambda _, left: told.append(left.email)))
    assert told == ["ann@example.org"]
    assert runs == [0, 1, 0, 0, 0]


def test_who_has_more_time_is_reminded_of_their_own_date(
    session: ScopedSession, window: str, ann: Actor, frozen_clock: FrozenClock
) -> None:
    begin(session, ann)
    own = clock.now() + timedelta(days=14)
    with transaction(session):
        row = {
            "id": new_id(), "tenant_id": session.scope.tenant_id, "window_id": window, "account_id": ann.account_id,
            "closes_at": own, "why": "In hospital", "by": None, "at": clock.now(),
        }  # fmt: skip
        session.execute(sa.insert(Extension), [row])
    told: list[Any] = []
    for days in (8, 4):
        frozen_clock.advance(days=days)
        deadlines.remind(session, clock.now(), lambda _, left: told.append((left.closes_at, clock.now())))
    assert told == [(own, own - timedelta(days=2))]


def test_what_is_written_after_closing_is_kept_up_to_a_limit_and_then_said_not_to_be(
    session: ScopedSession, window: str, ann: Actor, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = begin(session, ann)
    type_in(session, mine, ann, job="Nurse")
    mine = again(session, mine, ann)
    frozen_clock.advance(days=11)
    monkeypatch.setattr(drafts, "MOST_LATE", 3)
    late = sa.select(AnswerRevision.value).where(AnswerRevision.kept.is_(False)).order_by(AnswerRevision.id)
    for text in ("one", "two", "three"):
        with pytest.raises(Refused, match="What you wrote is kept"):
            drafts.save(session, mine, str(ann.account_id), {"story": Wish(text, 0), "job": Wish("Nurse", 1)})
    with pytest.raises(Refused, match="This is not saved"):
        drafts.save(session, mine, str(ann.account_id), {"story": Wish("four", 0)})
    with pytest.raises(Refused, match="What you wrote is kept"):
        drafts.save(session, mine, str(ann.account_id), {"job": Wish("Nurse", 1)})
    assert list(session.scalars(late)) == ["one", "two", "three"]


def test_of_long_texts_after_closing_so_many_characters_are_kept(
    session: ScopedSession, window: str, ann: Actor, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = begin(session, ann)
    frozen_clock.advance(days=11)
    monkeypatch.setattr(drafts, "MOST_LATE_CHARACTERS", 100)
    said = []
    for _ in range(3):
        with pytest.raises(Refused) as refused:
            drafts.save(session, mine, str(ann.account_id), {"story": Wish("x" * 48, 0)})
        said.append(refused.value.message)
    assert said == [drafts.CLOSED, drafts.CLOSED, drafts.NOT_KEPT]
