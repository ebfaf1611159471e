"""Claims and proofs for the tests of expense approvals."""

import hashlib
from dataclasses import replace
from io import BytesIO
from typing import Any

from PIL import Image

from core.data.files import Store
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.kernel.uploads import JPEG, Upload
from core.sdk import ScopedSession, Visitor
from plugins.expense_approvals.claims.lines import Line
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.service import claiming, judging, receipts, sending
from plugins.expense_approvals.service.claim_steps import News
from plugins.expense_approvals.service.claiming import Cost
from tests.plugins.expense_approvals.helpers import (
    NO_LIMITS,
    POLICY,
    activity,
    agree,
    asked,
    cost,
    nothing,
    unheard,
    visitor,
)

CHECKER, SECOND = visitor(Role.EXPENSE_APPROVER), visitor(Role.PARTNER_LEAD)
"""Who checks and who approves."""


class Kept(Store):
    """A store that is a dictionary."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def put(self, key: str, content: bytes) -> None:
        self.contents[key] = content

    def get(self, key: str) -> bytes | None:
        return self.contents.get(key)

    def delete(self, keys: Any) -> None:
        for key in keys:
            self.contents.pop(key, None)

    def listed(self, tenant_id: int) -> Any:
        return iter(())


def mark(text: str) -> str:
    """A keyed hash, with a key that everybody may know."""
    return hashlib.sha256(f"key {text}".encode()).hexdigest()


class Letters:
    """What was written, by its step."""

    def __init__(self) -> None:
        self.sent: list[News] = []

    def __call__(self, session: ScopedSession, news: News) -> None:
        self.sent.append(news)


def picture(colour: int = 0) -> bytes:
    """A JPEG of one colour."""
    out = BytesIO()
    Image.new("RGB", (40, 30), (colour % 256, colour // 256, 90)).save(out, "JPEG", quality=95)
    return out.getvalue()


def upload(colour: int = 0) -> Upload:
    """A file as the kernel gives it on."""
    return Upload("ticket.jpg", JPEG, picture(colour))


def agreed(session: ScopedSession, budget_id: str, who: Visitor, *lines: Line, in_days: int = 0) -> str:
    """A pre-approval for an activity of today, agreed to in full."""
    made = asked(
        session, activity(session, budget_id, in_days=in_days), who, *(lines or (cost(in_days=in_days, pence=2_000),))
    )
    agree(session, made)
    return made


def spent(key: str = "a", pence: int | None = 1_000, **changes: Any) -> Line:
    """A bus fare of today; with no pence the line asks for miles at the rate."""
    return replace(cost(key, in_days=0, **changes), pence=pence)


def draft(
    session: ScopedSession, preapproval_id: str, who: Visitor, *lines: Line, colour: int = 1, store: Store | None = None
) -> str:
    """A claim with its costs, each with a receipt of its own."""
    made = claiming.begin(session, preapproval_id, who)
    for number, line in enumerate(lines or (spent(),)):
        line_id = claiming.put(
            session,
            made,
            None,
            Cost(line, "The bus to Perth.", *(("EH1 1YZ", "PH1 5AA") if line.miles else ())),
            who,
            new_token(),
        )
        receipts.give(session, made, line_id, "receipt", upload(colour * 16 + number), who, store or Kept(), mark)
    return made


def send(session: ScopedSession, claim_id: str, who: Visitor, post: Any = unheard, **changes: Any) -> str:
    """Send a claim; its hash."""
    given = {"policy_on": POLICY, "partners": nothing, "mark": mark, "post": post, **changes}
    return sending.submit(session, claim_id, claims.one(session, claim_id, who).version, who, **given)


def sent(session: ScopedSession, budget_id: str, who: Visitor, *lines: Line, colour: int = 1) -> str:
    """A claim that was sent; agreed beforehand to the penny of what the policy allows or £20."""
    made = draft(session, agreed(session, budget_id, who), who, *lines, colour=colour)
    send(session, made, who)
    return made


def sha(session: ScopedSession, claim_id: str) -> str:
    """The hash of what was sent last."""
    return claims.bound_to(session, claim_id, claims.one(session, claim_id, CHECKER).revision)


def check(session: ScopedSession, claim_id: str, by: Visitor = CHECKER) -> None:
    """Check it."""
    judging.check(session, claim_id, claims.one(session, claim_id, by).version, sha(session, claim_id), "", by)


def approve(session: ScopedSession, claim_id: str, by: Visitor = SECOND, share: int = 100, **changes: Any) -> str:
    """Approve a share (in per cent) of what the policy allows; the step that was taken."""
    lines = claims.lines(session, claim_id)
    given: dict[str, Any] = {
        "version": claims.one(session, claim_id, by).version, "sha256": sha(session, claim_id),
        "amounts": {line.id: line.allowed_p * share // 100 for line in lines},
        "reasons": {line.id: "The cheaper bus." for line in lines if share < 100}, "words": "", "rules": nothing, "mark": mark,
        "post": unheard, "limits": NO_LIMITS, **changes,
    }  # fmt: skip
    return judging.approve(session, claim_id, visitor=by, **given)
