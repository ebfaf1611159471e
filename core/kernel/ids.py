"""Public identifiers: random, never sequential, safe in an address."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
ID_LENGTH = 26


def new_id() -> str:
    """A new row id: a UUID version 7 (RFC 9562) in 26 base-32 characters: 48 bits of milliseconds, 12 bits of the
    fraction of that millisecond (section 6.2, method 3), 62 random bits.

    Sorts by time of creation, to a quarter of a microsecond: one process's rows keep the order they were made in, and
    index inserts stay at the right-hand edge. The random bits make it unguessable enough to be shown (access is checked
    all the same).
    """
    milliseconds, fraction = divmod(time.time_ns(), 1_000_000)
    value = milliseconds << 80 | 0x7 << 76 | (fraction << 12) // 1_000_000 << 64 | 0x2 << 62 | secrets.randbits(62)
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))


def new_token() -> str:
    """A secret of 256 random bits, URL-safe, for cookies and one-use links (ASVS 7.2.3 asks for 128)."""
    return secrets.token_urlsafe(32)


def is_id(value: str) -> bool:
    """Whether `value` could be one of our ids: saves the database a look-up of nonsense."""
    return len(value) == ID_LENGTH and all(char in _ALPHABET for char in value)
