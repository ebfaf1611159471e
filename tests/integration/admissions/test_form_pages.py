"""The central team's pages of the application form, by hand: a draft from its beginning to its publication."""

from collections.abc import Callable

import pytest
from flask import Flask

from core.admissions.queries import forms as queries
from core.data.session import ScopedSession
from core.kernel.permissions import Role
from tests.factories.admissions import make_form, small_form
from tests.factories.people import client_of, make_person
from tests.support.client import FormClient, forms

AT = "/console/admissions/form/"
DRAFT = f"{AT}1002/"


@pytest.fixture
def central(app: Flask) -> FormClient:
    """Somebody of the central team."""
    return client_of(app, make_person(app, "central@example.org", name="Cen Tral", grants=[(Role.CENTRAL_TEAM, "uk")]))


@pytest.fixture
def draft(platform_session: ScopedSession, central: FormClient) -> Callable[[], queries.Whole]:
    """The small form is version 1001, and 1002 is a draft of it: what is in the draft now."""
    make_form(platform_session)
    assert central.submit(AT, form="form/new").location.endswith(DRAFT)

    def now() -> queries.Whole:
        platform_session.rollback()
        return queries.one(platform_session, 1002)

    return now


NEW = {"label_en": "What else?", "label_cy": "Beth arall?", "kind": "line"}


def test_every_page_is_there(central: FormClient, draft: Callable[[], queries.Whole]) -> None:
    for path in (
        "/console/admissions/", AT, f"{AT}1001/", DRAFT, f"{DRAFT}changes", f"{DRAFT}preview", f"{DRAFT}preview/about",
        f"{DRAFT}preview/about?language=cy", f"{DRAFT}sections/new", f"{DRAFT}sections/about", f"{DRAFT}sections/about/new",
        f"{DRAFT}questions/story", f"{DRAFT}eligibility/new", f"{DRAFT}eligibility/based_here", f"{DRAFT}remove/question/job",
        f"{DRAFT}remove/section/about", f"{DRAFT}remove/eligibility/based_here", f"{DRAFT}publish", f"{DRAFT}discard", f"{AT}1001/retire",
    ):  # fmt: skip
        assert central.get(path).status_code == 200, path


def test_the_first_form_is_published_from_the_console(central: FormClient, platform_session: ScopedSession) -> None:
    assert "There is no form yet" in central.get("/console/admissions/").text
    assert central.submit(AT, form="form/new").status_code == 303
    [first] = queries.versions(platform_session)
    assert (first.number, first.state, first.published_by) == (1, "published", "Cen Tral")
    assert "version 1" in central.get("/console/admissions/").text


def test_a_question_is_added_changed_moved_and_taken_out(
    central: FormClient, draft: Callable[[], queries.Whole]
) -> None:
    path = f"{DRAFT}sections/about/new"
    answer = central.submit(path, {**NEW, "key": "else", "required": None, "criteria": ["knowledge", "experience"]})
    assert answer.location.endswith(f"{DRAFT}#q-else")
    question = draft().schema.question("else")
    assert question is not None
    assert (question.required, question.criteria, question.label.cy) == (
        False,
        ("experience", "knowledge"),
        "Beth arall?",
    )
    options = "At work | Yn y gwaith\r\ncourse | On a course | Ar gwrs\r\n\r\n"
    central.submit(f"{DRAFT}questions/else", {"kind": "some", "options": options, "section": "more"})
    whole = draft()
    question = whole.schema.question("else")
    assert question is not None
    assert [(one.key, one.label.cy) for one in question.options] == [("at_work", "Yn y gwaith"), ("course", "Ar gwrs")]
    assert [one.key for one in whole.schema.sections[1].questions] == ["learnt", "again", "else"]
    assert central.submit(DRAFT, form="move/question/else/up").location.endswith("#q-else")
    assert [one.key for one in draft().schema.sections[1].questions] == ["learnt", "else", "again"]
    assert central.submit(f"{DRAFT}remove/question/else", form=-1).status_code == 303
    assert draft().schema == small_form()


def test_a_section_and_what_is_asked_before(central: FormClient, draft: Callable[[], queries.Whole]) -> None:
    section = {"key": "last", "title_en": "Last", "title_cy": "Olaf", "intro_en": "One.\r\n\r\nTwo.", "intro_cy": "Un."}
    first = {f"first-{name}": value for name, value in {**NEW, "key": "else"}.items()}
    assert central.submit(f"{DRAFT}sections/new", {**section, **first}).location.endswith("#s-last")
    made = draft().schema.section("last")
    assert made is not None
    assert (made.intro.en, [one.key for one in made.questions]) == ("One.\n\nTwo.", ["else"])
    central.submit(f"{DRAFT}sections/last", {"title_en": "The last"})
    central.submit(DRAFT, form="move/section/last/up")
    assert [one.title.en for one in draft().schema.sections] == ["About you", "The last", "More"]
    central.submit(f"{DRAFT}remove/section/last", form=-1)
    asked = {
        "key": "adult",
        "label_en": "Adult?",
        "label_cy": "Oedolyn?",
        "needed": "no",
        "otherwise_en": "x",
        "otherwise_cy": "y",
    }
    assert central.submit(f"{DRAFT}eligibility/new", asked).location.endswith("#e-adult")
    central.submit(f"{DRAFT}eligibility/adult", {"needed": "yes"})
    central.submit(DRAFT, form="move/eligibility/adult/up")
    assert [(one.key, one.needed) for one in draft().schema.eligibility] == [("adult", True), ("based_here", True)]
    central.submit(f"{DRAFT}remove/eligibility/adult", form=-1)
    assert [one.key for one in draft().schema.eligibility] == ["based_here"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"key": "Job title"}, "Use 2 to 40 small letters"),
        ({"key": "job"}, "This key is in use"),
        ({"key": "csrf_token"}, "This key is in use"),
        ({"key": "fine", "label_en": " "}, "Enter the question in English"),
        ({"key": "fine", "kind": "text"}, "Enter how many words"),
        ({"key": "fine", "kind": "text", "words": "5"}, "Enter a number from 10 to 2000"),
        ({"key": "fine", "kind": "one"}, "Write the options"),
        ({"key": "fine", "kind": "one", "options": "a | b | c | d"}, "Look at line: 1"),
        ({"key": "fine", "kind": "one", "options": "aa | b | c\naa | d | e"}, "These keys stand twice: aa"),
        ({"key": "fine", "hint_cy": "x" * 2001}, "Use at most 2,000 characters"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_kept(
    central: FormClient, draft: Callable[[], queries.Whole], values: dict[str, str], words: str
) -> None:
    page = central.submit(f"{DRAFT}sections/about/new", {**NEW, **values})
    assert page.status_code == 422
    assert words in page.text
    assert "Beth arall?" in page.text
    assert draft().version.version == 1


def test_a_new_sections_keys_are_told_apart(central: FormClient, draft: Callable[[], queries.Whole]) -> None:
    section = {"key": "last", "title_en": "Last"}
    first = {f"first-{name}": value for name, value in NEW.items()}
    page = central.submit(f"{DRAFT}sections/new", {**section, **first, "first-key": "job"})
    assert page.status_code == 422
    assert 'href="#first-key"' in page.text
    page = central.submit(f"{DRAFT}sections/new", {**section, "key": "about", **first, "first-key": "else"})
    assert 'href="#key"' in page.text


def test_two_people_see_each_others_work_and_lose_nothing(
    central: FormClient, draft: Callable[[], queries.Whole]
) -> None:
    """The slower one gets what was typed back, beside what is there now, and saves with the next press."""
    page = central.get(f"{DRAFT}questions/job").text
    central.submit(f"{DRAFT}questions/job", {"label_en": "What do you do?"})
    [mine] = [form for form in forms(page) if "label_en" in form.fields]
    sent = {**mine.fields, "label_en": "Your present job", "label_cy": "Eich swydd bresennol"}
    answer = central.post(f"{DRAFT}questions/job", data=sent)
    assert answer.status_code == 409
    for words in ("Somebody changed the draft", "What do you do?", "Your present job", "Eich swydd bresennol"):
        assert words in answer.text
    [again] = [form for form in forms(answer.text) if "label_en" in form.fields]
    assert central.post(f"{DRAFT}questions/job", data=again.fields).status_code == 303
    job = draft().schema.question("job")
    assert job is not None
    assert job.label.en == "Your present job"
    gone = central.get(f"{DRAFT}questions/story").text
    central.submit(f"{DRAFT}remove/question/story", form=-1)
    [mine] = [form for form in forms(gone) if "label_en" in form.fields]
    answer = central.post(f"{DRAFT}questions/story", data={**mine.fields, "label_en": "My lost words"})
    assert answer.status_code == 409
    assert "My lost words" in answer.text
    [again] = [form for form in forms(answer.text) if "label_en" in form.fields]
    answer = central.post(f"{DRAFT}questions/story", data=again.fields)
    assert answer.status_code == 409
    assert "somebody removed it" in answer.text
    answer = central.submit(DRAFT, form="back/story")
    assert answer.status_code == 303
    assert draft().schema.question("story") is not None


def test_a_stale_button_says_so(central: FormClient, draft: Callable[[], queries.Whole]) -> None:
    path = f"{DRAFT}move/question/job/down"
    answer = central.submit(DRAFT, {"version": "7"}, form="move/question/job/down")
    assert answer.status_code == 409
    assert "Somebody changed the draft meanwhile" in answer.text
    assert central.get(path).status_code == 405
    assert central.submit(DRAFT, form="move/question/job/down").status_code == 303
    assert [one.key for one in draft().schema.sections[0].questions] == ["story", "job"]


def test_what_becomes_of_drafts_under_way_is_told_by_the_kind(
    central: FormClient, draft: Callable[[], queries.Whole]
) -> None:
    publish = f"{DRAFT}publish"
    central.submit(f"{DRAFT}sections/about/new", {**NEW, "key": "else", "required": None})
    assert "Drafts that could move: 0." in central.get(publish).text
    central.submit(f"{DRAFT}remove/question/job", form=-1)
    page = central.get(publish).text
    assert "could move" not in page
    assert "Drafts under way: 0. They stay on the version that they have" in page


def test_publishing_asks_for_the_words_the_kind_the_note_and_a_look(
    central: FormClient, draft: Callable[[], queries.Whole]
) -> None:
    publish = f"{DRAFT}publish"
    assert "There is nothing to publish yet" in central.get(publish).text
    central.submit(f"{DRAFT}sections/about/new", {**NEW, "key": "else", "required": None, "label_cy": ""})
    page = central.get(publish).text
    assert "Words are missing" in page
    assert f'href="{DRAFT}questions/else"' in page
    assert 'value="editorial"' not in page
    good = {"change": "additive", "note": "asked for by partners", "sure": "y"}
    assert central.submit(publish, good).status_code == 422
    central.submit(f"{DRAFT}questions/else", {"label_cy": "Beth arall?"})
    assert "Look at the preview first" in central.submit(publish, {**good, "sure": None}).text
    assert "Say what changes" in central.submit(publish, {**good, "note": ""}).text
    assert "graver than that" in central.submit(publish, {**good, "change": "editorial"}).text
    assert draft().version.is_draft
    answer = central.submit(publish, good)
    assert answer.location.endswith(DRAFT)
    found = draft().version
    assert (found.state, found.change, found.note) == ("published", "additive", "asked for by partners")
    assert central.get(publish).status_code == 303
    assert central.get(f"{DRAFT}questions/else").status_code == 422
    assert central.submit(f"{AT}1001/retire", {"reason": "done with"}).status_code == 303
    assert "Retired" in central.get(AT).text


def test_a_draft_is_thrown_away(central: FormClient, draft: Callable[[], queries.Whole]) -> None:
    central.submit(f"{DRAFT}remove/question/job", form=-1)
    assert "What would be lost" in central.get(f"{DRAFT}discard").text
    assert central.submit(f"{DRAFT}discard", form=-1).status_code == 303
    assert central.get(DRAFT).status_code == 404


def test_the_preview_speaks_both_languages(central: FormClient, draft: Callable[[], queries.Whole]) -> None:
    page = central.get(f"{DRAFT}preview/about?language=cy").text
    for words in ('lang="cy"', "Your story (cy)", "Hyd at 20 gair", "Preview of version 1002"):
        assert words in page, words
    assert "At most 20 words" in central.get(f"{DRAFT}preview/about?language=en").text
    assert central.get(f"{DRAFT}preview/nowhere").status_code == 404
    assert "Not yet. (cy)" in central.get(f"{DRAFT}preview?language=cy").text


def test_the_differences_can_be_read(central: FormClient, draft: Callable[[], queries.Whole]) -> None:
    assert "Nothing differs" in central.get(f"{DRAFT}changes").text
    central.submit(f"{DRAFT}questions/story", {"words": "30"})
    page = central.get(f"{DRAFT}changes").text
    for words in ("<del>20</del>", "<ins>30</ins>", "Additive"):
        assert words in page, words
    assert central.get(f"{AT}1001/changes").status_code == 404


@pytest.mark.parametrize("path", ["/console/admissions/", AT, f"{AT}1001/", f"{AT}99999999999999999999/"])
def test_it_is_the_central_teams_alone(app: Flask, client: FormClient, path: str) -> None:
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    assert lead.get(path).status_code == 403
    assert client.get(path).status_code == 303
    assert lead.get(f"/scotland{path}").status_code == 404
