"""Four small machines, not one big one: an application, an assignment, a decision, an offer of membership."""

from core.kernel.permissions import Permission
from core.kernel.states import StateMachine, Transition

DRAFT, SUBMITTED, INFO_REQUESTED = "draft", "submitted", "info_requested"
WITHDRAWN, NOT_SUBMITTED, TRANSFERRED = "withdrawn", "not_submitted", "transferred"
ACCEPTED, DECLINED = "accepted", "declined"
APPLICANT, ASSESSOR, SYSTEM = "applicant", "assessor", "system"
"""Whose step it is where no permission of a route says it all: the applicant's own, the assessor's own, or the clock's."""

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
        Transition("accept", DECLINED, ACCEPTED, SYSTEM, "from a released decision that takes an earlier one's place"),
        Transition("decline", ACCEPTED, DECLINED, SYSTEM, "the same; whoever has joined already stays a member"),
    ),
)  # fmt: skip
LIVE = APPLICATION.states - {WITHDRAWN, NOT_SUBMITTED, TRANSFERRED}
"""States in which somebody has an application in a window: one at most."""
REAPPLY = frozenset({DECLINED, WITHDRAWN, NOT_SUBMITTED})
"""States from which a new application may take over the answers."""

OFFERED, DECLARED, ASSESSING, SEALED = "offered", "declared", "assessing", "sealed"
RECUSED, TURNED_DOWN, TAKEN_BACK, EXPIRED = "recused", "turned_down", "taken_back", "expired"
LEAD, CENTRAL = Permission.TENANT_ADMISSIONS_MANAGE, Permission.ADMISSIONS_CONFIGURE

ASSIGNMENT = StateMachine(
    "assignment",
    OFFERED,
    (
        Transition("declare_none", OFFERED, ASSESSING, ASSESSOR, "no conflict of interest is declared or known"),
        Transition("declare_minor", OFFERED, DECLARED, ASSESSOR, "a minor one is declared, with words"),
        Transition("declare_major", OFFERED, RECUSED, ASSESSOR, "a major one is declared"),
        Transition("allow", DECLARED, ASSESSING, LEAD, "a recorded reason; not in conflict oneself"),
        Transition("recuse", OFFERED, RECUSED, LEAD, "a conflict is known or set"),
        Transition("recuse", DECLARED, RECUSED, LEAD, "a recorded reason"),
        Transition("recuse", ASSESSING, RECUSED, ASSESSOR, "a conflict is noticed late"),
        Transition("turn_down", OFFERED, TURNED_DOWN, ASSESSOR),
        Transition("turn_down", ASSESSING, TURNED_DOWN, ASSESSOR),
        Transition("take_back", OFFERED, TAKEN_BACK, LEAD, "a reason; nothing is sealed"),
        Transition("take_back", DECLARED, TAKEN_BACK, LEAD, "a reason; nothing is sealed"),
        Transition("take_back", ASSESSING, TAKEN_BACK, LEAD, "a reason; nothing is sealed"),
        Transition("seal", ASSESSING, SEALED, ASSESSOR, "every criterion is scored with its reason, or says why not"),
        Transition("reopen", SEALED, ASSESSING, CENTRAL, "a reason; nothing is decided; the sealed scores stay"),
        Transition("expire", OFFERED, EXPIRED, SYSTEM, "the application is withdrawn, transferred or decided"),
        Transition("expire", DECLARED, EXPIRED, SYSTEM, "the application is withdrawn, transferred or decided"),
        Transition("expire", ASSESSING, EXPIRED, SYSTEM, "the application is withdrawn, transferred or decided"),
    ),
)  # fmt: skip
HELD_BY_ASSESSOR = frozenset({OFFERED, DECLARED, ASSESSING, SEALED})
"""States in which an assessor has an application: they count for the load, and nobody has one twice."""

SIGNED, MODERATED, RETURNED, HELD, RELEASED, SUPERSEDED = (
    "signed", "moderated", "returned", "held", "released", "superseded",
)  # fmt: skip

DECISION = StateMachine(
    "decision",
    SIGNED,
    (
        Transition("moderate", SIGNED, MODERATED, CENTRAL, "not the signer; not in conflict; not an assessor of it"),
        Transition("return", SIGNED, RETURNED, CENTRAL, "a reason; the partner decides anew"),
        Transition("return", MODERATED, RETURNED, CENTRAL, "a reason; the partner decides anew"),
        Transition("withdraw", SIGNED, WITHDRAWN, APPLICANT, "the application is withdrawn, or the appeal that it answers; it is neither released nor counted"),
        Transition("withdraw", MODERATED, WITHDRAWN, APPLICANT, "the same"),
        Transition("withdraw", HELD, WITHDRAWN, APPLICANT, "the same; it leaves its batch"),
        Transition("hold", MODERATED, HELD, LEAD, "an open batch of the same window"),
        Transition("unhold", HELD, MODERATED, LEAD, "the batch is open still"),
        Transition("release", HELD, RELEASED, LEAD, "its whole batch, whose number was stated; the embargo is over"),
        Transition("supersede", RELEASED, SUPERSEDED, SYSTEM, "a later decision about the same application is released"),
    ),
)  # fmt: skip
UNDER_WAY = frozenset({SIGNED, MODERATED, HELD})
"""A decision that is being made: one at most for an application."""

JOINED, REFUSED, LAPSED = "joined", "refused", "lapsed"

OFFER = StateMachine(
    "membership offer",
    OFFERED,
    (
        Transition("join", OFFERED, JOINED, APPLICANT, "the compact's newest version is accepted; the offer has not lapsed"),
        Transition("refuse", OFFERED, REFUSED, APPLICANT),
        Transition("lapse", OFFERED, LAPSED, SYSTEM, "its time is over, and notice was given"),
        Transition("renew", LAPSED, OFFERED, LEAD, "a reason, a new day; the application is accepted"),
        Transition("take_back", OFFERED, LAPSED, SYSTEM, "the acceptance is corrected"),
        Transition("offer_again", LAPSED, OFFERED, SYSTEM, "a decline is corrected"),
    ),
)  # fmt: skip

MACHINES = (APPLICATION, ASSIGNMENT, DECISION, OFFER)


def states_markdown() -> str:
    """The page that draws the machines and lists their steps: `docs/states.md`, kept in step by a test."""
    parts = [
        "# What can follow what in Joining Q",
        "Drawn from `core/admissions/states.py`: change the tables there, then run `qplatform states --write`.",
    ]
    for machine in MACHINES:
        rows = [
            f"| {row.event} | {row.source} | {row.target} | {row.who} | {row.guard} |" for row in machine.transitions
        ]
        parts += [
            f"## {machine.name[0].upper()}{machine.name[1:]}",
            f"```mermaid\n{machine.mermaid()}\n```",
            "\n".join(["| step | from | to | who | as long as |", "|---|---|---|---|---|", *rows]),
        ]
    return "\n\n".join(parts) + "\n"
