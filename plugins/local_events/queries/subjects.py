"""What the audit trail's entries of events and visits were about, by title."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from core.sdk import ScopedSession
from plugins.local_events.models import (
    Certificate,
    Event,
    FeedbackAction,
    Invitation,
    Registration,
    Visit,
    VisitOffer,
    WalkIn,
)

OF_AN_EVENT = (Registration, WalkIn, Invitation, Certificate, FeedbackAction)
"""What goes by the title of its event: whose it is, and what it says, stay out."""


def titles(session: ScopedSession, ids: Collection[str]) -> dict[str, str]:
    """{id: title} of those among `ids` that are here, in one statement."""
    of_events: list[Any] = [
        sa.select(model.id, Event.title)
        .join(Event, (Event.tenant_id == model.tenant_id) & (Event.id == model.event_id))
        .where(model.id.in_(ids))
        for model in OF_AN_EVENT
    ]
    found = sa.union_all(
        sa.select(Event.id, Event.title).where(Event.id.in_(ids)),
        *of_events,
        sa.select(VisitOffer.id, VisitOffer.title).where(VisitOffer.id.in_(ids)),
        sa.select(Visit.id, VisitOffer.title)
        .join(VisitOffer, (VisitOffer.tenant_id == Visit.tenant_id) & (VisitOffer.id == Visit.offer_id))
        .where(Visit.id.in_(ids)),
    )
    return {row[0]: row[1] for row in session.execute(found)}
