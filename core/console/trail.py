"""The audit trail's filters, as an address has them."""

from collections.abc import Mapping
from datetime import date

from core.console.actions import title_of
from core.console.queries import Wanted
from core.hooks.registry import Registry
from core.kernel.ids import is_id
from core.web.listing import plain


def read(
    registry: Registry, query: Mapping[str, str], tenant_id: int | None, reader: str | None
) -> tuple[Wanted, frozenset[str]]:
    """(the filters of an address's query for the account `reader`, the names of those that cannot be read, which are left
    out). An action that has a title is meant as it stands, any other text as what actions begin with."""
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

    before, action = query.get("before", ""), plain(query.get("action", ""))
    wanted = Wanted(
        tenant_id=tenant_id,
        action=action,
        exactly=bool(title_of(registry, action)),
        actor=plain(query.get("actor", "")),
        since=day("from"),
        until=day("to"),
        before=before if is_id(before) else "",
        oldest_first=query.get("sort", "") == "at",
        reader=reader,
    )
    return wanted, frozenset(bad)
