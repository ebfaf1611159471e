"""An application's life as a table (anchors: four small machines, not one big one)."""

from core.kernel.permissions import Permission
from core.kernel.states import StateMachine, Transition

DRAFT, SUBMITTED, INFO_REQUESTED = "draft", "submitted", "info_requested"
WITHDRAWN, NOT_SUBMITTED, TRANSFERRED = "withdrawn", "not_submitted", "transferred"
ACCEPTED, DECLINED = "accepted", "declined"
APPLICANT, SYSTEM = "applicant", "system"
"""Whose step it is where no permission is asked for: the applicant's own, or the clock's."""

APPLICATION = StateMachine(
    "application",
    DRAFT,
    (
        Transition("submit", DRAFT, SUBMITTED, APPLICANT, "every section is done; the window takes it; one live application"),
        Transition("expire", DRAFT, NOT_SUBMITTED, SYSTEM, "the window and its grace are over, and no extension runs"),
        Transition("withdraw", DRAFT, WITHDRAWN, APPLICANT),
        Transition("withdraw", SUBMITTED, WITHDRAWN, APPLICANT, "nothing is released"),
        Transition("withdraw", INFO_REQUESTED, WITHDRAWN, APPLICANT, "nothing is released"),
        Transition("ask", SUBMITTED, INFO_REQUESTED, Permission.TENANT_ADMISSIONS_MANAGE, "sections, a question, a day"),
        Transition("submit", INFO_REQUESTED, SUBMITTED, APPLICANT, "the named sections are done"),
        Transition("lapse", INFO_REQUESTED, SUBMITTED, SYSTEM, "the day is past"),
        Transition("transfer", SUBMITTED, TRANSFERRED, Permission.ADMISSIONS_CONFIGURE, "another area, a reason"),
        Transition("accept", SUBMITTED, ACCEPTED, SYSTEM, "from a released decision alone"),
        Transition("decline", SUBMITTED, DECLINED, SYSTEM, "from a released decision alone"),
    ),
)  # fmt: skip
LIVE = APPLICATION.states - {WITHDRAWN, NOT_SUBMITTED, TRANSFERRED}
"""States in which somebody has an application in a window: one at most."""
REAPPLY = frozenset({DECLINED, WITHDRAWN, NOT_SUBMITTED})
"""States from which a new application may take over the answers."""
