"""Deciding a claim: a check, a question, the money in full or in part (above a sum that the site sets in two steps, by two people),
or no. Each is about one revision, by its hash."""

from collections.abc import Callable, Iterable, Mapping

import sqlalchemy as sa

from core.sdk import N_, Conflict, Finding, Forbidden, Invalid, Refused, ScopedSession, Visitor, transaction
from plugins.expense_approvals.limits import Limits
from plugins.expense_approvals.manifest import APPROVE_REFERRED
from plugins.expense_approvals.models import ClaimLine
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.queries.claims import Ground, Made, Spent
from plugins.expense_approvals.queries.fingerprints import known_elsewhere
from plugins.expense_approvals.separation import SPEAK, Task
from plugins.expense_approvals.service import declaring, stepping, year_miles
from plugins.expense_approvals.service.apart import Open, agreed_before, must_be_within, of_claim
from plugins.expense_approvals.service.claim_steps import Post, must_judge, take, tell, unsay
from plugins.expense_approvals.service.deciding import WHY, hear
from plugins.expense_approvals.service.fingerprints import Mark, of_file, of_holder
from plugins.expense_approvals.service.moving import move
from plugins.expense_approvals.service.stepping import said
from plugins.expense_approvals.service.weighing import hash_of
from plugins.expense_approvals.states import FIRST_APPROVED

ClaimRules = Callable[[Made, list[Spent], Ground], Iterable[Finding]]
"""Asks the other plugins (`q_expense_approver_rules`) whether this person may decide this one."""
TWIN = N_("A proof of this claim may be in another claim too. The central team looks at it and decides.")
AMOUNTS = N_("Approve each cost from £0 up to what the policy allows.")
AS_FIRST = N_("Approve each cost from £0 up to what the first approver approved.")
REASONS = N_("Say why for each cost that you approve for less than the policy allows.")
OWN_REASONS = N_("Say why, in your own words, for each cost that you approve for less than the first approver did.")
UNSHOWN = N_("Remove the characters that cannot be shown.")
NOTHING = N_("That approves nothing. Reject the claim, with a reason.")
TOO_MUCH = N_("That is more than was agreed beforehand.")


def check(session: ScopedSession, claim_id: str, version: int, sha256: str, words: str, visitor: Visitor) -> None:
    """Say that the costs and their proofs have been looked at. Raises NotFound, Forbidden, Refused (no separation, no declaration
    that stands, not in this state), Conflict."""
    made = claims.one(session, claim_id, visitor)._replace(version=version)
    must_judge(session, _waits(made, Task.CHECK), visitor)
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


def _waits(made: Made, task: Task) -> Open:
    return Open(made.id, task, made.account_id, made.submitted_by)


def _say(
    session: ScopedSession, claim_id: str, version: int, event: str, words: str, visitor: Visitor, post: Post
) -> None:
    made = claims.one(session, claim_id, visitor)._replace(version=version)
    must_judge(session, _waits(made, SPEAK), visitor)
    ground = claims.ground(session, made.preapproval_id)
    sha256 = claims.bound_to(session, made.id, made.revision)
    with transaction(session):
        take(session, made, event, visitor, words, sha256, first_by=None)
        unsay(session, made)
        year_miles.give_back(session, made)
        tell(session, made, ground.title, event, words, post)


def approve(
    session: ScopedSession, claim_id: str, version: int, sha256: str, amounts: Mapping[str, int], reasons: Mapping[str, str], words: str,
    visitor: Visitor, *, rules: ClaimRules, mark: Mark, post: Post, limits: Limits,
) -> str:  # fmt: skip
    """Approve `amounts` (pence by the id of a cost; every cost is named), at most what the policy allows and in all what was
    agreed; the step that was taken. Less than the policy allows needs a reason for that cost. In the same transaction what was
    agreed is used up, and every budget that held money for it has it as spent, or free again.

    Where the site asks for two (`Limits.two`), the first approval moves no money: it is kept beside the costs and in the audit
    trail, and the second person approves at most that; for less, with a reason of their own. A claim that has the first waits for
    the second, whatever the site sets meanwhile.

    Raises NotFound, Forbidden, Refused (no separation, a partner's rule, a proof known elsewhere, no declaration that
    stands, more than agreed, above the visitor's limit, not in this state), Invalid (`amounts`, `reasons`), Conflict (also where `sha256` is not what was sent).
    """
    made = claims.one(session, claim_id, visitor)._replace(version=version)
    agreed, in_all_p = agreed_before(session, limits, made.id), claims.in_all(session, made.id)
    waits = of_claim(made, claims.hands(session, made.id), in_all_p, agreed)
    must_judge(session, waits if made.state == FIRST_APPROVED else waits._replace(task=Task.APPROVE), visitor)
    lines = bound(session, made, sha256)
    ground = claims.ground(session, made.preapproval_id)
    hear(rules(made, lines, ground), visitor)
    if twin(session, made, mark) and not visitor.can(APPROVE_REFERRED):
        raise Forbidden(APPROVE_REFERRED, TWIN)
    second = made.state == FIRST_APPROVED
    if second and any(line.approved_p is None for line in lines):  # the first approval was taken back a moment ago
        raise Conflict
    total = _total(lines, amounts, reasons, second=second)
    if total > ground.agreed_p:
        raise Refused(TOO_MUCH)
    spoken = words.strip()[:500]
    if not second and limits.two(in_all_p):
        with transaction(session):
            approved = {"approved_p": total, "lines": dict(amounts)}
            take(session, made, "first_approve", visitor, spoken, sha256, kept=approved, first_by=visitor.account_id)
            declaring.must_stand(session, ground.activity_id, made.account_id, declaring.GONE_OF_THEIRS)
            must_be_within(session, Task.APPROVE, in_all_p, visitor, limits)
            _write(session, lines, amounts, reasons)
            tell(session, made, ground.title, "first_approve", spoken, post)
        return "first_approve"
    event = "approve" if total == made.claimed_p else "part_approve"
    budgets = {one.id: preapprovals.budget_of(session, one.id) for one in ground.agreed}
    with transaction(session):
        take(session, made, event, visitor, spoken, sha256, approved_p=total, decided_by=visitor.account_id)
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
        in_all_p = claims.in_all(session, made.id)
        must_be_within(session, waits.task, in_all_p, visitor, limits)
        if not second and limits.two(in_all_p):  # another claim of the person was granted a moment ago
            raise Conflict
        _write(session, lines, amounts, reasons)
        tell(session, made, ground.title, event, spoken, post, total)
    return event


_APPROVED = (
    sa.update(ClaimLine)
    .where(ClaimLine.id == sa.bindparam("wanted"))
    .values(approved_p=sa.bindparam("pence"), why=sa.bindparam("words"))
)


def _write(session: ScopedSession, lines: list[Spent], amounts: Mapping[str, int], reasons: Mapping[str, str]) -> None:
    """Put what is approved beside each cost, and why it is less than the policy allows."""
    for line in lines:
        words = reasons.get(line.id, "").strip()[:300]
        session.execute(_APPROVED, {"wanted": line.id, "pence": amounts[line.id], "words": words})


def _total(lines: list[Spent], amounts: Mapping[str, int], reasons: Mapping[str, str], *, second: bool = False) -> int:
    """The sum of the amounts. Raises Invalid for what is no decision about every cost, or more than a `second` person can approve."""
    most = {line.id: line.approved_p or 0 if second else line.allowed_p for line in lines}
    if set(amounts) != set(most) or not all(0 <= amounts[key] <= most[key] for key in most):
        raise Invalid({"amounts": AS_FIRST if second else AMOUNTS})
    if any(char < " " for reason in reasons.values() for char in reason):
        raise Invalid({"reasons": UNSHOWN})
    if any(amounts[line.id] < line.allowed_p and not reasons.get(line.id, "").strip() for line in lines):
        raise Invalid({"reasons": REASONS})
    if second and any(amounts[one.id] < most[one.id] and _same(reasons.get(one.id, ""), one.why) for one in lines):
        raise Invalid({"reasons": OWN_REASONS})
    total = sum(amounts.values())
    if total == 0:
        raise Invalid({"amounts": NOTHING})
    return total


def _same(words: str, first: str) -> bool:
    """Whether a reason is the first approver's, but for spaces and capitals."""
    return words.casefold().split() == first.casefold().split()


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
