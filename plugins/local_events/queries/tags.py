"""What events are about: domains of quality and topics, and finding events by them."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, clock
from plugins.local_events.models import Event, Tag
from plugins.local_events.states import PUBLISHED
from plugins.local_events.words import DOMAINS, LONGEST_TOPIC

DOMAIN, TOPIC = "domain", "topic"


class Tags(NamedTuple):
    """One event's: domains in the order of the list, topics by the alphabet."""

    domains: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


def plain_topic(text: str) -> str:
    """A topic as it is kept: in small letters, single spaces, at most 40 characters."""
    return " ".join(text.lower().split())[:LONGEST_TOPIC].strip()


def about(domain: str = "", topic: str = "") -> list[sa.ColumnElement[bool]]:
    """The conditions of a query on `Event` that lets through events about a domain and a topic; none for an empty word, and
    nothing at all passes for a domain that is not one."""
    wanted = [(DOMAIN, domain), (TOPIC, plain_topic(topic))]
    return [
        sa.exists().where(
            Tag.tenant_id == Event.tenant_id, Tag.event_id == Event.id, Tag.kind == kind, Tag.value == value
        )
        for kind, value in wanted
        if value
    ]  # fmt: skip


def on_cards(domains: Collection[str] = (), topics: Collection[str] = ()) -> tuple[str, ...]:
    """What an event is about, as its card on the noticeboard says it and is found by."""
    said = [(DOMAIN, domain) for domain in domains] + [(TOPIC, topic) for topic in topics]
    return tuple(f"{kind}:{value}" for kind, value in said if value)


def tags_of(domains: Collection[str], topics: Collection[str]) -> Tags:
    """An event's tags from its rows, in any order."""
    return Tags(tuple(name for name in DOMAINS if name in domains), tuple(sorted(topics)))


_OF = sa.select(Tag.event_id, Tag.kind, Tag.value).where(Tag.event_id.in_(sa.bindparam("event_ids", expanding=True)))


def of_events(session: ScopedSession, event_ids: Sequence[str]) -> dict[str, Tags]:
    """What each of the events is about, in one statement (none for no event)."""
    if not event_ids:
        return {}
    found: dict[str, dict[str, set[str]]] = {event_id: {DOMAIN: set(), TOPIC: set()} for event_id in event_ids}
    for row in session.execute(_OF, {"event_ids": event_ids}):
        found[row.event_id][row.kind].add(row.value)
    return {event_id: tags_of(tags[DOMAIN], tags[TOPIC]) for event_id, tags in found.items()}


def of_event(session: ScopedSession, event_id: str) -> Tags:
    """What one event is about."""
    return of_events(session, [event_id])[event_id]


def topics(session: ScopedSession, allowed: Sequence[str], limit: int = 50) -> list[str]:
    """The topics of published events to come that are for one of the audiences, the most used first: what a filter offers."""
    query = (
        sa.select(Tag.value)
        .join(Event, sa.and_(Event.tenant_id == Tag.tenant_id, Event.id == Tag.event_id))
        .where(Tag.kind == TOPIC, Event.state == PUBLISHED, Event.ends_at >= clock.now(), Event.audience.in_(allowed))
        .group_by(Tag.value)
        .order_by(sa.func.count(Tag.id).desc(), Tag.value)
        .limit(limit)
    )
    return list(session.scalars(query))
