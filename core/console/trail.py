"""The audit trail's filters, as an address has them, and its export as CSV."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from io import StringIO

from core.console.queries import Wanted
from core.data.audit import AuditEntry
from core.kernel.clock import london
from core.kernel.ids import is_id

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet run a cell's text as a formula (OWASP, CSV injection), full-width forms included."""
HEADINGS = ("at", "site", "entry", "actor", "action", "subject", "before", "after", "why")
LONGEST = 254


def read(query: Mapping[str, str], tenant_id: int | None) -> tuple[Wanted, frozenset[str]]:
    """(the filters of an address's query, the names of those that cannot be read, which are left out)."""
    bad: set[str] = set()

    def day(name: str) -> date | None:
        text = query.get(name, "").strip()
        try:
            found = date.fromisoformat(text) if text else None
        except ValueError:
            found = date.min
        if found is not None and not 2000 <= found.year <= 2200:
            bad.add(name)
            return None
        return found

    before = query.get("before", "")
    wanted = Wanted(
        tenant_id=tenant_id,
        action=plain(query.get("action", "")),
        actor=plain(query.get("actor", "")),
        since=day("from"),
        until=day("to"),
        before=before if is_id(before) else "",
    )
    return wanted, frozenset(bad)


def plain(value: str, longest: int = LONGEST) -> str:
    """A filter's text: characters that a database refuses cannot be in any entry, so they are dropped."""
    return value.strip()[:longest].replace("\x00", "").encode("utf-8", "ignore").decode()


def cell(text: str) -> str:
    """`text` as a cell that every spreadsheet shows as it is: an apostrophe before anything that could be a formula."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text


def csv_lines(entries: Iterable[AuditEntry], sites: Mapping[int, str]) -> Iterator[str]:
    """The entries as CSV, line by line: a byte-order mark first, every cell quoted, times on a London clock."""
    yield "\ufeff" + _line(HEADINGS)
    for entry in entries:
        yield _line(
            (
                f"{london(entry.at):%Y-%m-%d %H:%M:%S}",
                sites.get(entry.tenant_id, ""),
                str(entry.seq),
                entry.actor_id or entry.actor_name,
                entry.action,
                entry.subject,
                json.dumps(entry.before, ensure_ascii=False) if entry.before is not None else "",
                json.dumps(entry.after, ensure_ascii=False) if entry.after is not None else "",
                entry.why,
            )
        )


def _line(cells: Iterable[str]) -> str:
    out = StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow([cell(text) for text in cells])
    return out.getvalue()
