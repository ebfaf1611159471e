"""What can follow what, as tables: an event's life, and a registration's."""

from core.sdk import StateMachine, Transition
from plugins.local_events.manifest import ORGANISE, PUBLISH

DRAFT, PUBLISHED, CANCELLED, COMPLETED = "draft", "published", "cancelled", "completed"

EVENT = StateMachine(
    "local event",
    DRAFT,
    (
        Transition("publish", DRAFT, PUBLISHED, PUBLISH, "it has not begun; no check denies it; a referral is decided"),
        Transition("cancel", DRAFT, CANCELLED, ORGANISE, "a reason is given"),
        Transition("cancel", PUBLISHED, CANCELLED, ORGANISE, "it is not over; a reason is given"),
        Transition("complete", PUBLISHED, COMPLETED, ORGANISE, "it is over"),
    ),
)

EDITABLE = (DRAFT, PUBLISHED)
"""States in which an organiser may change what an event says."""

NEW = "new"
"""Where a registration begins: nobody is registered yet, so no row says it."""
PENDING, WAITLISTED, OFFERED, CONFIRMED = "pending", "waitlisted", "offered", "confirmed"
WITHDRAWN, DECLINED, OFFER_LAPSED, REMOVED, EVENT_CANCELLED = (
    "withdrawn", "declined", "offer_lapsed", "removed", "event_cancelled",
)  # fmt: skip
ACTIVE = (PENDING, WAITLISTED, OFFERED, CONFIRMED)
"""States in which somebody is registered; a person has at most one such registration at an event."""
MEMBER, SYSTEM = "the person", "the platform"

REGISTRATION = StateMachine(
    "registration",
    NEW,
    (
        Transition("register", NEW, CONFIRMED, MEMBER, "registration is open; eligible; a place is free; nobody eligible waits"),
        Transition("ask", NEW, PENDING, MEMBER, "the event wants approval"),
        Transition("queue", NEW, WAITLISTED, MEMBER, "no place is free, or somebody eligible waits; the list has room"),
        Transition("approve", PENDING, CONFIRMED, ORGANISE, "a place is free and nobody eligible waits"),
        Transition("approve_to_wait", PENDING, WAITLISTED, ORGANISE, "no place is free, or somebody eligible waits"),
        Transition("refuse", PENDING, DECLINED, ORGANISE, "a reason is given"),
        Transition("offer", WAITLISTED, OFFERED, SYSTEM, "a place is free; the first eligible in order"),
        Transition("promote", WAITLISTED, CONFIRMED, SYSTEM, "the same, and the person wants it unasked, or the event is near"),
        Transition("accept", OFFERED, CONFIRMED, MEMBER, "the offer has not lapsed"),
        Transition("decline", OFFERED, DECLINED, MEMBER),
        Transition("lapse", OFFERED, OFFER_LAPSED, SYSTEM, "the offer's time is over"),
        *(Transition("withdraw", state, WITHDRAWN, MEMBER, "the event has not begun") for state in ACTIVE),
        Transition("hand_on", CONFIRMED, WITHDRAWN, MEMBER, "to somebody eligible who is not registered"),
        *(Transition("force", state, CONFIRMED, ORGANISE, "a reason is given") for state in (NEW, PENDING, WAITLISTED, OFFERED)),
        *(Transition("remove", state, REMOVED, ORGANISE, "a reason is given") for state in ACTIVE),
        *(Transition("cancel_event", state, EVENT_CANCELLED, ORGANISE) for state in ACTIVE),
    ),
)  # fmt: skip

STORED = tuple(sorted(REGISTRATION.states - {NEW}))
"""The states that a row can have."""
