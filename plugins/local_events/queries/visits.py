"""Reading offers of visits, the visits that came of them, and what people look for."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import NotFound, ScopedSession, TenantRef, Visitor, caseless, clock, is_id, ordered, people_by_id
from plugins.local_events import rules
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Event, Visit, VisitInterest, VisitLearning, VisitOffer
from plugins.local_events.queries.shapes import columns
from plugins.local_events.states import HOLDING, OFFERED_VISIT
from plugins.local_events.visit_matching import Match, Subject, match
from plugins.local_events.visit_words import VISIT_KINDS

MOST_OFFERS = 500
"""Of one site, newest first: as many as are put in order for one person."""
MOST_LEARNT = 50


class Offer(NamedTuple):
    """An offer with how many places are agreed."""

    id: str
    kind: str
    host_id: str | None
    host_name: str
    title: str
    place: str
    what: str
    learning_edge: str
    domains: list[str]
    topics: list[str]
    starts_at: datetime | None
    open_until: date
    capacity: int
    audience: str
    state: str
    event_id: str | None
    version: int
    offered_at: datetime
    held: int

    @property
    def left(self) -> int:
        """Places that nobody has yet."""
        return max(0, self.capacity - self.held)

    @property
    def stands(self) -> bool:
        """Whether people can still ask."""
        return self.state == OFFERED_VISIT and self.open_until >= clock.today()

    @property
    def subject(self) -> Subject:
        """What it is about, for matching."""
        return Subject(self.domains, self.topics, f"{self.title} {self.what} {self.learning_edge}")


class Asked(NamedTuple):
    """One visit, as its two sides and organisers read it."""

    id: str
    offer_id: str
    account_id: str | None
    name: str
    wants: str
    state: str
    visit_at: datetime | None
    host_words: str
    version: int
    asked_at: datetime
    changed_at: datetime


class Learnt(NamedTuple):
    """What both sides of a visit learnt, where both share it."""

    visit_id: str
    host: str
    visitor: str


class Interest(NamedTuple):
    """What somebody looks for."""

    domains: list[str]
    topics: list[str]
    words: str

    @property
    def subject(self) -> Subject:
        """For matching."""
        return Subject(self.domains, self.topics, self.words)


_HELD = (
    sa.select(sa.func.count(Visit.id))
    .where(Visit.tenant_id == VisitOffer.tenant_id, Visit.offer_id == VisitOffer.id, Visit.state.in_(HOLDING))
    .correlate(VisitOffer)
    .scalar_subquery()
)
_OFFER = [*(getattr(VisitOffer, name) for name in Offer._fields[:-1]), _HELD]
_ASKED = columns(Asked, Visit)
_ONE_OFFER = sa.select(*_OFFER).where(VisitOffer.id == sa.bindparam("wanted"))
_ONE_VISIT = (
    sa.select(*_ASKED, *_OFFER)
    .join(VisitOffer, sa.and_(VisitOffer.tenant_id == Visit.tenant_id, VisitOffer.id == Visit.offer_id))
    .where(Visit.id == sa.bindparam("wanted"))
)


def audiences(visitor: Visitor, tenant: TenantRef) -> tuple[str, ...]:
    """The audiences of offers that the visitor belongs to: offers are for members, and for organisers to look after."""
    return tuple(one for one in rules.audiences(visitor, tenant) if one in ("area", "uk"))


def offer(session: ScopedSession, tenant: TenantRef, visitor: Visitor, offer_id: str) -> Offer:
    """An offer that the visitor may see: its audience's, one's own, or one that they have a visit of. NotFound for any other."""
    row = session.execute(_ONE_OFFER, {"wanted": offer_id}).one_or_none() if is_id(offer_id) else None
    if row is None:
        raise NotFound
    found = Offer(*row)
    mine = visitor.account_id is not None and visitor.account_id == found.host_id
    if not mine and found.audience not in audiences(visitor, tenant):
        asked = own(session, offer_id, visitor.account_id)
        if asked is None:
            raise NotFound
    return found


def own(session: ScopedSession, offer_id: str, account_id: str | None) -> Asked | None:
    """A person's last visit of an offer; None where they never asked."""
    if account_id is None:
        return None
    row = session.execute(
        sa.select(*_ASKED)
        .where(Visit.offer_id == offer_id, Visit.account_id == account_id)
        .order_by(Visit.asked_at.desc(), Visit.id.desc())
        .limit(1)
    ).one_or_none()
    return Asked(*row) if row is not None else None


def standing(session: ScopedSession, allowed: Sequence[str]) -> list[Offer]:
    """The offers that can be asked for, newest first; of the audiences `allowed`."""
    rows = session.execute(
        sa.select(*_OFFER)
        .where(
            VisitOffer.state == OFFERED_VISIT, VisitOffer.open_until >= clock.today(), VisitOffer.audience.in_(allowed)
        )
        .order_by(VisitOffer.offered_at.desc(), VisitOffer.id)
        .limit(MOST_OFFERS)
    ).all()
    return [Offer(*row) for row in rows]


def interest(session: ScopedSession, account_id: str | None) -> Interest:
    """What a person looks for at this site; nothing where they have not said."""
    return interests(session, [account_id] if account_id else []).get(account_id or "", Interest([], [], ""))


def interests(session: ScopedSession, account_ids: Collection[str]) -> dict[str, Interest]:
    """What several people look for, in one statement."""
    if not account_ids:
        return {}
    rows = session.execute(
        sa.select(VisitInterest.account_id, *columns(Interest, VisitInterest)).where(
            VisitInterest.account_id.in_(list(account_ids))
        )
    ).all()
    return {row[0]: Interest(*row[1:]) for row in rows}


def matched(offers: Sequence[Offer], wanted: Subject) -> list[tuple[Offer, Match]]:
    """Offers with what they have in common with `wanted`; the best match first, then as they came."""
    found = [(one, match(one.subject, wanted)) for one in offers]
    return sorted(found, key=lambda pair: -pair[1].score)


def of_offer(session: ScopedSession, one: Offer) -> list[tuple[Asked, Match]]:
    """Everybody who asked for an offer, in the order in which they asked, with what they have in common with it."""
    rows = [
        Asked(*row)
        for row in session.execute(
            sa.select(*_ASKED).where(Visit.offer_id == one.id).order_by(Visit.asked_at, Visit.id)
        )
    ]
    known = interests(session, {row.account_id for row in rows if row.account_id})
    found = []
    for row in rows:
        theirs = known.get(row.account_id or "", Interest([], [], ""))
        found.append((row, match(one.subject, Subject(theirs.domains, theirs.topics, f"{row.wants} {theirs.words}"))))
    return found


def visit(session: ScopedSession, visitor: Visitor, visit_id: str) -> tuple[Asked, Offer]:
    """One visit with its offer, for its two sides and for organisers. NotFound for anybody else."""
    row = session.execute(_ONE_VISIT, {"wanted": visit_id}).one_or_none() if is_id(visit_id) else None
    if row is None:
        raise NotFound
    asked, found = Asked(*row[: len(_ASKED)]), Offer(*row[len(_ASKED) :])
    if side_of(visitor, asked, found) == "" and not visitor.can(ORGANISE):
        raise NotFound
    return asked, found


def side_of(visitor: Visitor, asked: Any, found: Any) -> str:
    """Which side of a visit somebody is: host, visitor, or "" for neither."""
    if visitor.account_id is None:
        return ""
    return {found.host_id: "host", asked.account_id: "visitor"}.get(visitor.account_id, "")


def told(session: ScopedSession, visit_id: str) -> dict[str, Any]:
    """What was learnt from a visit so far, by side: rows with words, shared and told_at."""
    rows = session.execute(
        sa.select(VisitLearning.side, VisitLearning.words, VisitLearning.shared, VisitLearning.told_at).where(
            VisitLearning.visit_id == visit_id
        )
    ).all()
    return {row.side: row for row in rows}


def addresses(session: ScopedSession, account_ids: Collection[str]) -> dict[str, str]:
    """The email addresses of accounts that are open: for the two sides of a visit that the host has agreed to."""
    return {one: person.email for one, person in people_by_id(session, account_ids).items()}


def learnt(session: ScopedSession, *where: sa.ColumnElement[bool]) -> list[tuple[Learnt, str, str]]:
    """What was learnt from visits where both sides share it, newest first, with the offer's id and title; of offers `where`."""
    host, guest = sa.orm.aliased(VisitLearning), sa.orm.aliased(VisitLearning)
    rows = session.execute(
        sa.select(Visit.id, host.words, guest.words, VisitOffer.id, VisitOffer.title)
        .join(VisitOffer, sa.and_(VisitOffer.tenant_id == Visit.tenant_id, VisitOffer.id == Visit.offer_id))
        .join(
            host,
            sa.and_(host.tenant_id == Visit.tenant_id, host.visit_id == Visit.id, host.side == "host", host.shared),
        )
        .join(
            guest,
            sa.and_(
                guest.tenant_id == Visit.tenant_id, guest.visit_id == Visit.id, guest.side == "visitor", guest.shared
            ),
        )
        .where(*where)
        .order_by(Visit.changed_at.desc(), Visit.id)
        .limit(MOST_LEARNT)
    ).all()
    return [(Learnt(*row[:3]), row[3], row[4]) for row in rows]


def shared_for(session: ScopedSession, allowed: Sequence[str], offer_id: str = "") -> list[tuple[Learnt, str, str]]:
    """`learnt` for the audiences `allowed`, of one offer or of all."""
    where = [VisitOffer.audience.in_(allowed)]
    return learnt(session, *where, *([VisitOffer.id == offer_id] if offer_id else []))


class Row(NamedTuple):
    """An offer in the organisers' list: with how many have asked and how many visits took place."""

    id: str
    title: str
    kind: str
    host_name: str
    audience: str
    state: str
    open_until: date
    starts_at: datetime | None
    capacity: int
    waiting: int
    agreed: int
    took_place: int


def _count(*states: str) -> Any:
    return sa.func.count(Visit.id).filter(Visit.state.in_(states))


ROW_SORTS: Mapping[str, Any] = {
    "open": VisitOffer.open_until, "title": caseless(VisitOffer.title), "host": caseless(VisitOffer.host_name),
}  # fmt: skip


def rows(session: ScopedSession, *, state: str, order: str, limit: int | None, offset: int) -> tuple[list[Row], int]:
    """One page of the site's offers, or all of them, and how many there are; in one statement."""
    query = (
        sa.select(
            *(getattr(VisitOffer, name) for name in Row._fields[:-3]),
            _count("asked"), _count("agreed", "confirmed"), _count("took_place", "learnt"), sa.func.count().over(),
        )
        .outerjoin(Visit, sa.and_(Visit.tenant_id == VisitOffer.tenant_id, Visit.offer_id == VisitOffer.id))
        .group_by(VisitOffer.id)
        .order_by(*ordered(ROW_SORTS, order, VisitOffer.id))
    )  # fmt: skip
    if state:
        query = query.where(VisitOffer.state == state)
    found = session.execute(query.limit(limit).offset(offset)).all()
    return [Row(*row[:-1]) for row in found], found[0][-1] if found else 0


def events_to_link(session: ScopedSession) -> list[Any]:
    """Site visits and exchanges of this site that an offer can be linked to (id, title, starts_at), newest first."""
    return list(
        session.execute(
            sa.select(Event.id, Event.title, Event.starts_at)
            .where(Event.kind.in_(VISIT_KINDS), Event.state.in_(("draft", "published", "completed")))
            .order_by(Event.starts_at.desc(), Event.id)
            .limit(100)
        )
    )


def linked_to(session: ScopedSession, event_id: str, allowed: Sequence[str]) -> Any:
    """The offer that an event came from (id, title, learning_edge), or None."""
    return session.execute(
        sa.select(VisitOffer.id, VisitOffer.title, VisitOffer.learning_edge)
        .where(VisitOffer.event_id == event_id, VisitOffer.audience.in_(allowed))
        .order_by(VisitOffer.offered_at, VisitOffer.id)
        .limit(1)
    ).one_or_none()
