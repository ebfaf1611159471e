"""How one text became another, word by word, for whoever has read the first."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from re import compile as pattern

MOST_WORDS = 5_000
"""Longer texts are shown as replaced: comparing them word by word would take longer than reading them."""
_WORDS = pattern(r"\S+\s*|\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words: `same` in both texts, `gone` from the first, or `new` in the second."""

    way: str
    text: str


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """`after` as it came from `before`. The pieces that are not `new` make `before`, those that are not `gone` make `after`."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) > MOST_WORDS or len(new) > MOST_WORDS:
        return _kept(Piece("same", before) if before == after else None, Piece("gone", before), Piece("new", after))
    found: list[Piece] = []
    for way, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if way == "equal":
            found.append(Piece("same", "".join(old[old_from:old_to])))
            continue
        found += _kept(None, Piece("gone", "".join(old[old_from:old_to])), Piece("new", "".join(new[new_from:new_to])))
    return tuple(found)


def _kept(same: Piece | None, *others: Piece) -> tuple[Piece, ...]:
    return (same,) if same is not None else tuple(piece for piece in others if piece.text)
