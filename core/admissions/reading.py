"""What an assessor gets to see of a submission: blind or not, with the lead's redactions, beside its translation.

Nothing here alters a submission. What is redacted is replaced, never left as it was: words that were hidden in one version are
hidden in every other one of the same application, and in translations; a translation in which they cannot be found is
withheld as a whole.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.admissions.form.schema import FormSchema, Kind, Question

BLOCK = "█████"
"""What stands for redacted words that were given no other words."""
ORGANISATION = "organisation"
"""The key of the question that tells an applicant's workplace; keys are lasting."""


def is_blind(blindness: str, sealed: bool) -> bool:
    """Whether somebody does not see who applied: `sealed` says that their own assessment is."""
    return blindness == "always" or (blindness == "until_sealed" and not sealed)


@dataclass(frozen=True, slots=True)
class Cut:
    """A standing redaction: of version `submission_id`, in its own words or in the translation `locale`."""

    submission_id: str
    question: str
    locale: str
    starts: int
    ends: int
    replacement: str


@dataclass(frozen=True, slots=True)
class Version:
    """What was submitted for the `number`-th time, with the form it was submitted on and its translations by language."""

    id: str
    number: int
    locale: str
    at: datetime
    schema: FormSchema
    answers: Mapping[str, Any]
    translations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A version as it may be shown. `withheld` are the questions whose answers are not; `translations` hold, by language,
    what may be shown of them, None for an answer that is withheld there."""

    version: Version
    answers: Mapping[str, Any]
    withheld: frozenset[str]
    translations: Mapping[str, Mapping[str, str | None]]

    def questions(self, criterion: str) -> list[Question]:
        """The questions that bear on a criterion, in the order of the form."""
        return [question for question in self.version.schema.questions() if criterion in question.criteria]

    def others(self) -> list[Question]:
        """The questions that bear on no criterion."""
        return [question for question in self.version.schema.questions() if not question.criteria]


def read(version: Version, versions: Iterable[Version], cuts: Iterable[Cut], *, blind: bool) -> Reading:
    """`version` as it may be shown; `versions` are all of its application's, `cuts` all redactions that stand there."""
    known, cuts = {one.id: one for one in versions}, list(cuts)
    withheld = frozenset(question.key for question in version.schema.questions() if blind and _tells_who(question))
    words: dict[str, dict[str, str]] = {}
    for cut in cuts:
        text = _text(known, cut)
        if text:
            words.setdefault(cut.question, {})[text] = cut.replacement
    answers = {
        key: _hidden(value, [cut for cut in cuts if _is_of(cut, version, key, "")], words.get(key, {}))
        for key, value in version.answers.items()
        if key not in withheld
    }
    translations = {
        locale: {
            key: None
            if key in withheld
            else _translated(
                str(value),
                [cut for cut in cuts if _is_of(cut, version, key, locale)],
                words.get(key, {}),
                any(cut.question == key and not cut.locale for cut in cuts),
            )
            for key, value in texts.items()
        }
        for locale, texts in version.translations.items()
    }
    return Reading(version, answers, withheld, translations)


def _tells_who(question: Question) -> bool:
    """Files carry names in their names and in their content, so that a blind assessor gets none."""
    return question.identifying or question.kind is Kind.FILE


def _is_of(cut: Cut, version: Version, question: str, locale: str) -> bool:
    return (cut.submission_id, cut.question, cut.locale) == (version.id, question, locale)


def _text(versions: Mapping[str, Version], cut: Cut) -> str:
    """The words that a redaction hides."""
    version = versions.get(cut.submission_id)
    if version is None:
        return ""
    answers = version.translations.get(cut.locale, {}) if cut.locale else version.answers
    value = answers.get(cut.question)
    return value[cut.starts : cut.ends].strip() if isinstance(value, str) else ""


def _hidden(value: Any, cuts: Sequence[Cut], words: Mapping[str, str]) -> Any:
    """An answer without what its redactions hide; what is no text has none."""
    if not isinstance(value, str):
        return value
    spans = [(cut.starts, cut.ends, cut.replacement) for cut in cuts]
    for known, replacement in words.items():
        spans += [(*place, replacement) for place in places(value, known)]
    return _replaced(value, spans)


def _translated(value: str, cuts: Sequence[Cut], words: Mapping[str, str], redacted: bool) -> str | None:
    shown = _hidden(value, cuts, words)
    return None if redacted and shown == value else str(shown)


def places(text: str, words: str) -> list[tuple[int, int]]:
    """Where `words` stand in `text`, whatever their case: (first character, the one after the last)."""
    return [found.span() for found in re.finditer(re.escape(words), text, re.IGNORECASE)] if words else []


def _replaced(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """`text` with each span replaced; what overlaps is one span, with the words of the one that begins first."""
    merged: list[tuple[int, int, str]] = []
    for start, end, replacement in sorted(spans, key=lambda span: (span[0], -span[1])):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end), merged[-1][2])
        else:
            merged.append((start, end, replacement.strip() or BLOCK))
    for start, end, replacement in reversed(merged):
        text = text[:start] + replacement + text[end:]
    return text


def differences(before: Reading, after: Reading) -> list[str]:
    """The keys of the questions whose shown answers differ between two versions, in the order of the newer form."""
    return [
        question.key
        for question in after.version.schema.questions()
        if before.answers.get(question.key) != after.answers.get(question.key)
    ]
