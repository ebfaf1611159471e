"""What changed between two texts, word by word."""

from hypothesis import given
from hypothesis import strategies as st

from core.admissions.form import wording
from core.admissions.form.wording import Piece, pieces

TEXT = st.text(alphabet="ab \n\u202e👩<", max_size=60)


@given(TEXT, TEXT)
def test_the_pieces_make_both_texts(before: str, after: str) -> None:
    found = pieces(before, after)
    assert "".join(one.text for one in found if one.way != "new") == before
    assert "".join(one.text for one in found if one.way != "gone") == after


def test_only_what_changed_is_marked() -> None:
    assert pieces("We count falls.", "We count all falls.") == (
        Piece("same", "We count "), Piece("new", "all "), Piece("same", "falls."),
    )  # fmt: skip


def test_a_very_long_text_is_replaced_as_a_whole() -> None:
    long = "word " * (wording.MOST_WORDS + 1)
    assert pieces(long, "short") == (Piece("gone", long), Piece("new", "short"))
    assert pieces(long, long) == (Piece("same", long),)
