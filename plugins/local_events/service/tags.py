"""Keeping what an event is about in step with what its organiser says."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from core.sdk import N_, ScopedSession, TenantRef, new_id
from plugins.local_events.models import Tag
from plugins.local_events.queries.shapes import table
from plugins.local_events.queries.tags import DOMAIN, TOPIC, plain_topic
from plugins.local_events.words import DOMAINS, MOST_TOPICS


def wrong(domains: Iterable[str], topics: Iterable[str]) -> dict[str, str]:
    """What is wrong with an event's domains and topics, by field."""
    found = {}
    if not set(domains) <= DOMAINS.keys():
        found["domains"] = N_("Choose one of the list")
    if len(list(topics)) > MOST_TOPICS:
        found["topics"] = N_("Give at most 10 topics")
    return found


def rows(tenant: TenantRef, event_id: str, domains: Iterable[str], topics: Iterable[str]) -> list[dict[str, Any]]:
    """The rows of an event's tags, each once."""
    said = [(DOMAIN, domain) for domain in domains] + [(TOPIC, plain_topic(topic)) for topic in topics]
    return [
        {"id": new_id(), "tenant_id": tenant.id, "event_id": event_id, "kind": kind, "value": value}
        for kind, value in dict.fromkeys(said)
        if value
    ]


_DELETE = sa.delete(Tag).where(Tag.event_id == sa.bindparam("event_id"))
_INSERT = sa.insert(table(Tag))


def follow(
    session: ScopedSession,
    tenant: TenantRef,
    event_id: str,
    domains: Iterable[str],
    topics: Iterable[str],
    *,
    new: bool,
) -> None:
    """Write an event's tags in the caller's transaction, in place of those it had (`new`: it had none)."""
    if not new:
        session.execute(_DELETE, {"event_id": event_id})
    if wanted := rows(tenant, event_id, domains, topics):
        session.execute(_INSERT, wanted)
