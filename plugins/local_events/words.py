"""The plugin's closed lists, with the words shown for them."""

from core.sdk import N_

KINDS = {
    "networking": N_("Networking event"),
    "masterclass": N_("Masterclass"),
    "site_visit": N_("Site visit"),
    "workshop": N_("Workshop"),
    "webinar": N_("Webinar"),
}
"""The kinds of activity the founding plan names for partners."""

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

COMING, WITHDRAWN = "coming", "withdrawn"
SHELF_COMING = N_("Coming")
"""What a person's own list says of a place; for a closed event it says the event's state."""
MOST_PLACES = 5000
LONGEST_DAYS = 14
"""No event lasts longer: lets the list of what is to come start its search at a date instead of at the first event."""
