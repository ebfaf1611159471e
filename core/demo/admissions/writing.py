"""Invented applications out of `stories/*.toml`: each voice is one kind of person with one piece of work, told from end to end.

A voice is used at most once in an area, so that nobody who reads one area's applications reads a passage twice. In another
area the same voice has other facts and other turns of phrase, by the area's turn:

    {name}          a fact of this person: from the row of `facts` that they got, or {place}, {area}, {body} of where they live
    [this|or that]  one of several ways to say it
    (an aside)      some people write without them; some write as they speak

`marks` are five levels, of experience, knowledge, commitment, collaboration and contribution in this order: what a fair
reader would give. `seen` are five phrases, in the same order, for what the application shows: assessors' reasons name them.
"""

import random
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.admissions.form.answers import tidy
from core.admissions.form.schema import FormSchema, Kind
from core.admissions.rules import CRITERIA

STORIES = Path(__file__).parent / "stories"
TEXTS = ("example", "learning_story", "reflection", "across_boundaries", "give", "gain", "why")
_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_ASIDE = re.compile(r" \([^()]{12,}\)(?=[ .,;:])")
_SPOKEN = {
    "did not": "didn’t", "do not": "don’t", "does not": "doesn’t", "cannot": "can’t", "could not": "couldn’t", "was not": "wasn’t",
    "is not": "isn’t", "would not": "wouldn’t", "had not": "hadn’t", "have not": "haven’t", "It is": "It’s", "it is": "it’s",
    "That is": "That’s", "I am": "I’m", "They are": "They’re", "were not": "weren’t", "are not": "aren’t", "I would": "I’d",
    "I should like": "I’d like", "has not": "hasn’t",
}  # fmt: skip
_SPEAKS = re.compile(r"\b(" + "|".join(_SPOKEN) + r")\b(?= [a-z])")
_BEGINS = re.compile(r"(?:^|[.!?]\s|\n)\Z")
"""Before a slot that begins a sentence."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One application as it is written down. `only` are the slugs of the areas in which it makes sense, empty
    for all; `called` are names for somebody whose words tell who they are."""

    theme: str
    role: str
    organisation: str
    sector: str
    marks: tuple[int, ...]
    methods: tuple[str, ...]
    learnt: tuple[str, ...]
    programmes: tuple[str, ...]
    programme_names: str
    only: tuple[str, ...]
    called: tuple[str, ...]
    facts: tuple[Mapping[str, str], ...]
    seen: tuple[str, ...]
    texts: Mapping[str, str]

    @property
    def key(self) -> str:
        """What tells voices apart."""
        return f"{self.theme}: {self.role}"


@dataclass(frozen=True, slots=True)
class Told:
    """What one person wrote: the answers of the whole form, and by criterion what they show."""

    voice: Voice
    answers: Mapping[str, Any]
    seen: Mapping[str, str]

    def fair(self, criterion: str) -> int:
        """The level that a fair reader would give."""
        return self.voice.marks[CRITERIA.index(criterion)]


@cache
def voices() -> tuple[Voice, ...]:
    """Every voice, in the order of the files."""
    found: list[Voice] = []
    for path in sorted(STORIES.glob("*.toml")):
        found.extend(_read(row) for row in tomllib.loads(path.read_text("utf-8"))["voice"])
    return tuple(found)


def _read(row: dict[str, Any]) -> Voice:
    return Voice(
        theme=row["theme"],
        role=row["role"],
        organisation=row["organisation"],
        sector=row["sector"],
        marks=tuple(int(mark) for mark in row["marks"]),
        methods=tuple(row["methods"].split()),
        learnt=tuple(row["learnt"].split()),
        programmes=tuple(row.get("programmes", "").split()),
        programme_names=row.get("programme_names", ""),
        only=tuple(row.get("only", "").split()),
        called=tuple(row.get("called", ())),
        facts=tuple(row["facts"]),
        seen=tuple(row["seen"]),
        texts={key: row[key].strip() for key in TEXTS},
    )


def voices_in(slug: str, chance: random.Random) -> list[Voice]:
    """The voices that make sense in an area, each once, in an order of its own."""
    found = [voice for voice in voices() if not voice.only or slug in voice.only]
    chance.shuffle(found)
    return found


def told(voice: Voice, setting: Mapping[str, str], schema: FormSchema, turn: int) -> Told:
    """What a person with this voice writes. `setting` are the facts of where they live, `turn` is the number of
    the telling: it chooses the row of facts, and how things are said."""
    facts = {**voice.facts[turn % len(voice.facts)], **setting}

    def say(text: str) -> str:
        ways = turn // len(voice.facts)
        chosen = _CHOICE.sub(lambda found: (options := found[1].split("|"))[ways % len(options)], text)
        return tidy(filled(_styled(chosen, turn), facts))

    answers: dict[str, Any] = {
        "role": say(voice.role), "organisation": say(voice.organisation), "sector": voice.sector,
        "ways_learnt": list(voice.learnt), "approaches_used": list(voice.methods), "will_share": True,
        "programmes": list(voice.programmes), "programme_names": voice.programme_names,
        **{key: say(text) for key, text in voice.texts.items()},
    }  # fmt: skip
    seen = {key: say(text) for key, text in zip(CRITERIA, voice.seen, strict=True)}
    return Told(voice, _in_order(answers, schema), seen)


def _styled(text: str, turn: int) -> str:
    """A text as somebody writes it who leaves out asides, or who writes as they speak, or neither, or both."""
    if turn % 3 == 2:
        text = _ASIDE.sub("", text)
    return _SPEAKS.sub(lambda found: _SPOKEN[found[1]], text) if turn % 2 else text


def filled(text: str, facts: Mapping[str, str]) -> str:
    """A text with its facts in their places, with a capital letter where one begins a sentence."""

    def fact(slot: re.Match[str]) -> str:
        value = facts[slot[1]]
        return value[:1].upper() + value[1:] if _BEGINS.search(text[: slot.start()]) else value

    return _SLOT.sub(fact, text)


def _in_order(answers: Mapping[str, Any], schema: FormSchema) -> dict[str, Any]:
    """Answers in the order of the form, without those that were not given; options in the order in which they are offered."""
    kept: dict[str, Any] = {}
    for question in schema.questions():
        answer = answers.get(question.key)
        if question.kind is Kind.SOME:
            answer = [option.key for option in question.options if option.key in answers[question.key]]
        if answer not in ("", [], None):
            kept[question.key] = answer
    return kept
