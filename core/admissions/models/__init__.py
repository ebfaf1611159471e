"""Tables of Joining Q."""

from core.admissions.models.applications import (
    Answer,
    AnswerRevision,
    Application,
    InfoRequest,
    Submission,
)
from core.admissions.models.windows import Extension, FormVersion, Interest, Window, WindowAmendment

__all__ = [
    "Answer",
    "AnswerRevision",
    "Application",
    "Extension",
    "FormVersion",
    "InfoRequest",
    "Interest",
    "Submission",
    "Window",
    "WindowAmendment",
]
