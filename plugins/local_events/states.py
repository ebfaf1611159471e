"""What can follow what, as tables: an event's life, and a registration's."""

from core.sdk import StateMachine, Transition
from plugins.local_events.manifest import ORGANISE, PUBLISH

DRAFT, PUBLISHED, CANCELLED, COMPLETED = "draft", "published", "cancelled", "completed"
SUBMITTED, CHANGES_REQUESTED, APPROVED, REJECTED = "submitted", "changes_requested", "approved", "rejected"
WITHDRAWN = "withdrawn"
PROPOSER = "the proposer"

EVENT = StateMachine(
    "local event",
    DRAFT,
    (
        Transition("publish", DRAFT, PUBLISHED, PUBLISH, "it has not begun; no check denies it; a referral is decided"),
        Transition("submit", DRAFT, SUBMITTED, PROPOSER, "members may propose here; it has not begun"),
        Transition("submit", CHANGES_REQUESTED, SUBMITTED, PROPOSER, "the same"),
        Transition("request_changes", SUBMITTED, CHANGES_REQUESTED, PUBLISH, "what should change is said"),
        Transition("approve", SUBMITTED, APPROVED, PUBLISH, "whoever approves may publish for its audience"),
        Transition("reject", SUBMITTED, REJECTED, PUBLISH, "a reason is given"),
        Transition("publish", APPROVED, PUBLISHED, f"{PUBLISH}, or {PROPOSER}", "as from a draft"),
        *(Transition("withdraw", state, WITHDRAWN, PROPOSER) for state in (SUBMITTED, CHANGES_REQUESTED, APPROVED)),
        *(Transition("cancel", state, CANCELLED, ORGANISE, "a reason is given") for state in (DRAFT, APPROVED)),
        Transition("cancel", PUBLISHED, CANCELLED, ORGANISE, "it is not over; a reason is given"),
        Transition("complete", PUBLISHED, COMPLETED, ORGANISE, "it is over"),
    ),
)

EDITABLE = (DRAFT, SUBMITTED, CHANGES_REQUESTED, APPROVED, PUBLISHED)
"""States in which an organiser may change what an event says."""
OWN_HAND = (DRAFT, CHANGES_REQUESTED)
"""States in which who proposed an event may change it: what was approved is what is published."""
UNDECIDED = (SUBMITTED, CHANGES_REQUESTED, APPROVED)
"""States of a proposal that is on its way."""

NEW = "new"
"""Where a registration begins: nobody is registered yet, so no row says it."""
PENDING, WAITLISTED, OFFERED, CONFIRMED = "pending", "waitlisted", "offered", "confirmed"
DECLINED, OFFER_LAPSED, REMOVED, EVENT_CANCELLED = "declined", "offer_lapsed", "removed", "event_cancelled"
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
        Transition("approve_to_wait", PENDING, WAITLISTED, ORGANISE, "the event has not begun; no place is free, or somebody eligible waits"),
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

OPEN, DONE, DROPPED = "open", "done", "dropped"
ACTION = StateMachine(
    "feedback action",
    OPEN,
    (
        Transition("finish", OPEN, DONE, ORGANISE, "it is said what was done"),
        Transition("drop", OPEN, DROPPED, ORGANISE, "a reason is given"),
    ),
)

OFFERED_VISIT, CLOSED_OFFER = "offered", "closed"
HOST, VISITOR = "the host", "the visitor"
OFFER = StateMachine(
    "visit offer", OFFERED_VISIT, (Transition("close", OFFERED_VISIT, CLOSED_OFFER, HOST, "those who wait are told"),)
)

UNASKED = "unasked"
"""Where a visit begins: nobody has asked yet, so no row says it."""
ASKED, AGREED, VISIT_CONFIRMED, TOOK_PLACE, LEARNT = "asked", "agreed", "confirmed", "took_place", "learnt"
VISIT_DECLINED, VISIT_WITHDRAWN = "declined", "withdrawn"
HOLDING = (AGREED, VISIT_CONFIRMED, TOOK_PLACE, LEARNT)
"""States of a visit that hold one of the offer's places."""
LIVING = (ASKED, *HOLDING)
"""States in which somebody has a visit; a person has at most one of an offer."""

VISIT = StateMachine(
    "visit",
    UNASKED,
    (
        Transition("ask", UNASKED, ASKED, VISITOR, "the offer stands and is for them"),
        Transition("agree", ASKED, AGREED, HOST, "a place is free"),
        Transition("confirm", AGREED, VISIT_CONFIRMED, VISITOR),
        Transition("take_place", VISIT_CONFIRMED, TOOK_PLACE, "either", "the agreed time has come"),
        Transition("learn", TOOK_PLACE, LEARNT, "either", "both have told what they learnt"),
        *(Transition("decline", state, VISIT_DECLINED, HOST, "a reason is given") for state in (ASKED, AGREED, VISIT_CONFIRMED)),
        *(Transition("withdraw", state, VISIT_WITHDRAWN, VISITOR) for state in (ASKED, AGREED, VISIT_CONFIRMED)),
    ),
)  # fmt: skip
VISIT_STORED = tuple(sorted(VISIT.states - {UNASKED}))
"""The states that a visit's row can have."""
INVITED, ACCEPTED, ENDED = "invited", "accepted", "ended"
ASKABLE = (DRAFT, APPROVED, PUBLISHED)
"""States of an event in which another site can be asked to host it too."""

HOSTING = StateMachine(
    "hosting together",
    INVITED,
    (
        Transition("accept", INVITED, ACCEPTED, ORGANISE, "at the site that was asked"),
        Transition("decline", INVITED, DECLINED, ORGANISE, "at the site that was asked"),
        *(Transition("end", state, ENDED, ORGANISE, "at either site") for state in (INVITED, ACCEPTED)),
    ),
)
