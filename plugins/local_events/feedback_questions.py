"""What each kind of event is asked about: statements to agree with, then two comments. The keys are kept for ever."""

from core.sdk import N_

SCORES = {
    1: N_("Strongly disagree"),
    2: N_("Disagree"),
    3: N_("Neither"),
    4: N_("Agree"),
    5: N_("Strongly agree"),
}
"""The five steps of R. Likert's scale (1932)."""
NOT_FOR_ME = 0
NOT_FOR_ME_WORDS = N_("Does not apply to me")

WORTH = "worth"
STATEMENTS = {
    WORTH: N_("It was worth my time."),
    "part": N_("I could take part in the way I needed."),
    "use": N_("I learnt something that I will use."),
    "people": N_("I met people I want to stay in touch with."),
    "pace": N_("The pace and the level were right for me."),
    "practice": N_("There was enough time to try things out."),
    "seen": N_("I saw how the work is really done."),
    "mutual": N_("Hosts and visitors learnt from each other."),
    "ran": N_("It was easy to join in what members organised."),
}
_OF_KIND = {
    "networking": ("people", "use"),
    "masterclass": ("use", "pace"),
    "workshop": ("use", "practice"),
    "webinar": ("use", "pace"),
    "site_visit": ("seen", "use"),
    "exchange": ("mutual", "seen"),
    "meet_up": ("people", "ran"),
}
COMMENTS = {
    "keep": N_("What should stay as it was?"),
    "change": N_("What should be different next time?"),
}
LONGEST_COMMENT = 2000


def asked(kind: str) -> dict[str, str]:
    """The statements that people judge about an event of this kind: {key: msgid}, in the order of the form."""
    return {key: STATEMENTS[key] for key in (WORTH, "part", *_OF_KIND.get(kind, ("use",)))}
