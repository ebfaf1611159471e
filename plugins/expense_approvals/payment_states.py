"""What can follow what with payments, as tables: a batch, and each payment in it."""

from core.sdk import StateMachine, Transition
from plugins.expense_approvals.manifest import PAY

NEW = "new"
"""Where both begin, so no row says it."""
PREPARED, RELEASED, EXPORTED, SETTLED, CANCELLED = "prepared", "released", "exported", "settled", "cancelled"
WAITING, PAID, BOUNCED, DROPPED = "waiting", "paid", "bounced", "dropped"
_APART = "nobody paid by it"

BATCH = StateMachine(
    "payment batch",
    NEW,
    (
        Transition("prepare", NEW, PREPARED, PAY, f"each claim in no other live payment, each account usable; {_APART}"),
        Transition("cancel", PREPARED, CANCELLED, PAY),
        Transition("release", PREPARED, RELEASED, PAY, f"somebody other than who prepared it; {_APART}"),
        Transition("export", RELEASED, EXPORTED, PAY),
        Transition("export", EXPORTED, EXPORTED, PAY, "the same bytes as before"),
        Transition("export", SETTLED, SETTLED, PAY, "the same bytes as before"),
        Transition("settle", EXPORTED, SETTLED, PAY, "no payment waits any more"),
    ),
)  # fmt: skip
PAYMENT = StateMachine(
    "payment",
    NEW,
    (
        Transition("prepare", NEW, WAITING, PAY),
        Transition("drop", WAITING, DROPPED, PAY, "its batch is cancelled"),
        Transition("pay", WAITING, PAID, PAY, "the bank says so"),
        Transition("bounce", WAITING, BOUNCED, PAY, "the bank says so: the claim can be paid again"),
        Transition("bounce", PAID, BOUNCED, PAY, "the bank sent it back afterwards"),
    ),
)  # fmt: skip
BATCH_STATES = tuple(sorted(BATCH.states - {NEW}))
PAYMENT_STATES = tuple(sorted(PAYMENT.states - {NEW}))
LIVE = (WAITING, PAID)
"""States in which a claim cannot be in another payment."""
