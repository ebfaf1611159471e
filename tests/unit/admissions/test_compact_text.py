"""The compact's words while they are worked on: edits, what is missing, what differs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.admissions import compact, content
from core.admissions.compact import CompactText, Expectation, differences
from core.admissions.form.schema import Said
from core.kernel.errors import DomainError, Invalid, NotFound, Refused

FIRST = compact.read(content.compact().model_dump(mode="json"))
KEYS = [one.key for one in FIRST.expectations]


def said(text: str) -> Said:
    return Said(en=text, cy=f"{text} (cy)")


def expectation(key: str = "kindness", text: str = "Be kind") -> Expectation:
    return Expectation(key=key, title=said(text), text=said(f"{text}."))


def keys(text: CompactText) -> list[str]:
    return [one.key for one in text.expectations]


def test_the_first_compact_is_whole() -> None:
    assert FIRST.missing() == []
    assert compact.whole(FIRST) == content.compact()
    assert differences(FIRST, FIRST) == []


def test_edits() -> None:
    longer = compact.added(expectation())(FIRST)
    assert keys(longer) == [*KEYS, "kindness"]
    assert keys(compact.moved("kindness", -1)(longer)) == [*KEYS[:-1], "kindness", KEYS[-1]]
    assert keys(compact.moved("kindness", 1)(longer)) == keys(longer)
    assert keys(compact.moved(KEYS[0], -1)(longer)) == keys(longer)
    assert keys(compact.removed("kindness")(longer)) == KEYS
    other = compact.changed(expectation(text="Be kinder"))(longer)
    assert other.expectation("kindness").title.en == "Be kinder"
    framed = compact.framed(said("T"), said("I"), said("P"))(FIRST)
    assert (framed.title.en, framed.intro.en, framed.promise.cy) == ("T", "I", "P (cy)")


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (compact.added(expectation(KEYS[0])), Invalid), (compact.changed(expectation()), NotFound),
        (compact.removed("kindness"), NotFound), (compact.moved("kindness", 1), NotFound),
    ],
)  # fmt: skip
def test_edits_of_what_is_not_there(edit: compact.Edit, error: type[DomainError]) -> None:
    with pytest.raises(error):
        edit(FIRST)


def test_a_compact_has_an_end() -> None:
    text = FIRST
    for number in range(compact.MOST - len(KEYS)):
        text = compact.added(expectation(f"one_{number}"))(text)
    with pytest.raises(Refused):
        compact.added(expectation())(text)


def test_what_lacks_words_cannot_be_published() -> None:
    half = Expectation(key="half", title=Said(en="Half"), text=Said(en="Half."))
    text = compact.framed(Said(en="T"), said("I"), said("P"))(compact.added(half)(FIRST))
    assert text.missing() == [("", "cy"), ("half", "cy")]
    with pytest.raises(Refused):
        compact.whole(text)
    with pytest.raises(Refused):
        compact.whole(FIRST.model_copy(update={"expectations": ()}))


def test_differences_say_what_was_added_changed_moved_and_removed() -> None:
    text = compact.removed(KEYS[0])(compact.moved(KEYS[2], 1)(compact.added(expectation())(FIRST)))
    text = compact.changed(FIRST.expectation(KEYS[4]).model_copy(update={"text": said("Other")}))(text)
    text = text.model_copy(update={"promise": said("I promise")})
    found = {(one.way, one.name.en) for one in differences(FIRST, text)}
    titles = [one.title.en for one in FIRST.expectations]
    assert {("added", "Be kind"), ("removed", titles[0]), ("changed", titles[4]), ("changed", text.title.en)} <= found
    assert {way for way, name in found if name in titles[2:4]} == {"moved"}


EDITS = st.one_of(
    st.sampled_from(KEYS).map(compact.removed),
    st.tuples(st.sampled_from(KEYS), st.sampled_from([-1, 1])).map(lambda pair: compact.moved(*pair)),
    st.sampled_from(KEYS).map(lambda key: compact.changed(expectation(key, "Other"))),
    st.sampled_from(["new_a", "new_b"]).map(lambda key: compact.added(expectation(key))),
)


@given(st.lists(EDITS, max_size=6))
def test_a_text_without_differences_is_the_same_text(edits: list[compact.Edit]) -> None:
    text = FIRST
    for edit in edits:
        try:
            text = edit(text)
        except DomainError:
            continue
    assert (differences(FIRST, text) == []) == (text.sha256() == FIRST.sha256())
    assert compact.read(text.model_dump(mode="json")) == text
