"""What hangs on one event, read together: small rows of several tables, because its page is asked for often."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, TenantRef, clock, is_id
from plugins.local_events.models import FeedbackAction, Hosting, Occurrence, Organiser, Pool, Tag
from plugins.local_events.queries import places
from plugins.local_events.queries.shapes import fixed
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
    event_id: Any = sa.bindparam("event_id")
    no_pool = [sa.null()] * len(places.PoolNow._fields)

    def rows(what: str, which: Any, since: Any = None) -> Any:
        return sa.select(*no_pool, fixed(what), which, sa.null() if since is None else since)

    pools = places.counting(Pool.event_id == event_id).add_columns(
        fixed(POOL).label("what"), Pool.id.label("which"), Pool.opens_at.label("since")
    )
    others = (
        rows(ORGANISER, Organiser.account_id, Organiser.added_at).where(
            Organiser.event_id == event_id, Organiser.left_at.is_(None)
        ),
        sa.select(*no_pool, Tag.kind, Tag.value, sa.null()).where(Tag.event_id == event_id),
        rows(HOST, sa.cast(Hosting.host_tenant_id, sa.String(20))).where(
            Hosting.origin_tenant_id == sa.bindparam("tenant_id"),
            Hosting.event_ref == event_id,
            Hosting.state == fixed(ACCEPTED),
        ),
        rows(SERIES, Occurrence.series_id).where(Occurrence.event_id == event_id),
        rows(ACTED, sa.func.min(FeedbackAction.id)),
    )
    return sa.union_all(pools, *others)


_AROUND = _around()


def of_event(session: ScopedSession, tenant: TenantRef, event_id: str) -> Around:
    """What hangs on one event of `tenant`, the session's own, in one statement; nothing does on one that is not there."""
    if not is_id(event_id):
        return Around()
    asked = {"event_id": event_id, "tenant_id": tenant.id, "now": clock.now()}
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
