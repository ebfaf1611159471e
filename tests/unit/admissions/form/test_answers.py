"""What a question takes, how words are counted, and that nothing typed is lost or breaks anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.admissions.form import answers
from core.admissions.form.schema import Kind, Option, Question, Said, Section


def question(kind: Kind, **more: object) -> Question:
    """A question of that kind."""
    if kind is Kind.TEXT:
        more.setdefault("words", 10)
    if kind in {Kind.ONE, Kind.SOME}:
        more.setdefault("options", tuple(Option(key=key, label=Said(en=key, cy=key)) for key in ("first", "second")))
    return Question.model_validate({"key": "asked", "kind": kind, "label": Said(en="Asked", cy="Gofyn"), **more})


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0), ("one", 1), ("one two", 2), (" one \n\n two\tthree ", 3), ("well-being isn't two", 3), ("a – b", 2), ("* * *", 0),
        ("Mae'n braf yng Nghymru", 4), ("١٢٣ كلمة", 2), ("改善 改善", 2), ("one\u00a0two\u200bthree", 3), ("<b>bold</b> move", 2), ("👍 👍", 0),
    ],
)  # fmt: skip
def test_words_are_counted_as_people_count_them(text: str, count: int) -> None:
    assert answers.words_in(text) == count


def test_too_many_words_are_kept_and_named() -> None:
    asked = question(Kind.TEXT, words=10)
    typed = answers.read(asked, ["word " * 11])
    found = answers.problem(asked, typed)
    assert answers.words_in(str(typed)) == 11
    assert found is not None
    assert dict(found.params) == {"most": 10, "count": 11}
    assert answers.problem(asked, answers.read(asked, ["word " * 10])) is None


@pytest.mark.parametrize(
    ("kind", "sent", "answer"),
    [
        (Kind.YES_NO, ["yes"], True), (Kind.YES_NO, ["no"], False), (Kind.YES_NO, ["perhaps"], None), (Kind.YES_NO, [], None),
        (Kind.ONE, ["second"], "second"), (Kind.ONE, ["third"], None), (Kind.SOME, ["second", "first", "x"], ["first", "second"]),
        (Kind.SOME, [], None), (Kind.LINE, ["  a \n b "], "a b"), (Kind.TEXT, ["a\r\nb\x00"], "a\nb"), (Kind.TEXT, ["  "], None),
    ],
)  # fmt: skip
def test_what_is_sent_becomes_an_answer_or_none(kind: Kind, sent: list[str], answer: object) -> None:
    assert answers.read(question(kind), sent) == answer


def test_no_is_an_answer_and_nothing_is_not() -> None:
    assert answers.problem(question(Kind.YES_NO), False) is None
    assert answers.problem(question(Kind.YES_NO), None) is not None
    assert answers.problem(question(Kind.YES_NO, required=False), None) is None


@given(st.sampled_from([kind for kind in Kind if kind is not Kind.FILE]), st.lists(st.text(), max_size=3))
def test_whatever_is_sent_is_taken_once_and_for_all(kind: Kind, sent: list[str]) -> None:
    """Reading is total, gives what reading it again gives, and leaves nothing that a database or a page could choke on."""
    asked = question(kind)
    first = answers.read(asked, sent)
    if isinstance(first, str):
        assert answers.read(asked, [first]) == first
        assert "\x00" not in first
        first.encode()
    assert answers.given(first) or first is None
    answers.problem(asked, first)


@given(st.text(), st.text())
def test_counting_does_not_depend_on_how_lines_end(one: str, other: str) -> None:
    text = answers.tidy(f"{one} {other}")
    assert answers.words_in(text) == answers.words_in(text.replace("\n", "\r\n"))


def test_a_task_is_to_do_then_begun_then_done() -> None:
    section = Section(
        key="about", title=Said(en="About", cy="Amdanoch"),
        questions=(question(Kind.LINE), question(Kind.TEXT, key="more"), question(Kind.YES_NO, key="may", required=False)),
    )  # fmt: skip
    assert answers.state_of(section, {}) == "to_do"
    assert answers.state_of(section, {"may": False}) == "begun"
    assert answers.state_of(section, {"asked": "a", "more": "b"}) == "done"
    assert set(answers.problems(section, {"asked": "a"})) == {"more"}
    spare = Section(key="spare", title=section.title, questions=(question(Kind.LINE, required=False),))
    assert [answers.state_of(spare, given) for given in ({}, {"asked": "a"})] == ["optional", "done"]
