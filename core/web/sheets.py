"""Lists as files: CSV and XLSX from the same columns, streamed, and harmless whatever people are called.

A cell's text is only ever text. In CSV, where a spreadsheet guesses, an apostrophe goes before what it could take for a
formula; in XLSX the cell itself is typed as text. Instants are ISO 8601 in UTC: a file outlives its reader's time zone.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile
from typing import IO, Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet run a cell's text as a formula (OWASP, CSV injection), full-width forms included."""
KINDS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
LONGEST_CELL = 32_767
"""Characters that a cell of XLSX can hold."""
IN_MEMORY = 1_000_000
"""Bytes; a longer file goes to the disk."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list: its heading (msgid) and what stands in it for a row.

    A value is text, a number, a bool, a day, an instant, None (empty), or anything else that is JSON.
    """

    heading: str
    value: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list as a file. `name` is the file's, and the subject of the audit entry where the list is `personal`."""

    name: str
    columns: tuple[Column, ...]
    personal: bool


def plain(value: Any) -> str | int | float:
    """A column's value as what stands in the file: a number, or text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def cell(text: str) -> str:
    """`text` as a cell of CSV that every spreadsheet shows as it is."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(FORMULA) else text


def written(
    kind: str, headings: Sequence[str], columns: Sequence[Column], rows: Iterable[Any]
) -> tuple[IO[bytes], int]:
    """(the file, at its beginning; how many rows it holds). `kind` is a key of KINDS. Rows are taken one by one."""
    count = 0

    def counted() -> Iterator[list[str | int | float]]:
        nonlocal count
        for row in rows:
            count += 1
            yield [plain(column.value(row)) for column in columns]

    file: Any = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    try:
        (_csv if kind == "csv" else _xlsx)(file, headings, counted())
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file, count


def _csv(file: IO[bytes], headings: Sequence[str], rows: Iterable[Sequence[str | int | float]]) -> None:
    """A byte-order mark, by which spreadsheets know the encoding; every cell quoted."""
    text = TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([cell(heading) for heading in headings])
    for row in rows:
        writer.writerow([cell(value) if isinstance(value, str) else value for value in row])
    text.detach()


def _xlsx(file: IO[bytes], headings: Sequence[str], rows: Iterable[Sequence[str | int | float]]) -> None:
    from xlsxwriter import Workbook  # 40 ms to import, and few requests ask for a spreadsheet

    with Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for column, heading in enumerate(headings):
            sheet.set_column(column, column, max(12, min(40, len(heading) + 4)))
            sheet.write_string(0, column, heading, bold)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value[:LONGEST_CELL])
                else:
                    sheet.write_number(number, column, value)
