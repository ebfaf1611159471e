"""The plugin's closed lists, with the words shown for them."""

from core.sdk import N_

KINDS = {
    "networking": N_("Networking event"),
    "masterclass": N_("Masterclass"),
    "workshop": N_("Workshop"),
    "webinar": N_("Webinar"),
    "site_visit": N_("Site visit"),
    "exchange": N_("Exchange"),
    "meet_up": N_("Meet-up"),
}
"""The kinds of activity the founding plan names; a meet-up is what members organise for themselves."""

MODES = {
    "in_person": N_("In person"),
    "online": N_("Online"),
    "both": N_("In person and online"),
}

AUDIENCES = {
    "area": N_("Members of this area"),
    "uk": N_("All members in the UK"),
    "public": N_("Everyone"),
}

DOMAINS = {
    "safe": N_("Safe"),
    "effective": N_("Effective"),
    "patient_centred": N_("Patient centred"),
    "timely": N_("Timely"),
    "efficient": N_("Efficient"),
    "equitable": N_("Equitable"),
}
"""The six domains of quality of the Institute of Medicine ("Crossing the Quality Chasm", 2001)."""

ORIGINS = {
    "central": N_("Organised by the central team"),
    "partner": N_("Organised by the partner"),
    "member": N_("Proposed by a member"),
}

STATES = {
    "draft": N_("Draft"),
    "submitted": N_("Submitted"),
    "changes_requested": N_("Changes requested"),
    "approved": N_("Approved"),
    "rejected": N_("Rejected"),
    "withdrawn": N_("Withdrawn"),
    "published": N_("Published"),
    "cancelled": N_("Cancelled"),
    "completed": N_("Completed"),
}

POOL_KINDS = {
    "in_person": N_("In person"),
    "online": N_("Online"),
    "reserved": N_("Reserved places"),
}

ELIGIBILITIES = {
    "area": N_("Members of this area"),
    "members": N_("All members in the UK"),
    "invited": N_("People on the invitation list"),
    "public": N_("Everyone"),
}

ELIGIBILITY_OF = {"area": "area", "uk": "members", "public": "public"}
"""Who may take a place at an event for this audience, unless its organiser says otherwise."""

POOLS_OF = {"in_person": ("in_person",), "online": ("online",), "both": ("in_person", "online")}
"""The pools that an event's mode asks for."""

REGISTRATION_STATES = {
    "pending": N_("Waiting for approval"),
    "waitlisted": N_("On the waiting list"),
    "offered": N_("A place is offered"),
    "confirmed": N_("Coming"),
    "withdrawn": N_("Withdrawn"),
    "declined": N_("Declined"),
    "offer_lapsed": N_("Offer lapsed"),
    "removed": N_("Removed"),
    "event_cancelled": N_("Event cancelled"),
}
"""What lists, and a person's own shelf, say of a registration."""

SOURCES = {
    "self": N_("Registered"),
    "organiser": N_("Added by an organiser"),
    "transfer": N_("Handed on"),
}

NOTICES = (
    "confirmed", "waitlisted", "offered", "lapsed", "pending", "refused", "removed", "handed_on", "cancelled",
    "withdrawn",
)  # fmt: skip
"""What a person can be told about a registration; `letters/places.py` has the words."""

QUESTION_KINDS = {
    "short": N_("A line of text"),
    "long": N_("Several lines of text"),
    "choice": N_("One of a list"),
    "choices": N_("Any of a list, and other words"),
    "yes_no": N_("Yes or no"),
}

ACTION_STATES = {
    "open": N_("Open"),
    "done": N_("Done"),
    "dropped": N_("Dropped"),
}
DIRECTIONS = ("in", "out", "undo")
"""What is pressed at the door."""

ATTENDANCES = {
    "expected": N_("Expected"),
    "attended": N_("Attended"),
    "partial": N_("Attended in part"),
    "no_show": N_("Did not come"),
}
"""What the presses say of somebody; "expected" only until the event is over."""
CORRECTIONS = ("attended", "partial", "no_show")
"""What an organiser can say instead."""

DELIVERY_KINDS = ("change", "reminder", "message", "certificate", "confirmed", "cancelled")
DELIVERY_STATES = ("waiting", "written", "dropped")
"""Of one thing told to one person: still to be written, written, or not sent because it was too late or not needed any more."""

STATUSES = {
    "waiting": N_("Waiting until it may go"),
    "dropped": N_("Not sent: too late, or not needed any more"),
    "queued": N_("On its way"),
    "sending": N_("On its way"),
    "sent": N_("Sent"),
    "kept": N_("Kept in the demonstration"),
    "failed": N_("Could not be delivered"),
    "gone": N_("Too long ago to say"),
}
"""What became of a letter: the states of a delivery, and of the message that it became."""

MOST_PLACES = 5000
MOST_GUESTS = 9
LONGEST_DAYS = 14
"""No event lasts longer: lets the list of what is to come start its search at a date instead of at the first event."""

REMINDERS = {
    336: N_("Two weeks before"),
    168: N_("One week before"),
    48: N_("Two days before"),
    24: N_("One day before"),
    2: N_("Two hours before"),
}
"""When those who are coming can be reminded: hours before the event begins."""

STEPS = {
    "submit": N_("Submitted"),
    "request_changes": N_("Changes requested"),
    "approve": N_("Approved"),
    "reject": N_("Rejected"),
    "withdraw": N_("Withdrawn"),
    "publish": N_("Published"),
}
"""The steps of a proposal, as its own page tells them."""

HOSTINGS = {
    "invited": N_("Invited"),
    "accepted": N_("Hosts it too"),
    "declined": N_("Declined"),
    "ended": N_("Ended"),
}
"""What becomes of asking another site to host an event together."""

WEEKDAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip
ORDINALS = {1: N_("first"), 2: N_("second"), 3: N_("third"), 4: N_("fourth"), -1: N_("last")}
MOST_DATES = 60
"""No series is made of more dates at once."""
MOST_TOPICS, LONGEST_TOPIC = 10, 40
