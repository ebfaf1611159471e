"""Tables of local events, a file for each subject."""

from plugins.local_events.models.attendance import Certificate, CheckIn, Correction, WalkIn
from plugins.local_events.models.events import Event
from plugins.local_events.models.feedback import (
    Feedback,
    FeedbackAction,
    FeedbackAnswer,
    FeedbackComment,
    FeedbackGiven,
    Reflection,
)
from plugins.local_events.models.kinds import KindSettings, Tag
from plugins.local_events.models.messages import Delivery, Message
from plugins.local_events.models.origin import Hosting, Organiser, ProposalStep
from plugins.local_events.models.places import Invitation, Pool, Registration
from plugins.local_events.models.questions import Answer, Question, SealedAnswer
from plugins.local_events.models.series import Occurrence, Series
from plugins.local_events.models.visits import Visit, VisitInterest, VisitLearning, VisitOffer

__all__ = [
    "Answer",
    "Certificate",
    "CheckIn",
    "Correction",
    "Delivery",
    "Event",
    "Feedback",
    "FeedbackAction",
    "FeedbackAnswer",
    "FeedbackComment",
    "FeedbackGiven",
    "Hosting",
    "Invitation",
    "KindSettings",
    "Message",
    "Occurrence",
    "Organiser",
    "Pool",
    "ProposalStep",
    "Question",
    "Reflection",
    "Registration",
    "SealedAnswer",
    "Series",
    "Tag",
    "Visit",
    "VisitInterest",
    "VisitLearning",
    "VisitOffer",
    "WalkIn",
]
