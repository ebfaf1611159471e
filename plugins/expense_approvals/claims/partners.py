"""What other plugins find about a claim, put together with what the policy says: tighter or referred, never more."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.sdk import ExpenseLimit, ExpenseLine, Finding, Verdict, lowest, worst
from plugins.expense_approvals.claims.lines import Evaluation, Found, Judged


@dataclass(frozen=True, slots=True)
class Combined:
    """The policy's evaluation with the limits of other plugins in it, their findings, and the worst verdict of all."""

    evaluation: Evaluation
    findings: tuple[Finding, ...]
    verdict: Verdict


def combined(evaluation: Evaluation, answers: Iterable[ExpenseLimit | Finding]) -> Combined:
    """The answers of `q_expense_limits` and `q_expense_check` over an evaluation. A limit above what is allowed, or for a
    line that is not there, does nothing."""
    answers = tuple(answers)
    findings = tuple(one for one in answers if isinstance(one, Finding))
    limits = lowest(one for one in answers if isinstance(one, ExpenseLimit))
    lines = tuple(_limited(line, limits.get(line.line.key)) for line in evaluation.lines)
    tighter = Evaluation(lines)
    verdict = max(worst(findings), Verdict.REFER if tighter.referred else Verdict.ALLOW)
    return Combined(tighter, findings, verdict)


def lines_seen(evaluation: Evaluation) -> tuple[ExpenseLine, ...]:
    """The lines of an evaluation as other plugins see them."""
    return tuple(
        ExpenseLine(
            one.line.key, one.line.category, one.line.incurred_on, one.claimed, one.allowed, one.line.quantity, one.line.miles,
            one.line.region,
        )
        for one in evaluation.lines
    )  # fmt: skip


def _limited(line: Judged, limit: ExpenseLimit | None) -> Judged:
    if limit is None or limit.pence >= line.allowed:
        return line
    cut = Found(line.line.key, limit.code, "partner_limit", "cut", {"most": limit.pence})
    return replace(line, allowed=limit.pence, found=(*line.found, cut))
