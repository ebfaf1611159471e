"""The applicant's pages without JavaScript: begin, save, conflict, check, submit once, withdraw."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from core.admissions.form.answers import Problem
from core.admissions.form.schema import Section
from core.admissions.models import AnswerRevision
from core.admissions.service import submitting
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.views import SYSTEM
from core.work.models import Mail
from tests.factories.admissions import make_form, make_window
from tests.factories.people import client_of, make_person
from tests.support.app_fixtures import FrozenClock
from tests.support.client import forms, without_token

SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock) -> ScopedSession:
    """A session on Scotland's rows, with an open window."""
    session = session_for("scotland")
    make_window(session, make_form(session))
    return session


@pytest.fixture
def ann(app: Flask, session: ScopedSession) -> Any:
    """An applicant's browser."""
    return client_of(app, make_person(app, "ann@example.org", name="Ann Roy"))


def begin(ann: Any) -> str:
    """Begin an application; where its task list is."""
    answer = ann.submit("/scotland/apply/start", {"based_here": "yes"}, follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def test_from_the_first_question_to_the_reference(ann: Any, session: ScopedSession) -> None:
    place = begin(ann)
    page = ann.get(place).text
    assert "1 part is left to do." in page
    assert "Optional" in page
    part = f"{place}part/about"
    assert re.search(rf'class="btn" href="{part}">\s*Go on: ', page), "the one thing to do next is the first part"
    answer = ann.submit(part, {"job": "Nurse", "story": "We measured falls."}, follow_redirects=True)
    assert "More" in answer.text
    assert answer.request.path.endswith("part/more")
    check = ann.get(f"{place}check").text
    assert "We measured falls." in check
    done = ann.submit(f"{place}check", {}, follow_redirects=True, form=f"{place}submit")
    assert done.status_code == 200
    assert done.request.path.endswith("/equality")
    none = ann.submit(done.request.path, {}, form=-1, follow_redirects=True).text
    assert "You answered none of these questions, and nothing is kept." in none
    assert "Your answers are kept apart" not in none
    done = ann.get(place)  # the questions there are skipped by one press
    assert "Submitted on" in done.text
    assert "Q-" in done.text
    (letter,) = session.query(Mail).filter(Mail.to_address == "ann@example.org").all()
    assert "We measured falls." in letter.text
    assert "Q-" in letter.subject
    assert "Your application to join Q" in ann.get("/scotland/me/").text
    start = ann.get("/scotland/apply/").text
    assert f'href="{place}">Go to your application' in start
    assert "Start your application" not in start


def test_a_part_saved_after_the_application_was_submitted_in_another_tab_keeps_its_words(
    ann: Any, session: ScopedSession
) -> None:
    place = begin(ann)
    part = f"{place}part/about"
    ann.submit(part, {"job": "Nurse", "story": "Falls."})
    (open_still,) = [one for one in forms(ann.get(part).text) if "story" in one.fields]
    ann.submit(f"{place}check", {}, form=f"{place}submit")
    late = ann.post(part, data={**open_still.fields, "story": "Half as many falls, two years on."})
    assert late.status_code == 422
    assert "This application can no longer be changed." in late.text
    assert "Half as many falls, two years on." in late.text
    assert "Half as many" not in ann.get(place).text


def test_pressing_submit_twice_makes_one(ann: Any, session: ScopedSession) -> None:
    place = begin(ann)
    ann.submit(f"{place}part/about", {"job": "Nurse", "story": "Falls."})
    page = ann.get(f"{place}check").text
    data = {name: page.split(f'name="{name}" value="', 1)[1].split('"', 1)[0] for name in ("csrf_token", "checked")}
    answers = [ann.post(f"{place}submit", data=data, follow_redirects=True) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert session.query(Mail).filter(Mail.to_address == "ann@example.org").count() == 1


def test_a_part_that_is_not_finished_is_saved_and_says_so(ann: Any, session: ScopedSession) -> None:
    place = begin(ann)
    answer = ann.submit(f"{place}part/about", {"job": "Nurse", "story": "word " * 25}, follow_redirects=True)
    assert answer.request.path.endswith("part/about")
    assert "Use at most 20 words: you have 25." in answer.text
    assert "word word" in ann.get(f"{place}part/about").text
    check = ann.get(f"{place}check").text
    assert "Submit your application</button>" not in check
    later = ann.submit(f"{place}part/about", {"story": "", "go": "later"}, follow_redirects=True)
    assert later.status_code == 200


def test_a_part_with_a_field_it_does_not_have_is_shown_again_and_overwrites_nothing_when_it_is_sent_once_more(
    ann: Any, session: ScopedSession
) -> None:
    part = f"{begin(ann)}part/about"
    first = ann.get(part).text
    assert ann.submit(part, {"job": "Nurse", "story": "First tab", "go": "later"}).status_code == 303
    token = first.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    sent = {"csrf_token": token, "rev-job": "0", "rev-story": "0", "since-page": "0", "story": "Second tab", "go": "on"}
    answer = ann.post(part, data={**sent, "made_up": "x"})
    assert answer.status_code == 422
    assert "This form has no field named “made_up”" in answer.text
    assert "data-autosave" in answer.text, "it is the form itself"
    assert "Second tab" in answer.text
    assert 'name="rev-story" value="0"' in answer.text, "it still says from what it was made"
    assert "First tab" in ann.get(part).text
    assert ann.post(part, data=sent).status_code == 409
    told = ann.post(part, data={**sent, "made_up": "x"}, headers=SCRIPT)
    assert told.status_code == 422
    assert "made_up" in told.get_json()["error"]


def test_two_tabs_are_told_and_both_texts_are_on_the_page(app: Flask, ann: Any, session: ScopedSession) -> None:
    place = begin(ann)
    part = f"{place}part/about"
    page = ann.get(part).text
    token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    old = {"csrf_token": token, "rev-job": "0", "rev-story": "0", "since-page": "0"}
    assert ann.post(part, data={**old, "job": "Nurse", "story": "First tab", "go": "later"}).status_code == 303
    answer = ann.post(part, data={**old, "job": "Nurse", "story": "Second tab", "go": "later"})
    assert answer.status_code == 409
    assert "First tab" in answer.text
    assert "Second tab" in answer.text
    again = {**old, "rev-job": "1", "rev-story": "1", "job": "Nurse", "story": "Both tabs", "go": "later"}
    assert ann.post(part, data=again).status_code == 303
    assert [row.value for row in session.query(AnswerRevision).filter_by(question="story").order_by(AnswerRevision.id)] == [
        "First tab", "Second tab", "Both tabs",
    ]  # fmt: skip


def test_saving_by_script_answers_in_json(ann: Any, session: ScopedSession) -> None:
    place = begin(ann)
    page = ann.get(f"{place}part/about").text
    token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    data = {"csrf_token": token, "rev-story": "0", "story": "Typed", "since-page": "0"}
    first = ann.post(f"{place}part/about", data=data, headers=SCRIPT)
    assert (first.status_code, first.json["revisions"], first.json["lost"]) == (200, {"story": 1}, [])
    second = ann.post(f"{place}part/about", data={**data, "story": "Elsewhere"}, headers=SCRIPT)
    assert (second.status_code, second.json["lost"]) == (409, ["story"])


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script> & more", "مرحبا بالعالم \u202eabc", "👩🏽‍⚕️ improves", '=HYPERLINK("x")', "x" * 50_000],
    ids=["html", "right-to-left", "emoji", "formula", "paste"],
)
def test_whatever_is_written_is_kept_and_shown_safely(ann: Any, session: ScopedSession, text: str) -> None:
    place = begin(ann)
    answer = ann.submit(f"{place}part/about", {"job": "Nurse", "story": text, "go": "later"})
    assert answer.status_code == 303
    page = ann.get(f"{place}check")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    (kept,) = session.query(AnswerRevision).filter_by(question="story").all()
    assert kept.value == text


def test_after_closing_the_pages_say_so_and_keep_the_words(
    app: Flask, session: ScopedSession, frozen_clock: FrozenClock
) -> None:
    account = make_person(app, "ann@example.org", name="Ann Roy")
    place = begin(client_of(app, account))
    frozen_clock.advance(days=10, minutes=31)
    ann = client_of(app, account)  # signed in again: ten days have passed
    assert "Applications are closed" in ann.get(place).text
    page = ann.get(f"{place}part/about").text
    token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    data = {"csrf_token": token, "rev-story": "0", "story": "Too late"}
    answer = ann.post(f"{place}part/about", data=data, headers=SCRIPT)
    assert (answer.status_code, "closed" in answer.text) == (409, True)
    answer = ann.post(f"{place}part/about", data=data)
    assert answer.status_code == 409
    assert "Too late" in answer.text
    assert [row.value for row in session.query(AnswerRevision)] == ["Too late", "Too late"]


def test_nobody_else_sees_it(app: Flask, ann: Any, session: ScopedSession) -> None:
    place = begin(ann)
    bob = client_of(app, make_person(app, "bob@example.org"))
    missing = bob.get("/scotland/apply/00000000000000000000000000/")
    for path in (place, f"{place}part/about", f"{place}check", f"{place}withdraw"):
        assert bob.get(path).status_code == 404
    assert without_token(bob.get(place).text) == without_token(missing.text)
    assert ann.get(place.replace("scotland", "wales")).status_code == 404


def test_withdrawing_and_applying_again_carries_the_answers_over(ann: Any, session: ScopedSession) -> None:
    place = begin(ann)
    ann.submit(f"{place}part/about", {"job": "Nurse", "story": "Falls."})
    answer = ann.submit(f"{place}withdraw", {}, follow_redirects=True, form=1)
    assert "Withdrawn" in answer.text
    assert "Apply again" in ann.get(place).text
    second = begin(ann)
    assert second != place
    assert "Apply again" not in ann.get(place).text, "nothing is offered that cannot be done"
    assert "Falls." in ann.get(f"{second}part/about").text


def test_who_is_asked_for_more_finds_the_parts_that_can_be_changed(ann: Any, session: ScopedSession) -> None:
    place = begin(ann)
    ann.submit(f"{place}part/about", {"job": "Nurse", "story": "We measured falls."})
    ann.submit(f"{place}check", {}, form=f"{place}submit")
    submitting.ask(
        session, place.split("/")[-2], SYSTEM, sections=["about"], question="Which falls?",
        due_at=clock.now() + timedelta(days=7), known=["about", "more"],
    )  # fmt: skip
    page = ann.get(place).text
    assert "You can change these parts of your application: About you." in page
    assert page.count("As submitted") == 1
    assert "Everything is there." not in page
    assert "When you have changed what was asked about" in page


def test_an_honest_no_before_starting_is_answered_with_a_way_on_and_is_no_problem(ann: Any) -> None:
    missing = ann.submit("/scotland/apply/start", {}, form="start")
    assert missing.status_code == 422
    assert "There is a problem" in missing.text
    answer = ann.submit("/scotland/apply/start", {"based_here": "no"})
    assert answer.status_code == 200
    assert "There is a problem" not in answer.text
    assert "Error:" not in answer.text
    assert "You cannot apply here with these answers." in answer.text
    assert '<a href="/apply/">Find my partner</a>' in answer.text
    assert ann.submit("/scotland/apply/start", {"based_here": "yes"}).status_code == 303


def test_what_is_left_to_do_after_saving_is_said_once_with_what_was_saved(ann: Any, session: ScopedSession) -> None:
    place = begin(ann)
    page = ann.submit(f"{place}part/about", {"job": "Nurse"}, follow_redirects=True).text
    assert "What you wrote is saved. This is left to do:" in page
    assert ">Saved.<" not in page
    page = ann.submit(f"{place}part/about", {"story": "We measured falls."}, follow_redirects=True).text
    assert "This is left to do" not in page
    assert "Saved." in page


def test_a_question_is_not_followed_by_a_colon(app: Flask) -> None:
    source = "{% from 'admissions/_section.html' import summary %}{{ summary(section, problems, 'en') }}"
    section = make_schema_section("Where do you work?", "Your job")
    with app.test_request_context("/scotland/"):
        page = app.jinja_env.from_string(source).render(
            section=section, problems={one.key: Problem("Answer this question.", {}) for one in section.questions}
        )
    assert ">Where do you work? Answer this question.<" in page
    assert ">Your job: Answer this question.<" in page


def make_schema_section(*labels: str) -> Section:
    """A section of lines with these labels."""
    questions = [{"key": f"q{at}", "kind": "line", "label": {"en": one, "cy": one}} for at, one in enumerate(labels)]
    return Section.model_validate({"key": "part", "title": {"en": "S", "cy": "S"}, "questions": questions})
