"""How lists are sorted and searched in a query: one way on every page and on both databases. What an address asks for is
read in `core.web.listing`."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

MOST_WORDS = 6
"""So many words are looked for; more of them make a statement longer and hardly ever find less."""


def caseless(column: Any) -> sa.ColumnElement[str]:
    """What a name or a title is sorted by: its text whatever its case, so that "de Souza" stands before "Zed". Where letters
    with accents stand is the database's to say."""
    return sa.func.lower(column)


def ordered(
    columns: Mapping[str, Any], sort: str, then: Any, *, empty: Collection[str] = ()
) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    """The ORDER BY of a list, as two terms: one of `columns`, then `then`, which is unique, so that pages never overlap.

    `sort` is a name in `columns`, which has one at least, with a leading `-` for descending; a name that is not there means
    the first. `empty` names those columns that can be NULL, because they are nullable or of an outer join: NULLs stand last
    both ways, because whoever sorts by something looks for the rows that have it. Other columns do not say where NULLs
    stand: PostgreSQL would not use their indexes then.
    """
    name = sort.removeprefix("-")
    if name not in columns:
        name = next(iter(columns))
    by = columns[name].desc() if sort.startswith("-") else columns[name].asc()
    return by.nulls_last() if name in empty else by, then


def contains_words(search: str, *columns: Any) -> list[sa.ColumnElement[bool]]:
    """The conditions that every word of `search` is in one of the columns, whatever its case; none where there is no word.
    The first MOST_WORDS count; `%` and `_` are letters like others.

    SQLite, and PostgreSQL in a database with the locale C, know the two cases of ASCII letters alone. A word with other
    letters is therefore looked for in small letters, in capitals, and with a capital in front.
    """
    return [
        sa.or_(*(column.icontains(one, autoescape=True) for one in _spellings(word) for column in columns))
        for word in search.split()[:MOST_WORDS]
    ]


def _spellings(word: str) -> list[str]:
    return [word] if word.isascii() else list(dict.fromkeys((word, word.lower(), word.upper(), word.title())))
