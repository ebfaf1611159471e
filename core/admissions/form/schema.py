"""A form version's content: sections of questions in English and Welsh, kept as canonical JSON with a hash."""

import hashlib
import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
"""The lasting name of a section, a question or an option: never reused for another meaning."""


class Kind(StrEnum):
    """What a question is answered with."""

    LINE = "line"
    TEXT = "text"
    YES_NO = "yes_no"
    ONE = "one"
    SOME = "some"
    FILE = "file"


CHOOSES = frozenset({Kind.ONE, Kind.SOME})
LONGEST_LINE = 200
MOST_WORDS = 2000


class Part(BaseModel):
    """Anything of a form: frozen, and strict about what it is given."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Said(Part):
    """Words in both languages."""

    en: Annotated[str, Field(max_length=2000)] = ""
    cy: Annotated[str, Field(max_length=2000)] = ""

    def in_language(self, language: str) -> str:
        """The words in `language`; in English where there is no Welsh yet."""
        return (self.cy if language == "cy" else "") or self.en

    @property
    def whole(self) -> bool:
        """Whether it says something in both languages, or nothing in either."""
        return bool(self.en) == bool(self.cy)


class Option(Part):
    """One thing to choose."""

    key: Key
    label: Said


class Question(Part):
    """One question. `identifying` answers are hidden while a window's assessors work blind; `scored` ones are what they read
    first. `words` is the most that a text may have."""

    key: Key
    kind: Kind
    label: Said
    hint: Said = Said()
    required: bool = True
    words: Annotated[int, Field(ge=10, le=MOST_WORDS)] | None = None
    options: tuple[Option, ...] = ()
    identifying: bool = False
    criteria: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.kind in CHOOSES) != bool(self.options):
            raise ValueError(f"{self.key}: options belong to questions that are answered by choosing")
        if (self.kind is Kind.TEXT) != (self.words is not None):
            raise ValueError(f"{self.key}: a text, and nothing else, has a limit of words")
        keys = [option.key for option in self.options]
        if len(keys) != len(set(keys)):
            raise ValueError(f"{self.key}: an option stands twice")
        return self


class Section(Part):
    """One task of the task list."""

    key: Key
    title: Said
    intro: Said = Said()
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]

    @property
    def asks_for_files(self) -> bool:
        """Whether one of its questions is answered with a file."""
        return any(question.kind is Kind.FILE for question in self.questions)


class Eligibility(Part):
    """A yes-or-no question before the form; `needed` is the answer that lets somebody apply, `otherwise` what the others read."""

    key: Key
    label: Said
    needed: bool = True
    otherwise: Said


class FormSchema(Part):
    """All of a form version. Raises ValueError (pydantic's) for a key that stands twice."""

    eligibility: tuple[Eligibility, ...] = ()
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Self:
        keys = [section.key for section in self.sections]
        asked = [question.key for question in self.questions()] + [one.key for one in self.eligibility]
        for name in (keys, asked):
            if twice := {key for key in name if name.count(key) > 1}:
                raise ValueError(f"these keys stand twice: {', '.join(sorted(twice))}")
        return self

    def questions(self) -> Iterator[Question]:
        """Every question, in the order of the form."""
        for section in self.sections:
            yield from section.questions

    def section(self, key: str) -> Section | None:
        """The section of that key."""
        return next((section for section in self.sections if section.key == key), None)

    def question(self, key: str) -> Question | None:
        """The question of that key."""
        return next((question for question in self.questions() if question.key == key), None)

    def untranslated(self) -> list[str]:
        """Where words are missing in one of the languages, or a title or label in both: such a version cannot be published."""
        return [
            path
            for path, said in _words_in(self.model_dump())
            if not Said.model_validate(said).whole or (not said["en"] and path.endswith((".label", ".title")))
        ]

    def canonical(self) -> str:
        """The one way of writing it as JSON: sorted keys, no spaces."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def sha256(self) -> str:
        """The hash (hex) of `canonical`."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def _words_in(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    if isinstance(value, dict):
        if set(value) == {"en", "cy"}:
            yield path, value
            return
        for key, inner in value.items():
            yield from _words_in(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            name = inner.get("key", number) if isinstance(inner, dict) else number
            yield from _words_in(inner, f"{path}.{name}")
