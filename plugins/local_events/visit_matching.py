"""How well what somebody looks for and what somebody offers fit, with the reasons in words. The same in, the same out.

Three points for each topic in common, two for each domain of quality, one for each word in common (at most five). Nothing
else counts: no name, no job, no place, nothing that a person did not write for this.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from plugins.local_events.visit_words import LONGEST_TOPIC, MOST_TOPICS
from plugins.local_events.words import DOMAINS

TOPIC, DOMAIN, WORD = 3, 2, 1
MOST_WORDS = 5
_WORD = re.compile(r"[^\W\d_]{4,}")
_ENGLISH = (
    "about after again also because been before being better both care could does doing done each from have health help here "
    "improve improvement into just know learn learning like look make more most much need only other over people same should "
    "show some such team than that their them then there these they thing this those time under very visit visitor want well "
    "were what when where which while will with work working would your"
)
_WELSH = (
    "achos angen beth bydd dysgu eisiau ellir gall gallu gofal gwaith gweld gwella hefyd hwnnw hynny iechyd maen mewn oedd "
    "oherwydd pobl rhai roedd sydd wedi ydym ymweld ymweliad"
)
COMMON = frozenset((*_ENGLISH.split(), *_WELSH.split()))
"""Words that nearly every offer and every wish has, so that they tell nothing."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One side: domains of quality by their keys, topics as typed, and running text."""

    domains: Sequence[str] = ()
    topics: Sequence[str] = ()
    words: str = ""


class Match(NamedTuple):
    """What two sides have in common, each in one order; `score` orders matches."""

    score: int
    topics: tuple[str, ...]
    domains: tuple[str, ...]
    words: tuple[str, ...]


NOTHING = Match(0, (), (), ())


def topics_of(typed: str) -> list[str]:
    """Topics from a line with commas: each once, tidied, in the order typed; at most ten of forty letters."""
    found: dict[str, str] = {}
    for one in typed.split(","):
        tidy = " ".join(one.split())[:LONGEST_TOPIC]
        if tidy:
            found.setdefault(tidy.casefold(), tidy)
    return list(found.values())[:MOST_TOPICS]


def telling(text: str) -> frozenset[str]:
    """The words of a text that tell what it is about: four letters or more, in small letters, without a plural's s."""
    return frozenset(_stem(word) for word in _WORD.findall(text.casefold())) - COMMON


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word


def match(offered: Subject, wanted: Subject) -> Match:
    """What the two have in common. A topic counts once: its words are not counted again."""
    topics = _both(offered.topics, wanted.topics)
    domains = tuple(key for key in DOMAINS if key in offered.domains and key in wanted.domains)
    counted = telling(" ".join(topics))
    words = sorted((_all_words(offered) & _all_words(wanted)) - counted)[:MOST_WORDS]
    score = TOPIC * len(topics) + DOMAIN * len(domains) + WORD * len(words)
    return Match(score, topics, domains, tuple(words))


def _all_words(side: Subject) -> frozenset[str]:
    return telling(" ".join((*side.topics, side.words)))


def _both(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    other = {one.casefold() for one in second}
    return tuple(sorted({one.casefold() for one in first} & other))
