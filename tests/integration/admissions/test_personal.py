"""What Joining Q holds about a person is exported whole and erased to the last word."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions import downloads
from core.admissions.content.shapes import CRITERIA
from core.admissions.models import (
    Answer,
    AnswerRevision,
    Appeal,
    Application,
    Assessment,
    Assessor,
    AssessorInterest,
    Assignment,
    Attachment,
    Conflict,
    DiscussionNote,
    Extension,
    FormVersion,
    InfoRequest,
    Interest,
    PanelMeeting,
    Redaction,
    Score,
    ScoreDraft,
    Submission,
    Translation,
    Window,
)
from core.admissions.personal import applying, assessing, panels
from core.admissions.service import appeals, assessors, conflicts, discussion_notes, feedback, redacting, scoring
from core.admissions.service.deciding import Wish
from core.data.db import tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.views import Actor
from core.tenancy.models import ShelfItem
from tests.factories.assessing import make_assignment
from tests.factories.people import make_person
from tests.integration.admissions.deciding_rig import Rig
from tests.integration.admissions.panel import Panel
from tests.integration.admissions.panel_cases import make_panel
from tests.support.app_fixtures import FrozenClock

WALES, WORD = 3, "canary"
HELD = (Answer, AnswerRevision, Submission, InfoRequest, Extension, Interest, Attachment)


def _fill(session: ScopedSession, people: dict[str, str], state: str) -> None:
    """An application of each of `people` ({id: address}) in one window, with something in every table."""
    now = clock.now()
    form, window = new_id(), new_id()
    rows: list[tuple[Any, dict[str, Any]]] = [
        (FormVersion, {"id": form, "number": 1000, "state": "published", "change": "breaking", "content": {}, "sha256": "",
                       "created_at": now, "published_at": now}),
        (Window, {"id": window, "tenant_id": WALES, "name": "Autumn", "opens_at": now, "closes_at": now + timedelta(days=9),
                  "grace_seconds": 0, "form_version_id": form, "state": "published", "created_at": now}),
    ]  # fmt: skip
    for number, (account_id, email) in enumerate(people.items()):
        own, of = new_id(), {"tenant_id": WALES}
        rows.append((Application, {
            **of, "id": own, "reference": f"Q-{number}", "account_id": account_id, "window_id": window, "locale": "en",
            "form_version_id": form, "state": state, "created_at": now, "changed_at": now, "state_why": f"{WORD} why",
        }))  # fmt: skip
        at = {**of, "application_id": own}
        rows += [
            (Answer, {**at, "question": "why", "value": f"{WORD} {email}", "revision": 1, "changed_at": now}),
            (AnswerRevision, {**at, "question": "why", "value": f"{WORD} {email}", "revision": 1, "kept": True, "at": now}),
            (Submission, {**at, "number": 1, "form_version_id": form, "locale": "en", "answers": f'"{WORD} {email}"',
                          "sha256": "", "lateness": "", "at": now}),
            (InfoRequest, {**at, "sections": [], "question": f"{WORD} more", "due_at": now, "state": "open", "at": now}),
            (Attachment, {**at, "question": "cv", "name": f"{WORD}.pdf", "mime": "application/pdf", "size": 3, "sha256": "",
                          "key": f"{WALES}/{email.replace('@', '_').replace('.', '_'):_<40}", "at": now, "stored_at": now}),
            (Extension, {**of, "window_id": window, "account_id": account_id, "closes_at": now, "why": WORD, "at": now}),
            (Interest, {**of, "email": email, "email_norm": email, "locale": "en", "state": "confirmed",
                        "token_hash": email, "created_at": now, "changed_at": now}),
        ]  # fmt: skip
    with transaction(session):
        for model, values in rows:
            session.execute(sa.insert(model), [{"id": new_id(), **values}])


@pytest.mark.parametrize(
    ("state", "left"), [("draft", "withdrawn"), ("submitted", "withdrawn"), ("declined", "declined")]
)
def test_one_persons_application(app: Flask, platform_session: ScopedSession, state: str, left: str) -> None:
    mine, other = make_person(app, "mine@example.org"), make_person(app, "other@example.org")
    _fill(platform_session, {mine: "mine@example.org", other: "other@example.org"}, state)
    with app.app_context(), tenant_session(WALES) as session:
        held = dict(applying.export(session, mine))
        store, key = app.extensions[downloads.FILES], session.scalar(sa.select(Attachment.key).order_by(Attachment.key))
        store.put(key, b"cv!")
        assert [content for _, content in applying.files(session, mine)] == [b"cv!"]
        assert list(applying.files(session, other)) == []
        assert set(held) == {"Applications", "More time to apply", "To be told when a window opens"}
        text = json.dumps(held)
        assert text.count("canary mine@example.org") == 2
        assert "other@example.org" not in text
        with transaction(session):
            assert applying.erase(session, mine) == 8
        assert store.get(key) is None
        assert dict(applying.export(session, mine)).keys() == {"Applications"}
        assert WORD not in json.dumps(dict(applying.export(session, mine)))
        for model in HELD:
            assert len(session.scalars(sa.select(model)).all()) == 1, model.__name__
        assert session.scalar(sa.select(Application.state).where(Application.account_id == mine)) == left
        assert "canary other@example.org" in json.dumps(dict(applying.export(session, other)))


def test_another_sites_rows_are_not_touched(app: Flask, platform_session: ScopedSession) -> None:
    mine = make_person(app, "mine@example.org")
    _fill(platform_session, {mine: "mine@example.org"}, "draft")
    with app.app_context(), tenant_session(2) as session:
        assert list(applying.export(session, mine)) == []
        with transaction(session):
            assert applying.erase(session, mine) == 0
    assert len(platform_session.scalars(sa.select(Answer)).all()) == 1


def test_what_was_thought_of_an_applicant_is_erased_to_the_last_word(
    app: Flask, app_context: None, session_for: Callable[[str], ScopedSession]
) -> None:
    """Numbers stay; what an assessor wrote as an assessor is in their file, not in the applicant's."""
    panel = Panel(app, session_for("scotland"))
    application = panel.application("zoe", {"job": "Nurse", "story": f"At {WORD}"})
    redacting.redact(
        panel.session, panel.lead, application, question="story", words=WORD, replacement="[x]", key=new_token()
    )
    redacting.translate(
        panel.session, panel.lead, application, str(panel.session.scalar(sa.select(Submission.id))),
        {"job": "Nyrs", "story": WORD},
    )  # fmt: skip
    ann, assignment = panel.sealed("ann", application, {**dict.fromkeys(CRITERIA, 3), "knowledge": None})
    discussion_notes.note(panel.session, ann, application, WORD, new_token())
    scoring.reopen(panel.session, panel.central, assignment, panel.task(ann, assignment).version, WORD)
    account = str(panel.session.scalar(sa.select(Application.account_id)))
    assert "Scores you sealed" in dict(assessing.export(panel.session, str(ann.account_id)))
    [held] = dict(applying.export(panel.session, account))["Applications"]
    assert "says why" not in json.dumps(held)
    assert (WORD in held["translated"][0]["answers"], held["hidden"][0]["replacement"]) == (True, "[x]")
    with transaction(panel.session):
        applying.erase(panel.session, account)
    for model in (Submission, Redaction, Translation, DiscussionNote, ScoreDraft):
        assert panel.session.scalars(sa.select(model)).all() == [], model.__name__
    found = panel.session.execute(sa.select(Score.value, Score.words, Score.not_scored)).all()
    assert {tuple(row) for row in found} == {(3, "", ""), (None, "", "-")}
    assert set(panel.session.scalars(sa.select(Assessment.submission_id))) == {None}


def test_a_place_on_a_panel_is_exported_without_what_others_put_down_and_erased(
    app: Flask, session_for: Callable[[str], ScopedSession]
) -> None:
    panel = make_panel(app, session_for("scotland"))
    session, bo = panel.session, panel.assessor("Bo", workplace=WORD)
    account = panel.accounts["Bo"]
    known, close = panel.application("Ann"), panel.application("Eve")
    for application in (known, close):
        make_assignment(session, application, bo, "recused")
    conflicts.put_down(session, panel.lead, close, account, "person", f"{WORD} of others")
    assessors.add_interest(session, panel.lead, bo, kind="family", target=WORD, form_key=new_token())
    now = clock.now()
    with transaction(session):
        at = {
            "tenant_id": session.scope.tenant_id,
            "window_id": panel.window,
            "held_at": now,
            "quorum": 2,
            "created_at": now,
        }
        for place, present in ((WORD, [bo]), ("Elsewhere", [])):
            row = {**at, "id": new_id(), "place": place, "present": present, "state": "open"}
            session.execute(sa.insert(PanelMeeting), [row])
    held = dict(panels.export(session, account))
    assert (held["Place on a panel"][0]["workplace"], held["Interests"][0]["target"]) == (WORD, WORD)
    assert [one["place"] for one in held["Panel meetings you were at"]] == [WORD]
    assert "Conflicts of interest" not in held
    assert len(dict(assessing.export(session, account))["Applications to assess"]) == 1
    with transaction(session):
        panels.erase(session, account)
        assessing.erase(session, account)
    assert session.execute(sa.select(Assessor.workplace, Assessor.state)).all() == [("", "ended")]
    assert session.scalars(sa.select(AssessorInterest.id)).all() == []
    assert set(session.scalars(sa.select(Conflict.why))) == {""}


def test_what_was_decided_is_exported_once_released_and_its_words_are_erased(
    app_context: None, session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock
) -> None:
    rig = Rig(session_for("scotland"))
    ann = rig.applicant("ann", "decline")
    mine = rig.people["ann"]
    made = rig.sign(ann, Wish("decline", comments={"experience": {"en": WORD, "cy": WORD}}))
    rig.moderate(made)
    held = rig.held(made)
    assert WORD not in json.dumps(dict(applying.export(rig.session, mine)))
    rig.release(held)
    appeals.appeal(rig.session, Actor(mine, ""), ann, f"{WORD} grounds", post=lambda *_: None)
    feedback.tell(rig.session, Actor(mine, ""), ann, understood=2, would_reapply=None, words=f"{WORD} feedback")
    [one] = dict(applying.export(rig.session, mine))["Applications"]
    assert (one["state"], one["decision"]["outcome"], one["feedback"]["understood"]) == ("decided", "decline", 2)
    assert json.dumps(one).count(WORD) == 4
    with transaction(rig.session):
        assert applying.erase(rig.session, mine) > 4
    left = json.dumps(dict(applying.export(rig.session, mine)))
    assert WORD not in left
    assert "decline" in left
    assert rig.decision(ann).comments == {}
    ended = rig.session.execute(sa.select(Appeal.state, Appeal.grounds, Appeal.ended_at)).all()
    assert ended == [("withdrawn", "-", clock.now())]  # nobody is left to answer it to


def test_nobody_is_left_to_assess_an_application_whose_writer_is_erased(
    app: Flask, app_context: None, session_for: Callable[[str], ScopedSession]
) -> None:
    panel = Panel(app, session_for("scotland"))
    gone, stays = panel.application("zoe"), panel.application("yan")
    panel.sealed("bob", gone)
    ann = panel.assessor("ann")
    for application in (gone, stays):
        panel.declare(ann, panel.give(application, "ann"))
    query = sa.select(Application.account_id).where(Application.id == gone)
    with transaction(panel.session):
        applying.erase(panel.session, str(panel.session.scalar(query)))
    states = sa.select(Assignment.state).where(Assignment.application_id == gone).order_by(Assignment.state)
    assert panel.session.scalars(states).all() == ["expired", "sealed"]
    assert panel.session.scalars(sa.select(Assignment.state).where(Assignment.application_id == stays)).all() == [
        "assessing"
    ]
    kept = sa.select(Assignment.id).where(Assignment.application_id == stays)
    cards = sa.select(ShelfItem.ref).where(ShelfItem.account_id == ann.account_id)
    assert panel.session.scalars(cards).all() == panel.session.scalars(kept).all()


def test_applications_do_not_wait_for_an_assessor_who_is_erased(
    app: Flask, app_context: None, session_for: Callable[[str], ScopedSession]
) -> None:
    panel = Panel(app, session_for("scotland"))
    sealed, waits = panel.application("zoe"), panel.application("yan")
    ann, _ = panel.sealed("ann", sealed)
    panel.declare(ann, panel.give(waits, "ann"))
    with transaction(panel.session):
        panels.erase(panel.session, str(ann.account_id))
        assessing.erase(panel.session, str(ann.account_id))
    states = {row[0]: row[1] for row in panel.session.execute(sa.select(Assignment.application_id, Assignment.state))}
    assert states == {sealed: "sealed", waits: "taken_back"}
