"""A policy in the one form that is kept and hashed: the same bytes for the same policy, on every machine."""

import hashlib
import json

from plugins.expense_approvals.policy.rules import Policy


def canonical(policy: Policy) -> str:
    """The policy as JSON: names in order, sets sorted."""
    return json.dumps(
        policy.model_dump(), default=sorted, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )  # model_dump leaves sets as sets, in whatever order this process has them


def sha256(policy: Policy) -> str:
    """The hash of its canonical form."""
    return hashlib.sha256(canonical(policy).encode()).hexdigest()
