"""Whole numbers as addresses and hidden fields carry them."""

LONGEST = 9
"""So many figures at most: every engine keeps such a number, and no version or page comes near it."""


def whole_number(text: str | None, otherwise: int = 0) -> int:
    """The number that `text` is, 0 to 999,999,999; `otherwise` for anything that is none: nobody types what is read here."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= LONGEST else otherwise
