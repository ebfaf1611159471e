"""Two processes: the last two organisers of an event leave at the same moment, and one of them stays."""

import sqlalchemy as sa

from core.config import normalise_url
from core.people.service import accounts
from core.sdk import TenantRef, clock, transaction
from plugins.local_events.models import Organiser
from tests.plugins.local_events.helpers import ORGANISER, published, visitor
from tests.support.racing import together

EVENTS = 12


def _left(shared, url, *, naive):
    """How many organisers each of the events has in the end."""
    tenant = TenantRef(shared.scope.tenant_id, "scotland", "Scotland", "nation")
    with transaction(shared):
        people = [
            accounts.create_confirmed(shared, email=f"{name}@example.org", name=name, password_hash=None)
            for name in ("ann", "bel")
        ]
    ids = [published(shared, tenant, visitor(ORGANISER, account_id=people[0])) for _ in range(EVENTS)]
    with transaction(shared):
        shared.add_all([Organiser(event_id=one, account_id=people[1], added_at=clock.now()) for one in ids])
    job = {"url": url, "tenant": tenant.id, "events": ids, "naive": naive}
    together("tests.plugins.local_events.leaving_race", *({**job, "account": person} for person in people))
    shared.rollback()
    here = sa.select(Organiser.event_id).where(Organiser.event_id.in_(ids), Organiser.left_at.is_(None))
    found = list(shared.scalars(here))
    return [found.count(event_id) for event_id in ids]


def test_one_of_two_who_leave_at_once_stays(shared, other_database):
    assert _left(shared, normalise_url(other_database.app_url), naive=False) == [1] * EVENTS


def test_this_race_can_be_lost(shared, other_database):
    """The control: looking before writing leaves events without an organiser."""
    assert 0 in _left(shared, normalise_url(other_database.app_url), naive=True)
