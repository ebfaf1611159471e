"""Options as people write them, one on each line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.admissions.form.options import key_of, option_lines, read_options
from core.admissions.form.schema import Kind, Option, Question, Said


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("On the job", "on_the_job"), ("  Mae’n braf!", "maen_braf"), ("Café", "cafe"), ("2 days", ""), ("改善", ""), ("a", ""),
        ("x" * 60, "x" * 40), ("ab " * 20, "ab_" * 13 + "a"),
    ],
)  # fmt: skip
def test_a_key_is_made_of_english_words(words: str, key: str) -> None:
    assert key_of(words) == key


def test_lines_become_options() -> None:
    written = read_options(
        "taught | Taught | Dysgwyd\n\nOn the job | Wrth y gwaith\n bad\n2 | x | y\nlast | Last |\n| | "
    )
    assert [(one.key, one.label.en, one.label.cy) for one in written.options] == [
        ("taught", "Taught", "Dysgwyd"), ("on_the_job", "On the job", "Wrth y gwaith"), ("last", "Last", ""),
    ]  # fmt: skip
    assert written.bad == (4, 5, 7)
    assert read_options("aa | x | y\naa | z | w").twice == ("aa",)


@given(st.text())
def test_anything_can_be_read_and_what_was_read_reads_the_same(text: str) -> None:
    written = read_options(text)
    if written.twice or not written.options:
        return
    question = Question(key="asked", kind=Kind.SOME, label=Said(en="a", cy="b"), options=written.options)
    assert read_options(option_lines(question)).options == written.options


def test_each_option_stands_on_its_line() -> None:
    options = (Option(key="aa", label=Said(en="One", cy="Un")), Option(key="bb", label=Said(en="Two")))
    question = Question(key="asked", kind=Kind.ONE, label=Said(en="a", cy="b"), options=options)
    assert option_lines(question) == "aa | One | Un\nbb | Two | "
