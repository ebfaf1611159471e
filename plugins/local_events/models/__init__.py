"""Tables of local events, a file for each subject."""

from plugins.local_events.models.events import Event
from plugins.local_events.models.places import Invitation, Pool, Registration
from plugins.local_events.models.questions import Answer, Question, SealedAnswer

__all__ = ["Answer", "Event", "Invitation", "Pool", "Question", "Registration", "SealedAnswer"]
