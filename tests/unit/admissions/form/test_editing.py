"""Editing a draft: whatever is done, it stays a form, and no key is ever given to a second thing."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.admissions.form import editing
from core.admissions.form.changes import Change, allows, least
from core.admissions.form.differences import differences
from core.admissions.form.keys import Taken, taken_by
from core.admissions.form.schema import Eligibility, FormSchema, Kind, Option, Question, Said, Section
from core.kernel.errors import DomainError, Invalid, NotFound, Refused
from tests.unit.admissions.form.test_schema import form

KEYS = ("about", "job", "story", "learnt", "extra", "more", "based_here", "taught")


def said(text: str) -> Said:
    return Said(en=text, cy=f"{text} (cy)")


def question(key: str, kind: Kind = Kind.LINE, **more: Any) -> Question:
    values: dict[str, Any] = {"key": key, "kind": kind, "label": said(key), **more}
    if kind is Kind.TEXT:
        values.setdefault("words", 100)
    if kind in {Kind.ONE, Kind.SOME}:
        values.setdefault(
            "options", (Option(key="taught", label=said("Taught")), Option(key="both", label=said("Both")))
        )
    return Question.model_validate(values)


def section(key: str, *questions: Question) -> Section:
    return Section(key=key, title=said(key), questions=questions)


keys, places = st.sampled_from(KEYS), st.integers(-3, 3)
parts = st.builds(
    question, keys, st.sampled_from(list(Kind)), required=st.booleans(), identifying=st.booleans(),
    label=st.builds(said, st.text(max_size=5)),
)  # fmt: skip
wholes = st.builds(lambda key, some: section(key, *some), keys, st.lists(parts, min_size=1, max_size=2))
asked_before = st.builds(
    lambda key, needed: Eligibility(key=key, label=said(key), needed=needed, otherwise=said("No")), keys, st.booleans()
)
Step = Callable[[FormSchema, Taken, FormSchema], FormSchema]
STEPS: st.SearchStrategy[Step] = st.one_of(
    wholes.map(lambda one: lambda s, t, p: editing.add_section(s, one, t)),
    st.builds(lambda key, words: lambda s, t, p: editing.edit_section(s, key, said(words), said("")), keys, st.text(max_size=5)),
    st.builds(lambda key, by: lambda s, t, p: editing.move_section(s, key, by), keys, places),
    keys.map(lambda key: lambda s, t, p: editing.remove_section(s, key)),
    st.builds(lambda key, one: lambda s, t, p: editing.add_question(s, key, one, t), keys, parts),
    st.builds(lambda key, one: lambda s, t, p: editing.edit_question(s, one, key, t, p), keys, parts),
    st.builds(lambda key, by: lambda s, t, p: editing.move_question(s, key, by), keys, places),
    keys.map(lambda key: lambda s, t, p: editing.remove_question(s, key)),
    keys.map(lambda key: lambda s, t, p: editing.put_back(s, p, key)),
    asked_before.map(lambda one: lambda s, t, p: editing.add_eligibility(s, one, t)),
    asked_before.map(lambda one: lambda s, t, p: editing.edit_eligibility(s, one)),
    st.builds(lambda key, by: lambda s, t, p: editing.move_eligibility(s, key, by), keys, places),
    keys.map(lambda key: lambda s, t, p: editing.remove_eligibility(s, key)),
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(STEPS, max_size=25))
def test_any_sequence_of_edits_leaves_a_form_whose_keys_keep_their_meaning(steps: list[Step]) -> None:
    published = form()
    gone = Taken(frozenset({"more"}), frozenset({"more"}), {"learnt": frozenset({"both"})})
    taken, now = taken_by([published]) | gone, published
    kinds = {one.key: one.kind for one in published.questions()}
    for step in steps:
        try:
            after = step(now, taken, published)
        except DomainError:
            continue
        assert FormSchema.model_validate(after.model_dump()) == after
        now = after
    for one in now.questions():
        assert one.key != "more"
        assert kinds.get(one.key, one.kind) is one.kind
    assert now.section("more") is None
    assert "more" not in {one.key for one in now.eligibility}
    learnt = now.question("learnt")
    assert learnt is None or "both" not in {option.key for option in learnt.options}
    found = differences(published, now)
    assert bool(found) == (now.sha256() != published.sha256())
    assert max((one.grave for one in found), key=list(Change).index, default=Change.EDITORIAL) is least(published, now)
    assert allows(Change.BREAKING, published, now)


def test_a_key_of_an_earlier_version_is_not_given_again() -> None:
    taken = Taken(frozenset({"gone"}), frozenset({"gone"}), {})
    for add in (
        lambda: editing.add_question(form(), "about", question("gone"), taken),
        lambda: editing.add_section(form(), section("gone", question("fresh")), taken),
        lambda: editing.add_section(form(), section("fresh", question("gone")), taken),
        lambda: editing.add_section(form(), section("fresh", question("new"), question("new")), taken),
        lambda: editing.add_eligibility(form(), Eligibility(key="gone", label=said("a"), otherwise=said("b")), taken),
        lambda: editing.add_question(form(), "about", question("csrf_token"), Taken()),
    ):
        with pytest.raises(Invalid) as refused:
            add()
        assert set(refused.value.field_errors) <= {"key", "questions"}


def test_an_option_keeps_its_meaning_but_may_come_back() -> None:
    learnt = form().question("learnt")
    assert learnt is not None
    fewer = learnt.model_copy(update={"options": learnt.options[:1]})
    taken = Taken(options={"learnt": frozenset({"taught", "job", "old"})})
    draft = editing.edit_question(form(), fewer, "about", taken, form())
    assert editing.edit_question(draft, learnt, "about", taken, form()) == form()
    other = fewer.model_copy(update={"options": (Option(key="old", label=said("Another")),)})
    with pytest.raises(Invalid) as refused:
        editing.edit_question(draft, other, "about", taken, form())
    assert set(refused.value.field_errors) == {"options"}


def test_a_published_question_keeps_its_kind_and_a_new_one_need_not() -> None:
    with pytest.raises(Invalid) as refused:
        editing.edit_question(form(), question("job", Kind.TEXT), "about", Taken(), form())
    assert set(refused.value.field_errors) == {"kind"}
    draft = editing.add_question(form(), "about", question("fresh"), Taken())
    changed = editing.edit_question(draft, question("fresh", Kind.ONE), "about", Taken(), form())
    assert changed.question("fresh") == question("fresh", Kind.ONE)


def test_moving_stops_at_the_ends() -> None:
    orders = [
        [one.key for one in editing.move_question(form(), key, by).questions()]
        for key, by in (("job", 1), ("job", -1), ("learnt", -9), ("story", 9))
    ]
    assert orders == [
        ["story", "job", "learnt"], ["job", "story", "learnt"], ["learnt", "job", "story"], ["job", "learnt", "story"],
    ]  # fmt: skip


def test_a_question_moves_to_another_section_and_none_is_left_empty() -> None:
    two = editing.add_section(form(), section("second", question("lone")), Taken())
    job = two.question("job")
    lone = two.question("lone")
    assert job is not None
    assert lone is not None
    moved = editing.edit_question(two, job, "second", Taken())
    assert [one.key for one in editing.home_of(moved, "job").questions] == ["lone", "job"]
    with pytest.raises(Refused):
        editing.edit_question(two, lone, "about", Taken())
    with pytest.raises(Refused):
        editing.remove_question(two, "lone")
    with pytest.raises(Refused):
        editing.remove_section(form(), "about")
    with pytest.raises(NotFound):
        editing.edit_question(two, job, "third", Taken())


def test_what_was_removed_comes_back_as_it_was() -> None:
    draft = editing.remove_question(form(), "job")
    assert editing.put_back(draft, form(), "job").question("job") == form().question("job")
    two = editing.add_section(form(), section("second", question("lone")), Taken())
    gone = editing.remove_section(two, "second")
    assert editing.put_back(gone, two, "lone").section("second") == two.section("second")
    with pytest.raises(NotFound):
        editing.put_back(form(), form(), "job")


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"key": "Job title"}, {"key"}),
        ({"key": "a"}, {"key"}),
        ({"kind": "text"}, {"words"}),
        ({"kind": "text", "words": 5}, {"words"}),
        ({"kind": "one"}, {"options"}),
        ({"kind": "colour"}, {"kind"}),
    ],
)
def test_a_part_that_cannot_be_is_refused_by_field(values: dict[str, Any], wrong: set[str]) -> None:
    whole = {"key": "fresh", "kind": "line", "label": {"en": "a", "cy": "b"}, **values}
    with pytest.raises(Invalid) as refused:
        editing.made(Question, whole)
    assert set(refused.value.field_errors) == wrong


def test_differences_are_told_part_by_part() -> None:
    new = form(
        sections__0__title={"en": "You", "cy": "Chi"},
        sections__0__questions__1__words=400,
        sections__0__questions__0=None,
    )
    told = {(one.part.value, one.way, one.key): one for one in differences(form(), new)}
    assert set(told) == {
        ("section", "changed", "about"),
        ("question", "changed", "story"),
        ("question", "removed", "job"),
    }
    assert [(line.before, line.after) for line in told["section", "changed", "about"].lines] == [
        ("About you", "You"), ("About you (cy)", "Chi"),
    ]  # fmt: skip
    assert [one.grave for one in told.values()] == [Change.EDITORIAL, Change.ADDITIVE, Change.BREAKING]


def test_what_a_new_question_leaves_empty_is_no_difference() -> None:
    new = editing.add_question(form(), "about", question("proof", Kind.FILE, required=False), taken_by([form()]))
    [told] = differences(form(), new)
    assert [(line.title, line.after) for line in told.lines] == [
        ("Question", "proof"), ("Question", "proof (cy)"), ("Answered with", "file"), ("Must be answered", False),
        ("Hidden from assessors who work blind", False),
    ]  # fmt: skip
