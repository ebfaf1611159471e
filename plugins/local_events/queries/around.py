"""What hangs on one event, read together: small rows of several tables, because its page is asked for often."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, TenantRef, is_id
from plugins.local_events.models import FeedbackAction, Hosting, Occurrence, Organiser, Tag
from plugins.local_events.queries.shapes import fixed
from plugins.local_events.queries.tags import DOMAIN, TOPIC, Tags, tags_of
from plugins.local_events.states import ACCEPTED

ORGANISER, HOST, SERIES, ACTED = "organiser", "host", "series", "acted"


class Around(NamedTuple):
    """`organisers` are accounts in the order in which they came, `hosts` the sites that host the event too. `acted` says
    whether this site did something about feedback on any event."""

    about: Tags = Tags()
    organisers: tuple[str, ...] = ()
    hosts: frozenset[int] = frozenset()
    in_series: bool = False
    acted: bool = False


def _around() -> Any:
    event_id: Any = sa.bindparam("event_id")
    organisers = sa.select(
        fixed(ORGANISER).label("what"), Organiser.account_id.label("which"), Organiser.added_at.label("since")
    ).where(Organiser.event_id == event_id, Organiser.left_at.is_(None))
    others = (
        sa.select(Tag.kind, Tag.value, sa.null()).where(Tag.event_id == event_id),
        sa.select(fixed(HOST), sa.cast(Hosting.host_tenant_id, sa.String(20)), sa.null()).where(
            Hosting.origin_tenant_id == sa.bindparam("tenant_id"), Hosting.event_ref == event_id, Hosting.state == fixed(ACCEPTED)
        ),
        sa.select(fixed(SERIES), Occurrence.series_id, sa.null()).where(Occurrence.event_id == event_id),
        sa.select(fixed(ACTED), sa.func.min(FeedbackAction.id), sa.null()),
    )  # fmt: skip
    return sa.union_all(organisers, *others)  # the first gives the columns their types


_AROUND = _around()


def of_event(session: ScopedSession, tenant: TenantRef, event_id: str) -> Around:
    """What hangs on one event of `tenant`, the session's own, in one statement; nothing does on one that is not there."""
    if not is_id(event_id):
        return Around()
    rows = session.execute(_AROUND, {"event_id": event_id, "tenant_id": tenant.id}).all()

    def of(what: str) -> Sequence[Any]:
        return [row for row in rows if row.what == what]

    return Around(
        about=tags_of([row.which for row in of(DOMAIN)], [row.which for row in of(TOPIC)]),
        organisers=tuple(row.which for row in sorted(of(ORGANISER), key=lambda row: (row.since, row.which))),
        hosts=frozenset(int(row.which) for row in of(HOST)),
        in_series=bool(of(SERIES)),
        acted=any(row.which is not None for row in of(ACTED)),
    )
