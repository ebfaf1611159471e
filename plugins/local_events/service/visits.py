"""A visit's steps: asked for, agreed by the host, confirmed by the visitor; after it each tells what they learnt.

Places are counted from the visits, under the offer's lock: the first statement of each step that can take a place updates the
offer's own row, which on both engines makes everybody else wait. What is read after it is what is there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.sdk import (
    N_,
    SYSTEM,
    Forbidden,
    Invalid,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    new_id,
    once,
    people_by_id,
    record_audit,
    shelf,
    transaction,
    update_as_seen,
    upserts,
)
from plugins.local_events.manifest import MANIFEST, ORGANISE
from plugins.local_events.models import Visit, VisitLearning, VisitOffer
from plugins.local_events.queries import visits as queries
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.states import ASKED, HOLDING, LEARNT, LIVING, OFFERED_VISIT, TOOK_PLACE, UNASKED, VISIT
from plugins.local_events.visit_words import VISIT_STATES

LONGEST = 2000
CLOSED_WORDS = N_("The host has taken the offer back.")
FULL = N_("All places of this offer are agreed.")


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told of a step: `kind` names the letter (`letters/visits.py`)."""

    kind: str
    account_id: str
    email: str
    locale: str
    visit_id: str
    title: str
    by: str
    words: str
    visit_at: datetime | None


Post = Callable[[ScopedSession, Told], object]
"""What writes one letter in the caller's transaction."""


def path_of(visit_id: str) -> str:
    """Where a visit is, inside its site."""
    return f"/{MANIFEST.url_name}/visits/asked/{visit_id}"


_LOCK = (
    sa.update(VisitOffer)
    .where(VisitOffer.id == sa.bindparam("wanted"))
    .values(turn=VisitOffer.turn + 1)
    .returning(VisitOffer.id, VisitOffer.title, VisitOffer.host_id, VisitOffer.capacity, VisitOffer.starts_at)
)
_HELD = sa.select(sa.func.count(Visit.id)).where(Visit.offer_id == sa.bindparam("offer_id"), Visit.state.in_(HOLDING))
_LIVING = sa.select(Visit.id).where(
    Visit.offer_id == sa.bindparam("offer_id"), Visit.account_id == sa.bindparam("account_id"), Visit.state.in_(LIVING)
)


def _take_turn(session: ScopedSession, offer_id: str, *where: sa.ColumnElement[bool]) -> Any:
    """Lock the offer's places for the rest of the transaction; None where it is not as `where` says."""
    return session.execute(_LOCK.where(*where) if where else _LOCK, {"wanted": offer_id}).one_or_none()


def _held(session: ScopedSession, offer_id: str) -> int:
    """How many places of an offer are agreed."""
    return session.scalar(_HELD, {"offer_id": offer_id}) or 0


def ask(session: ScopedSession, tenant: TenantRef, offer_id: str, wants: str, visitor: Visitor, post: Post) -> str:
    """Ask a host for a visit, saying what one wants to learn; the visit's id. Asking twice is asking once.

    Raises NotFound for an offer that is not for the visitor, Forbidden for who is no member, Invalid without words, Refused
    for one's own offer, one that can no longer be asked for, and one whose places are all agreed.
    """
    found = queries.offer(session, tenant, visitor, offer_id)
    if visitor.account_id is None or not visitor.is_member:
        raise Forbidden("member", N_("Visits are for members of Q."))
    if found.host_id == visitor.account_id:
        raise Refused(N_("This is your own offer."))
    if not 0 < len(wants.strip()) <= LONGEST:
        raise Invalid({"wants": N_("Say what you want to learn, in at most 2,000 characters")})
    now = clock.now()
    with transaction(session):
        turn = _take_turn(
            session, offer_id, VisitOffer.state == OFFERED_VISIT, VisitOffer.open_until >= clock.today(),
            VisitOffer.audience.in_(queries.audiences(visitor, tenant)),
        )  # fmt: skip
        living = session.scalar(_LIVING, {"offer_id": offer_id, "account_id": visitor.account_id})
        if living is not None:
            return living
        if turn is None:
            raise Refused(N_("This offer can no longer be asked for."))
        if _held(session, offer_id) >= turn.capacity:
            raise Refused(FULL)
        visit_id = new_id()
        values = {
            "id": visit_id, "tenant_id": tenant.id, "offer_id": offer_id, "account_id": visitor.account_id,
            "name": visitor.name[:200], "wants": wants.strip(), "state": VISIT.target("ask", UNASKED), "visit_at": turn.starts_at,
            "host_words": "", "version": 1, "asked_at": now, "changed_at": now,
        }  # fmt: skip
        session.execute(sa.insert(Visit), [values])
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.ask_visit", subject=visit_id, after={"offer": offer_id}
        )
        _tell(session, Step("ask", visit_id, turn.title, turn.starts_at, ASKED), turn.host_id, visitor, "", post)
        _shelve(
            session, visitor.account_id, Step("ask", visit_id, turn.title, turn.starts_at, ASKED), needs_action=False
        )
    return visit_id


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was made: its event, whose visit it is, and the state that it led to."""

    event: str
    visit_id: str
    title: str
    visit_at: datetime | None
    state: str


def agree(
    session: ScopedSession,
    visit_id: str,
    visit_at: datetime | None,
    words: str,
    version: int,
    visitor: Visitor,
    post: Post,
) -> None:
    """The host agrees to a visit that was asked for, while a place is free; the visitor is asked to confirm.

    Raises NotFound, Forbidden for who is not the host, Invalid for a time gone by or too many words, Refused when all places
    are agreed or the state does not allow it, Conflict.
    """
    asked, found = _side(session, visitor, visit_id, "host")
    target = VISIT.target("agree", asked.state)
    wrong = _too_long(words)
    if visit_at is not None and visit_at <= clock.now():
        wrong["visit_at"] = N_("Choose a time to come")
    if wrong:
        raise Invalid(wrong)
    with transaction(session):
        turn = _take_turn(session, found.id)
        if _held(session, found.id) >= turn.capacity:
            raise Refused(FULL)
        _move(session, asked, "agree", target, version, visit_at=visit_at, host_words=words.strip())
        _made(session, Step("agree", visit_id, found.title, visit_at, target), asked, found, visitor, words, post)


def decline(session: ScopedSession, visit_id: str, words: str, version: int, visitor: Visitor, post: Post) -> None:
    """The host declines, or calls off what was agreed, and says why. Raises as `agree` does."""
    asked, found = _side(session, visitor, visit_id, "host")
    target = VISIT.target("decline", asked.state)
    if not 0 < len(words.strip()) <= LONGEST:
        raise Invalid({"why": N_("Say why, in at most 2,000 characters")})
    with transaction(session):
        _move(session, asked, "decline", target, version, host_words=words.strip())
        _made(
            session, Step("decline", visit_id, found.title, asked.visit_at, target), asked, found, visitor, words, post
        )


def confirm(session: ScopedSession, visit_id: str, version: int, visitor: Visitor, post: Post) -> None:
    """The visitor confirms what the host has agreed to. Raises NotFound, Forbidden for who is not the visitor, Refused,
    Conflict."""
    _press(session, visit_id, "confirm", "visitor", version, visitor, post)


def withdraw(session: ScopedSession, visit_id: str, version: int, visitor: Visitor, post: Post) -> None:
    """The visitor does not come, or asks no more: the place is free again. Raises as `confirm` does."""
    _press(session, visit_id, "withdraw", "visitor", version, visitor, post)


def take_place(session: ScopedSession, visit_id: str, version: int, visitor: Visitor, post: Post) -> None:
    """Either side says that the visit took place; both are asked what they learnt. Raises as `confirm` does, and Refused
    before the agreed time."""
    asked, _ = _side(session, visitor, visit_id, "")
    if asked.visit_at is not None and asked.visit_at > clock.now():
        raise Refused(N_("The agreed time has not come yet."))
    _press(session, visit_id, "take_place", "", version, visitor, post)


def tell(
    session: ScopedSession,
    tenant: TenantRef,
    visit_id: str,
    words: str,
    shared: bool,
    visitor: Visitor,
    post: Post,
    form_key: str,
) -> None:
    """One side tells what they learnt, or tells it anew; once both have, the visit is complete. Members read it where both
    sides share it.

    Raises NotFound, Forbidden for who is neither side, Invalid without words, Refused before the visit took place.
    """
    asked, found = _side(session, visitor, visit_id, "")
    side = queries.side_of(visitor, asked, found)
    if asked.state not in (TOOK_PLACE, LEARNT):
        raise Refused(N_("Tell what you learnt once the visit has taken place."))
    if not 0 < len(words.strip()) <= LONGEST:
        raise Invalid({"words": N_("Say what you learnt, in at most 2,000 characters")})
    kept = {"words": words.strip(), "shared": shared, "told_at": clock.now()}
    put = upserts.insert(session, VisitLearning).values(
        id=new_id(), tenant_id=tenant.id, visit_id=visit_id, side=side, account_id=visitor.account_id, **kept
    )
    with transaction(session):
        key = once(session, form_key, f"{PLUGIN}.tell:{visit_id}:{side}")
        if key.result is not None:
            return
        key.keep(visit_id)
        _take_turn(session, found.id)  # the two sides one after the other: the second makes it complete
        session.execute(put.on_conflict_do_update(index_elements=["tenant_id", "visit_id", "side"], set_=kept))
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.tell_learning", subject=visit_id, after={"shared": shared}
        )
        shelf.remove(session, account_id=visitor.account_id or "", plugin=PLUGIN, ref=visit_id)
        both = session.scalar(sa.select(sa.func.count(VisitLearning.id)).where(VisitLearning.visit_id == visit_id)) == 2
        target = VISIT.target("learn", TOOK_PLACE)
        if both and _changed(session, visit_id, VISIT.sources("learn"), state=target):
            other = found.host_id if side == "visitor" else asked.account_id
            _tell(session, Step("learn", visit_id, found.title, asked.visit_at, target), other, visitor, "", post)


def _too_long(words: str) -> dict[str, str]:
    return {"words": N_("At most 2,000 characters")} if len(words) > LONGEST else {}


def _side(session: ScopedSession, visitor: Visitor, visit_id: str, wanted: str) -> tuple[queries.Asked, queries.Offer]:
    """A visit that the visitor is a side of: the `wanted` one, or either. Raises NotFound and Forbidden."""
    asked, found = queries.visit(session, visitor, visit_id)
    side = queries.side_of(visitor, asked, found)
    if side == "" or (wanted and side != wanted):
        raise Forbidden(ORGANISE, N_("Only the other side of this visit can do this."))
    return asked, found


def _press(
    session: ScopedSession, visit_id: str, step: str, side: str, version: int, visitor: Visitor, post: Post
) -> None:
    """A step that needs no words."""
    asked, found = _side(session, visitor, visit_id, side)
    target = VISIT.target(step, asked.state)
    with transaction(session):
        _move(session, asked, step, target, version)
        _made(session, Step(step, visit_id, found.title, asked.visit_at, target), asked, found, visitor, "", post)


def _changed(session: ScopedSession, visit_id: str, sources: tuple[str, ...], **values: Any) -> bool:
    """A step that nobody pressed, whatever the version: whether the state allowed it."""
    done = session.execute(
        sa.update(Visit)
        .where(Visit.id == visit_id, Visit.state.in_(sources))
        .values(version=Visit.version + 1, changed_at=clock.now(), **values)
        .returning(Visit.id)
    )
    return done.one_or_none() is not None


def _move(session: ScopedSession, asked: queries.Asked, step: str, target: str, version: int, **values: Any) -> None:
    """The conditional update of a step: this version, a state that allows it. Raises NotFound, Refused, Conflict."""
    update_as_seen(
        session, Visit, Visit.id == asked.id, version, states=VISIT.sources(step), state=target, changed_at=clock.now(), **values
    )  # fmt: skip


def _made(
    session: ScopedSession,
    step: Step,
    asked: queries.Asked,
    found: queries.Offer,
    visitor: Visitor,
    words: str,
    post: Post,
) -> None:
    """What every step leaves behind: an audit entry, both sides' shelves, and a letter to the other side."""
    record_audit(
        session, actor=visitor.actor(), action=f"{PLUGIN}.{step.event}_visit", subject=step.visit_id,
        before={"state": asked.state}, after={"state": step.state},
    )  # fmt: skip
    other = found.host_id if visitor.account_id == asked.account_id else asked.account_id
    needs = {"agree": {asked.account_id}, "take_place": {asked.account_id, found.host_id}}.get(step.event, set())
    for account_id in (asked.account_id, found.host_id):
        if account_id is not None:
            _shelve(session, account_id, step, needs_action=account_id in needs)
    _tell(session, step, other, visitor, words, post, card=False)


def _shelve(session: ScopedSession, account_id: str, step: Step, *, needs_action: bool) -> None:
    """A person's own list says how a visit stands, while it lives."""
    if step.state not in LIVING or step.state == LEARNT:
        shelf.remove(session, account_id=account_id, plugin=PLUGIN, ref=step.visit_id)
        return
    shelf.put(
        session, account_id=account_id, plugin=PLUGIN, ref=step.visit_id, kind="visit", title=step.title,
        status=VISIT_STATES[step.state], when=step.visit_at, path=path_of(step.visit_id), needs_action=needs_action,
    )  # fmt: skip


def _tell(
    session: ScopedSession,
    step: Step,
    account_id: str | None,
    by: Visitor,
    words: str,
    post: Post,
    *,
    card: bool = True,
) -> None:
    """Write to the other side of a step, in this transaction; with `card` it is on their shelf too."""
    known = people_by_id(session, [account_id] if account_id else []).get(account_id or "")
    if account_id is not None and card:
        _shelve(session, account_id, step, needs_action=step.event == "ask")
    if known is not None:
        post(
            session,
            Told(
                step.event,
                known.account_id,
                known.email,
                known.locale,
                step.visit_id,
                step.title,
                by.name,
                words.strip(),
                step.visit_at,
            ),
        )


def follow(
    session: ScopedSession, offer: queries.Offer, place: str, starts_at: datetime | None, title: str, by: Visitor, post: Post
) -> None:  # fmt: skip
    """Bring the visits of an offer in step with what it says now, in the caller's transaction and under the offer's lock: those
    that were to be at the offer's own time are at its new one, both sides' lists say so, and who is to come is told."""
    if (place, starts_at, title) == (offer.place, offer.starts_at, offer.title):
        return
    ahead, shifted = VISIT.sources("decline"), set()
    if starts_at != offer.starts_at and None not in (starts_at, offer.starts_at):
        shifted = set(session.scalars(
            sa.update(Visit)
            .where(Visit.offer_id == offer.id, Visit.state.in_(ahead), Visit.visit_at == offer.starts_at)
            .values(visit_at=starts_at, version=Visit.version + 1, changed_at=clock.now())
            .returning(Visit.id)
        ))  # fmt: skip
    rows = session.execute(
        sa.select(Visit.id, Visit.account_id, Visit.state, Visit.visit_at)
        .where(Visit.offer_id == offer.id, Visit.state.in_(ahead))
        .order_by(Visit.id)
    ).all()
    known = people_by_id(session, {row.account_id for row in rows if row.account_id})
    for row in rows:
        shelf.retitle(session, plugin=PLUGIN, ref=row.id, title=title, when=row.visit_at)
        one, moved = known.get(row.account_id or ""), place != offer.place or row.id in shifted
        if one is not None and moved and row.state != ASKED:
            post(session, Told("move", one.account_id, one.email, one.locale, row.id, title, by.name, "", row.visit_at))


def end(session: ScopedSession, visit_id: str, event: str, post: Post) -> bool:
    """End a visit of which the side that takes `event` has closed its account, in the caller's transaction, and tell the other side;
    whether its state still allowed it."""
    target = VISIT.target(event, ASKED)
    if not _changed(session, visit_id, VISIT.sources(event), state=target):
        return False
    record_audit(
        session, actor=SYSTEM, action=f"{PLUGIN}.{event}_visit", subject=visit_id, after={"state": target},
        why="the account is closed",
    )  # fmt: skip
    shelf.remove_many(session, plugin=PLUGIN, refs=[visit_id])
    row = session.execute(
        sa.select(Visit.account_id, Visit.name, VisitOffer.title, VisitOffer.host_id, VisitOffer.host_name)
        .join(VisitOffer, (VisitOffer.tenant_id == Visit.tenant_id) & (VisitOffer.id == Visit.offer_id))
        .where(Visit.id == visit_id)
    ).one()
    kind, other, by = (
        ("withdraw", row.host_id, row.name) if event == "withdraw" else ("closed", row.account_id, row.host_name)
    )
    for one in people_by_id(session, [other] if other else []).values():
        post(session, Told(kind, one.account_id, one.email, one.locale, visit_id, row.title, by, "", None))
    return True


def tell_closed(session: ScopedSession, title: str, visit_ids: Sequence[str], by: str, post: Post) -> None:
    """Write to those whose visits ended with their offer, in the caller's transaction."""
    rows = session.execute(sa.select(Visit.id, Visit.account_id).where(Visit.id.in_(visit_ids))).all()
    known = people_by_id(session, {row.account_id for row in rows if row.account_id})
    for row in rows:
        one = known.get(row.account_id or "")
        if one is not None:
            post(session, Told("closed", one.account_id, one.email, one.locale, row.id, title, by, "", None))
