"""Tables of local events, a file for each subject."""

from plugins.local_events.models.events import Event
from plugins.local_events.models.feedback import (
    Feedback,
    FeedbackAction,
    FeedbackAnswer,
    FeedbackComment,
    FeedbackGiven,
    Reflection,
)
from plugins.local_events.models.places import Invitation, Pool, Registration
from plugins.local_events.models.questions import Answer, Question, SealedAnswer
from plugins.local_events.models.visits import Visit, VisitInterest, VisitLearning, VisitOffer

__all__ = [
    "Answer",
    "Event",
    "Feedback",
    "FeedbackAction",
    "FeedbackAnswer",
    "FeedbackComment",
    "FeedbackGiven",
    "Invitation",
    "Pool",
    "Question",
    "Reflection",
    "Registration",
    "SealedAnswer",
    "Visit",
    "VisitInterest",
    "VisitLearning",
    "VisitOffer",
]
