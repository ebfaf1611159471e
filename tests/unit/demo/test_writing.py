"""The demonstration's applications, without a database: what is written can be submitted, in every area, and is the same each time."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.admissions import content
from core.admissions.form.answers import unfinished
from core.admissions.instants import WindowTimes
from core.admissions.models import Answer, Application
from core.admissions.rules import CRITERIA
from core.demo.admissions.applying import Round, apply
from core.demo.admissions.places import PLACES, SCENES
from core.demo.admissions.rows import Rows
from core.demo.admissions.writing import filled, told, voices, voices_in
from core.people.models import Account

NOW = datetime(2017, 3, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize("turn", range(6))
def test_every_voice_can_be_submitted_in_every_turn(turn: int) -> None:
    """Complete, within the form's word limits, with nothing of the notation left in it."""
    schema, (body, towns) = content.first_form(), list(PLACES.values())[turn % len(PLACES)]
    for number, voice in enumerate(voices()):
        place, area = towns[number % len(towns)]
        one = told(voice, {"place": place, "area": area, "body": body}, schema, turn)
        assert unfinished(schema, one.answers) == [], voice.key
        said = [*(text for text in one.answers.values() if isinstance(text, str)), *one.seen.values()]
        assert not any(mark in text for text in said for mark in "{}[]|"), voice.key
        assert {one.fair(criterion) for criterion in CRITERIA} <= {1, 2, 3, 4}


def test_voices_are_many_and_of_every_kind() -> None:
    assert len({voice.theme for voice in voices()}) >= 40
    assert len({voice.key for voice in voices()}) == len(voices())
    options = content.first_form().question("sector")
    assert options is not None
    assert {voice.sector for voice in voices()} == {option.key for option in options.options}
    means = [sum(voice.marks) / len(voice.marks) for voice in voices()]
    assert sum(mean >= 3 for mean in means) > 20
    assert sum(mean <= 2.2 for mean in means) >= 8
    for slug, scene in SCENES.items():
        wanted = scene.submitted + scene.withdrawn + scene.drafts + scene.ended
        assert len(voices_in(slug, random.Random(1))) >= wanted


def test_a_voice_is_told_otherwise_in_another_area() -> None:
    schema = content.first_form()
    for voice in voices():
        turns = [turn for turn, slug in enumerate(SCENES) if not voice.only or slug in voice.only]
        texts = {
            told(voice, {"place": "P", "area": "A", "body": "trust"}, schema, turn).answers["example"] for turn in turns
        }
        assert len(texts) == len(turns), voice.key


def test_a_fact_that_begins_a_sentence_has_a_capital_letter() -> None:
    assert filled("{n} of them. {n} more, and {n}.", {"n": "nine"}) == "Nine of them. Nine more, and nine."


def test_the_same_people_apply_every_time() -> None:
    """Names, references, states, texts and instants; ids are new."""
    assert _load("scotland") == _load("scotland")


def _load(slug: str) -> list[Mapping[str, Any]]:
    times = WindowTimes("published", NOW - timedelta(days=12), NOW + timedelta(days=20), timedelta(minutes=30))
    rows = Rows(2)
    apply(rows, Round("w", "f", content.first_form(), times, NOW), slug, SCENES[slug], "hash", 0, random.Random(slug))
    names = {row["id"]: row["name"] for row in rows.of[Account]}
    references = {row["id"]: row["reference"] for row in rows.of[Application]}
    return [
        *(
            {key: names[row[key]] if key == "account_id" else row[key] for key in ("account_id", "reference", "state", "created_at")}
            for row in rows.of[Application]
        ),
        *({"of": references[row["application_id"]], **{key: row[key] for key in ("question", "value", "changed_at")}} for row in rows.of[Answer]),
    ]  # fmt: skip
