"""Tables of local events, a file for each subject."""

from plugins.local_events.models.events import Event
from plugins.local_events.models.kinds import KindSettings, Tag
from plugins.local_events.models.origin import Hosting, Organiser, ProposalStep
from plugins.local_events.models.places import Invitation, Pool, Registration
from plugins.local_events.models.questions import Answer, Question, SealedAnswer
from plugins.local_events.models.series import Occurrence, Series

__all__ = [
    "Answer",
    "Event",
    "Hosting",
    "Invitation",
    "KindSettings",
    "Occurrence",
    "Organiser",
    "Pool",
    "ProposalStep",
    "Question",
    "Registration",
    "SealedAnswer",
    "Series",
    "Tag",
]
