"""Passwords: argon2id at OWASP's 19 MiB, two passes, one lane; length 12; no common or guessable ones (NCSC, ASVS 6.2)."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.kernel.text import N_

MIN_LENGTH, MAX_LENGTH = 12, 256
COMMON_FILE = Path(__file__).parent / "data" / "common_passwords.txt"
SITE_WORDS = ("qcommunity", "community", "improvement", "partner", "healthfoundation")
TOO_SHORT = N_("Use at least 12 characters. Three random words work well.")
TOO_LONG = N_("Use at most 256 characters.")
GUESSABLE = N_("That password is easy to guess. Three random words work well.")
OWN_WORDS = N_("That password is mostly your name, your email address or the name of this site. Use other words.")
LEAST_OF_ITS_OWN = 8
_PLAIN = str.maketrans("013457@$!", "oieastasi")


@lru_cache(maxsize=2)
def hasher(quick: bool = False) -> PasswordHasher:
    """The hasher: argon2id, 19 MiB, t=2, p=1 (18 to 27 ms of CPU). `quick` is for tests alone."""
    if quick:
        return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@lru_cache(maxsize=2)
def dummy_hash(quick: bool = False) -> str:
    """A hash nobody has the password of: checked for unknown addresses, so that they take as long as known ones."""
    return hasher(quick).hash("nobody has this password")


def matches(password_hash: str | None, password: str, quick: bool = False) -> bool:
    """Whether `password` is the one behind the hash; with no hash the same work is done and the answer is no."""
    try:
        return hasher(quick).verify(password_hash or dummy_hash(quick), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def common() -> frozenset[str]:
    """The common passwords of twelve characters and more, in lower case; read once, when a password is first chosen."""
    lines = COMMON_FILE.read_text("utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def problem(password: str, about: Iterable[str] = ()) -> str | None:
    """Why `password` cannot be used (msgid), or None. `about` are the person's own words: name, address, site.

    Nothing is asked of the kinds of characters (ASVS 6.2.5). What is refused: the list of common passwords, also with
    letters written as digits or signs put at its ends; few different characters; repeats of a short piece; and what is
    mostly made of the person's own words.
    """
    if len(password) < MIN_LENGTH:
        return TOO_SHORT
    if len(password) > MAX_LENGTH:
        return TOO_LONG
    folded = "".join(password.casefold().split())
    plain = folded.translate(_PLAIN)
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    stems = (bare, bare.translate(_PLAIN))
    if any(
        form in common()
        for stem in stems
        for form in (folded, plain, folded.strip("!?.*#-_ "), stem, stem * 2, stem * 3)
    ):
        return GUESSABLE
    if len(set(folded)) < 5 or re.fullmatch(r"(.{1,6}?)\1+.{0,5}", folded, re.DOTALL):
        return GUESSABLE
    return OWN_WORDS if _mostly_own_words(folded, plain, about) else None


def _mostly_own_words(folded: str, plain: str, about: Iterable[str]) -> bool:
    """Whether fewer than eight characters remain once the person's own words are taken out.

    Those are the texts as a whole, an address's part before the @, and each word of four letters and more.
    """
    texts = [text.casefold() for text in (*about, *SITE_WORDS)]
    words = {word for text in texts for word in re.findall(r"[^\W\d_]{4,}", text)}
    words |= {part for text in texts for part in (text, text.partition("@")[0], "".join(text.split())) if len(part) > 2}
    for form in (folded, plain):
        rest = form
        for word in sorted(words, key=len, reverse=True):
            rest = rest.replace(word, "")
        if rest != form and len(rest) < LEAST_OF_ITS_OWN:
            return True
    return False
