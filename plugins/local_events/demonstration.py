"""Invented activities for the demonstration: of the kinds the source names, in the weeks to come and gone by."""

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.sdk import Person, ScopedSession, TenantRef, clock, new_id, noticeboard, sealer, shelf
from plugins.local_events import demonstration_day, demonstration_more, rules
from plugins.local_events.answers import Chosen
from plugins.local_events.calendars.entries import status_of
from plugins.local_events.manifest import MANIFEST
from plugins.local_events.models import Event, Pool, Question, Registration, SealedAnswer
from plugins.local_events.queries.tags import on_cards
from plugins.local_events.service.answering import about
from plugins.local_events.service.changing import path_of
from plugins.local_events.service.sealed import PURPOSE
from plugins.local_events.states import COMPLETED, CONFIRMED, DRAFT, OFFERED, PUBLISHED, WAITLISTED
from plugins.local_events.words import ELIGIBILITY_OF, POOLS_OF, REGISTRATION_STATES

PLUGIN = MANIFEST.name
IDEAS = {
    "networking": (
        ("Improvers’ evening", "Meet members who live and work near you. Bring one problem and one idea."),
        ("Supper and stories", "Three members tell what went wrong in their project, and what they did next."),
        ("Walk and talk along the river", "An hour outdoors in pairs, with a question to take along."),
        ("Breakfast for new members", "What Q offers, and what you would like from it."),
    ),
    "masterclass": (
        ("Reading variation: run charts and control charts", "A morning with real ward data. No statistics needed."),
        ("Human factors on a night shift", "How design, light and noise make safe care easier or harder."),
        ("Facilitating a group that disagrees", "Practise three ways to open a hard conversation, and one to close it."),
        ("From audit to improvement", "Turn the audit you must do into a change that lasts."),
    ),
    "site_visit": (
        ("Visit: a discharge lounge that works", "Walk the route patients take, and talk to the team who changed it."),
        ("Visit: an ambulance control room", "Listen in for a morning, and see how calls are sorted."),
        ("Visit: a practice without a phone queue", "See what happened when every request was read by a clinician first."),
        ("Visit: a ward designed with its patients", "Meet the patients and nurses who moved the walls."),
    ),
    "webinar": (
        ("Working with patients as equal partners", "Three short stories, then questions."),
        ("Medicines: fewer, safer, understood", "How four pharmacies and two care homes halved their errors."),
        ("What we learnt from stopping a project", "The courage to end what does not work, with two teams who did."),
        ("Flow for people who hate theory", "Queues, beds and clinics in half an hour, with a bag of marbles."),
        ("Joy in work", "Small things that keep a team well, tried on six wards."),
        ("Home for lunch: discharges before noon", "What four hospitals changed, and what they would not do again."),
        ("The quiet ward at night", "Sleep as medicine: noise, light and the two o’clock drug round."),
        ("One page that says what matters to me", "How care homes and families write it together, and who reads it."),
        ("Falls: from counting to preventing", "A district nurse, a physiotherapist and a carer on what made a difference."),
        ("Waiting well", "What people waiting for an operation can do, with whom, and how it was offered."),
        ("When the data disagree", "Two dashboards, three answers: how a team found out which one to believe."),
        ("A letter the patient can read", "Clinic letters written to the patient, and what the doctors said of it."),
    ),
    "workshop": (
        ("Small tests of change", "Plan a test you can run next Tuesday, with people who will ask how it went."),
        ("Drawing your process", "Bring paper: by noon you will see where your patients wait."),
        ("Writing it up", "Leave with the first page of your improvement report."),
        ("Measuring what matters to patients", "Choose three measures that a patient would recognise."),
    ),
}  # fmt: skip
# (kind, mode, audience, days from now, hour in UTC, hours long, places); each site takes other ideas of the kind
PROGRAMME = (
    ("networking", "in_person", "area", 9, 17, 2, 40),
    ("masterclass", "in_person", "uk", 14, 9, 3, 30),
    ("webinar", "online", "public", 17, 12, 1, 200),
    ("site_visit", "in_person", "uk", 21, 10, 4, 12),
    ("workshop", "both", "public", 44, 13, 3, 24),
    ("networking", "in_person", "area", -20, 17, 2, 30),
    ("workshop", "in_person", "area", 51, 13, 2, 20),
)
AT = {"Breakfast for new members": 7, "Walk and talk along the river": 12}
"""The hour of ideas that have one of their own."""
SOUGHT = "site_visit"
"""The kind for which more people ask than there are places: all but one have one, one is offered, the rest wait."""
ASKING = "masterclass"
"""The kind that asks about food and access."""
MEALS = ("Vegetarian", "Vegan", "Halal", "No gluten", "")
SATURDAY, CHRISTMAS, NEW_YEAR, FORTNIGHT = 5, (12, 21), (1, 3), 14
"""When nobody would come: weekends, and the two weeks about Christmas. What would fall into these is two weeks later, so that not
every site has all of it on the first working day."""
FOR_WHOM = "For people who improve health and care in {place}, whatever their job. "
IN_PERSON = (
    "Tea and coffee on arrival. The venue has step-free access; tell the organiser what else would help you take part."
)
ONLINE = (
    "There are captions, and the slides are sent round before; tell the organiser what else would help you take part."
)
VISITED = {
    "Visit: a discharge lounge that works": "General hospital",
    "Visit: an ambulance control room": "Control centre",
    "Visit: a practice without a phone queue": "Health centre",
    "Visit: a ward designed with its patients": "Community hospital",
}
"""Where a visit goes; everything else is at the office of whoever plans it."""


def fill(session: ScopedSession, tenant: TenantRef, people: Iterable[Person]) -> None:
    """Write the programme with registrations of `people` (the first is the organiser), in the caller's transaction."""
    organiser, *members = people
    chance = random.Random(tenant.id)
    made = []
    for index, planned in enumerate(PROGRAMME):
        values, places = _event(tenant, planned, index, organiser), planned[-1]
        made.append(values)
        coming = (
            [] if values["state"] == DRAFT else chance.sample(members, min(len(members), chance.randint(3, places)))
        )
        if values["kind"] == SOUGHT and values["state"] == PUBLISHED:
            coming = _sought(members, places, chance)
        session.execute(sa.insert(Event), [values])
        pools = [_pool(values, kind, places) for kind in POOLS_OF[values["mode"]]]
        session.execute(sa.insert(Pool), pools)
        rows = [_registration(values, pools[0], person, turn, places) for turn, person in enumerate(coming)]
        if rows:
            session.execute(sa.insert(Registration), rows)
        if values["asks"]:
            _ask(session, values, rows, chance)
        if values["state"] == PUBLISHED:
            _show(session, values, rows)
        if values["state"] == COMPLETED:
            demonstration_day.past(session, values, rows, chance)
        if values["kind"] == ASKING:
            demonstration_day.message(session, values, rows)
    demonstration_more.add(session, tenant, made, [organiser, *members])


def _sought(members: list[Person], places: int, chance: random.Random) -> list[Person]:
    """More people than places. The one whom visitors of the demonstration can be is offered the last place."""
    coming = chance.sample(members, min(len(members), places + chance.randint(3, 7)))
    guests = [person for person in members if person.email.startswith("member.")]
    coming = [person for person in coming if person not in guests]
    return [*coming[: places - 1], *guests[:1], *coming[places - 1 :]]


def _event(tenant: TenantRef, planned: tuple[Any, ...], index: int, organiser: Person) -> dict[str, Any]:
    kind, mode, audience, days, hour, hours, _ = planned
    if audience not in rules.audiences_at(tenant):
        audience = "uk"
    chance = random.Random(f"{tenant.slug} {index}")  # the same programme each time the demonstration is begun anew
    title, summary = chance.choice(IDEAS[kind])
    whom, town, office = tenant.name, tenant.name, "Partner’s office"
    if tenant.kind == "uk":
        whom, town, office = "the UK", "London", "Central team’s office"
    away = timedelta(days=days + chance.randrange(12))
    day = clock.now().replace(hour=AT.get(title, hour), minute=0, second=0, microsecond=0) + away
    way = 1 if days > 0 else -1  # what is over stays over
    while (feast := (day.month, day.day) >= CHRISTMAS or (day.month, day.day) <= NEW_YEAR) or day.weekday() >= SATURDAY:
        day += timedelta(days=way * (FORTNIGHT if feast else 1))
    state = DRAFT if index == len(PROGRAMME) - 1 else PUBLISHED if days > 0 else COMPLETED
    return {
        "id": new_id(), "uid": new_id(), "tenant_id": tenant.id, "kind": kind, "title": title, "summary": summary,
        "description": FOR_WHOM.format(place=whom) + (ONLINE if mode == "online" else IN_PERSON), "mode": mode,
        "place": "" if mode == "online" else f"{VISITED.get(title, office)}, {town}",
        "online_url": "" if mode == "in_person" else "https://meet.example.org/q", "starts_at": day,
        "ends_at": day + timedelta(hours=hours), "audience": audience, "state": state, "version": 1,
        "origin": "central" if tenant.kind == "uk" else "partner", "asks": kind == ASKING, "reminders": [168, 24], "certificate": state == COMPLETED,
        "created_by": organiser.id, "created_at": clock.now(), "modified_at": clock.now(),
        "published_at": None if state == DRAFT else clock.now(), "state_why": "",
    }  # fmt: skip


def _pool(event: dict[str, Any], kind: str, places: int) -> dict[str, Any]:
    return {
        "id": new_id(), "tenant_id": event["tenant_id"], "event_id": event["id"], "kind": kind, "capacity": places,
        "waiting_limit": None, "eligibility": ELIGIBILITY_OF[event["audience"]], "opens_at": None, "version": 1,
    }  # fmt: skip


def _registration(
    event: dict[str, Any], pool: dict[str, Any], person: Person, turn: int, places: int
) -> dict[str, Any]:
    """The registration of whoever came at `turn`: the last place is on offer, and who came later waits."""
    full = event["kind"] == SOUGHT and event["state"] == PUBLISHED
    state = CONFIRMED if not full or turn < places - 1 else OFFERED if turn == places - 1 else WAITLISTED
    now = clock.now()
    return {
        "id": new_id(), "tenant_id": event["tenant_id"], "event_id": event["id"], "pool_id": pool["id"], "account_id": person.id,
        "name": person.name, "email": person.email, "state": state, "queued_at": now - timedelta(days=3) + timedelta(minutes=turn),
        "offer_expires_at": now + timedelta(hours=48) if state == OFFERED else None, "changed_at": now,
    }  # fmt: skip


def _ask(session: ScopedSession, event: dict[str, Any], rows: list[dict[str, Any]], chance: random.Random) -> None:
    """A question about food with a few sealed answers, and an ordinary one."""
    seal = sealer(PURPOSE)
    base = {"tenant_id": event["tenant_id"], "event_id": event["id"], "hint": "", "required": False}
    diet, hopes = (
        {
            **base, "id": new_id(), "position": 0, "kind": "choices", "text": "What do you not eat, or need to eat?",
            "options": [meal for meal in MEALS if meal], "sensitive": True,
        },
        {
            **base, "id": new_id(), "position": 1, "kind": "short", "text": "What do you hope to take home?", "options": [],
            "sensitive": False,
        },
    )  # fmt: skip
    session.execute(sa.insert(Question), [diet, hopes])
    answers = []
    for row in rows[:8]:
        if meal := chance.choice(MEALS):
            words = Chosen((meal,), "").kept()
            answers.append(
                {
                    "id": new_id(), "tenant_id": event["tenant_id"], "event_id": event["id"], "registration_id": row["id"],
                    "question_id": diet["id"], "sealed": seal.seal(words, about(event["tenant_id"], row["id"], diet["id"])),
                }
            )  # fmt: skip
    if answers:
        session.execute(sa.insert(SealedAnswer), answers)


def _show(session: ScopedSession, event: dict[str, Any], rows: Iterable[dict[str, Any]]) -> None:
    """The noticeboard's card, and the shelf of everybody who is registered."""
    if event["audience"] != "area":
        noticeboard.publish(
            session, plugin=PLUGIN, ref=event["id"], kind=event["kind"], title=event["title"], summary=event["summary"],
            starts_at=event["starts_at"], ends_at=event["ends_at"], place=event["place"], path=path_of(event["id"]),
            audience=event["audience"], online=event["mode"] != "in_person", uid=event["uid"],
            tags=on_cards(*demonstration_more.ABOUT[event["kind"]]),
        )  # fmt: skip
    for row in rows:
        shelf.put(
            session, account_id=row["account_id"], plugin=PLUGIN, ref=event["id"], kind="event", title=event["title"],
            status=REGISTRATION_STATES[row["state"]], when=event["starts_at"], path=path_of(event["id"]),
            needs_action=row["state"] == OFFERED, new=True,
            calendar=shelf.InCalendar(
                event["uid"], 0, event["ends_at"], event["place"], event["online_url"], status_of(row["state"])
            ),
        )  # fmt: skip
