"""What a password may be, and how it is checked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people import passwords
from core.people.data import make_common_passwords

ABOUT = ("Mair Jones", "mair.jones@demo.example")


def test_the_list_is_what_its_rules_make() -> None:
    assert passwords.COMMON_FILE.read_text("utf-8") == make_common_passwords.content()
    assert 3000 < len(passwords.common()) < 6000
    assert all(len(password) >= passwords.MIN_LENGTH for password in passwords.common())


@pytest.mark.parametrize(
    "password", ["kestrel orbit teapot", "tidal-kestrel-9", "  twelve spaces  ", "пароль из трёх слов", "x7#Qw!p9Lm2&"]
)
def test_good_ones(password: str) -> None:
    assert passwords.problem(password, ABOUT) is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", passwords.TOO_SHORT),
        ("elevenchars", passwords.TOO_SHORT),
        ("x" * 257, passwords.TOO_LONG),
        ("password1234", passwords.GUESSABLE),
        ("P@ssw0rd1234", passwords.GUESSABLE),
        ("Sunshine2017!!!!", passwords.GUESSABLE),
        ("Manchester United", passwords.GUESSABLE),
        ("qwertyuiopas", passwords.GUESSABLE),
        ("1q2w3e4r5t6y", passwords.GUESSABLE),
        ("aaaaaaaaaaaab", passwords.GUESSABLE),
        ("abcabcabcabc", passwords.GUESSABLE),
        ("123456789012", passwords.GUESSABLE),
        ("Jones-Mair1999", passwords.OWN_WORDS),
        ("J0nes-Mair1999", passwords.OWN_WORDS),
        ("mair.jones.99", passwords.OWN_WORDS),
        ("partner-site-7", passwords.OWN_WORDS),
    ],
)
def test_bad_ones(password: str, why: str) -> None:
    assert passwords.problem(password, ABOUT) == why


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(password: str) -> None:
    found = passwords.problem(password, ABOUT)
    assert found is not None or passwords.MIN_LENGTH <= len(password) <= passwords.MAX_LENGTH


def test_hash_and_check() -> None:
    made = passwords.hasher(quick=True).hash("kestrel orbit teapot")
    assert passwords.matches(made, "kestrel orbit teapot", quick=True)
    assert not passwords.matches(made, "kestrel orbit teapots", quick=True)
    assert not passwords.matches(made, "Kestrel orbit teapot", quick=True)
    assert not passwords.matches(None, "nobody has this password", quick=True)
    assert not passwords.matches("no hash", "kestrel orbit teapot", quick=True)


def test_the_cost_is_what_owasp_asks() -> None:
    assert passwords.hasher().hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
