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


_WHO = sa.bindparam("who", type_=sa.String)
_OFFER = (
    "id", "kind", "title", "place", "what", "learning_edge", "domains", "topics", "starts_at", "open_until", "audience", "state",
)  # fmt: skip
_HELD = {
    "offers": sa.select(*(getattr(VisitOffer, name) for name in _OFFER))
    .where(VisitOffer.host_id == _WHO)
    .order_by(VisitOffer.offered_at, VisitOffer.id),
    "visits": sa.select(VisitOffer.title, Visit.wants, Visit.state, Visit.visit_at, Visit.host_words, Visit.asked_at)
    .join(VisitOffer, sa.and_(VisitOffer.tenant_id == Visit.tenant_id, VisitOffer.id == Visit.offer_id))
    .where(Visit.account_id == _WHO)
    .order_by(Visit.asked_at, Visit.id),
    "learning": sa.select(VisitLearning.side, VisitLearning.words, VisitLearning.shared, VisitLearning.told_at)
    .where(VisitLearning.account_id == _WHO)
    .order_by(VisitLearning.told_at, VisitLearning.id),
    "interests": sa.select(
        VisitInterest.domains, VisitInterest.topics, VisitInterest.words, VisitInterest.changed_at
    ).where(VisitInterest.account_id == _WHO),
}


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """The person's visits, as (heading, JSON value) pairs."""
    for name, query in _HELD.items():
        rows = session.execute(query, {"who": account_id}).all()
        if rows:
            yield (HEADINGS[name], [_plain(row) for row in rows])


def _ending(where: sa.ColumnElement[bool], sources: tuple[str, ...], target: str) -> Any:
    """What ends visits that wait or are agreed, and gives their ids."""
    return (
        sa.update(Visit)
        .where(where, Visit.state.in_(sources))
        .values(state=target, version=Visit.version + 1)
        .returning(Visit.id)
    )


_OWN = Visit.account_id == _WHO
_AT_OFFERS = Visit.offer_id.in_(sa.bindparam("offers", expanding=True))
_OFFERS = sa.select(VisitOffer.id).where(VisitOffer.host_id == _WHO)
_VISITS = sa.select(Visit.id).where(_OWN)
_TOLD = sa.select(sa.func.count(VisitLearning.id)).where(VisitLearning.account_id == _WHO)
_DELETE = tuple(sa.delete(model).where(model.account_id == _WHO) for model in (VisitLearning, VisitInterest))
_WITHDRAW = _ending(_OWN, VISIT.sources("withdraw"), VISIT_WITHDRAWN)
_DECLINE = _ending(_AT_OFFERS, VISIT.sources("decline"), VISIT.target("decline", "asked"))
_EMPTY_VISITS = sa.update(Visit).where(_OWN).values(account_id=None, name="", wants="")
_EMPTY_ANSWERS = sa.update(Visit).where(_AT_OFFERS).values(host_words="")
_EMPTY_OFFERS = (
    sa.update(VisitOffer)
    .where(VisitOffer.id.in_(sa.bindparam("offers", expanding=True)))
    .values(
        host_id=None, host_name="", title="", place="", what="", learning_edge="", topics=[], domains=[], state=CLOSED_OFFER,
        version=VisitOffer.version + 1,
    )
)  # fmt: skip


def erase(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """Erase the person from visits. What others wrote stays with them; an offer without its host is closed and empty."""
    who = {"who": account_id}
    offers, visits = session.scalars(_OFFERS, who).all(), session.scalars(_VISITS, who).all()
    told = session.scalar(_TOLD, who) or 0
    for found, words in ((len(offers), "visit offers"), (len(visits), "visits"), (told, "visit learnings")):
        if found:
            yield f"{PLUGIN}: {found} {words}"
    if dry_run:
        return
    for delete in _DELETE:
        session.execute(delete, who)
    hosted = {"offers": offers}
    ended = [*visits, *session.scalars(_WITHDRAW, who), *session.scalars(_DECLINE, hosted)]
    session.execute(_EMPTY_VISITS, who)
    session.execute(_EMPTY_ANSWERS, hosted)
    session.execute(_EMPTY_OFFERS, hosted)
    shelf.remove_many(session, plugin=PLUGIN, refs=ended)
    for offer_id in offers:
        noticeboard.withdraw(session, plugin=PLUGIN, ref=offer_id)
