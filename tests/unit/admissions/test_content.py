"""What Joining Q starts with: valid, whole in both languages, and each part in step with the others."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from core.admissions import content
from core.admissions.content.shapes import CRITERIA, LEVELS, NATIONS, UNSAID, Compact, Criteria, Equality
from core.admissions.form.answers import problem, words_in
from core.admissions.form.schema import FormSchema, Kind
from core.admissions.rules import policy

LOADERS: dict[str, Callable[[], BaseModel]] = {
    "first_form.json": content.first_form,
    "criteria.json": content.criteria,
    "compact.json": content.compact,
    "equality.json": content.equality,
    "decision_letter.json": content.decision_letters,
}
SAME_IN_BOTH = {"Generation Q", "Roma"}
"""Names: they are the same in Welsh."""


def raw(name: str) -> Any:
    """A file as plain data, for one test to change."""
    return json.loads((Path(content.__file__).parent / name).read_text("utf-8"))


def said(value: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Every pair of words with where it stands."""
    if isinstance(value, dict) and set(value) == {"en", "cy"}:
        yield path, value["en"], value["cy"]
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from said(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from said(inner, f"{path}[{number}]")


@pytest.mark.parametrize("name", LOADERS)
def test_a_file_is_valid_read_once_and_cannot_be_changed(name: str) -> None:
    loaded = LOADERS[name]()
    assert LOADERS[name]() is loaded
    with pytest.raises(ValidationError):
        setattr(loaded, next(iter(type(loaded).model_fields)), ())


def test_every_file_has_its_loader() -> None:
    assert {path.name for path in Path(content.__file__).parent.glob("*.json")} == set(LOADERS)


@pytest.mark.parametrize("name", LOADERS)
def test_all_is_said_in_both_languages(name: str) -> None:
    pairs = list(said(raw(name)))
    assert len(pairs) > 10
    for path, english, welsh in pairs:
        assert english, path
        assert welsh, path
        assert (english == welsh) == (english in SAME_IN_BOTH), path
        assert english == english.strip(), path
        assert welsh == welsh.strip(), path
        ends = {text[-1] if text[-1] in ".?" else "" for text in (english, welsh)}
        assert len(ends) == 1, f"{path}: one language asks or ends a sentence and the other does not"
        assert "'" not in english + welsh, f"{path}: apostrophes are ’"


def test_the_form_takes_one_to_two_hours() -> None:
    form = content.first_form()
    questions = list(form.questions())
    texts = [question for question in questions if question.kind is Kind.TEXT]
    assert 12 <= len(questions) <= 16
    assert 5 <= len(texts) <= 7
    assert all(question.words and 150 <= question.words <= 400 for question in texts)
    # Thinking and writing goes at some 15 to 25 words a minute.
    assert 60 <= sum(question.words or 0 for question in texts) / 20 <= 120
    assert form.untranslated() == []


def test_the_form_asks_for_what_is_assessed() -> None:
    questions = list(content.first_form().questions())
    texts = [question for question in questions if question.kind is Kind.TEXT]
    for question in texts:
        assert question.criteria, question.key
        assert len(set(question.criteria)) == len(question.criteria)
        assert question.required, question.key
        assert question.hint.en, question.key
        assert not question.identifying, question.key
    assert {criterion for question in texts for criterion in question.criteria} == set(CRITERIA)
    assert not [question.key for question in questions if question.criteria and question.kind is not Kind.TEXT]


def test_the_form_has_the_sections_of_the_source() -> None:
    form = content.first_form()
    assert [section.key for section in form.sections] == [
        "about_you", "your_work", "learning", "approaches", "across_teams", "give_and_gain", "commitment", "programmes",
    ]  # fmt: skip
    learnt = form.question("ways_learnt")
    assert learnt is not None
    assert {"taught", "job"} <= {option.key.split("_")[0] for option in learnt.options}
    programmes = form.question("programmes")
    assert programmes is not None
    assert not programmes.required
    assert "generation_q" in {option.key for option in programmes.options}


def test_what_tells_who_somebody_is_is_marked() -> None:
    marked = {question.key for question in content.first_form().questions() if question.identifying}
    assert marked == {"role", "organisation", "programme_names"}


def test_nobody_need_name_an_employer_or_a_programme() -> None:
    optional = {question.key for question in content.first_form().questions() if problem(question, None) is None}
    assert optional == {"organisation", "programmes", "programme_names"}


def test_who_may_apply() -> None:
    asked = {one.key: one.needed for one in content.first_form().eligibility}
    assert asked == {"based_in_area": True, "has_experience": True, "accepts_compact": True, "already_member": False}
    assert all(words_in(one.otherwise.en) > 15 for one in content.first_form().eligibility)


def test_keys_of_the_first_form_stay() -> None:
    """Answers, figures and letters are kept under these: a changed key is another question."""
    assert [question.key for question in content.first_form().questions()] == [
        "role", "organisation", "sector", "example", "ways_learnt", "learning_story", "approaches_used",
        "reflection", "across_boundaries", "give", "gain", "why", "will_share", "programmes", "programme_names",
    ]  # fmt: skip


def test_each_level_of_each_criterion_is_described() -> None:
    criteria = content.criteria()
    assert tuple(one.key for one in criteria.criteria) == CRITERIA == policy.CRITERIA
    assert [criteria.name(level).en for level in LEVELS] == [
        "Not shown yet", "Partly shown", "Clearly shown", "Strongly shown",
    ]  # fmt: skip
    for key in CRITERIA:
        criterion = criteria.criterion(key)
        assert tuple(one.level for one in criterion.levels) == LEVELS
        assert all(words_in(one.description.en) >= 12 for one in criterion.levels), key
        assert len({text for one in criterion.levels for text in (one.description.en, one.letter.en)}) == 8, key
        assert all("you" in one.letter.en.lower() for one in criterion.levels), key
    with pytest.raises(KeyError):
        criteria.criterion("charm")
    with pytest.raises(KeyError):
        criteria.name(0)


def test_the_compact_is_short() -> None:
    compact = content.compact()
    assert compact.version == 1
    assert 8 <= len(compact.expectations) <= 12
    for one in compact.expectations:
        assert words_in(one.title.en) <= 8, one.key
        assert words_in(one.text.en) <= 60, one.key


@pytest.mark.parametrize("nation", NATIONS)
def test_each_nation_has_its_categories_and_each_its_parent(nation: Any) -> None:
    for question in content.equality().questions:
        parents = {one.key for one in question.parents}
        categories = list(question.in_nation(nation).categories())
        assert {one.parent for one in categories} == parents, question.key
        assert categories[-1].key == UNSAID
        assert question.parent_of(nation, UNSAID) == UNSAID
        assert question.parent_of(nation, "no_such_category") is None


def test_a_category_counts_alike_wherever_it_is_asked() -> None:
    for question in content.equality().questions:
        parents: dict[str, str] = {}
        for nation in NATIONS:
            for one in question.in_nation(nation).categories():
                assert parents.setdefault(one.key, one.parent) == one.parent, (question.key, one.key)


def test_nations_ask_about_ethnic_group_and_religion_in_their_own_words() -> None:
    equality = content.equality()
    for key, number in (("ethnic_group", 4), ("religion", 3)):
        question = equality.question(key)
        assert question is not None
        assert len(question.sets) == number
    ethnic, religion = equality.question("ethnic_group"), equality.question("religion")
    assert ethnic is not None
    assert religion is not None
    assert ethnic.parent_of("scotland", "polish") == "white"
    assert ethnic.parent_of("england", "polish") is None
    assert ethnic.parent_of("northern_ireland", "irish_traveller") == ethnic.parent_of("wales", "gypsy_irish_traveller")
    assert religion.parent_of("scotland", "church_of_scotland") == religion.parent_of("wales", "christian")
    assert equality.question("shoe_size") is None


def test_the_page_says_why_who_and_how() -> None:
    assert [part.key for part in content.equality().page.parts] == ["choice", "why", "who", "kept", "lists"]


def test_equality_questions_share_no_key_with_the_form() -> None:
    form = content.first_form()
    keys = {question.key for question in form.questions()} | {one.key for one in form.eligibility}
    assert not keys & {question.key for question in content.equality().questions}


def _drop_welsh(data: Any) -> None:
    data["criteria"][0]["title"]["cy"] = ""


def _drop_level(data: Any) -> None:
    del data["criteria"][2]["levels"][1]


def _reorder(data: Any) -> None:
    data["criteria"].reverse()


def _drop_name(data: Any) -> None:
    data["names"].pop()


def _repeat_expectation(data: Any) -> None:
    data["expectations"].append(data["expectations"][0])


def _version_as_text(data: Any) -> None:
    data["version"] = "1"


def _orphan(data: Any) -> None:
    data["questions"][3]["sets"][0]["groups"][0]["categories"][0]["parent"] = "nobody"


def _force_an_answer(data: Any) -> None:
    data["questions"][0]["sets"][0]["groups"][-1]["categories"].pop()


def _leave_out_a_nation(data: Any) -> None:
    data["questions"][3]["sets"].pop()


def _repeat_a_question(data: Any) -> None:
    data["questions"].append(data["questions"][0])


def _unknown_field(data: Any) -> None:
    data["questions"][0]["weight"] = 2


@pytest.mark.parametrize(
    ("name", "shape", "spoil"),
    [
        ("criteria.json", Criteria, _drop_welsh),
        ("criteria.json", Criteria, _drop_level),
        ("criteria.json", Criteria, _reorder),
        ("criteria.json", Criteria, _drop_name),
        ("compact.json", Compact, _repeat_expectation),
        ("compact.json", Compact, _version_as_text),
        ("equality.json", Equality, _orphan),
        ("equality.json", Equality, _force_an_answer),
        ("equality.json", Equality, _leave_out_a_nation),
        ("equality.json", Equality, _repeat_a_question),
        ("equality.json", Equality, _unknown_field),
    ],
)
def test_what_is_wrong_is_refused(name: str, shape: type[BaseModel], spoil: Callable[[Any], None]) -> None:
    data = raw(name)
    shape.model_validate_json(json.dumps(data))
    spoil(data)
    with pytest.raises(ValidationError):
        shape.model_validate_json(json.dumps(data))


def test_the_form_survives_its_canonical_writing() -> None:
    form = content.first_form()
    assert FormSchema.model_validate_json(form.canonical(), strict=True).sha256() == form.sha256()
