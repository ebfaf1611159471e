"""Tables of Joining Q."""

from core.admissions.models.applications import (
    Answer,
    AnswerRevision,
    Application,
    Attachment,
    InfoRequest,
    Submission,
)
from core.admissions.models.assessing import (
    Assessment,
    CalibrationMark,
    DiscussionNote,
    PanelItem,
    PanelMeeting,
    Redaction,
    Score,
    ScoreDraft,
    Translation,
)
from core.admissions.models.deciding import (
    Appeal,
    Decision,
    DecisionFeedback,
    DecisionLetter,
    ReleaseBatch,
    ReplayRun,
    RuleProposal,
    ShadowRun,
    WindowRules,
)
from core.admissions.models.joining import CompactAcceptance, CompactVersion, MembershipOffer
from core.admissions.models.national import CalibrationCase, EqualityResponse, PolicyVersion
from core.admissions.models.panels import Assessor, AssessorInterest, Assignment, AssignmentRun, Conflict
from core.admissions.models.windows import Extension, FormVersion, Interest, Window, WindowAmendment

__all__ = [
    "Answer",
    "AnswerRevision",
    "Appeal",
    "Application",
    "Assessment",
    "Assessor",
    "AssessorInterest",
    "Assignment",
    "AssignmentRun",
    "Attachment",
    "CalibrationCase",
    "CalibrationMark",
    "CompactAcceptance",
    "CompactVersion",
    "Conflict",
    "Decision",
    "DecisionFeedback",
    "DecisionLetter",
    "DiscussionNote",
    "EqualityResponse",
    "Extension",
    "FormVersion",
    "InfoRequest",
    "Interest",
    "MembershipOffer",
    "PanelItem",
    "PanelMeeting",
    "PolicyVersion",
    "Redaction",
    "ReleaseBatch",
    "ReplayRun",
    "RuleProposal",
    "Score",
    "ScoreDraft",
    "ShadowRun",
    "Submission",
    "Translation",
    "Window",
    "WindowAmendment",
    "WindowRules",
]
