"""Decisions that several plugins may have a say in: each gives findings, the core combines them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from core.kernel.views import ExpenseLimit


class Verdict(IntEnum):
    """Ordered by severity: the worst wins, so no plugin can undo another's refusal or grant access by itself."""

    ALLOW = 0
    REFER = 1
    DENY = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One plugin's view of one decision. `message` is an English msgid shown to the person who decides."""

    verdict: Verdict
    message: str
    code: str
    plugin: str = ""


def worst(findings: Iterable[Finding]) -> Verdict:
    """The combined verdict: deny > refer > allow; nothing said means allow."""
    return max((finding.verdict for finding in findings), default=Verdict.ALLOW)


def lowest(limits: Iterable[ExpenseLimit]) -> dict[str, ExpenseLimit]:
    """The combined limits by line: the lowest counts, of equal ones the first by its code."""
    found: dict[str, ExpenseLimit] = {}
    for limit in limits:
        held = found.get(limit.line)
        if held is None or (limit.pence, limit.code) < (held.pence, held.code):
            found[limit.line] = limit
    return found
