"""Why somebody decides otherwise than was proposed: the one list of reasons."""

from collections.abc import Mapping

from core.kernel.text import N_

APPEAL = "appeal"
"""The code of a decision that an appeal led to; nobody chooses it from the list."""
OVERRIDES: Mapping[str, str] = {
    "criteria": N_("The criteria were not applied as they are described"),
    "scores": N_("A score rests on a mistake"),
    "information": N_("Something came to light after the application was assessed"),
    "consistency": N_("Like applications in this window were decided otherwise"),
    "language": N_("The language or the form of the answers hid what they say"),
    "procedure": N_("The application was not assessed as it should have been"),
}
"""{code: words (msgid)}. Codes are kept with decisions: add to them, never give one another meaning."""
REASONS: Mapping[str, str] = {**OVERRIDES, APPEAL: N_("An appeal was upheld")}
"""Every code that a decision can carry."""
LONGEST = 2000
"""Characters of the words that go with a code."""
