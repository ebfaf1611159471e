"""A list's page, order and filters, as its address has them; and the addresses of its other pages, orders and exports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

LARGEST_PAGE = 1_000_000
LONGEST = 254


def plain(value: str) -> str:
    """A filter's text: characters that a database refuses cannot be in any row, so they are dropped; 254 at most."""
    return value.strip()[:LONGEST].replace("\x00", "").encode("utf-8", "ignore").decode()


@dataclass(frozen=True, slots=True)
class Listing:
    """One view of a list. `filters` are the (name, value) pairs of the filter form that are kept in every link.

    `sort` is a key of the list, with a leading `-` for descending; `total` counts what the filters let through.
    """

    path: str
    number: int
    size: int
    total: int
    sort: str
    filters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(
        cls, path: str, query: Mapping[str, str], *, sorts: Sequence[str], filters: Sequence[str] = (), size: int = 25
    ) -> "Listing":
        """A listing from an address's query. The first of `sorts` is the usual order; anything unknown means the usual."""
        sort = query.get("sort", "")
        known = sort.removeprefix("-") in {name.removeprefix("-") for name in sorts}
        number = query.get("page", "1")
        page = min(int(number[:9]), LARGEST_PAGE) if number.isascii() and number.isdigit() else 1
        kept = tuple((name, query[name]) for name in filters if query.get(name))
        return cls(path, max(page, 1), size, 0, sort if known else sorts[0], kept)

    def counted(self, total: int) -> "Listing":
        """The same with the number of rows known; a page past the end becomes the last one."""
        pages = max(1, -(-total // self.size))
        return Listing(self.path, min(self.number, pages), self.size, total, self.sort, self.filters)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        """How many rows stand before this page."""
        return (self.number - 1) * self.size

    @property
    def first(self) -> int:
        """The number of this page's first row, 0 when there is none."""
        return self.offset + 1 if self.total else 0

    @property
    def last(self) -> int:
        """The number of this page's last row."""
        return min(self.offset + self.size, self.total)

    def direction(self, key: str) -> str:
        """How the list is sorted by `key`: `ascending`, `descending`, or empty when it is not."""
        if self.sort.removeprefix("-") != key:
            return ""
        return "descending" if self.sort.startswith("-") else "ascending"

    def href(self, number: int) -> str:
        """The address of another page in the same order."""
        return self._address(sort=self.sort, page=str(number))

    def sort_href(self, key: str) -> str:
        """The address that sorts by `key`, the other way round when it already does; it begins at the first page."""
        return self._address(sort=f"-{key}" if self.sort == key else key)

    def export_href(self, kind: str) -> str:
        """The address of the whole list, filtered and sorted so, as `csv` or `xlsx`."""
        return self._address(sort=self.sort, format=kind)

    def _address(self, **also: str) -> str:
        return f"{self.path}?{urlencode([*self.filters, *also.items()])}"
