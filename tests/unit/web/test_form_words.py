"""What fields say by themselves: our words for every message of WTForms' that a form here can show."""

import ast
from pathlib import Path

import wtforms
from babel.messages.pofile import read_po

from core.web.form_words import WORDS
from core.web.i18n import CORE_CATALOGUES

FOLDER = Path(wtforms.__file__).parent
CODE = [*(FOLDER / "fields").glob("*.py"), FOLDER / "validators.py"]
NEVER_SHOWN = {
    "Choices cannot be None.", "Date must be at least %(min)s.", "Date must be at most %(max)s.",
    "Date must be between %(min)s and %(max)s.", "Field must be equal to %(other_name)s.", "Invalid IP address.",
    "Invalid Mac address.", "Invalid URL.", "Invalid UUID.", "Invalid email address.", "Invalid field name '%s'.",
    "Invalid value, can't be any of: %(values)s.", "Invalid value, must be one of: %(values)s.", "Not a valid week value.",
    "This field cannot be edited.", "This field is disabled and cannot have a value.",
}  # fmt: skip
"""Of fields and validators that no form here has."""


def _messages() -> set[str]:
    """The first argument of every call of `gettext` and `ngettext` in WTForms' fields and validators."""
    calls = [
        node for path in CODE for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
    ]
    named = [
        call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in {"gettext", "ngettext"}
    ]
    return {str(call.args[0].value) for call in named if isinstance(call.args[0], ast.Constant)}


def test_no_message_of_wtforms_is_left_in_its_own_words() -> None:
    assert _messages() - NEVER_SHOWN == set(WORDS)


def test_each_has_its_welsh() -> None:
    with (CORE_CATALOGUES / "cy" / "LC_MESSAGES" / "messages.po").open("rb") as words:
        welsh = {message.id: message.string for message in read_po(words, locale="cy")}
    assert not [words for words in WORDS.values() if not welsh.get(words)]
