"""What a registration proves itself with at the door: its secret in a picture for a phone, and a short code to say or type."""

import hashlib
import re
from collections.abc import Sequence

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, which are read as what they look like when somebody types them."""
READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
SECRET = re.compile(r"[A-Za-z0-9_-]{1,43}")
"""What a registration's secret can be."""
BITS = 40
QUIET = 4
"""Modules of white around the picture (ISO/IEC 18004)."""


def code_of(secret: str) -> str:
    """The short code of a registration: eight characters that follow from its secret and do not give it away.

    40 bits: two people at one event share a code once in 88,000 events of 5,000 people, and a code alone opens nothing: it
    is typed by an organiser who has the list before them.
    """
    number = int.from_bytes(hashlib.sha256(f"local_events.ticket:{secret}".encode()).digest()[: BITS // 8])
    return "".join(ALPHABET[number >> shift & 31] for shift in range(BITS - 5, -1, -5))


def shown(code: str) -> str:
    """A code in groups of four, as people read it."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def typed(text: str) -> str:
    """What somebody typed, as a code: in capitals, without spaces and hyphens, and with I, L, O and U read as what they look like."""
    return "".join(char for char in text.upper().translate(READ_AS) if char in ALPHABET)


def path_of_picture(address: str) -> tuple[str, int]:
    """The QR code of `address` as the `d` of one SVG path, and the side of its square in modules, margin included."""
    import qrcode  # heavy: only tickets need it

    picture = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=QUIET)
    picture.add_data(address)
    picture.make(fit=True)
    rows: Sequence[Sequence[bool]] = picture.get_matrix()
    return "".join(_runs(y, row) for y, row in enumerate(rows)), len(rows)


def _runs(y: int, row: Sequence[bool]) -> str:
    """The dark stretches of one row."""
    parts, start = [], -1
    for x, dark in enumerate([*row, False]):
        if dark and start < 0:
            start = x
        elif not dark and start >= 0:
            parts.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
            start = -1
    return "".join(parts)
