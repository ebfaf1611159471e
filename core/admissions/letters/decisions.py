"""The letter that tells a decision, in one language: standard text, level texts, and the comments that were approved.

Nothing else gets in: no score, no assessor's words, no name of anybody who decided.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date

from core.admissions import content
from core.admissions.content.shapes import CRITERIA
from core.kernel.clock import london

LANGUAGES = ("en", "cy")
STANDARD, LEVEL, COMMENT = "standard", "level", "comment"


@dataclass(frozen=True, slots=True)
class Told:
    """What a letter tells. `site` is the site's name by language, `levels` the level that the panel saw by criterion,
    `comments` the approved words by criterion and language. `appeal_until` (UTC) is None where nothing can be appealed.
    `again`: it takes an earlier letter's place."""

    reference: str
    outcome: str
    site: Mapping[str, str]
    partner: Mapping[str, str]
    levels: Mapping[str, int]
    comments: Mapping[str, Mapping[str, str]]
    appeal_until: datetime | None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, and where it comes from: `standard` stands in every letter of its outcome, `level` is the level's text,
    `comment` was written for this person. The last two are marked where the letter is looked over."""

    kind: str
    text: str
    criterion: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter in one language, made from `template` (the version of the standard text)."""

    locale: str
    subject: str
    blocks: tuple[Block, ...]
    template: str

    @property
    def paragraphs(self) -> list[str]:
        """The text as it is sent."""
        return [block.text for block in self.blocks]

    def sha256(self) -> str:
        """The hash of the letter: of subject, paragraphs, language and version as canonical JSON."""
        return sealed(self.subject, self.paragraphs, self.locale, self.template)


def sealed(subject: str, paragraphs: list[str], locale: str, template: str) -> str:
    """The SHA-256 (hex) under which a letter is kept."""
    whole = {"subject": subject, "paragraphs": paragraphs, "locale": locale, "template": template}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def compose(told: Told, locale: str) -> Composed:
    """The letter in `locale` (`en` or `cy`)."""
    words = content.decision_letters()
    outcome = words.with_outcome(told.outcome)
    until = told.appeal_until
    places = {
        "reference": told.reference,
        "site": told.site[locale],
        "partner": told.partner[locale],
        "until": _day(until, locale) if until is not None else "",
    }

    def blocks() -> Iterator[Block]:
        if told.again:
            yield Block(STANDARD, words.again.in_language(locale))
        for text in outcome.opening:
            yield Block(STANDARD, text.in_language(locale) % places)
        if told.levels:
            yield Block(STANDARD, words.levels.in_language(locale))
        for key in CRITERIA:
            if key in told.levels:
                criterion = content.criteria().criterion(key)
                text = criterion.levels[told.levels[key] - 1].letter
                yield Block(LEVEL, f"{criterion.title.in_language(locale)}: {text.in_language(locale)}", key)
        written = [key for key in CRITERIA if told.comments.get(key, {}).get(locale)]
        if written:
            yield Block(STANDARD, words.comments.in_language(locale))
        for key in written:
            title = content.criteria().criterion(key).title.in_language(locale)
            yield Block(COMMENT, f"{title}: {told.comments[key][locale]}", key)
        for text in outcome.next:
            yield Block(STANDARD, text.in_language(locale) % places)
        if until is not None:
            yield Block(STANDARD, words.appeal.in_language(locale) % places)

    return Composed(locale, outcome.subject.in_language(locale) % places, tuple(blocks()), words.version)


def _day(at: datetime, locale: str) -> str:
    """The day in London, in the letter's language, whoever's page or job it is made on."""
    return str(format_date(london(at).date(), "EEEE d MMMM y", locale="cy" if locale == "cy" else "en_GB"))
