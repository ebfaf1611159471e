"""The letter that tells a decision: standard text, level texts and approved comments, in both languages, with its hash."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.admissions import content
from core.admissions.content.shapes import CRITERIA, LEVELS
from core.admissions.letters.decisions import LANGUAGES, Told, compose, sealed

TOLD = Told(
    "Q-1", "decline", {"en": "Wales", "cy": "Cymru"}, {"en": "Public Health Wales", "cy": "Iechyd Cyhoeddus Cymru"},
    {"experience": 1, "commitment": 4}, {"experience": {"en": "Tell us more.", "cy": "Dywedwch fwy."}}, datetime(2027, 3, 29, 22, 59, 59, tzinfo=UTC),
)  # fmt: skip


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("outcome", ["accept", "decline"])
def test_every_letter_is_whole(locale: str, outcome: str) -> None:
    for level in LEVELS:
        letter = compose(replace(TOLD, outcome=outcome, levels=dict.fromkeys(CRITERIA, level), again=True), locale)
        assert "%(" not in "".join([letter.subject, *letter.paragraphs])
        assert "Q-1" in letter.subject
        assert TOLD.partner[locale] in "".join(letter.paragraphs)
        assert [block.kind for block in letter.blocks].count("level") == len(CRITERIA)
        assert letter.sha256() == sealed(letter.subject, letter.paragraphs, locale, "1")


def test_only_what_is_not_standard_is_marked() -> None:
    plain = compose(replace(TOLD, levels={}, comments={}), "en")
    whole = compose(TOLD, "en")
    assert {block.kind for block in plain.blocks} == {"standard"}
    marked = [block for block in whole.blocks if block.kind != "standard"]
    assert [(block.kind, block.criterion) for block in marked] == [
        ("level", "experience"), ("level", "commitment"), ("comment", "experience"),
    ]  # fmt: skip
    first = content.criteria().criterion("experience").levels[0].letter.en
    assert marked[0].text == f"Experience: {first}"
    assert marked[2].text == "Experience: Tell us more."


def test_the_day_is_londons_in_the_letters_language() -> None:
    assert "until Monday 29 March 2027" in compose(TOLD, "en").paragraphs[-1]
    assert "tan Dydd Llun 29 Mawrth 2027" in compose(TOLD, "cy").paragraphs[-1]
    assert not any("appeal" in text for text in compose(replace(TOLD, appeal_until=None), "en").paragraphs)


def test_the_hash_is_of_every_word() -> None:
    one, other = compose(TOLD, "en"), compose(replace(TOLD, comments={"experience": {"en": "Tell us more!"}}), "en")
    assert one.sha256() == compose(TOLD, "en").sha256()
    assert len({one.sha256(), other.sha256(), compose(TOLD, "cy").sha256()}) == 3
