"""What a decision about a claim is bound to: one hash of everything that was sent and of the policy that judged it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any


def bound(claim_id: str, number: int, lines: Iterable[Mapping[str, Any]], proofs: Iterable[Mapping[str, Any]]) -> str:
    """The SHA-256 (hex) of version `number` of a claim: every cost with what is allowed of it and the version of the policy that
    says so, and every proof by its own hash. The order that rows are read in changes nothing; anything else does."""
    what = {
        "claim": claim_id,
        "number": number,
        "lines": sorted((_plain(line) for line in lines), key=lambda one: str(one["position"]).zfill(6)),
        "proofs": sorted((_plain(proof) for proof in proofs), key=lambda one: str(one["id"])),
    }
    text = json.dumps(what, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Dates as text; all else is text, whole numbers, None, and lists of them already."""
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row.items()}
