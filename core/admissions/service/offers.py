"""Offers of membership: what an accepted application leads to, once its decision is released."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from core.admissions.models import MembershipOffer
from core.admissions.states import OFFERED
from core.data.session import ScopedSession
from core.kernel.ids import new_id

STANDS_FOR = timedelta(days=60)
"""How long an offer stands. The source names no time; two months leave room for leave and for asking an employer."""


def offer_in(session: ScopedSession, *, application_id: str, account_id: str, at: datetime) -> str:
    """Offer membership for an accepted application from `at` (UTC) on, in the caller's transaction; the offer's id.

    For the transaction that releases a decision: an offer tells the outcome, so there is none before.
    """
    offer_id = new_id()
    row = {
        "id": offer_id, "tenant_id": session.scope.tenant_id, "application_id": application_id, "account_id": account_id,
        "state": OFFERED, "offered_at": at, "lapses_at": at + STANDS_FOR, "reminded_at": None, "ended_at": None, "version": 1,
    }  # fmt: skip
    session.execute(sa.insert(MembershipOffer), [row])
    return offer_id
