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

STATES = {
    "draft": N_("Draft"),
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
)  # fmt: skip
"""What a person can be told about a registration; `letters/places.py` has the words."""

QUESTION_KINDS = {
    "short": N_("A line of text"),
    "long": N_("Several lines of text"),
    "choice": N_("One of a list"),
    "choices": N_("Any of a list, and other words"),
    "yes_no": N_("Yes or no"),
}

MOST_PLACES = 5000
MOST_GUESTS = 9
LONGEST_DAYS = 14
"""No event lasts longer: lets the list of what is to come start its search at a date instead of at the first event."""
