"""The closed lists of exchange and site visits, with the words shown for them."""

from core.sdk import N_

VISIT_KINDS = {
    "site_visit": N_("Site visit"),
    "exchange": N_("Exchange: each visits the other"),
}

VISIT_AUDIENCES = {
    "area": N_("Members of this area"),
    "uk": N_("All members in the UK"),
}

OFFER_STATES = {
    "offered": N_("Offered"),
    "closed": N_("Closed"),
}

VISIT_STATES = {
    "asked": N_("Asked"),
    "agreed": N_("Agreed by the host"),
    "confirmed": N_("Confirmed by both"),
    "took_place": N_("Took place"),
    "learnt": N_("Both have told what they learnt"),
    "declined": N_("Declined"),
    "withdrawn": N_("Withdrawn"),
}

SIDES = {
    "host": N_("The host"),
    "visitor": N_("The visitor"),
}

MOST_VISITORS = 50
MOST_TOPICS = 10
LONGEST_TOPIC = 40
