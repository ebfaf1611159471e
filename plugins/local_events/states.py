"""An event's life as a table."""

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
