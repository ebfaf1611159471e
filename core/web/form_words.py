"""What the fields of forms say by themselves, in our words and in both languages.

WTForms' own speak of integers, and its Welsh lacks some of them or counts as English does.
"""

from typing import Any

from core.kernel.text import N_
from core.web.i18n import say

_CHOICE, _NUMBER = N_("Choose one of the list"), N_("Enter a number")
WORDS = {
    "This field is required.": N_("Answer this"),
    "Invalid input.": N_("This cannot be read. Type it again."),
    "Not a valid choice.": _CHOICE,
    "Invalid Choice: could not coerce.": _CHOICE,
    "Invalid choice(s): one or more data inputs could not be coerced.": _CHOICE,
    "'%(value)s' is not a valid choice for this field.": _CHOICE,
    "Not a valid integer value.": N_("Enter a whole number"),
    "Not a valid decimal value.": _NUMBER,
    "Not a valid float value.": _NUMBER,
    "Not a valid datetime value.": N_("Enter a date and a time like 2026-11-23 14:30"),
    "Not a valid date value.": N_("Enter a date like 2026-11-23"),
    "Not a valid time value.": N_("Enter a time like 14:30"),
    "Number must be at least %(min)s.": N_("Enter a number from %(min)s"),
    "Number must be at most %(max)s.": N_("Enter a number up to %(max)s"),
    "Number must be between %(min)s and %(max)s.": N_("Enter a number from %(min)s to %(max)s"),
    "Field must be at least %(min)d character long.": N_("Write at least %(min)s characters"),
    "Field cannot be longer than %(max)d character.": N_("Write at most %(max)s characters"),
    "Field must be exactly %(max)d character long.": N_("Write exactly %(max)s characters"),
    "Field must be between %(min)d and %(max)d characters long.": N_("Write from %(min)s to %(max)s characters"),
}
"""WTForms' message, of two numbers the first, to ours. It fills the places itself."""


class FieldWords:
    """A catalogue as WTForms asks for it, in the language of the request."""

    def gettext(self, message: str) -> str:
        """`message`, which may be one of our own already, with its places still to be filled."""
        return say(WORDS.get(message, message))

    def ngettext(self, one: str, _many: str, _count: Any) -> str:
        """The same for a message that counts: none of ours needs a plural."""
        return self.gettext(one)
