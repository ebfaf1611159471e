"""What can follow what, as tables: the life of a pre-approval, that of a claim, and that of an adjustment of one."""

from core.sdk import StateMachine, Transition
from plugins.expense_approvals.manifest import APPROVE, PAY

NEW = "new"
"""Where a pre-approval begins: nobody has asked yet, so no row says it."""
SUBMITTED, QUERIED, APPROVED, PART_APPROVED = "submitted", "queried", "approved", "part_approved"
DECLINED, WITHDRAWN, EXPIRED, REVOKED, USED = "declined", "withdrawn", "expired", "revoked", "used"
WAITING = (SUBMITTED, QUERIED)
AGREED = (APPROVED, PART_APPROVED)
"""States in which a budget holds money for it."""
MEMBER, SYSTEM, PAYER = "the person", "the platform", "who pays"
_WITHIN = "within the limit of who decides"
_APART = "not the person, not who sent it, not who is paid; no other conflict"
_DECLARED = "the declaration stands"

PREAPPROVAL = StateMachine(
    "pre-approval",
    NEW,
    (
        Transition("ask", NEW, SUBMITTED, MEMBER, "the activity is covered and not over; eligible; no check denies it"),
        Transition("query", SUBMITTED, QUERIED, APPROVE, f"a question is asked; {_APART}"),
        Transition("answer", QUERIED, SUBMITTED, MEMBER, "the question is answered"),
        Transition("approve", SUBMITTED, APPROVED, APPROVE, f"every line as asked; {_DECLARED}; what it adds to is agreed; the budget has it; {_WITHIN}; {_APART}"),
        Transition("part_approve", SUBMITTED, PART_APPROVED, APPROVE, f"less than asked, with a reason; {_DECLARED}; what it adds to is agreed; the budget has it; {_WITHIN}; {_APART}"),
        *(Transition("decline", state, DECLINED, APPROVE, f"a reason is given; {_APART}") for state in WAITING),
        *(Transition("withdraw", state, WITHDRAWN, MEMBER, "no claim from it waits") for state in (*WAITING, *AGREED)),
        *(Transition("revoke", state, REVOKED, APPROVE, f"a reason is given; no claim from it waits; {_APART}") for state in AGREED),
        *(Transition("expire", state, EXPIRED, SYSTEM, "its last day is over; no claim from it waits") for state in AGREED),
        *(Transition("use", state, USED, APPROVE, f"a claim from it is approved; {_APART}") for state in AGREED),
    ),
)  # fmt: skip

STORED = tuple(sorted(PREAPPROVAL.states - {NEW}))
"""The states that a row of a pre-approval can have."""

DRAFT, CHECKED, FIRST_APPROVED, REJECTED = "draft", "checked", "first_approved", "rejected"
BATCHED, EXPORTED, PAID, BOUNCED = "batched", "exported", "paid", "bounced"
EDITABLE = (DRAFT, QUERIED)
"""States in which the person may change a claim's costs and proofs."""
TO_DECIDE = (SUBMITTED, CHECKED, FIRST_APPROVED)
"""States in which a claim waits for somebody to check or decide it."""
TO_APPROVE = (CHECKED, FIRST_APPROVED)
"""Those of them in which it waits for an approval."""
IN_HAND = (*TO_DECIDE, QUERIED)
"""States in which a claim waits: what was agreed for it stays agreed."""
GRANTED = (APPROVED, PART_APPROVED, BATCHED, EXPORTED, PAID, BOUNCED)
"""States from the decision on: the money is the person's."""
OVER = (WITHDRAWN, REJECTED)
"""States in which a claim is no more, and another may be begun."""

CLAIM = StateMachine(
    "claim",
    DRAFT,
    (
        Transition("submit", DRAFT, SUBMITTED, MEMBER, f"the pre-approval stands and covers it; {_DECLARED}; what is sent is bound by its hash"),
        *(Transition("query", state, QUERIED, APPROVE, f"a question is asked; {_APART}") for state in TO_DECIDE),
        Transition("answer", QUERIED, SUBMITTED, MEMBER, f"the question is answered; {_DECLARED}; what is sent now has a hash of its own"),
        Transition("check", SUBMITTED, CHECKED, APPROVE, f"the hash is what was looked at; {_DECLARED}; {_APART}"),
        Transition("approve", CHECKED, APPROVED, APPROVE, f"the hash is what was looked at; all of it; {_DECLARED}; not who checked it; {_WITHIN}; {_APART}"),
        Transition("part_approve", CHECKED, PART_APPROVED, APPROVE, f"as approve, for less, with a reason for each cost; {_APART}"),
        Transition("first_approve", CHECKED, FIRST_APPROVED, APPROVE, f"as either, above the sum from which the site asks for two; {_APART}"),
        Transition("approve", FIRST_APPROVED, APPROVED, APPROVE, f"as above; neither who checked it nor who approved it first; at most what they approved; {_APART}"),
        Transition("part_approve", FIRST_APPROVED, PART_APPROVED, APPROVE, f"the same, for less than was claimed; {_APART}"),
        *(Transition("reject", state, REJECTED, APPROVE, f"a reason is given; {_APART}") for state in TO_DECIDE),
        *(Transition("withdraw", state, WITHDRAWN, MEMBER) for state in (DRAFT, *IN_HAND)),
        *(Transition("batch", state, BATCHED, PAYER, "in no other live batch") for state in (*AGREED, BOUNCED)),
        Transition("drop", BATCHED, APPROVED, PAYER, "its batch is cancelled"),
        Transition("part_drop", BATCHED, PART_APPROVED, PAYER, "its batch is cancelled; it was approved in part"),
        Transition("export", BATCHED, EXPORTED, PAYER, "released by somebody who did not prepare the batch"),
        Transition("pay", EXPORTED, PAID, PAYER, "the bank says so"),
        *(Transition("bounce", state, BOUNCED, PAYER, "the bank sent it back") for state in (EXPORTED, PAID)),
    ),
)  # fmt: skip
CLAIM_STORED = tuple(sorted(CLAIM.states))
"""The states that a row of a claim can have."""

PROPOSED = "proposed"
ADJUSTED = (APPROVED, BATCHED, EXPORTED, PAID, BOUNCED)
"""States of an adjustment from the decision on: the money is the person's."""
ADJUSTMENT = StateMachine(
    "adjustment",
    NEW,
    (
        Transition("make", NEW, PROPOSED, PAY, "more would be allowed of a granted claim now; none for this version of the policy; not the person"),
        Transition("approve", PROPOSED, APPROVED, APPROVE, f"not who made it; the difference is still that; the budget has it; {_WITHIN}; {_APART}"),
        Transition("decline", PROPOSED, DECLINED, APPROVE, f"a reason is given; not who made it; {_APART}"),
        *(Transition("batch", state, BATCHED, PAYER, "in no other live batch") for state in (APPROVED, BOUNCED)),
        Transition("drop", BATCHED, APPROVED, PAYER, "its batch is cancelled"),
        Transition("export", BATCHED, EXPORTED, PAYER, "released by somebody who did not prepare the batch"),
        Transition("pay", EXPORTED, PAID, PAYER, "the bank says so"),
        *(Transition("bounce", state, BOUNCED, PAYER, "the bank sent it back") for state in (EXPORTED, PAID)),
    ),
)  # fmt: skip
ADJUSTMENT_STORED = tuple(sorted(ADJUSTMENT.states - {NEW}))
"""The states that a row of an adjustment can have."""
