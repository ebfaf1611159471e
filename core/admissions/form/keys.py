"""The lasting names of a form's parts. A key is chosen once: what somebody answered under it must never mean another thing."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.admissions.form.schema import FormSchema

RESERVED = frozenset({"csrf_token", "form_key"})
"""Names that the pages' own fields have: a question is an input of its key's name."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Keys that are in use or were once: of sections, of what is asked (questions and eligibility), of each question's options."""

    sections: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    options: dict[str, frozenset[str]] = field(default_factory=dict)

    def __or__(self, other: "Taken") -> "Taken":
        """What is taken in either."""
        options = {
            key: self.options.get(key, frozenset()) | other.options.get(key, frozenset())
            for key in {*self.options, *other.options}
        }
        return Taken(self.sections | other.sections, self.asked | other.asked, options)


def taken_by(schemas: Iterable[FormSchema]) -> Taken:
    """Every key that one of `schemas` has."""
    taken = Taken()
    for schema in schemas:
        taken |= Taken(
            frozenset(section.key for section in schema.sections),
            frozenset([question.key for question in schema.questions()] + [one.key for one in schema.eligibility]),
            {question.key: frozenset(o.key for o in question.options) for question in schema.questions()},
        )
    return taken
