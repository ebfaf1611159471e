"""What people read for what the database calls by short names."""

from collections.abc import Mapping

from core.sdk import N_

STATES: Mapping[str, str] = {
    "submitted": N_("Waiting for a decision"),
    "queried": N_("A question is open"),
    "approved": N_("Agreed"),
    "part_approved": N_("Agreed in part"),
    "declined": N_("Declined"),
    "withdrawn": N_("Withdrawn"),
    "expired": N_("Not used in time"),
    "revoked": N_("Taken back"),
    "used": N_("Claimed"),
}
LOOKS: Mapping[str, str] = {
    "submitted": "info", "queried": "warn", "approved": "ok", "part_approved": "ok", "declined": "err", "revoked": "err",
}  # fmt: skip
"""How a state is coloured; neutral where none is named."""
EVENTS: Mapping[str, str] = {
    "ask": N_("Asked"),
    "query": N_("Question"),
    "answer": N_("Answer"),
    "approve": N_("Agreed"),
    "part_approve": N_("Agreed in part"),
    "decline": N_("Declined"),
    "withdraw": N_("Withdrawn"),
    "revoke": N_("Taken back"),
    "expire": N_("Not used in time"),
    "use": N_("Claimed"),
}
CLAIM_STATES: Mapping[str, str] = {
    "draft": N_("Not sent yet"),
    "submitted": N_("Waiting for a check"),
    "queried": N_("A question is open"),
    "checked": N_("Checked, waiting for approval"),
    "first_approved": N_("Waiting for a second approval"),
    "approved": N_("Approved"),
    "part_approved": N_("Approved in part"),
    "rejected": N_("Not approved"),
    "withdrawn": N_("Withdrawn"),
    "batched": N_("On its way to be paid"),
    "exported": N_("With the bank"),
    "paid": N_("Paid"),
    "bounced": N_("The bank could not pay it"),
}
CLAIM_LOOKS: Mapping[str, str] = {
    "submitted": "info", "queried": "warn", "checked": "info", "first_approved": "info", "approved": "ok", "part_approved": "ok",
    "rejected": "err", "paid": "ok", "bounced": "err",
}  # fmt: skip
CLAIM_EVENTS: Mapping[str, str] = {
    "submit": N_("Sent"),
    "query": N_("Question"),
    "answer": N_("Answer"),
    "check": N_("Checked"),
    "first_approve": N_("Approved by the first of two"),
    "approve": N_("Approved"),
    "part_approve": N_("Approved in part"),
    "reject": N_("Not approved"),
    "withdraw": N_("Withdrawn"),
    "batch": N_("On its way to be paid"),
    "drop": N_("Waits to be paid again: its batch was cancelled"),
    "part_drop": N_("Waits to be paid again: its batch was cancelled"),
    "export": N_("With the bank"),
    "pay": N_("Paid"),
    "bounce": N_("The bank could not pay it"),
}
CLAIM_NEXT: Mapping[tuple[str, bool], str] = {
    ("submitted", False): N_("Somebody checks your costs and proofs now. Then somebody else decides."),
    ("submitted", True): N_(
        "Somebody checks your costs and proofs now. Then two other people decide, one after the other: above %(most)s for one "
        "activity this site asks for two."
    ),
    ("checked", False): N_("Your costs and proofs are checked. Somebody else decides now."),
    ("checked", True): N_(
        "Your costs and proofs are checked. Two other people decide now, one after the other: above %(most)s for one activity this "
        "site asks for two."
    ),
    ("first_approved", True): N_(
        "One person has approved your claim. A second person decides now, and can still ask a question, approve less or say no."
    ),
}
"""Who comes next, for the claimant, by state and whether two people approve."""
CLAIM_NEXT_ALWAYS: Mapping[str, str] = {
    "submitted": N_(
        "Somebody checks your costs and proofs now. Then two other people decide, one after the other: this site always asks for two."
    ),
    "checked": N_(
        "Your costs and proofs are checked. Two other people decide now, one after the other: this site always asks for two."
    ),
}
"""The same by state, at a site where two people approve every claim."""
CLAIM_STAGES: Mapping[tuple[str, bool], str] = {
    ("submitted", False): N_("Step 1 of 2: somebody checks costs and proofs. Somebody else approves them."),
    ("submitted", True): N_(
        "Step 1 of 3: somebody checks costs and proofs. Two other people approve them, one after the other."
    ),
    ("checked", False): N_("Step 2 of 2: somebody who did not check the claim approves it."),
    ("checked", True): N_(
        "Step 2 of 3: the first approval, by somebody who did not check the claim. A second person approves it after that."
    ),
    ("first_approved", True): N_(
        "Step 3 of 3: the second approval, by somebody who neither checked the claim nor approved it first. They can approve at "
        "most what the first approver did."
    ),
}
"""The same for who decides."""
ADJUSTMENT_STATES: Mapping[str, str] = {
    "proposed": N_("Waiting for approval"),
    "declined": N_("Not approved"),
    **{state: CLAIM_STATES[state] for state in ("approved", "batched", "exported", "paid", "bounced")},
}
ADJUSTMENT_LOOKS: Mapping[str, str] = {
    "proposed": "info",
    "approved": "ok",
    "declined": "err",
    "paid": "ok",
    "bounced": "err",
}
BATCH_STATES: Mapping[str, str] = {
    "prepared": N_("Waiting to be released"),
    "released": N_("Released, no file fetched yet"),
    "exported": N_("With the bank"),
    "settled": N_("Settled"),
    "cancelled": N_("Cancelled"),
}
BATCH_LOOKS: Mapping[str, str] = {"prepared": "warn", "released": "info", "exported": "info", "settled": "ok"}
PAYMENT_STATES: Mapping[str, str] = {
    "waiting": N_("No answer yet"),
    "paid": N_("Paid"),
    "bounced": N_("Sent back by the bank"),
    "dropped": N_("Taken out"),
}
PAYMENT_LOOKS: Mapping[str, str] = {"waiting": "info", "paid": "ok", "bounced": "err"}
HELD: Mapping[str, str] = {
    "left": N_("The person has left, so nobody can be paid."),
    "own": N_("It is yours, or you share an account with the person. Somebody else prepares it."),
    "no_account": N_("The person has given no bank account yet."),
    "cooling": N_("The person changed their bank account. It can be paid to after a day."),
    "bounced": N_("The bank sent it back. The person has to give a bank account again."),
}
"""Why a claim that is approved is not in the next batch."""
VEHICLES: Mapping[str, str] = {"car": N_("Car or van"), "motorcycle": N_("Motorcycle"), "cycle": N_("Bicycle")}
CLASSES: Mapping[str, str] = {"standard": N_("Standard"), "first": N_("First")}
UNITS: Mapping[str, str] = {"each": N_("each"), "night": N_("a night"), "mile": N_("a mile")}
PROOFS: Mapping[str, str] = {
    "receipt": N_("a receipt"),
    "bank_line": N_("a line of a bank statement"),
    "map": N_("a map of the way"),
}
SEVERITIES: Mapping[str, str] = {"block": N_("Not covered"), "refer": N_("A person decides")}
"""What happens to a cost that does not keep a rule."""
WARNINGS: Mapping[str, str] = {
    "used": N_("Used up"),
    "nearly": N_("Nearly used"),
    "ahead": N_("Will not last the year"),
}
"""What to look at in a budget."""
STATEMENTS: Mapping[int, str] = {
    1: N_("I am not in paid employment on the days of this activity, and nobody else covers these costs."),
}
"""The words that are declared, by their version. A version's words never change."""
