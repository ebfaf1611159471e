"""What a bank says became of payments, as a list: a reference and `paid` or `bounced` on each line."""

import csv
from collections.abc import Mapping
from io import StringIO

from core.sdk import N_, Invalid

LARGEST = 1_000_000
"""Bytes."""
SAID: Mapping[str, bool] = {"paid": True, "bounced": False, "unpaid": False, "returned": False}
TOO_LARGE = N_("The file is larger than 1 MB.")
NO_TEXT = N_("The file is no list: save it as CSV (UTF-8).")
UNCLEAR = N_("A line of the file is not a reference and then paid or bounced.")
TWICE = N_("A reference is in the file twice.")
EMPTY = N_("The file has no payments in it.")


def read(content: bytes) -> dict[str, bool]:
    """Paid (True) or sent back (False) by reference. A first line of headings is left out. Raises Invalid (`file`)."""
    if len(content) > LARGEST:
        raise Invalid({"file": TOO_LARGE})
    try:
        rows = [row for row in csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), strict=True) if any(row)]
    except (UnicodeDecodeError, csv.Error):
        raise Invalid({"file": NO_TEXT}) from None
    found: dict[str, bool] = {}
    for number, row in enumerate(rows):
        cells = [cell.strip() for cell in row]
        if number == 0 and [cell.lower() for cell in cells[:2]] == ["reference", "result"]:
            continue
        if len(cells) < 2 or cells[1].lower() not in SAID or not cells[0]:
            raise Invalid({"file": UNCLEAR})
        if cells[0] in found:
            raise Invalid({"file": TWICE})
        found[cells[0]] = SAID[cells[1].lower()]
    if not found:
        raise Invalid({"file": EMPTY})
    return found
