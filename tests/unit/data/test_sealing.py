"""Sealed words open with the present secret and the one before, and are always sealed with the present one."""

import pytest

from core.data.sealing import Sealer, Unreadable

OLD, NEW = "the secret before, long enough for tests", "the present secret, long enough for tests"
WAS, CHANGED, SINCE = Sealer(OLD, "p"), Sealer(NEW, "p", OLD), Sealer(NEW, "p")


def test_what_the_secret_before_sealed_is_opened() -> None:
    assert CHANGED.unseal(WAS.seal("words", "row"), "row") == "words"


def test_new_words_are_sealed_with_the_present_secret_alone() -> None:
    sealed = CHANGED.seal("words", "row")
    assert SINCE.unseal(sealed, "row") == CHANGED.alone().unseal(sealed, "row") == "words"
    with pytest.raises(Unreadable):
        WAS.unseal(sealed, "row")
    assert CHANGED.mark("words") == SINCE.mark("words") != WAS.mark("words")


@pytest.mark.parametrize(
    "seal", [SINCE, CHANGED.alone(), Sealer(NEW, "p", "a third secret"), Sealer(NEW, "other", OLD)]
)
def test_without_the_secret_before_and_its_purpose_nothing_opens(seal: Sealer) -> None:
    with pytest.raises(Unreadable):
        seal.unseal(WAS.seal("words", "row"), "row")


def test_the_row_and_every_letter_count_with_the_secret_before_too() -> None:
    sealed = WAS.seal("words", "row")
    for moved, about in ((sealed, "another row"), (sealed[:-4] + "AAAA", "row"), ("", "row"), ("1.?", "row")):
        with pytest.raises(Unreadable):
            CHANGED.unseal(moved, about)


def test_no_secret_stands_in_what_is_logged() -> None:
    assert OLD not in repr(CHANGED)
    assert NEW not in repr(CHANGED)
    assert WAS.former() is None
