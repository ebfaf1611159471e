"""What one version of the form has that another has not, part by part, for people to read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.admissions.form.changes import Change, of_question
from core.admissions.form.options import option_lines
from core.admissions.form.schema import Eligibility, FormSchema, Question, Said, Section
from core.kernel.text import N_

Value = str | bool | int | None
ORDER, SECTION = N_("Order"), N_("Section")


class Part(StrEnum):
    """What differs."""

    SECTION = "section"
    QUESTION = "question"
    ELIGIBILITY = "eligibility"


@dataclass(frozen=True, slots=True)
class Line:
    """One property (msgid) before and after; `language` says whose words these are, where they are words."""

    title: str
    before: Value
    after: Value
    language: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One part that was added, removed or changed; `grave` is the mildest kind that this alone makes the version."""

    part: Part
    way: str
    key: str
    name: Said
    grave: Change
    lines: Sequence[Line] = ()


def differences(old: FormSchema, new: FormSchema) -> list[Difference]:
    """Every part that differs, eligibility first, then section by section in the new order; what is gone stands last."""
    return [*_eligibility(old, new), *_sections(old, new), *_questions(old, new)]


def _eligibility(old: FormSchema, new: FormSchema) -> Iterator[Difference]:
    before, after = {one.key: one for one in old.eligibility}, {one.key: one for one in new.eligibility}
    kept_order = [key for key in before if key in after] == [key for key in after if key in before]
    for one in new.eligibility:
        was = before.get(one.key)
        if was is None:
            yield Difference(Part.ELIGIBILITY, "added", one.key, one.label, Change.BREAKING, _about(None, one))
            continue
        if lines := _about(was, one):
            grave = Change.EDITORIAL if was.needed == one.needed else Change.BREAKING
            yield Difference(Part.ELIGIBILITY, "changed", one.key, one.label, grave, lines)
    if not kept_order:
        first = new.eligibility[0]
        lines = [Line(ORDER, ", ".join(before), ", ".join(after))]
        yield Difference(Part.ELIGIBILITY, "moved", first.key, first.label, Change.BREAKING, lines)
    for key in before.keys() - after.keys():
        yield Difference(Part.ELIGIBILITY, "removed", key, before[key].label, Change.BREAKING)


def _sections(old: FormSchema, new: FormSchema) -> Iterator[Difference]:
    before = {section.key: section for section in old.sections}
    after = {section.key: section for section in new.sections}
    for section in new.sections:
        was = before.get(section.key)
        lines = _words(N_("Title"), was.title if was else None, section.title)
        lines += _words(N_("Introduction"), was.intro if was else None, section.intro)
        if was is None:
            yield Difference(Part.SECTION, "added", section.key, section.title, Change.EDITORIAL, lines)
            continue
        lines += _order(was, section)
        if lines:
            yield Difference(Part.SECTION, "changed", section.key, section.title, Change.EDITORIAL, lines)
    common = [key for key in after if key in before]
    if common != [key for key in before if key in after]:
        told = [Line(ORDER, ", ".join(key for key in before if key in after), ", ".join(common))]
        yield Difference(Part.SECTION, "moved", common[0], after[common[0]].title, Change.EDITORIAL, told)
    for key, gone in before.items():
        if key not in after:
            yield Difference(Part.SECTION, "removed", key, gone.title, Change.BREAKING)


def _order(was: Section, now: Section) -> list[Line]:
    """The order of the questions that both have, where it changed."""
    before, after = [one.key for one in was.questions], [one.key for one in now.questions]
    kept, then = [key for key in before if key in after], [key for key in after if key in before]
    return [] if kept == then else [Line(ORDER, ", ".join(kept), ", ".join(then))]


def _questions(old: FormSchema, new: FormSchema) -> Iterator[Difference]:
    homes = {question.key: section.key for section in old.sections for question in section.questions}
    for section in new.sections:
        for question in section.questions:
            was = old.question(question.key)
            lines = _asked(was, question)
            if was is None:
                grave = Change.BREAKING if question.required else Change.ADDITIVE
                yield Difference(Part.QUESTION, "added", question.key, question.label, grave, lines)
                continue
            grave = of_question(was, question)
            if homes[question.key] != section.key:
                lines.append(Line(SECTION, homes[question.key], section.key))
                grave = Change.BREAKING
            if lines:
                yield Difference(Part.QUESTION, "changed", question.key, question.label, grave, lines)
    for gone in old.questions():
        if new.question(gone.key) is None:
            yield Difference(Part.QUESTION, "removed", gone.key, gone.label, Change.BREAKING)


def _words(title: str, before: Said | None, after: Said) -> list[Line]:
    was = before or Said()
    found = [Line(title, was.en, after.en, "en"), Line(title, was.cy, after.cy, "cy")]
    return [line for line in found if line.before != line.after]


def _facts(*lines: Line) -> list[Line]:
    """Those lines that differ; no words and no such property are the same to a reader."""
    return [line for line in lines if _told(line.before) != _told(line.after)]


def _told(value: Value) -> Value:
    return None if value == "" else value


def _about(was: Eligibility | None, now: Eligibility) -> list[Line]:
    lines = _words(N_("Question"), was.label if was else None, now.label)
    lines += _facts(Line(N_("The answer that lets somebody apply is yes"), was.needed if was else None, now.needed))
    return lines + _words(N_("What the others read"), was.otherwise if was else None, now.otherwise)


def _asked(was: Question | None, now: Question) -> list[Line]:
    lines = _words(N_("Question"), was.label if was else None, now.label) + _words(
        N_("Hint"), was.hint if was else None, now.hint
    )
    return lines + _facts(
        Line(N_("Answered with"), was.kind.value if was else None, now.kind.value),
        Line(N_("Must be answered"), was.required if was else None, now.required),
        Line(N_("Most words"), was.words if was else None, now.words),
        Line(N_("Options"), option_lines(was) if was else None, option_lines(now)),
        Line(N_("Hidden from assessors who work blind"), was.identifying if was else None, now.identifying),
        Line(N_("Criteria"), ", ".join(was.criteria) if was else None, ", ".join(now.criteria)),
    )
