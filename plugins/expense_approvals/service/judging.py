"""Deciding a claim: a check, a question, the money in full or in part, or no. Each is about one revision, by its hash."""

from collections.abc import Callable, Iterable, Mapping

import sqlalchemy as sa

from core.sdk import N_, Conflict, Finding, Forbidden, Invalid, Refused, ScopedSession, Visitor, transaction
from plugins.expense_approvals.limits import Limits
from plugins.expense_approvals.manifest import APPROVE_REFERRED
from plugins.expense_approvals.models import ClaimLine
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.queries.claims import Ground, Made, Spent
from plugins.expense_approvals.queries.fingerprints import known_elsewhere
from plugins.expense_approvals.separation import NOBODY, Task
from plugins.expense_approvals.service import declaring, stepping, year_miles
from plugins.expense_approvals.service.apart import agreed_before, must_be_within
from plugins.expense_approvals.service.claim_steps import QUIET, Post, must_judge, take, tell
from plugins.expense_approvals.service.deciding import WHY, hear
from plugins.expense_approvals.service.fingerprints import Mark, of_file, of_holder
from plugins.expense_approvals.service.moving import move
from plugins.expense_approvals.service.stepping import said
from plugins.expense_approvals.service.weighing import hash_of

ClaimRules = Callable[[Made, list[Spent], Ground], Iterable[Finding]]
"""Asks the other plugins (`q_expense_approver_rules`) whether this person may decide this one."""
TWIN = N_("A proof of this claim may be in another claim too. The central team looks at it and decides.")
AMOUNTS = N_("Approve each cost from £0 up to what the policy allows.")
REASONS = N_("Say why for each cost that you approve for less than the policy allows.")
UNSHOWN = N_("Remove the characters that cannot be shown.")
NOTHING = N_("That approves nothing. Reject the claim, with a reason.")
TOO_MUCH = N_("That is more than was agreed beforehand.")


def check(session: ScopedSession, claim_id: str, version: int, sha256: str, words: str, visitor: Visitor) -> None:
    """Say that the costs and their proofs have been looked at. Raises NotFound, Forbidden, Refused (no separation, no declaration
    that stands, not in this state), Conflict."""
    made = claims.one(session, claim_id, visitor)._replace(version=version)
    must_judge(session, made, visitor, Task.CHECK)
    bound(session, made, sha256)
    ground = claims.ground(session, made.preapproval_id)
    with transaction(session):
        take(session, made, "check", visitor, words.strip()[:500], sha256)
        declaring.must_stand(session, ground.activity_id, made.account_id, declaring.GONE_OF_THEIRS)


def query(session: ScopedSession, claim_id: str, version: int, words: str, visitor: Visitor, post: Post) -> None:
    """Ask the person a question; costs and proofs are theirs to change again. Raises NotFound, Forbidden, Refused, Invalid, Conflict."""
    _say(session, claim_id, version, "query", said(words, "words", N_("Write your question.")), visitor, post)


def reject(session: ScopedSession, claim_id: str, version: int, words: str, visitor: Visitor, post: Post) -> None:
    """Say no, with a reason. What was agreed beforehand stays agreed. Raises NotFound, Forbidden, Refused, Invalid, Conflict."""
    _say(session, claim_id, version, "reject", said(words, "words", WHY), visitor, post)


def _say(
    session: ScopedSession, claim_id: str, version: int, event: str, words: str, visitor: Visitor, post: Post
) -> None:
    made = claims.one(session, claim_id, visitor)._replace(version=version)
    must_judge(session, made, visitor, Task.PREAPPROVE)
    ground = claims.ground(session, made.preapproval_id)
    sha256 = claims.bound_to(session, made.id, made.revision)
    with transaction(session):
        take(session, made, event, visitor, words, sha256)
        year_miles.give_back(session, made)
        tell(session, made, ground.title, event, words, post)


def approve(
    session: ScopedSession, claim_id: str, version: int, sha256: str, amounts: Mapping[str, int], reasons: Mapping[str, str], words: str,
    visitor: Visitor, *, rules: ClaimRules, mark: Mark, post: Post, limits: Limits,
) -> None:  # fmt: skip
    """Approve `amounts` (pence by the id of a cost; every cost is named), at most what the policy allows and in all what was
    agreed. Less than the policy allows needs a reason for that cost. In the same transaction what was agreed is used up, and
    every budget that held money for it has it as spent, or free again.

    Raises NotFound, Forbidden, Refused (no separation, a partner's rule, a proof known elsewhere, no declaration that
    stands, more than agreed, above the visitor's limit, not in this state), Invalid (`amounts`, `reasons`), Conflict (also where `sha256` is not what was sent).
    """
    made = claims.one(session, claim_id, visitor)._replace(version=version)
    agreed = agreed_before(session, limits, made.id).get(made.id, NOBODY)
    must_judge(session, made, visitor, Task.APPROVE, claims.checked_by(session, made.id, sha256), agreed)
    lines = bound(session, made, sha256)
    ground = claims.ground(session, made.preapproval_id)
    hear(rules(made, lines, ground), visitor)
    if twin(session, made, mark) and not visitor.can(APPROVE_REFERRED):
        raise Forbidden(APPROVE_REFERRED, TWIN)
    total = _total(lines, amounts, reasons)
    if total > ground.agreed_p:
        raise Refused(TOO_MUCH)
    event = "approve" if total == made.claimed_p else "part_approve"
    budgets = {one.id: preapprovals.budget_of(session, one.id) for one in ground.agreed}
    with transaction(session):
        take(session, made, event, visitor, words.strip()[:500], sha256, approved_p=total)
        declaring.must_stand(session, ground.activity_id, made.account_id, declaring.GONE_OF_THEIRS)
        left = total
        for part in ground.agreed:
            stepping.take(session, part, "use", visitor)
            budget_id = budgets[part.id]
            if budget_id is None:
                raise Conflict
            spent = min(left, part.approved_p)
            left -= spent
            move(session, budget_id, part.id, "spend", committed=-part.approved_p, actual=spent)
        must_be_within(session, Task.APPROVE, claims.in_all(session, made.id), visitor, limits)
        for line in lines:
            session.execute(
                sa.update(ClaimLine)
                .where(ClaimLine.id == line.id)
                .values(approved_p=amounts[line.id], why=reasons.get(line.id, "").strip()[:300])
                .execution_options(**QUIET)
            )
        tell(session, made, ground.title, event, words.strip()[:500], post, total)


def _total(lines: list[Spent], amounts: Mapping[str, int], reasons: Mapping[str, str]) -> int:
    """The sum of the amounts. Raises Invalid for what is no decision about every cost."""
    if set(amounts) != {line.id for line in lines} or not all(
        0 <= amounts[line.id] <= line.allowed_p for line in lines
    ):
        raise Invalid({"amounts": AMOUNTS})
    if any(char < " " for reason in reasons.values() for char in reason):
        raise Invalid({"reasons": UNSHOWN})
    if any(amounts[line.id] < line.allowed_p and not reasons.get(line.id, "").strip() for line in lines):
        raise Invalid({"reasons": REASONS})
    total = sum(amounts.values())
    if total == 0:
        raise Invalid({"amounts": NOTHING})
    return total


def bound(session: ScopedSession, made: Made, sha256: str) -> list[Spent]:
    """The costs of the revision that was looked at. Raises Conflict where another one was sent, or the rows are not what was sent."""
    lines = claims.lines(session, made.id)
    now = hash_of(made, made.revision, lines, claims.proofs(session, made.id))
    if not now == sha256 == claims.bound_to(session, made.id, made.revision):
        raise Conflict
    return lines


def twin(session: ScopedSession, made: Made, mark: Mark) -> bool:
    """Whether a proof of this claim is in another claim, at this site or elsewhere. Where, nobody is told."""
    proofs = claims.proofs(session, made.id)
    return known_elsewhere(session, (of_file(mark, one.sha256) for one in proofs), of_holder(mark, made.id))
