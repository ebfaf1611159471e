"""Answers to a form: what each kind of question takes, counted in words on the server, and what is still missing."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.admissions.form.schema import LONGEST_LINE, FormSchema, Kind, Question, Section
from core.kernel.text import N_

Answer = str | bool | list[str] | dict[str, Any] | None
"""A line or a text; yes or no; one option's key; several; a file's description; nothing."""
LONGEST_TEXT = 100_000
"""Characters of a draft that are kept even where they are too many words: what was typed is never lost."""
_BETWEEN_WORDS = re.compile(r"[\s\u200b]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an answer does not do: a msgid with its values."""

    message: str
    params: Mapping[str, Any]


def words_in(text: str) -> int:
    """How many words a text has: runs of characters between white space that hold a letter or a digit of any script."""
    return sum(any(char.isalnum() for char in word) for word in _BETWEEN_WORDS.split(text))


def tidy(text: str) -> str:
    """A text as it is kept: NFC, lines ended by \\n, no control characters but tab and line end, nothing around it."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"})
    return kept.strip()


def read(question: Question, sent: Sequence[str]) -> Answer:
    """What was sent for `question` (the values of one form field) as an answer; what makes no sense is no answer.

    Files do not come this way.
    """
    first = sent[0] if sent else ""
    if question.kind is Kind.YES_NO:
        return {"yes": True, "no": False}.get(first)
    keys = {option.key for option in question.options}
    if question.kind is Kind.ONE:
        return first if first in keys else None
    if question.kind is Kind.SOME:
        return [option.key for option in question.options if option.key in sent] or None
    if question.kind is Kind.LINE:
        return " ".join(tidy(first).split())[:LONGEST_TEXT] or None
    return tidy(first)[:LONGEST_TEXT] or None


def taken_over(question: Question, answer: Answer) -> Answer:
    """What of an answer to an earlier form `question` still takes: of options those that it still has."""
    keys = {option.key for option in question.options}
    if question.kind is Kind.ONE:
        return answer if answer in keys else None
    if question.kind is Kind.SOME and isinstance(answer, list):
        return [key for key in answer if key in keys] or None
    return answer


def given(answer: Answer) -> bool:
    """Whether there is an answer at all: `no` is one."""
    return answer is not None and answer not in ("", [])


def problem(question: Question, answer: Answer) -> Problem | None:
    """Why `answer` cannot be submitted; None where it can. A draft may be kept all the same."""
    if not given(answer):
        return Problem(N_("Answer this question."), {}) if question.required else None
    if question.kind is Kind.TEXT and question.words is not None:
        count = words_in(str(answer))
        if count > question.words:
            return Problem(
                N_("Use at most %(most)d words: you have %(count)d."), {"most": question.words, "count": count}
            )
    if question.kind is Kind.LINE and len(str(answer)) > LONGEST_LINE:
        return Problem(N_("Use at most %(most)d characters."), {"most": LONGEST_LINE})
    return None


def problems(section: Section, answers: Mapping[str, Answer]) -> dict[str, Problem]:
    """What is wrong with a section's answers, by question."""
    found = ((question.key, problem(question, answers.get(question.key))) for question in section.questions)
    return {key: one for key, one in found if one is not None}


def state_of(section: Section, answers: Mapping[str, Answer]) -> str:
    """A task's state: `done` (could be submitted), `begun`, and, with nothing answered, `to_do` or `optional`."""
    something = any(given(answers.get(question.key)) for question in section.questions)
    if problems(section, answers):
        return "begun" if something else "to_do"
    return "done" if something else "optional"


def unfinished(schema: FormSchema, answers: Mapping[str, Answer]) -> list[str]:
    """The keys of the sections that stand in the way of submitting."""
    return [section.key for section in schema.sections if problems(section, answers)]
