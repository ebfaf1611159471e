"""More of the invented programme: a series, an exchange, proposals at every stage, and an event that two sites host."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.sdk import Person, ScopedSession, TenantRef, Visitor, clock, new_id, sites
from plugins.local_events import rules
from plugins.local_events.models import Event, Hosting, Occurrence, Organiser, Pool, ProposalStep, Tag
from plugins.local_events.queries import events
from plugins.local_events.recurrence import Rule, dates, usual_rules, wall
from plugins.local_events.service.changing import SHARED_AUDIENCES, show_on_board
from plugins.local_events.service.series import insert_series, occurrence, write_dates
from plugins.local_events.states import ACCEPTED, INVITED, PUBLISHED

SERIES, DATES = "networking", 6
HOSTED = {"scotland": ("northern-ireland", ACCEPTED), "wales": ("scotland", INVITED)}
"""Who asks whom to host an event together, and what became of it."""
ABOUT = {
    "networking": (("patient_centred",), ("community",)),
    "masterclass": (("effective", "safe"), ("measurement", "run charts")),
    "site_visit": (("timely", "efficient"), ("flow",)),
    "webinar": (("patient_centred", "equitable"), ("co-design",)),
    "workshop": (("effective",), ("measurement", "small tests")),
    "exchange": (("efficient",), ("flow", "handover")),
    "meet_up": (("patient_centred",), ("joy in work",)),
}
PROPOSALS = (
    ("draft", "Lunch for improvers in general practice", ()),
    ("submitted", "Reading club: one paper, one hour", (("submit", ""),)),
    ("changes_requested", "Run charts over coffee", (
        ("submit", ""), ("request_changes", "Good idea. Please say where it takes place, and what people should bring."),
    )),
    ("approved", "Walking meet-up for carers who improve care", (("submit", ""), ("approve", ""))),
    ("rejected", "An evening about our new software", (
        ("submit", ""), ("reject", "Q events do not present products. A talk about what you learnt from it would fit well."),
    )),
    ("withdrawn", "Breakfast before the conference", (("submit", ""), ("withdraw", ""))),
)  # fmt: skip


def add(session: ScopedSession, tenant: TenantRef, made: list[dict[str, Any]], people: list[Person]) -> None:
    """Add to a programme that is there (`made`, the rows of its events), in the caller's transaction. The first of `people` is
    the organiser."""
    organiser, *members = people
    session.execute(sa.insert(Organiser), [_organiser(event, organiser) for event in made])
    first = next(event for event in made if event["kind"] == SERIES and event["state"] == PUBLISHED)
    exchange = _exchange(tenant, first, organiser)
    has_area = rules.audiences_at(tenant) == rules.BY_WIDTH  # the UK site has no members of its own to propose
    # by the one whom visitors of the demonstration can be
    proposer = next((person for person in members if person.email.startswith("member.")), members[0])
    proposed = [_proposal(tenant, first, number, proposer) for number in range(len(PROPOSALS) if has_area else 0)]
    session.execute(sa.insert(Event), [exchange, *proposed])
    session.execute(sa.insert(Pool), [_pool(event, 8) for event in (exchange, *proposed)])
    session.execute(sa.insert(Organiser), [_organiser(exchange, organiser)])
    session.execute(sa.insert(Tag), [tag for event in (*made, exchange, *proposed) for tag in _tags(event)])
    if proposed:
        session.execute(sa.insert(ProposalStep), [step for event in proposed for step in _steps(event, organiser)])
    visitor = Visitor(account_id=organiser.id)
    start = wall(first["starts_at"])
    rule = usual_rules(start).get("monthly_nth", usual_rules(start)["weekly"])
    _dates(session, tenant, visitor, first, Rule(rule.freq, 1, rule.weekdays, nth=rule.nth, count=DATES))
    second = wall(exchange["starts_at"]) + timedelta(days=28)
    _chain(session, tenant, visitor, exchange, second)
    if tenant.slug in HOSTED:
        _host(session, tenant, next(event for event in made if event["kind"] == "masterclass"))


def _organiser(event: dict[str, Any], person: Person) -> dict[str, Any]:
    return {
        "id": new_id(), "tenant_id": event["tenant_id"], "event_id": event["id"], "account_id": person.id,
        "added_at": clock.now(),
    }  # fmt: skip


def _pool(event: dict[str, Any], places: int) -> dict[str, Any]:
    return {
        "id": new_id(), "tenant_id": event["tenant_id"], "event_id": event["id"], "kind": "in_person", "capacity": places,
        "eligibility": "area", "version": 1,
    }  # fmt: skip


def _tags(event: dict[str, Any]) -> list[dict[str, Any]]:
    domains, topics = ABOUT[event["kind"]]
    said = [("domain", value) for value in domains] + [("topic", value) for value in topics]
    return [
        {"id": new_id(), "tenant_id": event["tenant_id"], "event_id": event["id"], "kind": kind, "value": value}
        for kind, value in said
    ]  # fmt: skip


def _exchange(tenant: TenantRef, like: dict[str, Any], organiser: Person) -> dict[str, Any]:
    """The first visit of an exchange, three weeks after the event `like`."""
    return {
        **like, "id": new_id(), "uid": new_id(), "kind": "exchange", "title": "Exchange: two teams visit each other",
        "summary": "Half a day at each place. See how others hand over, and let them see how you do.",
        "place": f"Ward 4, {tenant.name}", "wants_approval": True, "asks": False, "created_by": organiser.id, **_later(like, 21),
    }  # fmt: skip


def _proposal(tenant: TenantRef, like: dict[str, Any], number: int, proposer: Person) -> dict[str, Any]:
    state, title, steps = PROPOSALS[number]
    return {
        **like, "id": new_id(), "uid": new_id(), "kind": "meet_up", "title": title, "summary": "Proposed by a member of this area.",
        "description": "", "place": f"Community hall, {tenant.name}", "state": state, "origin": "member", "asks": False,
        "published_at": None, "state_why": steps[-1][1] if steps else "",
        "created_by": proposer.id, **_later(like, 14 + number),
    }  # fmt: skip


def _later(event: dict[str, Any], days: int) -> dict[str, datetime]:
    return {name: event[name] + timedelta(days=days) for name in ("starts_at", "ends_at")}


def _steps(event: dict[str, Any], organiser: Person) -> list[dict[str, Any]]:
    told = next(steps for _, title, steps in PROPOSALS if title == event["title"])
    return [
        {
            "id": new_id(), "tenant_id": event["tenant_id"], "event_id": event["id"], "step": step, "why": why,
            "by": event["created_by"] if step in ("submit", "withdraw") else organiser.id,
            "at": clock.now() - timedelta(days=len(told) - number),
        }
        for number, (step, why) in enumerate(told)
    ]  # fmt: skip


def _dates(session: ScopedSession, tenant: TenantRef, visitor: Visitor, event: dict[str, Any], rule: Rule) -> None:
    """Repeat an event, and publish its dates."""
    start = wall(event["starts_at"])
    made = insert_series(session, tenant, visitor, rule.text(), start)
    session.execute(sa.insert(Occurrence), [occurrence(tenant, made, start, event["id"])])
    written = write_dates(session, tenant, event["id"], made, dates(rule, start)[1:], visitor)
    session.execute(
        sa.update(Event).where(Event.id.in_(written)).values(state=PUBLISHED, published_at=clock.now())
    )  # fmt: skip
    for one in written if event["audience"] in SHARED_AUDIENCES else ():
        show_on_board(session, one, events.find(session, one))


def _chain(
    session: ScopedSession, tenant: TenantRef, visitor: Visitor, event: dict[str, Any], second: datetime
) -> None:
    """The visit back."""
    start = wall(event["starts_at"])
    made = insert_series(session, tenant, visitor, "", start)
    session.execute(sa.insert(Occurrence), [occurrence(tenant, made, start, event["id"])])
    write_dates(session, tenant, event["id"], made, [second], visitor, place="The other team’s ward")


def _host(session: ScopedSession, tenant: TenantRef, event: dict[str, Any]) -> None:
    """Another site's card for an event."""
    slug, state = HOSTED[tenant.slug]
    host = next(site.id for site in sites() if site.slug == slug)
    shown = ("kind", "title", "summary", "mode", "place", "starts_at", "ends_at", "audience")
    row = {
        "id": new_id(), "origin_tenant_id": tenant.id, "host_tenant_id": host, "event_ref": event["id"], "state": state,
        "shown": True, "invited_at": clock.now(), "answered_at": clock.now() if state == ACCEPTED else None,
        **{name: event[name] for name in shown},
    }  # fmt: skip
    session.execute(sa.insert(Hosting), [row])
