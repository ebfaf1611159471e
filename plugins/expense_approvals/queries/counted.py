"""Counting at each of the session's sites: a statement counts them all, whether they are one or many."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from core.sdk import ScopedSession


def by_site(session: ScopedSession, model: Any, condition: sa.ColumnElement[bool]) -> Counter[int]:
    """How many rows of `model` meet the condition, by the site's id."""
    rows = session.execute(
        sa.select(model.tenant_id, sa.func.count(model.id)).where(condition).group_by(model.tenant_id)
    )
    return Counter({row[0]: row[1] for row in rows})


def is_above(pence: sa.ColumnElement[int], site_id: Any, most: Mapping[int, int]) -> sa.ColumnElement[bool]:
    """Whether `pence` is more than the site of `site_id` may decide about: `most`, in pence by the site's id, 0 for no limit."""
    limits = {site: limit for site, limit in most.items() if limit > 0}
    return pence > sa.case(limits, value=site_id) if limits else sa.false()


def parted(rows: Iterable[Any]) -> tuple[Counter[int], Counter[int]]:
    """Rows of (site's id, how many in all, how many of them above the limit) as those within it and those above, by the site's id."""
    within, above = Counter[int](), Counter[int]()
    for site_id, in_all, beyond in rows:
        within[site_id], above[site_id] = in_all - beyond, beyond
    return within, above
