"""What other rooms of Joining Q work out by themselves, said here once for the demonstration.

Each function has one caller's meaning and can hand over to the room's own function.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.admissions import scoring
from core.admissions.models import WindowRules
from core.admissions.rules import RuleConfig
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.ids import new_id, new_token

STANDARD = "standard@1.0.0"
ASSESS_DAYS, APPEAL_DAYS = 42, 28


def seal_sum(scores: Sequence[Mapping[str, Any]], recommendation: str, submission_id: str) -> str:
    """The hash of sealed scores and of the version that was read. `scores` are rows of Score."""
    found = [
        scoring.Verdict(row["criterion"], row["value"], row["words"], row["not_scored"]) for row in scores
    ]  # fmt: skip
    return scoring.digest(scoring.as_draft(found, recommendation), submission_id)


def pin(session: ScopedSession, window_id: str, policy_id: str, **config: Any) -> tuple[str, dict[str, Any], str]:
    """Pin the standard rules with `config` for a window, in the caller's transaction; (secret, whole configuration, what a
    proposal's basis names the pinned rules by)."""
    whole = RuleConfig(**config).model_dump(mode="json")
    there = session.execute(
        sa.update(WindowRules)
        .where(WindowRules.window_id == window_id)
        .values(config=whole)
        .returning(WindowRules.secret, WindowRules.id, WindowRules.version)
    ).one_or_none()
    if there is not None:
        return there.secret, whole, f"{there.id}:{there.version}"
    secret = new_token()
    rules_id = new_id()
    row = {
        "id": rules_id, "tenant_id": session.scope.tenant_id, "window_id": window_id, "rule": STANDARD, "config": whole,
        "policy_id": policy_id, "blindness": "none", "assess_days": ASSESS_DAYS, "appeal_days": APPEAL_DAYS, "secret": secret,
        "version": 1, "pinned_by": None, "pinned_at": clock.now(),
    }  # fmt: skip
    session.execute(sa.insert(WindowRules), [row])
    return secret, whole, f"{rules_id}:1"
