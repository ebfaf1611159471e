"""What an event says: writing a draft, and changing what a draft or a published event says."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.sdk import (
    N_,
    Forbidden,
    Invalid,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    new_id,
    once,
    record_audit,
    shelf,
    transaction,
)
from plugins.local_events import rules
from plugins.local_events.manifest import CREATE, ORGANISE
from plugins.local_events.models import Event
from plugins.local_events.queries import events, kinds
from plugins.local_events.queries.shapes import table
from plugins.local_events.service import asking, changes, feedback, hosting, organisers, pools, tags
from plugins.local_events.service.changing import PLUGIN, change, show_on_board, turn_of
from plugins.local_events.settings import Settings
from plugins.local_events.states import APPROVED, DRAFT, EDITABLE, PUBLISHED
from plugins.local_events.words import AUDIENCES, KINDS, LONGEST_DAYS, MODES, MOST_GUESTS, MOST_PLACES, REMINDERS

LONGEST_OFFER_HOURS = 336
MOVING = ("starts_at", "ends_at", "place", "online_url", "mode")
"""What changes an event's entry in a calendar so that it must be looked at again: `sequence` rises (RFC 5545, 3.8.7.4)."""

SETTLED = (APPROVED, PUBLISHED)
"""States of an event whose audience somebody has said yes to."""
TOO_WIDE = N_("You cannot publish for so wide an audience. Choose a narrower one, or ask a partner lead to change it.")


@dataclass(frozen=True, slots=True)
class Draft:
    """What an event says, as typed. Instants are aware UTC; places None are without a limit.

    `capacity` counts the places in person, or those online where that is the only way; `online_capacity` those online
    where both are possible.
    """

    kind: str
    title: str
    summary: str
    description: str
    mode: str
    place: str
    online_url: str
    starts_at: datetime
    ends_at: datetime
    audience: str
    capacity: int | None
    online_capacity: int | None = None
    registration_opens_at: datetime | None = None
    registration_closes_at: datetime | None = None
    withdraw_until: datetime | None = None
    wants_approval: bool = False
    guests_allowed: int = 0
    offer_hours: int = 48
    keep_answers_days: int = 14
    reminders: tuple[int, ...] = ()
    certificate: bool = False
    domains: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


def check(draft: Draft, fewest: int = 1) -> None:
    """Raise Invalid, by field, for what no event can say; `fewest` is the smallest number of places."""
    wrong: dict[str, str] = {}
    if not draft.title.strip():
        wrong["title"] = N_("Give the event a title")
    for name, closed in (("kind", KINDS), ("mode", MODES), ("audience", AUDIENCES)):
        if getattr(draft, name) not in closed:
            wrong[name] = N_("Choose one of the list")
    if draft.ends_at <= draft.starts_at:
        wrong["ends_at"] = N_("The end must be after the start")
    elif draft.ends_at - draft.starts_at > timedelta(days=LONGEST_DAYS):
        wrong["ends_at"] = N_("An event lasts at most 14 days")
    for name in ("capacity", "online_capacity"):
        size = getattr(draft, name)
        if size is not None and not fewest <= size <= MOST_PLACES:
            wrong[name] = N_("Enter a number of places from 1 to 5,000")
    if draft.mode in ("in_person", "both") and not draft.place.strip():
        wrong["place"] = N_("Say where people should come to")
    if draft.mode in ("online", "both") and not draft.online_url.startswith("https://"):
        wrong["online_url"] = N_("Enter the link for joining online; it begins with https://")
    if not set(draft.reminders) <= REMINDERS.keys():
        wrong["reminders"] = N_("Choose one of the list")
    wrong |= _wrong_registration(draft) | tags.wrong(draft.domains, draft.topics)
    if wrong:
        raise Invalid(wrong)


def _wrong_registration(draft: Draft) -> dict[str, str]:
    wrong: dict[str, str] = {}
    opens, closes, until = draft.registration_opens_at, draft.registration_closes_at, draft.withdraw_until
    if closes is not None and closes > draft.starts_at:
        wrong["registration_closes_at"] = N_("Registration closes when the event begins, or earlier")
    if opens is not None and opens >= (closes or draft.starts_at):
        wrong["registration_opens_at"] = N_("Registration must open before it closes")
    if until is not None and until > draft.starts_at:
        wrong["withdraw_until"] = N_("Choose a time before the event begins")
    if not 0 <= draft.guests_allowed <= MOST_GUESTS:
        wrong["guests_allowed"] = N_("Enter a number from 0 to 9")
    if not 1 <= draft.offer_hours <= LONGEST_OFFER_HOURS:
        wrong["offer_hours"] = N_("Enter a number of hours from 1 to 336")
    if not 0 <= draft.keep_answers_days <= 365:
        wrong["keep_answers_days"] = N_("Enter a number of days from 0 to 365")
    return wrong


def _words(draft: Draft) -> dict[str, Any]:
    """The event's columns of a draft: what its mode has no use for is left empty."""
    values = asdict(draft)
    for name in ("capacity", "online_capacity", "domains", "topics"):
        del values[name]
    values["reminders"] = sorted(draft.reminders, reverse=True)
    values["place"] = "" if draft.mode == "online" else draft.place
    values["online_url"] = "" if draft.mode == "in_person" else draft.online_url
    return values


_INSERT = sa.insert(table(Event))


def create(
    session: ScopedSession, tenant: TenantRef, settings: Settings, draft: Draft, visitor: Visitor, form_key: str
) -> str:
    """A new draft with its pools, and with the questions that are usual for its kind; returns its id. The same form sent twice
    makes one event.

    Raises Forbidden, Invalid by field, and Refused for a form key that is missing or was used for something else.
    """
    if visitor.account_id is None or not rules.may_create(visitor, tenant, settings):
        raise Forbidden(CREATE)
    check(draft)
    rules.check_audience(tenant, draft.audience)
    now = clock.now()
    with transaction(session):
        key = once(session, form_key, f"{PLUGIN}.create:{visitor.account_id}")
        if key.result is not None:
            return key.result
        event_id, kind = new_id(), kinds.current(session, settings, draft.kind)
        values = {"id": event_id, "tenant_id": tenant.id, **_words(draft), "state": DRAFT, "version": 1}
        values |= {"origin": rules.origin_of(visitor, tenant), "asks": bool(kind.questions)}
        values |= {"created_by": visitor.account_id, "created_at": now, "modified_at": now, "state_why": ""}
        session.execute(_INSERT, values)
        pools.make(session, tenant, event_id, draft)
        asking.write(session, tenant, event_id, kind.questions)
        tags.follow(session, tenant, event_id, draft.domains, draft.topics, new=True)
        if values["origin"] != "member":  # who proposes becomes an organiser when the event is published
            organisers.name_first(session, tenant, event_id, visitor.account_id)
        key.keep(event_id)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.create", subject=event_id,
            after={
                "state": DRAFT, "kind": draft.kind, "kind_version": kind.version, "audience": draft.audience,
                "capacity": draft.capacity,
            },
        )  # fmt: skip
    return event_id


def edit(
    session: ScopedSession,
    tenant: TenantRef,
    settings: Settings,
    event_id: str,
    draft: Draft,
    version: int,
    visitor: Visitor,
) -> None:
    """Change what an event says, if it is still at `version`; the noticeboard and everybody's shelf follow.

    Fewer places than are taken turn nobody out; more are offered to who waits. Raises NotFound, Forbidden, Invalid (also
    for a way of taking part that people have registered for and that would be gone, for a published event that would be moved
    into the past, and for an audience wider than the visitor may publish for, of an event that is published or approved for a
    narrower one), Conflict, Refused.
    """
    event = events.seen(session, tenant, visitor, event_id)
    if not rules.may_run(visitor, tenant, settings, event.created_by, event.state):
        raise Forbidden(ORGANISE)
    if event.state not in EDITABLE:
        raise Refused(N_("This event is closed and cannot be changed."))
    check(draft, fewest=0)  # as on the page of its places
    _check_move(event, draft)
    rules.check_audience(tenant, draft.audience)
    if event.state in SETTLED and not rules.may_widen(visitor, settings, event.audience, draft.audience):
        raise Invalid({"audience": TOO_WIDE})
    at, words = event._replace(version=version), _words(draft)
    moved = event.state == PUBLISHED and any(getattr(event, name) != words[name] for name in MOVING)
    with transaction(session):
        change(session, at, Event.state == event.state, sequence=Event.sequence + int(moved), **words)
        pools.follow(session, tenant, event, draft)
        tags.follow(session, tenant, event_id, draft.domains, draft.topics, new=False)
        hosting.follow(session, event_id, draft, shown=event.state == PUBLISHED)
        if event.state == PUBLISHED:
            show_on_board(session, event_id, draft)
            calendar = shelf.InCalendar(
                event.uid, turn_of(session, event_id), draft.ends_at, words["place"], words["online_url"]
            )
            shelf.retitle(
                session, plugin=PLUGIN, ref=event_id, title=draft.title, when=draft.starts_at,
                moved=calendar if moved else None,
            )  # fmt: skip
        if moved:
            changes.tell(session, tenant, event)
        if event.state == PUBLISHED and event.ends_at <= clock.now() and event.ends_at != draft.ends_at:
            feedback.follow(session, event_id, draft.ends_at)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.edit", subject=event_id, before=_facts(event), after=_facts(draft)
        )  # fmt: skip


def _check_move(event: events.Details, draft: Draft) -> None:
    """Raise Invalid for a published event that would be moved into the past: forms tell times by the minute."""
    before, after = (at.replace(second=0, microsecond=0) for at in (event.starts_at, draft.starts_at))
    if event.state == PUBLISHED and before != after and draft.starts_at <= clock.now():
        raise Invalid({"starts_at": N_("Choose a time to come")})


def _facts(event: Draft | events.Details) -> dict[str, Any]:
    """What the audit trail keeps of an event's words: what others rely on, and no free text."""
    return {
        "kind": event.kind,
        "mode": event.mode,
        "audience": event.audience,
        "starts_at": event.starts_at.isoformat(),
        "ends_at": event.ends_at.isoformat(),
    }
