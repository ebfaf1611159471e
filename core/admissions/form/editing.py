"""Editing a draft of the form: each function gives a new whole form, or says what is wrong. Whatever is done, in whatever
order, the form stays one that FormSchema takes, and no key is ever given to a second thing."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from core.admissions.form.keys import RESERVED, Taken
from core.admissions.form.schema import Eligibility, FormSchema, Kind, Question, Said, Section
from core.kernel.errors import Invalid, NotFound, Refused
from core.kernel.text import N_

Model = TypeVar("Model", bound=BaseModel)
Keyed = TypeVar("Keyed", Section, Question, Eligibility)
Edit = Callable[[FormSchema], FormSchema]

BAD_KEY = N_("Use 2 to 40 small letters, digits and underscores, beginning with a letter")
TAKEN_KEY = N_("This key is in use, or was in an earlier version. Choose another: a key never gets a second meaning.")
TAKEN_OPTION = N_("An earlier version had an option with one of these keys. A key never gets a second meaning.")
FEW_OPTIONS = N_("Write the options, one on each line")
NO_LIMIT = N_("Enter how many words the answer may have, from 10 to 2000")
LAST_SECTION = N_("A form has at least one section.")
LAST_QUESTION = N_("A section has at least one question. Remove the whole section instead.")
FIXED_KIND = N_("How a published question is answered cannot change: its answers would lose their meaning.")
_SAID: Mapping[str, str] = {"key": BAD_KEY, "options": FEW_OPTIONS, "words": NO_LIMIT}


def made(model: type[Model], values: Mapping[str, Any]) -> Model:
    """A part of a form from plain data. Raises Invalid (its names are those of `values`)."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found: dict[str, str] = {}
        for one in error.errors():
            name = str(one["loc"][0]) if one["loc"] else _missing(values)
            found[name] = _SAID.get(name, N_("This cannot be taken"))
        raise Invalid(found) from None


def _missing(values: Mapping[str, Any]) -> str:
    """Which field a rule over several is about: a question lacks its limit, or its options."""
    return "words" if values.get("kind") == Kind.TEXT else "options"


def _asked(schema: FormSchema) -> frozenset[str]:
    return frozenset([one.key for one in schema.questions()] + [one.key for one in schema.eligibility])


def _free(key: str, known: Collection[str], name: str = "key") -> None:
    if key in RESERVED or key in known:
        raise Invalid({name: TAKEN_KEY})


def _options_free(question: Question, before: Question | None, published: Question | None, taken: Taken) -> None:
    own = {option.key for one in (before, published) if one is not None for option in one.options}
    if ({option.key for option in question.options} - own) & taken.options.get(question.key, frozenset()):
        raise Invalid({"options": TAKEN_OPTION})


def _at(parts: tuple[Keyed, ...], key: str) -> int:
    found = next((number for number, part in enumerate(parts) if part.key == key), None)
    if found is None:
        raise NotFound
    return found


def _moved(parts: tuple[Keyed, ...], key: str, by: int) -> tuple[Keyed, ...]:
    number = _at(parts, key)
    rest = [part for part in parts if part.key != key]
    rest.insert(max(0, min(number + by, len(rest))), parts[number])
    return tuple(rest)


def _whole(schema: FormSchema, **parts: Any) -> FormSchema:
    """The form with `parts` in the place of its own, checked as a whole."""
    return FormSchema.model_validate({"eligibility": schema.eligibility, "sections": schema.sections, **parts})


def _swapped(schema: FormSchema, section: Section) -> FormSchema:
    return _whole(schema, sections=tuple(section if one.key == section.key else one for one in schema.sections))


def home_of(schema: FormSchema, question: str) -> Section:
    """The section that a question stands in. Raises NotFound."""
    for section in schema.sections:
        if any(one.key == question for one in section.questions):
            return section
    raise NotFound


def add_section(schema: FormSchema, section: Section, taken: Taken) -> FormSchema:
    """With a new section, its questions included, at the end. Raises Invalid for a key that is taken: `key` for the
    section's, `questions` for a question's."""
    _free(section.key, taken.sections | {one.key for one in schema.sections})
    asked = taken.asked | _asked(schema)
    for number, question in enumerate(section.questions):
        _free(question.key, asked | {one.key for one in section.questions[:number]}, "questions")
    return _whole(schema, sections=(*schema.sections, section))


def edit_section(schema: FormSchema, key: str, title: Said, intro: Said) -> FormSchema:
    """With a section's own words changed. Raises NotFound."""
    section = schema.sections[_at(schema.sections, key)]
    return _swapped(schema, section.model_copy(update={"title": title, "intro": intro}))


def move_section(schema: FormSchema, key: str, by: int) -> FormSchema:
    """With a section `by` places further down (negative: up), as far as there is room. Raises NotFound."""
    return _whole(schema, sections=_moved(schema.sections, key, by))


def remove_section(schema: FormSchema, key: str) -> FormSchema:
    """Without a section and its questions. Raises NotFound, and Refused for the last one."""
    number = _at(schema.sections, key)
    if len(schema.sections) == 1:
        raise Refused(LAST_SECTION)
    return _whole(schema, sections=schema.sections[:number] + schema.sections[number + 1 :])


def add_question(schema: FormSchema, section: str, question: Question, taken: Taken) -> FormSchema:
    """With a new question at the end of a section. Raises NotFound (the section) and Invalid for a key that is taken."""
    home = schema.sections[_at(schema.sections, section)]
    _free(question.key, taken.asked | _asked(schema))
    return _swapped(schema, home.model_copy(update={"questions": (*home.questions, question)}))


def edit_question(
    schema: FormSchema, question: Question, section: str, taken: Taken, published: FormSchema | None = None
) -> FormSchema:
    """With the question of that key changed, and moved to the end of `section` where it stands in another.

    Raises NotFound (question or section), Invalid for an option's key that had another meaning or for another kind of a
    question that `published` has, and Refused where the section it leaves would be empty.
    """
    home = home_of(schema, question.key)
    before, was = schema.question(question.key), published.question(question.key) if published else None
    if was is not None and was.kind is not question.kind:
        raise Invalid({"kind": FIXED_KIND})
    _options_free(question, before, was, taken)
    if section == home.key:
        kept = tuple(question if one.key == question.key else one for one in home.questions)
        return _swapped(schema, home.model_copy(update={"questions": kept}))
    target = schema.sections[_at(schema.sections, section)]
    left = remove_question(schema, question.key)
    return _swapped(left, target.model_copy(update={"questions": (*target.questions, question)}))


def move_question(schema: FormSchema, key: str, by: int) -> FormSchema:
    """With a question `by` places further down in its section. Raises NotFound."""
    home = home_of(schema, key)
    return _swapped(schema, home.model_copy(update={"questions": _moved(home.questions, key, by)}))


def remove_question(schema: FormSchema, key: str) -> FormSchema:
    """Without a question. Raises NotFound, and Refused for the last one of its section."""
    home = home_of(schema, key)
    if len(home.questions) == 1:
        raise Refused(LAST_QUESTION)
    kept = tuple(one for one in home.questions if one.key != key)
    return _swapped(schema, home.model_copy(update={"questions": kept}))


def put_back(schema: FormSchema, published: FormSchema, key: str) -> FormSchema:
    """With a question that `published` has and the draft lost, as it was, at the end of its section (the whole section
    comes back, with this question alone, where that is gone too). Raises NotFound."""
    question = published.question(key)
    if question is None or schema.question(key) is not None:
        raise NotFound
    home = home_of(published, key)
    now = schema.section(home.key)
    if now is not None:
        return _swapped(schema, now.model_copy(update={"questions": (*now.questions, question)}))
    return _whole(schema, sections=(*schema.sections, home.model_copy(update={"questions": (question,)})))


def add_eligibility(schema: FormSchema, one: Eligibility, taken: Taken) -> FormSchema:
    """With a new question before the form. Raises Invalid for a key that is taken."""
    _free(one.key, taken.asked | _asked(schema))
    return _whole(schema, eligibility=(*schema.eligibility, one))


def edit_eligibility(schema: FormSchema, one: Eligibility) -> FormSchema:
    """With the eligibility question of that key changed. Raises NotFound."""
    number = _at(schema.eligibility, one.key)
    return _whole(schema, eligibility=(*schema.eligibility[:number], one, *schema.eligibility[number + 1 :]))


def move_eligibility(schema: FormSchema, key: str, by: int) -> FormSchema:
    """With an eligibility question `by` places further down. Raises NotFound."""
    return _whole(schema, eligibility=_moved(schema.eligibility, key, by))


def remove_eligibility(schema: FormSchema, key: str) -> FormSchema:
    """Without an eligibility question. Raises NotFound."""
    number = _at(schema.eligibility, key)
    return _whole(schema, eligibility=schema.eligibility[:number] + schema.eligibility[number + 1 :])
