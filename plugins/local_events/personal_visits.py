"""What visits hold about one person: offers, visits, what they learnt, what they look for."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.sdk import N_, ScopedSession, noticeboard, shelf
from plugins.local_events.models import Visit, VisitInterest, VisitLearning, VisitOffer
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.states import CLOSED_OFFER, VISIT, VISIT_WITHDRAWN

HEADINGS = {
    "offers": N_("Visits you offer"),
    "visits": N_("Visits you asked for"),
    "learning": N_("What you learnt from visits"),
    "interests": N_("What you look for in visits"),
}


def _plain(row: Any) -> dict[str, Any]:
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row._mapping.items()}


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """The person's visits, as (heading, JSON value) pairs."""
    offer = (
        "id", "kind", "title", "place", "what", "learning_edge", "domains", "topics", "starts_at", "open_until", "audience", "state",
    )  # fmt: skip
    queries = {
        "offers": sa.select(*(getattr(VisitOffer, name) for name in offer))
        .where(VisitOffer.host_id == account_id)
        .order_by(VisitOffer.offered_at, VisitOffer.id),
        "visits": sa.select(
            VisitOffer.title, Visit.wants, Visit.state, Visit.visit_at, Visit.host_words, Visit.asked_at
        )
        .join(VisitOffer, sa.and_(VisitOffer.tenant_id == Visit.tenant_id, VisitOffer.id == Visit.offer_id))
        .where(Visit.account_id == account_id)
        .order_by(Visit.asked_at, Visit.id),
        "learning": sa.select(VisitLearning.side, VisitLearning.words, VisitLearning.shared, VisitLearning.told_at)
        .where(VisitLearning.account_id == account_id)
        .order_by(VisitLearning.told_at, VisitLearning.id),
        "interests": sa.select(
            VisitInterest.domains, VisitInterest.topics, VisitInterest.words, VisitInterest.changed_at
        ).where(VisitInterest.account_id == account_id),
    }
    for name, query in queries.items():
        rows = session.execute(query).all()
        if rows:
            yield (HEADINGS[name], [_plain(row) for row in rows])


def erase(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """Erase the person from visits. What others wrote stays with them; an offer without its host is closed and empty."""
    offers = session.scalars(sa.select(VisitOffer.id).where(VisitOffer.host_id == account_id)).all()
    visits = session.scalars(sa.select(Visit.id).where(Visit.account_id == account_id)).all()
    told = session.scalar(sa.select(sa.func.count(VisitLearning.id)).where(VisitLearning.account_id == account_id)) or 0
    for found, words in ((len(offers), "visit offers"), (len(visits), "visits"), (told, "visit learnings")):
        if found:
            yield f"{PLUGIN}: {found} {words}"
    if dry_run:
        return
    for model in (VisitLearning, VisitInterest):
        session.execute(sa.delete(model).where(model.account_id == account_id))
    ended = [*visits, *_end(session, Visit.account_id == account_id, VISIT.sources("withdraw"), VISIT_WITHDRAWN)]
    ended += _end(session, Visit.offer_id.in_(offers), VISIT.sources("decline"), VISIT.target("decline", "asked"))
    session.execute(sa.update(Visit).where(Visit.account_id == account_id).values(account_id=None, name="", wants=""))
    session.execute(sa.update(Visit).where(Visit.offer_id.in_(offers)).values(host_words=""))
    session.execute(
        sa.update(VisitOffer)
        .where(VisitOffer.id.in_(offers))
        .values(
            host_id=None, host_name="", title="", place="", what="", learning_edge="", topics=[], domains=[],
            state=CLOSED_OFFER, version=VisitOffer.version + 1,
        )
    )  # fmt: skip
    shelf.remove_many(session, plugin=PLUGIN, refs=ended)
    for offer_id in offers:
        noticeboard.withdraw(session, plugin=PLUGIN, ref=offer_id)


def _end(session: ScopedSession, where: Any, sources: tuple[str, ...], target: str) -> list[str]:
    """End visits that wait or are agreed; their ids."""
    done = session.execute(
        sa.update(Visit)
        .where(where, Visit.state.in_(sources))
        .values(state=target, version=Visit.version + 1)
        .returning(Visit.id)
    )
    return list(done.scalars())
