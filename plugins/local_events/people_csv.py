"""The organiser's list as a spreadsheet file."""

import csv
from collections.abc import Iterable
from io import StringIO

from core.sdk import clock
from plugins.local_events.queries import Attendee

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet run a cell's text as a formula (OWASP, CSV injection), full-width forms included."""


def cell(text: str) -> str:
    """`text` as a cell that every spreadsheet shows as it is: an apostrophe before anything that could be a formula."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text


def people_csv(headings: Iterable[str], people: Iterable[Attendee]) -> str:
    """The list as CSV text: a byte-order mark for spreadsheets, every cell quoted, times on a London clock."""
    out = StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([cell(heading) for heading in headings])
    for person in people:
        when = f"{clock.london(person.registered_at):%Y-%m-%d %H:%M}"
        writer.writerow([cell(person.name), cell(person.email), when])
    return "\ufeff" + out.getvalue()
