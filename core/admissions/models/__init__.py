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
from core.admissions.models.joining import (
    CompactAcceptance,
    CompactNotice,
    CompactRefusal,
    CompactVersion,
    MembershipOffer,
)
from core.admissions.models.national import CalibrationCase, EqualityResponse, PolicyVersion
from core.admissions.models.panels import Assessor, AssessorInterest, Assignment, AssignmentRun, Conflict
from core.admissions.models.quality import EqualityFigures, QualityReport
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
    "CompactNotice",
    "CompactRefusal",
    "CompactVersion",
    "Conflict",
    "Decision",
    "DecisionFeedback",
    "DecisionLetter",
    "DiscussionNote",
    "EqualityFigures",
    "EqualityResponse",
    "Extension",
    "FormVersion",
    "InfoRequest",
    "Interest",
    "MembershipOffer",
    "PanelItem",
    "PanelMeeting",
    "PolicyVersion",
    "QualityReport",
    "Redaction",
    "ReleaseBatch",
    "ReplayRun",
    "RuleProposal",
    "Score",
    "ShadowRun",
    "Submission",
    "Translation",
    "Window",
    "WindowAmendment",
    "WindowRules",
]
