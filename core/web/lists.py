"""A list as a page or as a file: one way for every list of the platform, with the access of the view that calls it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from flask import Response, request

from core.data import audit
from core.data.session import transaction
from core.kernel import clock
from core.web.context import here
from core.web.i18n import gettext
from core.web.listing import Listing, plain
from core.web.sheets import KINDS, Sheet, written

BLOCK = 64 * 1024
Read = Callable[[int | None, int], tuple[Iterable[Any], int]]
"""`(limit, offset)` to (rows, how many there are in all). With limit None all rows; behind the end no rows and any total."""


def listed(listing: Listing, sheet: Sheet, read: Read, of: str = "") -> Response | tuple[Listing, Sequence[Any]]:
    """The page's (listing, rows), or the whole list as a file where the address asks for one with `format`.

    `of` names the thing whose list it is, for the audit trail. A page past the end becomes the last one, which reads twice more; a page that is there is read once.
    """
    if wanted := asked_for():
        return download(wanted, sheet, read(None, 0)[0], listing.filters, of)
    rows, total = read(listing.size, listing.offset)
    rows = list(rows)
    if not rows and listing.number > 1:
        listing = listing.counted(read(1, 0)[1])
        again, total = read(listing.size, listing.offset)
        rows = list(again)
    return listing.counted(total if rows else 0), rows


def own_address() -> str:
    """The path of this request as it was asked for, the site's part of it included: what the links of a list build on."""
    return request.script_root + request.path


def searched(name: str = "q") -> str:
    """What was typed to search a list for: the parameter `name` of this request, fit to ask a database for."""
    return plain(request.args.get(name, ""))


def asked_for() -> str:
    """`csv` or `xlsx` where this request wants the list as a file, else nothing."""
    found = request.args.get("format", "")
    return found if found in KINDS else ""


def download(
    kind: str, sheet: Sheet, rows: Iterable[Any], filters: Iterable[tuple[str, str]] = (), of: str = ""
) -> Response:  # fmt: skip
    """`rows` as a file to keep. A list that holds personal data leaves an entry: how much, by which filters, not what."""
    headings = [gettext(column.heading) for column in sheet.columns]
    file, count = written(kind, headings, sheet.columns, rows)
    if sheet.personal:
        session = here().session
        told = {"format": kind, "rows": count, "filters": sorted(name for name, _ in filters)}
        with transaction(session):
            audit.record(
                session, actor=here().visitor.actor(), action="list.export",
                subject=f"list:{sheet.name}:{of}" if of else f"list:{sheet.name}", after=told,
            )  # fmt: skip
    response = Response(_sent(file), mimetype=KINDS[kind])
    response.call_on_close(file.close)
    name = f"{here().tenant.slug}-{sheet.name}-{clock.today().isoformat()}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(BLOCK):
            yield block


def in_memory(rows: Sequence[Any], listing: Listing, keys: Mapping[str, Callable[[Any], Any]]) -> Read:
    """A short list that is there already, sorted by the listing's key and cut into pages."""
    by = keys[listing.sort.removeprefix("-")]
    ordered = sorted(rows, key=by, reverse=listing.sort.startswith("-"))

    def read(limit: int | None, offset: int) -> tuple[Sequence[Any], int]:
        return ordered[offset : None if limit is None else offset + limit], len(ordered)

    return read
