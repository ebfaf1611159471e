"""What can follow what, as a table: the life of a pre-approval."""

from core.sdk import StateMachine, Transition
from plugins.expense_approvals.manifest import APPROVE

NEW = "new"
"""Where a pre-approval begins: nobody has asked yet, so no row says it."""
SUBMITTED, QUERIED, APPROVED, PART_APPROVED = "submitted", "queried", "approved", "part_approved"
DECLINED, WITHDRAWN, EXPIRED, REVOKED = "declined", "withdrawn", "expired", "revoked"
WAITING = (SUBMITTED, QUERIED)
AGREED = (APPROVED, PART_APPROVED)
"""States in which a budget holds money for it."""
MEMBER, SYSTEM = "the person", "the platform"
_APART = "not the person, not who sent it, not who is paid; no other conflict"

PREAPPROVAL = StateMachine(
    "pre-approval",
    NEW,
    (
        Transition("ask", NEW, SUBMITTED, MEMBER, "the activity is covered and not over; eligible; no check denies it"),
        Transition("query", SUBMITTED, QUERIED, APPROVE, f"a question is asked; {_APART}"),
        Transition("answer", QUERIED, SUBMITTED, MEMBER, "the question is answered"),
        Transition("approve", SUBMITTED, APPROVED, APPROVE, f"every line as asked; the budget has it; {_APART}"),
        Transition("part_approve", SUBMITTED, PART_APPROVED, APPROVE, f"less than asked, with a reason; the budget has it; {_APART}"),
        *(Transition("decline", state, DECLINED, APPROVE, f"a reason is given; {_APART}") for state in WAITING),
        *(Transition("withdraw", state, WITHDRAWN, MEMBER) for state in (*WAITING, *AGREED)),
        *(Transition("revoke", state, REVOKED, APPROVE, f"a reason is given; {_APART}") for state in AGREED),
        *(Transition("expire", state, EXPIRED, SYSTEM, "its last day is over") for state in AGREED),
    ),
)  # fmt: skip

STORED = tuple(sorted(PREAPPROVAL.states - {NEW}))
"""The states that a row can have."""
