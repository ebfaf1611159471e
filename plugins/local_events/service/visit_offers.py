"""Offering a visit: written, changed, closed, linked to an event; and what people look for."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from core.sdk import (
    N_,
    SYSTEM,
    Actor,
    Conflict,
    Forbidden,
    Invalid,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    is_closed,
    is_id,
    new_id,
    noticeboard,
    once,
    record_audit,
    shelf,
    transaction,
    upserts,
)
from plugins.local_events import rules
from plugins.local_events.manifest import CREATE, MANIFEST, ORGANISE
from plugins.local_events.models import Event, Visit, VisitInterest, VisitOffer
from plugins.local_events.queries import visits as queries
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.visits import CLOSED_WORDS, Post, follow, tell_closed
from plugins.local_events.states import AGREED, ASKED, OFFER, OFFERED_VISIT, VISIT
from plugins.local_events.visit_words import MOST_TOPICS, MOST_VISITORS, VISIT_AUDIENCES, VISIT_KINDS
from plugins.local_events.words import DOMAINS

LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Draft:
    """What an offer says, as typed. `starts_at` None: to be agreed with each visitor."""

    kind: str
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


def path_of(offer_id: str) -> str:
    """Where an offer is, inside its site."""
    return f"/{MANIFEST.url_name}/visits/{offer_id}"


_NEEDED = {
    "title": (N_("Give the visit a title"), 200, N_("At most 200 characters")),
    "place": (N_("Say where visitors come to"), 200, N_("At most 200 characters")),
    "what": (N_("Say what visitors will see and do"), LONGEST, N_("At most 2,000 characters")),
    "learning_edge": (N_("Say what you are learning yourselves"), LONGEST, N_("At most 2,000 characters")),
}


def check(draft: Draft, now: datetime) -> None:
    """Raise Invalid, by field, for what no offer can say."""
    wrong: dict[str, str] = {}
    for name, (missing, longest, too_long) in _NEEDED.items():
        said = getattr(draft, name).strip()
        if not 0 < len(said) <= longest:
            wrong[name] = too_long if said else missing
    for name, closed in (("kind", VISIT_KINDS), ("audience", VISIT_AUDIENCES)):
        if getattr(draft, name) not in closed:
            wrong[name] = N_("Choose one of the list")
    if not set(draft.domains) <= set(DOMAINS):
        wrong["domains"] = N_("Choose one of the list")
    if len(draft.topics) > MOST_TOPICS:
        wrong["topics"] = N_("At most ten topics")
    if not 1 <= draft.capacity <= MOST_VISITORS:
        wrong["capacity"] = N_("Enter a number of visitors from 1 to 50")
    wrong |= _wrong_times(draft, now)
    if wrong:
        raise Invalid(wrong)


def _wrong_times(draft: Draft, now: datetime) -> dict[str, str]:
    wrong: dict[str, str] = {}
    today = clock.london(now).date()
    if draft.starts_at is not None and draft.starts_at <= now:
        wrong["starts_at"] = N_("Choose a time to come")
    if not today <= draft.open_until <= date(today.year + 2, 12, 31):
        wrong["open_until"] = N_("Choose a day to come, within two years")
    elif draft.starts_at is not None and draft.open_until > clock.london(draft.starts_at).date():
        wrong["open_until"] = N_("Choose a day before the visit")
    return wrong


def offer(session: ScopedSession, tenant: TenantRef, draft: Draft, visitor: Visitor, form_key: str) -> str:
    """Offer a visit; its id. The same form sent twice makes one. Raises Forbidden for who is no member of this area and no
    organiser, Invalid by field."""
    if visitor.account_id is None or not (rules.is_local(visitor, tenant) or visitor.can(ORGANISE)):
        raise Forbidden(CREATE, N_("Members whose home is this site offer visits here."))
    now = clock.now()
    check(draft, now)
    with transaction(session):
        key = once(session, form_key, f"{PLUGIN}.visit_offer:{visitor.account_id}")
        if key.result is not None:
            return key.result
        offer_id = new_id()
        values = {
            "id": offer_id, "tenant_id": tenant.id, **asdict(draft), "host_id": visitor.account_id,
            "host_name": visitor.name[:200], "state": OFFERED_VISIT, "event_id": None, "version": 1, "turn": 0,
            "offered_at": now, "changed_at": now,
        }  # fmt: skip
        session.execute(sa.insert(VisitOffer), [values])
        _show(session, offer_id, draft, now)
        key.keep(offer_id)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.offer_visit", subject=offer_id,
            after={"kind": draft.kind, "audience": draft.audience, "capacity": draft.capacity},
        )  # fmt: skip
    return offer_id


def may_run(visitor: Visitor, found: Any) -> bool:
    """Whether the visitor may change, close or link an offer: its host, and organisers."""
    return visitor.can(ORGANISE) or (visitor.account_id is not None and found.host_id == visitor.account_id)


def _runs(session: ScopedSession, tenant: TenantRef, offer_id: str, visitor: Visitor) -> Any:
    found = queries.offer(session, tenant, visitor, offer_id)
    if not may_run(visitor, found):
        raise Forbidden(ORGANISE)
    return found


def change(
    session: ScopedSession, tenant: TenantRef, offer_id: str, draft: Draft, version: int, visitor: Visitor, post: Post
) -> None:
    """Change what an offer says, if it stands and is at `version`. Fewer places than are agreed turn nobody out; who is to come
    is told of another place or time.

    Raises NotFound, Forbidden, Invalid by field, Refused when it is closed, Conflict.
    """
    found, now = _runs(session, tenant, offer_id, visitor), clock.now()
    check(draft, now)
    with transaction(session):
        if not _update(session, offer_id, VisitOffer.version == version, **asdict(draft)):
            raise Refused(N_("This offer is closed.")) if found.state != OFFERED_VISIT else Conflict
        _show(session, offer_id, draft, now)
        follow(session, found, draft.place, draft.starts_at, draft.title, visitor, post)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.change_visit_offer", subject=offer_id,
            before={"capacity": found.capacity, "audience": found.audience},
            after={"capacity": draft.capacity, "audience": draft.audience},
        )  # fmt: skip


def close(session: ScopedSession, tenant: TenantRef, offer_id: str, visitor: Visitor, post: Post) -> int:
    """Take an offer back: nobody can ask any more, who waits for an answer or for their own is declined, and what both have
    confirmed stands. Each is told; how many. Raises NotFound, Forbidden, Refused when it is closed."""
    found = _runs(session, tenant, offer_id, visitor)
    OFFER.row("close", found.state)
    with transaction(session):
        declined = _take_back(session, offer_id, found.title, visitor.actor(), visitor.name, post)
        if declined is None:
            raise Refused(N_("This offer is closed."))
    return declined


def close_hostless(session: ScopedSession, post: Post) -> int:
    """Take back, as `close` does, the offers of hosts whose account is closed, each in a transaction of its own; how many.
    Twice is as good as once."""
    due = session.execute(
        sa.select(VisitOffer.id, VisitOffer.title, VisitOffer.host_name)
        .where(VisitOffer.state == OFFERED_VISIT, is_closed(VisitOffer.host_id))
        .order_by(VisitOffer.id)
    ).all()
    count = 0
    for row in due:
        with transaction(session):
            count += _take_back(session, row.id, row.title, SYSTEM, row.host_name, post) is not None
    return count


def _take_back(
    session: ScopedSession, offer_id: str, title: str, actor: Actor, by: str, post: Post
) -> int | None:  # fmt: skip
    """Close an offer in the caller's transaction; how many visits that declined, None where it was closed already."""
    target = OFFER.target("close", OFFERED_VISIT)
    if not _update(session, offer_id, state=target):
        return None
    gone = session.execute(
        sa.update(Visit)
        .where(Visit.offer_id == offer_id, Visit.state.in_((ASKED, AGREED)))
        .values(state=VISIT.target("decline", ASKED), host_words=CLOSED_WORDS, version=Visit.version + 1, changed_at=clock.now())
        .returning(Visit.id)
    ).scalars().all()  # fmt: skip
    shelf.remove_many(session, plugin=PLUGIN, refs=list(gone))
    noticeboard.withdraw(session, plugin=PLUGIN, ref=offer_id)
    record_audit(
        session, actor=actor, action=f"{PLUGIN}.close_visit_offer", subject=offer_id,
        before={"state": OFFERED_VISIT}, after={"state": target, "declined": len(gone)},
    )  # fmt: skip
    tell_closed(session, title, gone, by, post)
    return len(gone)


def link(
    session: ScopedSession, tenant: TenantRef, offer_id: str, event_id: str, visitor: Visitor, form_key: str
) -> None:
    """Say which event of this site the offer has become; "" for none. Raises NotFound, Forbidden, Invalid for an event that
    is no visit or exchange of this site."""
    found = _runs(session, tenant, offer_id, visitor)
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    named = sa.select(Event.id).where(Event.id == event_id, Event.kind.in_(VISIT_KINDS))
    known = session.scalar(named) if is_id(event_id) else None
    if event_id and known is None:
        raise Invalid({"event_id": N_("Choose one of the list")})
    with transaction(session):
        key = once(session, form_key, f"{PLUGIN}.link_visit_offer:{offer_id}")
        if key.result is not None:
            return
        key.keep(offer_id)
        session.execute(
            sa.update(VisitOffer).where(VisitOffer.id == offer_id).values(event_id=known, changed_at=clock.now())
        )
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.link_visit_offer", subject=offer_id,
            before={"event": found.event_id}, after={"event": known},
        )  # fmt: skip


def look_for(
    session: ScopedSession,
    tenant: TenantRef,
    domains: list[str],
    topics: list[str],
    words: str,
    visitor: Visitor,
    form_key: str,
) -> None:
    """Keep what a person looks for in visits at this site. Raises Forbidden for who is no member, Invalid by field."""
    if visitor.account_id is None or not visitor.is_member:
        raise Forbidden("member", N_("Visits are for members of Q."))
    if not set(domains) <= set(DOMAINS) or len(topics) > MOST_TOPICS or len(words) > LONGEST:
        raise Invalid({"words": N_("At most 2,000 characters")})
    kept = {"domains": domains, "topics": topics, "words": words.strip(), "changed_at": clock.now()}
    put = upserts.insert(session, VisitInterest).values(
        id=new_id(), tenant_id=tenant.id, account_id=visitor.account_id, **kept
    )
    with transaction(session):
        key = once(session, form_key, f"{PLUGIN}.look_for_visits:{visitor.account_id}")
        if key.result is not None:
            return
        key.keep(visitor.account_id)
        session.execute(put.on_conflict_do_update(index_elements=["tenant_id", "account_id"], set_=kept))
        record_audit(session, actor=visitor.actor(), action=f"{PLUGIN}.look_for_visits", subject=visitor.account_id)


def _update(session: ScopedSession, offer_id: str, *where: sa.ColumnElement[bool], **values: Any) -> bool:
    """The conditional update that every change of an offer begins with: it stands, and `where`."""
    done = session.execute(
        sa.update(VisitOffer)
        .where(VisitOffer.id == offer_id, VisitOffer.state == OFFERED_VISIT, *where)
        .values(version=VisitOffer.version + 1, turn=VisitOffer.turn + 1, changed_at=clock.now(), **values)
        .returning(VisitOffer.id)
    )
    return done.one_or_none() is not None


def _show(session: ScopedSession, offer_id: str, draft: Draft, now: datetime) -> None:
    """Bring the noticeboard in step: offers for all members are on it until they can no longer be asked for."""
    if draft.audience != "uk":
        noticeboard.withdraw(session, plugin=PLUGIN, ref=offer_id)
        return
    noticeboard.publish(
        session, plugin=PLUGIN, ref=offer_id, kind=noticeboard.VISIT, title=draft.title, summary=draft.learning_edge,
        starts_at=now, ends_at=clock.from_london(datetime.combine(draft.open_until, time(23, 59))),
        place=draft.place, path=path_of(offer_id), audience="uk",
    )  # fmt: skip
