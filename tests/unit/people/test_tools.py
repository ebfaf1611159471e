"""Mailed links: forged, damaged, old or for something else, they are refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel import clock
from core.kernel.errors import Refused
from core.people.service.tools import LIFETIMES, Tools

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOOLS = Tools("a secret key of more than thirty-two characters", lambda session, letter: None, quick=True)


@pytest.mark.parametrize("purpose", LIFETIMES)
def test_round_trip(purpose: str) -> None:
    token = TOOLS.sign(purpose, "account", "stamp", "sam@example.org")
    assert TOOLS.read(purpose, token) == ("account", "stamp", "sam@example.org")
    assert "/" not in token
    assert "+" not in token


@pytest.mark.parametrize("purpose", LIFETIMES)
@pytest.mark.parametrize("other", LIFETIMES)
def test_a_link_is_for_one_purpose(purpose: str, other: str) -> None:
    if purpose != other:
        with pytest.raises(Refused):
            TOOLS.read(other, TOOLS.sign(purpose, "account", "stamp"))


@pytest.mark.parametrize(("purpose", "lasts"), LIFETIMES.items())
def test_a_link_grows_old(purpose: str, lasts: timedelta) -> None:
    with clock.frozen(NOON):
        token = TOOLS.sign(purpose, "account", "stamp")
    with clock.frozen(NOON + lasts):
        TOOLS.read(purpose, token)
    with clock.frozen(NOON + lasts + timedelta(seconds=2)), pytest.raises(Refused):
        TOOLS.read(purpose, token)


def test_another_key_signs_other_links() -> None:
    other = Tools("another secret key of more than 32 characters", lambda session, letter: None)
    with pytest.raises(Refused):
        TOOLS.read("reset", other.sign("reset", "account", "stamp"))


@given(st.data())
def test_a_changed_character_is_noticed(data: st.DataObject) -> None:
    token = TOOLS.sign("reset", "account", "stamp")
    at = data.draw(st.integers(0, len(token) - 2))  # the last character of base 64 may hold bits that mean nothing
    other = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.").filter(
            lambda c: c != token[at]
        )
    )
    with pytest.raises(Refused):
        TOOLS.read("reset", token[:at] + other + token[at + 1 :])


@given(st.text(max_size=100))
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        TOOLS.read("reset", text)


def test_a_huge_token_is_not_even_read() -> None:
    with pytest.raises(Refused):
        TOOLS.read("reset", "." + "a" * 1_000_000)
