"""What was submitted as one text with one hash."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from core.admissions.form.answers import given


def canonical(answers: Mapping[str, Any]) -> str:
    """Answers as the one JSON text that is hashed: sorted keys, no spaces, only what was answered."""
    kept = {key: value for key, value in answers.items() if given(value)}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """SHA-256 (hex) of a submission's text."""
    return hashlib.sha256(text.encode()).hexdigest()
