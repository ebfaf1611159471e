"""What hangs on one event, read together: small rows of several tables, because its page is asked for often."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, TenantRef, clock, is_id
from plugins.local_events.models import FeedbackAction, Hosting, Occurrence, Organiser, Tag
from plugins.local_events.queries import places
from plugins.local_events.queries.shapes import fixed, here, table
from plugins.local_events.queries.tags import DOMAIN, TOPIC, Tags, tags_of
from plugins.local_events.states import ACCEPTED

POOL, ORGANISER, HOST, SERIES, ACTED = "pool", "organiser", "host", "series", "acted"


class Around(NamedTuple):
    """`organisers` are accounts in the order in which they came, `hosts` the sites that host the event too. `acted` says
    whether this site did something about feedback on any event."""

    counted: places.Places = places.Places(())
    about: Tags = Tags()
    organisers: tuple[str, ...] = ()
    hosts: frozenset[int] = frozenset()
    in_series: bool = False
    acted: bool = False


def _around() -> Any:
    """Rows of (`PoolNow`, what, which, since): pools first, which give the columns their types; the rest have no pool."""
    no_pool = [sa.null()] * len(places.PoolNow._fields)
    tags, series = table(Tag).c, table(Occurrence).c
    organiser, hosting, action = table(Organiser).c, table(Hosting).c, table(FeedbackAction).c

    def event_id() -> Any:
        return sa.bindparam("event_id")

    def rows(what: Any, which: Any, since: Any = None) -> Any:
        return sa.select(*no_pool, what, which, sa.null() if since is None else since)

    pools = places.counting(places.POOL.c.event_id == event_id()).add_columns(
        fixed(POOL).label("what"), places.POOL.c.id.label("which"), places.POOL.c.opens_at.label("since")
    )
    others = (
        rows(fixed(ORGANISER), organiser.account_id, organiser.added_at).where(
            organiser.tenant_id == here(), organiser.event_id == event_id(), organiser.left_at.is_(None)
        ),
        rows(tags.kind, tags.value).where(tags.tenant_id == here(), tags.event_id == event_id()),
        rows(fixed(HOST), sa.cast(hosting.host_tenant_id, sa.String(20))).where(
            hosting.origin_tenant_id == here(), hosting.event_ref == event_id(), hosting.state == fixed(ACCEPTED)
        ),
        rows(fixed(SERIES), series.series_id).where(series.tenant_id == here(), series.event_id == event_id()),
        rows(fixed(ACTED), sa.func.min(action.id)).where(action.tenant_id == here()),
    )
    return sa.union_all(pools, *others)


_AROUND = _around()


def of_event(session: ScopedSession, tenant: TenantRef, event_id: str) -> Around:
    """What hangs on one event of `tenant`, the session's own, in one statement; nothing does on one that is not there."""
    if not is_id(event_id):
        return Around()
    asked = {"tenant": tenant.id, "event_id": event_id, "now": clock.now()}
    rows = session.execute(_AROUND, asked).all()

    def of(what: str) -> Sequence[Any]:
        return [row for row in rows if row.what == what]

    pools = [places.PoolNow._make(row[: len(places.PoolNow._fields)]) for row in of(POOL)]
    return Around(
        counted=places.Places(tuple(sorted(pools, key=lambda pool: (pool.kind, pool.id)))),
        about=tags_of([row.which for row in of(DOMAIN)], [row.which for row in of(TOPIC)]),
        organisers=tuple(row.which for row in sorted(of(ORGANISER), key=lambda row: (row.since, row.which))),
        hosts=frozenset(int(row.which) for row in of(HOST)),
        in_series=bool(of(SERIES)),
        acted=any(row.which is not None for row in of(ACTED)),
    )
