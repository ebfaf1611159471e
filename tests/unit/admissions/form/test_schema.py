"""A form version's content and what may change between versions."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.admissions.form.changes import Change, allows, drafts_move, least
from core.admissions.form.schema import FormSchema


def said(text: str) -> dict[str, str]:
    return {"en": text, "cy": f"{text} (cy)"}


def form(**changes: Any) -> FormSchema:
    """A small form; each change is a function of its plain data."""
    data: dict[str, Any] = {
        "eligibility": [{"key": "based_here", "label": said("Are you based here?"), "otherwise": said("Not yet.")}],
        "sections": [
            {
                "key": "about", "title": said("About you"),
                "questions": [
                    {"key": "job", "kind": "line", "label": said("Your job")},
                    {"key": "story", "kind": "text", "label": said("Your story"), "words": 300, "criteria": ["experience"]},
                    {
                        "key": "learnt", "kind": "some", "label": said("How you learnt"), "required": False,
                        "options": [{"key": "taught", "label": said("Taught")}, {"key": "job", "label": said("On the job")}],
                    },
                ],
            }
        ],
    }  # fmt: skip
    for path, value in changes.items():
        at: Any = data
        *way, last = path.split("__")
        for step in way:
            at = at[int(step)] if step.isdigit() else at[step]
        if value is None:
            del at[int(last) if last.isdigit() else last]
        elif last == "more":
            at.append(value)
        else:
            at[int(last) if last.isdigit() else last] = value
    return FormSchema.model_validate(data)


FIRST = "sections__0__questions__"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, Change.EDITORIAL),
        ({FIRST + "0__label": said("What you do")}, Change.EDITORIAL),
        ({"sections__0__intro": said("Hello")}, Change.EDITORIAL),
        ({FIRST + "more": {"key": "extra", "kind": "line", "label": said("More"), "required": False}}, Change.ADDITIVE),
        ({FIRST + "2__options__more": {"key": "both", "label": said("Both")}}, Change.ADDITIVE),
        ({FIRST + "1__words": 400}, Change.ADDITIVE),
        ({FIRST + "0__required": False}, Change.ADDITIVE),
        ({FIRST + "more": {"key": "extra", "kind": "line", "label": said("More")}}, Change.BREAKING),
        ({FIRST + "1__words": 200}, Change.BREAKING),
        ({FIRST + "2__required": True}, Change.BREAKING),
        ({FIRST + "2__options__1": None}, Change.BREAKING),
        ({FIRST + "0": None}, Change.BREAKING),
        ({FIRST + "1__criteria": ["knowledge"]}, Change.BREAKING),
        ({FIRST + "0__identifying": True}, Change.BREAKING),
        ({"eligibility__0__needed": False}, Change.BREAKING),
        ({"eligibility": []}, Change.BREAKING),
    ],
)
def test_each_change_is_of_its_kind(change: dict[str, Any], kind: Change) -> None:
    assert least(form(), form(**change)) is kind
    assert [allows(declared, form(), form(**change)) for declared in Change] == [
        list(Change).index(declared) >= list(Change).index(kind) for declared in Change
    ]


def test_drafts_move_unless_it_is_breaking() -> None:
    assert [drafts_move(kind) for kind in Change] == [True, True, False]


@pytest.mark.parametrize(
    "change",
    [
        {FIRST + "1__words": None},
        {FIRST + "0__words": 30},
        {FIRST + "2__options": []},
        {FIRST + "0__key": "Job title"},
        {FIRST + "0__key": "story"},
        {"sections": []},
        {FIRST + "0__colour": "red"},
        {"eligibility__0__key": "job"},
    ],
)
def test_what_is_no_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        form(**change)


def test_missing_words_are_found_by_their_place() -> None:
    assert form().untranslated() == []
    half = form(**{FIRST + "0__label": {"en": "Your job", "cy": ""}})
    assert half.untranslated() == ["sections.about.questions.job.label"]
    nameless = form(sections__0__title={})
    assert nameless.untranslated() == ["sections.about.title"]


@given(st.permutations(["eligibility", "sections"]))
def test_the_hash_does_not_hang_on_the_order_of_keys(order: list[str]) -> None:
    data = json.loads(form().canonical())
    shuffled = {key: data[key] for key in order}
    assert FormSchema.model_validate(shuffled).sha256() == form().sha256()
    assert form(**{FIRST + "1__words": 301}).sha256() != form().sha256()
