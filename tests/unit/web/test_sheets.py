"""Lists as files: what is typed is what stands there, and nothing of it runs."""

import csv
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from io import BytesIO, StringIO
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.web.sheets import Column, cell, plain, written

COLUMNS = (Column("Name", lambda row: row[0]), Column("Number", lambda row: row[1]))
NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheet_of(body: bytes) -> tuple[list[list[str]], str]:
    """The cells of an XLSX file's one sheet, and the sheet's XML."""
    with zipfile.ZipFile(BytesIO(body)) as book:
        xml = book.read("xl/worksheets/sheet1.xml").decode()
    rows = ET.fromstring(xml).iter(f"{NS}row")
    return [[_text(one) for one in row.iter(f"{NS}c")] for row in rows], xml


def _text(one: ET.Element) -> str:
    return "".join(part.text or "" for part in one.iter() if part.tag in {f"{NS}t", f"{NS}v"})


def file_of(kind: str, rows: list[Any]) -> bytes:
    file, count = written(kind, ["Name", "Number"], COLUMNS, iter(rows))
    assert count == len(rows)
    with file:
        return file.read()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\uff1d", "\u00a0@"])
def test_a_name_is_never_a_formula(start: str) -> None:
    name = f"{start}cmd|' /C calc'!A0"
    assert cell(name) == f"'{name}"
    assert cell("Siân O'Neill-Jones") == "Siân O'Neill-Jones"
    rows = list(csv.reader(StringIO(file_of("csv", [(name, -5)]).decode("utf-8-sig"), newline="")))
    assert rows[1] == [f"'{name}", "-5"]
    _, xml = sheet_of(file_of("xlsx", [(name, -5)]))
    assert "<f>" not in xml
    assert "inlineStr" in xml


@given(st.text(max_size=60))
def test_the_csv_says_what_was_typed(name: str) -> None:
    found = list(csv.reader(StringIO(file_of("csv", [(name, 1)]).decode("utf-8-sig"), newline="")))[1]
    assert found[0] in {name, f"'{name}"}
    assert not found[0].lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r"))


def test_the_spreadsheet_says_what_was_typed() -> None:
    rows, _ = sheet_of(file_of("xlsx", [("Siân <b> & ‘co’", 3), ("=1+1", 4), ("x" * 40_000, 5)]))
    assert rows[:3] == [["Name", "Number"], ["Siân <b> & ‘co’", "3"], ["=1+1", "4"]]
    assert len(rows[3][0]) == 32_767


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""), (True, "yes"), (False, "no"), (3, 3), ("x", "x"), (date(2026, 11, 23), "2026-11-23"),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), "2026-07-01T12:00:00Z"),
        (datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=1))), "2026-07-01T11:00:00Z"),
        ({"b": 1, "a": "é"}, '{"a": "é", "b": 1}'),
    ],
)  # fmt: skip
def test_what_stands_in_a_file(value: Any, said: Any) -> None:
    assert plain(value) == said


def test_a_long_list_does_not_stay_in_memory() -> None:
    file, count = written("csv", ["Name", "Number"], COLUMNS, (("n" * 100, n) for n in range(20_000)))
    with file:
        assert count == 20_000
        assert file._rolled  # type: ignore[attr-defined]  # SpooledTemporaryFile's own word for it
