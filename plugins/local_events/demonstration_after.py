"""Invented feedback on events that are over, and invented visits in several states, for the demonstration."""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from core.sdk import Person, ScopedSession, TenantRef, clock, new_id, noticeboard, shelf
from plugins.local_events.feedback_questions import COMMENTS, asked
from plugins.local_events.feedback_steps import SIZE, Step, next_step
from plugins.local_events.models import (
    Event,
    Feedback,
    FeedbackAction,
    FeedbackAnswer,
    FeedbackComment,
    FeedbackGiven,
    Pool,
    Registration,
    Visit,
    VisitInterest,
    VisitLearning,
    VisitOffer,
)
from plugins.local_events.models.feedback import nameless_id
from plugins.local_events.service import visit_offers
from plugins.local_events.service.changing import PLUGIN, path_of
from plugins.local_events.service.feedback import OPEN_FOR
from plugins.local_events.service.visits import path_of as visit_path
from plugins.local_events.states import COMPLETED, CONFIRMED
from plugins.local_events.visit_words import VISIT_STATES

LIKELY = (1, 1, 3, 12, 16)
"""How often each answer from 1 to 5 is given."""
WORDS = {
    "keep": (
        "Time to talk in pairs",
        "Real data from a real ward",
        "Starting and ending on time",
        "The tea",
        "Patients in the room",
    ),
    "change": (
        "More time for questions",
        "A quieter room",
        "Slides beforehand, please",
        "A train leaves at five: end at half past four",
    ),
}
SAID = (
    ("There was not enough time for questions.", "Half of each session is for questions.", "done", ""),
    ("The room was hard to hear in.", "We book the room with the loop, and send slides beforehand.", "open", ""),
    (
        "Lunch should be longer.",
        "We looked at the programme again.",
        "dropped",
        "The building closes at five, so lunch stays at forty minutes.",
    ),
)
SHOWN_OFFERS = 3
OFFERS = (
    (
        "site_visit", "A morning with the hospital at home team", "Community hospital",
        "Two home visits, the morning call, and an hour of questions.",
        "We do not yet know when a visit at home should become a telephone call.", ["effective", "patient_centred"], ["Hospital at home", "Frailty"],
    ),
    (
        "exchange", "Swap a day between two discharge lounges", "General hospital",
        "Walk the route patients take, then we walk yours.", "At weekends our lounge is empty and the wards are full. Why?",
        ["timely", "efficient"], ["Patient flow", "Discharge"],
    ),
    (
        "site_visit", "How a practice stopped its telephone queue", "Health centre",
        "Sit beside the clinician who reads every request.", "Who do we leave out who cannot write a request?",
        ["equitable", "timely"], ["Access", "General practice"],
    ),
    (
        "site_visit", "Medicines rounds without interruptions", "Ward 7",
        "Follow two rounds, one with and one without the red apron.", "Relatives feel sent away. How do others keep them near?",
        ["safe", "patient_centred"], ["Medicines"],
    ),
    (
        "site_visit", "An ambulance control room on a Monday", "Control centre",
        "Listen in for a morning, and see how calls are sorted.", "We cannot tell which of our changes helped.",
        ["timely", "effective"], ["Measurement", "Urgent care"],
    ),
    (
        "exchange", "Two care homes learn from each other’s falls", "Care home",
        "A walk with the residents’ council, then a look at every fall of last month.", "What do you count, and whom do you tell?",
        ["safe"], ["Falls", "Care homes"],
    ),
)  # fmt: skip


def fill(session: ScopedSession, tenant: TenantRef, people: Iterable[Person]) -> None:
    """Write it for one site, in the caller's transaction; the first of `people` is the organiser."""
    organiser, *members = people
    chance = random.Random(f"after {tenant.slug}")
    _recent(session, tenant, organiser, members, chance)
    over = session.execute(sa.select(Event).where(Event.state == COMPLETED).order_by(Event.ends_at)).scalars().all()
    for event in over:
        _feedback(session, tenant, event, organiser, chance)
    if len(members) > SHOWN_OFFERS + 1:
        _visits(session, tenant, members, chance)


def _recent(
    session: ScopedSession, tenant: TenantRef, organiser: Person, members: Sequence[Person], chance: random.Random
) -> None:
    """A workshop of last week, about which the demonstration's member is asked."""
    now = clock.now()
    start = (now - timedelta(days=6)).replace(hour=13, minute=0, second=0, microsecond=0)
    base = {"tenant_id": tenant.id}
    event = {
        **base, "id": new_id(), "kind": "workshop", "title": "Small tests of change", "mode": "in_person", "audience": "area",
        "summary": "Plan a test you can run next Tuesday, with people who will ask how it went.", "description": "",
        "place": f"Partner’s office, {tenant.name}", "online_url": "", "starts_at": start, "ends_at": start + timedelta(hours=3),
        "state": COMPLETED, "version": 1, "created_by": organiser.id, "created_at": now, "modified_at": now,
        "published_at": start - timedelta(days=30), "state_why": "",
    }  # fmt: skip
    pool = {
        **base, "id": new_id(), "event_id": event["id"], "kind": "in_person", "capacity": 30, "waiting_limit": None,
        "eligibility": "area", "opens_at": None, "version": 1,
    }  # fmt: skip
    guests = [person for person in members if person.email.startswith("member.")][:1]
    others = [person for person in members if person not in guests]
    coming = [*guests, *chance.sample(others, min(len(others), 23))]
    session.execute(sa.insert(Event), [event])
    session.execute(sa.insert(Pool), [pool])
    if coming:
        session.execute(
            sa.insert(Registration),
            [
                {
                    **base, "id": new_id(), "event_id": event["id"], "pool_id": pool["id"], "account_id": one.id, "name": one.name,
                    "email": one.email, "state": CONFIRMED, "queued_at": start - timedelta(days=20), "changed_at": start,
                }
                for one in coming
            ],
        )  # fmt: skip


def _feedback(
    session: ScopedSession, tenant: TenantRef, event: Event, organiser: Person, chance: random.Random
) -> None:
    """Answers of most who had a place, published in the steps in which they came, and what is done about them."""
    now = clock.now()
    had = session.execute(
        sa.select(Registration.account_id, Registration.email)
        .where(Registration.event_id == event.id, Registration.state == CONFIRMED)
        .order_by(Registration.id)
    ).all()
    answering = [row for row in had if not row.email.startswith("member.") and chance.random() < 0.85]
    questions = tuple(asked(event.kind))
    given = [{key: _answer(chance) for key in questions} for _ in answering]
    closed = event.ends_at + OPEN_FOR <= now
    shown = len(given) if closed else len(given) - len(given) % 5
    base = {"tenant_id": tenant.id, "event_id": event.id}
    feedback_id = new_id()
    session.execute(
        sa.insert(Feedback),
        [
            {
                **base, "id": feedback_id, "opened_at": event.ends_at, "closes_at": event.ends_at + OPEN_FOR, "reminded_at": None,
                "closed_at": now if closed else None, "steps": {key: _steps(key, given) for key in questions},
                "counted": shown if shown >= 5 else 0,
            }
        ],
    )  # fmt: skip
    answers = [{**base, "id": nameless_id(), "question": key, "score": one[key]} for one in given for key in questions]
    comments = [
        {
            **base,
            "id": nameless_id(),
            "question": key,
            "words": chance.choice(WORDS[key]),
            "shown": number < shown and shown >= 5,
        }
        for number in range(len(given))
        for key in COMMENTS
        if chance.random() < 0.4
    ]
    for rows in (answers, comments):
        chance.shuffle(rows)
    who = [{**base, "id": nameless_id(), "account_id": row.account_id} for row in answering]
    for model, rows in ((FeedbackAnswer, answers), (FeedbackComment, comments), (FeedbackGiven, who)):
        if rows:
            session.execute(sa.insert(model), rows)
    waiting = [(row.account_id, feedback_id, f"{path_of(event.id)}/feedback") for row in had if row not in answering]
    if waiting and not closed:
        shelf.put_new(
            session, waiting, plugin=PLUGIN, kind="feedback", title=event.title, status="Say how it was", when=event.starts_at,
            needs_action=True,
        )  # fmt: skip
    session.execute(
        sa.insert(FeedbackAction), [_action(base, event, organiser, one, number) for number, one in enumerate(SAID)]
    )


def _answer(chance: random.Random) -> int:
    return chance.choices(range(1, SIZE + 1), LIKELY)[0]


def _steps(key: str, given: Sequence[dict[str, int]]) -> list[dict[str, Any]]:
    """What was published while these answers came."""
    counts, steps = [0] * SIZE, list[Step]()
    for one in given:
        counts[one[key] - 1] += 1
        new = next_step(steps, counts)
        if new is not None:
            steps.append(new)
    return [step.stored() for step in steps]


def _action(
    base: dict[str, Any], event: Event, organiser: Person, said: tuple[str, ...], number: int
) -> dict[str, Any]:
    words, did, state, reason = said
    return {
        **base, "id": new_id(), "said": words, "did": did, "state": state, "reason": reason, "owner_id": organiser.id,
        "owner_name": organiser.name, "due_on": (event.ends_at + timedelta(days=21 + number * 14)).date(), "version": 1,
        "created_by": organiser.id, "created_at": event.ends_at, "changed_at": event.ends_at,
    }  # fmt: skip


def _visits(session: ScopedSession, tenant: TenantRef, members: Sequence[Person], chance: random.Random) -> None:
    """Three offers: one that nobody has asked for, one that waits for its host, one from which both have learnt."""
    now = clock.now()
    guests = [person for person in members if person.email.startswith("member.")][:1] or list(members[:1])
    hosts = chance.sample([person for person in members if person not in guests], SHOWN_OFFERS + 1)
    visitors = (None, guests[0], hosts[-1])
    for (kind, title, place, what, edge, domains, topics), host, visitor in zip(
        chance.sample(OFFERS, SHOWN_OFFERS), hosts, visitors, strict=False
    ):
        offer: dict[str, Any] = {
            "id": new_id(), "tenant_id": tenant.id, "kind": kind, "host_id": host.id, "host_name": host.name, "title": title,
            "place": f"{place}, {tenant.name}", "what": what, "learning_edge": edge, "domains": domains, "topics": topics,
            "starts_at": None, "open_until": clock.today() + timedelta(days=chance.randint(40, 90)), "capacity": 2,
            "audience": "uk" if kind == "site_visit" else "area", "state": "offered", "event_id": None, "version": 1, "turn": 0,
            "offered_at": now - timedelta(days=chance.randint(5, 60)), "changed_at": now,
        }  # fmt: skip
        session.execute(sa.insert(VisitOffer), [offer])
        if offer["audience"] == "uk":
            noticeboard.publish(
                session, plugin=PLUGIN, ref=offer["id"], kind=noticeboard.VISIT, title=title, summary=edge, starts_at=now,
                ends_at=clock.from_london(datetime.combine(offer["open_until"], time(23, 59))), place=offer["place"],
                path=visit_offers.path_of(offer["id"]), audience="uk",
            )  # fmt: skip
        if visitor is not None:
            _visit(session, offer, host, visitor, learnt=visitor is hosts[-1])
    session.execute(
        sa.insert(VisitInterest),
        [
            {
                "id": new_id(), "tenant_id": tenant.id, "account_id": guests[0].id, "domains": ["timely"],
                "topics": ["Discharge"], "words": "How others keep patients moving at weekends.", "changed_at": now,
            }
        ],
    )  # fmt: skip


def _visit(session: ScopedSession, offer: dict[str, Any], host: Person, visitor: Person, *, learnt: bool) -> None:
    now = clock.now()
    visit = {
        "id": new_id(), "tenant_id": offer["tenant_id"], "offer_id": offer["id"], "account_id": visitor.id, "name": visitor.name,
        "wants": "How you staff it, and what you stopped doing for it. I bring our figures of two years.",
        "state": "learnt" if learnt else "asked", "visit_at": now - timedelta(days=3) if learnt else None,
        "host_words": "Ask for me at the front desk." if learnt else "", "version": 1, "asked_at": now - timedelta(days=12),
        "changed_at": now,
    }  # fmt: skip
    session.execute(sa.insert(Visit), [visit])
    if learnt:
        base = {"tenant_id": offer["tenant_id"], "visit_id": visit["id"], "shared": True, "told_at": now}
        session.execute(
            sa.insert(VisitLearning),
            [
                {**base, "id": new_id(), "side": "host", "account_id": host.id, "words": "A visitor’s first question was the one we had stopped asking: who is not here?"},
                {**base, "id": new_id(), "side": "visitor", "account_id": visitor.id, "words": "The queue did not go away: it became a list that somebody reads at eight."},
            ],
        )  # fmt: skip
        return
    for person, needs in ((host, True), (visitor, False)):
        shelf.put(
            session, account_id=person.id, plugin=PLUGIN, ref=visit["id"], kind="visit", title=offer["title"],
            status=VISIT_STATES["asked"], when=None, path=visit_path(visit["id"]), needs_action=needs, new=True,
        )  # fmt: skip
