"""What Welsh does to the day of a date inside a sentence: `ar ddydd Gwener 27 Tachwedd 2026`, where it alone is `Dydd Gwener …`."""

import re

SOFTENING = ("am", "ar", "at", "dan", "dros", "drwy", "gan", "heb", "hyd", "i", "o", "tan", "wrth")
"""Prepositions with the soft mutation (treiglad meddal): after them d becomes dd."""
_DATE = r"Dydd (?=(?:Llun|Mawrth|Mercher|Iau|Gwener|Sadwrn|Sul) \d{1,2} [A-Z]\w+ \d{4})"
_SOFTENED = re.compile(rf"(?<!\w)({'|'.join(SOFTENING)}) {_DATE}", re.IGNORECASE)
_INSIDE = re.compile(rf"(?<=[\w,;–] ){_DATE}")


def dates_inside(text: str) -> str:
    """`text` with the dates that do not begin it, or a sentence of it, written as within a sentence. English is left alone."""
    if "Dydd " not in text:
        return text
    return _INSIDE.sub("dydd ", _SOFTENED.sub(r"\1 ddydd ", text))
