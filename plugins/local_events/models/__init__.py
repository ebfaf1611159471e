"""Tables of local events, a file for each subject."""

from plugins.local_events.models.attendance import Certificate, CheckIn, Correction, WalkIn
from plugins.local_events.models.events import Event
from plugins.local_events.models.messages import Delivery, Message
from plugins.local_events.models.places import Invitation, Pool, Registration
from plugins.local_events.models.questions import Answer, Question, SealedAnswer

__all__ = [
    "Answer", "Certificate", "CheckIn", "Correction", "Delivery", "Event", "Invitation", "Message", "Pool", "Question",
    "Registration", "SealedAnswer", "WalkIn",
]  # fmt: skip
