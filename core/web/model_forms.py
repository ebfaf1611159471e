"""Form fields made from a pydantic model: one for each setting, with its title, description and bounds.

Pydantic alone decides what is valid; this module only draws the fields, and says pydantic's findings in plain words. The
settings of plugins and the configurations of rule packs are asked for so.
"""

import types
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import Field
from wtforms.widgets import NumberInput

from core.kernel.text import N_
from core.web.i18n import say

PREFIX = "set-"
"""What a setting's field name begins with, so that no setting can take the name of another part of the form."""

WORDS: dict[str, str] = {
    "missing": N_("Answer this"),
    "int_parsing": N_("Enter a whole number"),
    "int_from_float": N_("Enter a whole number"),
    "int_parsing_size": N_("Enter a smaller number"),
    "int_type": N_("Enter a whole number"),
    "decimal_parsing": N_("Enter a number"),
    "float_parsing": N_("Enter a number"),
    "float_type": N_("Enter a number"),
    "finite_number": N_("Enter a number"),
    "greater_than_equal": N_("Enter %(ge)s or more"),
    "greater_than": N_("Enter more than %(gt)s"),
    "less_than_equal": N_("Enter %(le)s or less"),
    "less_than": N_("Enter less than %(lt)s"),
    "string_too_long": N_("Use no more than %(max_length)s characters"),
    "string_too_short": N_("Use at least %(min_length)s characters"),
    "literal_error": N_("Choose one of the answers"),
    "enum": N_("Choose one of the answers"),
    "extra_forbidden": N_("There is no such setting"),
    "string_pattern_mismatch": N_("Use small letters, digits, hyphens and underscores"),
}
ANY_OTHER = N_("This cannot be used here")


def problems(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with `values` as settings of `model`: {setting: words in the reader's language}; empty when nothing is."""
    try:
        model.model_validate(dict(values))
    except ValidationError as error:
        return told(error)
    return {}


def told(error: ValidationError) -> dict[str, str]:
    """What pydantic found, in the reader's language: {field, or "" for the whole: words}."""
    return {str(found["loc"][0]) if found["loc"] else "": _words(found) for found in error.errors()}


def _words(found: Any) -> str:
    context = {key: value for key, value in (found.get("ctx") or {}).items() if isinstance(value, (str, int, float))}
    if found["type"] == "value_error":  # the plugin's own validator: its message is a msgid
        return say(str(found["ctx"]["error"]))
    try:
        return say(WORDS.get(found["type"], ANY_OTHER), context)
    except KeyError:
        return say(ANY_OTHER)


def bare_type(annotation: Any) -> tuple[Any, bool]:
    """(the type without `| None`, whether None was allowed)."""
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return annotation, False


def options(annotation: Any) -> tuple[str, ...]:
    """The values a setting may have where its type lists them (Literal or Enum); empty for any other type."""
    kind, _ = bare_type(annotation)
    if get_origin(kind) is Literal:
        return tuple(str(value) for value in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(member.value) for member in kind)
    return ()


def setting_title(name: str, info: FieldInfo | None) -> str:
    """What a setting is called, in the reader's language: the model's title, else its name in words."""
    return say(info.title) if info is not None and info.title else name.replace("_", " ").capitalize()


def option_title(info: FieldInfo, value: str) -> str:
    """What an option is called: the model's own `labels`, else the value itself in words."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    labels = extra.get("labels")
    given = labels.get(value) if isinstance(labels, dict) else None
    return say(str(given)) if given else value.replace("_", " ").capitalize()


def model_fields(model: type[BaseModel], names: Iterable[str]) -> dict[str, Field]:
    """Unbound fields for the settings `names` of `model`, by the names that a form gives them."""
    return {PREFIX + name: _field(name, model.model_fields[name]) for name in names}


def _field(name: str, info: FieldInfo) -> Field:
    kind, optional = bare_type(info.annotation)
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    common = {
        "label": setting_title(name, info),
        "description": say(info.description) if info.description else "",
    }
    if kind is bool:
        return BooleanField(**common)
    if choices := options(info.annotation):
        none = [SelectChoice("", say(N_("None")))] if optional else []
        return SelectField(
            choices=none + [SelectChoice(c, option_title(info, c)) for c in choices], validate_choice=False, **common
        )
    keywords = _bounds(info)
    if isinstance(kind, type) and issubclass(kind, (int, float)):
        step = "1" if issubclass(kind, int) else "any"
        return StringField(widget=NumberInput(step=step), render_kw=keywords, **common)
    if extra.get("widget") == "textarea" or get_origin(kind) in (list, tuple):
        return TextAreaField(render_kw=keywords, **common)
    return StringField(render_kw=keywords, **common)


def _bounds(info: FieldInfo) -> dict[str, str]:
    """The HTML attributes of the setting's bounds, so that a browser can tell before anything is sent."""
    found: dict[str, str] = {}
    for bound in info.metadata:
        if isinstance(bound, Ge):
            found["min"] = str(bound.ge)
        elif isinstance(bound, Le):
            found["max"] = str(bound.le)
        elif isinstance(bound, (Gt, Lt)):
            continue  # HTML has no exclusive bounds; pydantic checks them
        elif isinstance(bound, MaxLen):
            found["maxlength"] = str(bound.max_length)
    return found


def shown(value: Any) -> Any:
    """A stored value as a form shows it: lists one item per line, None as nothing."""
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)
    return "" if value is None else value if isinstance(value, bool) else str(value)


def sent_settings(model: type[BaseModel], form: Any, sent: Iterable[str]) -> dict[str, Any]:
    """The settings as sent. One that the form did not offer is kept, by its name, so that a service can refuse it; a field that is
    no setting's is left to `turned_away`, as every form's."""
    found: dict[str, Any] = {}
    for field in form:
        if field.name.startswith(PREFIX):
            name = field.name.removeprefix(PREFIX)
            found[name] = _value(model.model_fields[name], field.data)
    for key in sent:
        if key.startswith(PREFIX) and (name := key.removeprefix(PREFIX)) in model.model_fields:
            found.setdefault(name, None)
    return found


def _value(info: FieldInfo, data: Any) -> Any:
    kind, optional = bare_type(info.annotation)
    if isinstance(data, bool):
        return data
    text = (data or "").replace("\r\n", "\n")
    if get_origin(kind) in (list, tuple):
        return [line.strip() for line in text.split("\n") if line.strip()]
    if optional and not text.strip():
        return None
    if get_origin(kind) is Literal:  # a listed number must come back as a number
        return next((value for value in get_args(kind) if str(value) == text), text)
    return text if kind is str else text.strip()
