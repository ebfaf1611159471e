"""Hosts, visitors and offers for the tests of visits."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.kernel import clock
from core.kernel.ids import new_token
from core.sdk import ScopedSession, TenantRef, Visitor
from plugins.local_events.queries import visits as queries
from plugins.local_events.service import visit_offers, visits
from plugins.local_events.service.visit_offers import Draft
from plugins.local_events.service.visits import Told
from tests.plugins.local_events.helpers import visitor


class Letters(list[Told]):
    """What would have been written."""

    def __call__(self, _: object, told: Told) -> None:
        self.append(told)


def draft(**changes: Any) -> Draft:
    """A site visit for all members, time to be agreed, two visitors."""
    usual = Draft(
        kind="site_visit", title="A discharge lounge that works", place="Ward 5, Perth", what="Walk the route patients take.",
        learning_edge="We cannot yet keep it open at weekends.", domains=["timely"], topics=["Patient flow"], starts_at=None,
        open_until=clock.today() + timedelta(days=60), capacity=2, audience="uk",
    )  # fmt: skip
    return replace(usual, **changes)


def offered(session: ScopedSession, tenant: TenantRef, host: Visitor, **changes: Any) -> str:
    """A new offer's id."""
    return visit_offers.offer(session, tenant, draft(**changes), host, new_token())


def host_of(tenant: TenantRef) -> Visitor:
    """A member whose home is the site."""
    return visitor(home=tenant.id, name="Hilda Host")


def asked(session: ScopedSession, tenant: TenantRef, offer_id: str, who: Visitor, post: Any = None) -> str:
    """A new visit's id."""
    return visits.ask(session, tenant, offer_id, "How do you staff it?", who, Letters() if post is None else post)


def version(session: ScopedSession, who: Visitor, visit_id: str) -> int:
    """What the form of who looks at the visit carries."""
    return queries.visit(session, who, visit_id)[0].version


def state(session: ScopedSession, who: Visitor, visit_id: str) -> str:
    """How the visit stands."""
    return queries.visit(session, who, visit_id)[0].state
