"""What can be answered to a question, and how it is kept: plain text, or JSON where several things can be chosen."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.sdk import N_, Invalid
from plugins.local_events.queries.questions import Asked

LONGEST = {"short": 200, "long": 2000, "choice": 200, "choices": 500, "yes_no": 3}
"""Characters of an answer by the question's kind; of any of a list, those of the other words."""
FEWEST_OPTIONS, MOST_OPTIONS, LONGEST_OPTION = 2, 20, 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """An answer to a question of the kind "any of a list, and other words"."""

    options: tuple[str, ...]
    other: str

    def kept(self) -> str:
        """As it is stored; "" for nothing."""
        if not self.options and not self.other:
            return ""
        return json.dumps({"options": list(self.options), "other": self.other}, ensure_ascii=False)

    @classmethod
    def read(cls, value: str) -> "Chosen":
        """From what is stored."""
        held: dict[str, Any] = json.loads(value) if value else {"options": [], "other": ""}
        return cls(tuple(held["options"]), held["other"])


def shown(question: Asked, value: str) -> str:
    """An answer as people read it."""
    if question.kind != "choices":
        return value
    chosen = Chosen.read(value)
    return ", ".join([*chosen.options, *([chosen.other] if chosen.other else [])])


def checked(questions: Sequence[Asked], given: Mapping[str, str]) -> dict[str, str]:
    """{question's id: value} of what was answered, empty answers left out. `given` is by question's id.

    Raises Invalid, by form field, for what is missing, too long, or not among the options.
    """
    kept, wrong = {}, {}
    for question in questions:
        value = given.get(question.id, "").strip()
        problem = _problem(question, value)
        if problem:
            wrong[question.field] = problem
        elif value:
            kept[question.id] = value
    if wrong:
        raise Invalid(wrong)
    return kept


def _problem(question: Asked, value: str) -> str:
    if not value:
        return N_("Answer this question") if question.required else ""
    if question.kind == "choices":
        chosen = Chosen.read(value)
        if not set(chosen.options) <= set(question.options):
            return N_("Choose one of the list")
        return N_("Shorten what you wrote") if len(chosen.other) > LONGEST["choices"] else ""
    if question.kind == "choice" and value not in question.options:
        return N_("Choose one of the list")
    if question.kind == "yes_no" and value not in ("yes", "no"):
        return N_("Choose one of the list")
    return N_("Shorten what you wrote") if len(value) > LONGEST[question.kind] else ""
