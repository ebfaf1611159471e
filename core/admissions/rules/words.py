"""The words of reasons: a rule pack's own, the platform's, and those for criteria and roles that reasons name."""

from collections.abc import Callable, Mapping
from typing import Any

from core.admissions.rules.proposal import Reason
from core.kernel.text import N_

FAILED = "rule_failed"

WORDS: Mapping[str, str] = {
    FAILED: N_("The rules of this window could not be applied. A person must decide."),
}

TERMS: Mapping[str, str] = {
    "experience": N_("experience of improvement"),
    "knowledge": N_("knowledge of improvement"),
    "commitment": N_("commitment"),
    "collaboration": N_("collaboration"),
    "contribution": N_("contribution"),
    "lay": N_("lay assessor"),
    "external": N_("assessor from outside the applicant’s employer"),
    "cy_reader": N_("assessor who reads Welsh"),
}
"""Values of params that are words themselves."""


def sentence(words: Mapping[str, str], reason: Reason, say: Callable[[str, dict[str, Any]], str]) -> str:
    """A reason in the reader's language. `words` are the rule pack's ({} when it is gone), `say(msgid, params)` translates."""
    message = words.get(reason.code) or WORDS.get(reason.code)
    if message is None:
        return reason.code
    return say(
        message, {name: say(TERMS[v], {}) if isinstance(v, str) and v in TERMS else v for name, v in reason.params}
    )
