"""Text: marking words for translation where no translation can happen yet, and what fits on one line."""

import re

_NOT_ON_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")


def N_(message: str) -> str:
    """Mark `message` (English) for the catalogue and return it unchanged; whoever shows it translates it."""
    return message


def is_one_line(text: str) -> bool:
    """Whether `text` holds no line break of any kind and no other control character: what a header of mail can hold."""
    return _NOT_ON_A_LINE.search(text) is None


def one_line(text: str) -> str:
    """`text` as one line: a single space for each stretch of white space and of what `is_one_line` refuses."""
    return " ".join(_NOT_ON_A_LINE.sub(" ", text).split())


def storable(text: str) -> str:
    """`text` as a database can keep it: null bytes and lone surrogates, which others' errors may hold, show as U+FFFD."""
    return _NOT_KEPT.sub("\ufffd", text)


def is_blank(text: str) -> bool:
    """Whether nothing of `text` can be seen: there is white space in it alone, and what has no width or only turns writing round."""
    return not any(char.isprintable() and not char.isspace() for char in text)
