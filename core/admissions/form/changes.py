"""What a new version of the form changes, and what becomes of the drafts that are under way."""

from enum import StrEnum

from core.admissions.form.schema import FormSchema, Question


class Change(StrEnum):
    """How far a version departs from the one before.

    editorial: other words only; drafts move to it by themselves. additive: also new questions or options that nobody
    must answer; drafts move, and what is new is unanswered in them. breaking: anything else; drafts stay with their version until their
    window closes, new applications take the new one.
    """

    EDITORIAL = "editorial"
    ADDITIVE = "additive"
    BREAKING = "breaking"


_ORDER = (Change.EDITORIAL, Change.ADDITIVE, Change.BREAKING)


def least(old: FormSchema, new: FormSchema) -> Change:
    """The mildest kind that is true of the step from `old` to `new`: a version may say it is graver, never milder."""
    before = {question.key: question for question in old.questions()}
    after = {question.key: question for question in new.questions()}
    if [one.key for one in old.eligibility] != [one.key for one in new.eligibility] or any(
        a.needed != b.needed for a, b in zip(old.eligibility, new.eligibility, strict=True)
    ):
        return Change.BREAKING
    if before.keys() - after.keys() or _home(old, before) != _home(new, before):
        return Change.BREAKING
    kinds = [of_question(before[key], after[key]) for key in before]
    new_ones = after.keys() - before.keys()
    kinds += [Change.BREAKING if after[key].required else Change.ADDITIVE for key in new_ones]
    return max(kinds, key=_ORDER.index, default=Change.EDITORIAL)


def allows(declared: Change, old: FormSchema, new: FormSchema) -> bool:
    """Whether a version may be published as `declared`."""
    return _ORDER.index(declared) >= _ORDER.index(least(old, new))


def drafts_move(change: Change) -> bool:
    """Whether drafts under way take the new version."""
    return change is not Change.BREAKING


def _home(schema: FormSchema, known: dict[str, Question]) -> dict[str, str]:
    return {
        question.key: section.key
        for section in schema.sections
        for question in section.questions
        if question.key in known
    }


def of_question(old: Question, new: Question) -> Change:
    """How grave the change of one question is by itself."""
    if old.kind is not new.kind or (new.required and not old.required) or old.identifying != new.identifying:
        return Change.BREAKING
    if old.criteria != new.criteria or (old.words or 0) > (new.words or 0):
        return Change.BREAKING
    had, has = {option.key for option in old.options}, {option.key for option in new.options}
    if had - has:
        return Change.BREAKING
    loosened = old.required != new.required or old.words != new.words
    return Change.ADDITIVE if has - had or loosened else Change.EDITORIAL
