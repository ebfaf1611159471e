"""What the policy and the other plugins make of a claim as it stands: for its page, and for sending it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from core.sdk import ExpenseClaim, ExpenseLimit, Finding, ScopedSession, clock
from plugins.expense_approvals.claims import binding
from plugins.expense_approvals.claims.evaluator import evaluate
from plugins.expense_approvals.claims.lines import Evaluation, Line, Trip
from plugins.expense_approvals.claims.partners import Combined, combined, lines_seen
from plugins.expense_approvals.policy.history import Policies
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.queries.claims import Ground, Made, Proof, Spent

Partners = Callable[[ExpenseClaim], Iterable[ExpenseLimit | Finding]]
"""Asks the other plugins (`q_expense_limits`, `q_expense_check`)."""


class Weighed(NamedTuple):
    """A claim with all that a decision about it looks at. `combined` has the lines in the order of `lines`."""

    made: Made
    ground: Ground
    lines: list[Spent]
    proofs: list[Proof]
    combined: Combined
    miles_before: Mapping[tuple[str, int], int]
    """The year's miles of the person when this was reckoned, at every site."""

    @property
    def over_p(self) -> int:
        """Pence that the policy allows beyond what was agreed beforehand; 0 where it fits."""
        return max(0, self.combined.evaluation.allowed - self.ground.agreed_p)


def weighed(session: ScopedSession, made: Made, policy_on: Policies, partners: Partners) -> Weighed:
    """The claim under the policies known now. The same number of statements however many costs it has."""
    ground = claims.ground(session, made.preapproval_id)
    lines, proofs = claims.lines(session, made.id), claims.proofs(session, made.id)
    claimed_on = clock.london(made.sent_at).date() if made.sent_at else clock.today()
    before = claims.miles_before(session, made.account_id)
    trip = Trip(ground.starts_on, ground.ends_on, claimed_on, before)
    plain = evaluate([_line(one, proofs, ground) for one in lines], trip, policy_on)
    return Weighed(made, ground, lines, proofs, combined(plain, partners(_seen(plain, made, ground))), before)


def _line(one: Spent, proofs: list[Proof], ground: Ground) -> Line:
    return Line(
        f"{one.position:04}", one.category, one.incurred_on, one.typed_p, one.quantity, one.miles, one.vehicle, one.passengers,
        one.region, frozenset(proof.kind for proof in proofs if proof.line_id == one.id), one.travel_class, bool(one.reason),
        one.category in ground.categories,
    )  # fmt: skip


def _seen(evaluation: Evaluation, made: Made, ground: Ground) -> ExpenseClaim:
    """The same as other plugins see it."""
    return ExpenseClaim(made.id, made.account_id or "", ground.starts_on, ground.ends_on, lines_seen(evaluation))


def hash_of(made: Made, number: int, lines: list[Spent], proofs: list[Proof]) -> str:
    """What version `number` of a claim is bound to, from its rows as they stand. What an approver adds later is not in it."""
    later = {"approved_p", "why"}
    plain: list[dict[str, Any]] = [
        {key: value for key, value in line._asdict().items() if key not in later} for line in lines
    ]
    return binding.bound(made.id, number, plain, [{**proof._asdict(), "key": ""} for proof in proofs])
