"""What a bank says became of payments, as a list: a reference and `paid` or `bounced` on each line."""

import csv
from collections.abc import Collection, Mapping
from io import StringIO
from typing import NamedTuple

from core.sdk import N_

LARGEST = 500_000
"""Bytes; a batch of the most payments needs less than half of it."""
MOST_TOLD = 10
SAID: Mapping[str, bool] = {"paid": True, "bounced": False, "unpaid": False, "returned": False}
TOO_LARGE = N_("The file is larger than 500 KB.")
NO_TEXT = N_("The file is no list: save it as CSV (UTF-8).")
UNCLEAR = N_("It is not a reference and then paid or bounced.")
UNKNOWN = N_("The reference is not in this batch.")
TWICE = N_("The reference stands further up already.")
EMPTY = N_("The file has no payments in it.")


class Problem(NamedTuple):
    """What is wrong (msgid) with a line of the file; line 0 is the whole of it."""

    line: int
    message: str


class Misread(Exception):
    """The file cannot be taken, and nothing of it is: `problems` has the first of what is wrong."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems[:MOST_TOLD]
        super().__init__(problems)


def read(content: bytes, refs: Collection[str]) -> dict[str, bool]:
    """Paid (True) or sent back (False) by reference, each of them one of `refs`. A first line of headings is left out.

    Raises Misread.
    """
    if len(content) > LARGEST:
        raise Misread(Problem(0, TOO_LARGE))
    try:
        reader = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(row)]
    except (UnicodeDecodeError, csv.Error):
        raise Misread(Problem(0, NO_TEXT)) from None
    if rows and [cell.lower() for cell in rows[0][1][:2]] == ["reference", "result"]:
        del rows[0]
    found: dict[str, bool] = {}
    problems = []
    for line, cells in rows:
        if wrong := _wrong(cells, refs, found):
            problems.append(Problem(line, wrong))
        else:
            found[cells[0]] = SAID[cells[1].lower()]
    if problems:
        raise Misread(*problems)
    if not found:
        raise Misread(Problem(0, EMPTY))
    return found


def _wrong(cells: list[str], refs: Collection[str], found: Mapping[str, bool]) -> str:
    if len(cells) < 2 or not cells[0] or cells[1].lower() not in SAID:
        return UNCLEAR
    if cells[0] not in refs:
        return UNKNOWN
    return TWICE if cells[0] in found else ""
