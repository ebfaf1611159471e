"""Form fields made from a pydantic model: one for each setting, with its title, description and bounds.

Pydantic alone decides what is valid; this module only draws the fields, makes JSON values of what was typed (a strict model takes
no text for a number), and says pydantic's findings in plain words. The settings of plugins and the configurations of rule packs
are asked for so.
"""

import types
from collections.abc import Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import Field
from wtforms.widgets import DateInput, NumberInput, TimeInput

from core.kernel.text import N_
from core.tenancy.settings import kept, read
from core.web.forms import CheckboxesField
from core.web.i18n import day, say

PREFIX = "set-"
"""What a setting's field name begins with, so that no setting can take the name of another part of the form."""

DAY, TIME = N_("Enter a date like 2026-11-23"), N_("Enter a time like 14:30")
INSTANT = N_("Enter a date and a time like 2026-11-23 14:30")
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
    **dict.fromkeys(("literal_error", "enum", "bool_parsing", "bool_type"), N_("Choose one of the answers")),
    "extra_forbidden": N_("There is no such setting"),
    "string_pattern_mismatch": N_("Use small letters, digits, hyphens and underscores"),
    "too_short": N_("Give at least %(min_length)s of them"),
    "too_long": N_("Give no more than %(max_length)s of them"),
    "decimal_max_places": N_("Use no more than %(decimal_places)s decimal places"),
    **dict.fromkeys(("date_parsing", "date_type", "date_from_datetime_parsing", "date_from_datetime_inexact"), DAY),
    **dict.fromkeys(("time_parsing", "time_type"), TIME),
    **dict.fromkeys(("datetime_parsing", "datetime_type", "datetime_from_date_parsing"), INSTANT),
    **dict.fromkeys(
        ("time_delta_parsing", "time_delta_type"), N_("Enter hours and minutes like 01:30, or days like 3 days")
    ),
}
ANY_OTHER = N_("This cannot be used here")
ONE_A_LINE = N_("One on each line.")


def problems(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with `values` as settings of `model`: {setting: words in the reader's language}; empty when nothing is."""
    try:
        kept(read(model, values))
    except ValidationError as error:
        return told(error)
    return {}


def told(error: ValidationError) -> dict[str, str]:
    """What pydantic found, in the reader's language: {field, or "" for the whole: words}."""
    return {str(found["loc"][0]) if found["loc"] else "": _words(found) for found in error.errors()}


def _words(found: Any) -> str:
    context = {
        key: value for key, value in (found.get("ctx") or {}).items() if isinstance(value, (str, int, float, Decimal))
    }
    if found["type"] == "value_error":  # the plugin's own validator: its message is a msgid
        return say(str(found["ctx"]["error"]))
    try:
        return say(WORDS.get(found["type"], ANY_OTHER), context)
    except KeyError:
        return say(ANY_OTHER)


def bare_type(annotation: Any) -> tuple[Any, bool]:
    """(the type without `| None` and without what is annotated, whether None was allowed)."""
    if get_origin(annotation) is Annotated:
        return bare_type(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            return bare_type(rest[0])[0], True
    return annotation, False


def options(annotation: Any) -> tuple[str, ...]:
    """The values a setting, or each item of a list, may have where its type lists them (Literal or Enum), as a form has them; empty for
    any other type."""
    kind = bare_type(annotation)[0]
    return tuple(str(value) for value in _listed(_item(kind) if _is_list(kind) else kind))


def _listed(kind: Any) -> tuple[Any, ...]:
    """The values of a Literal or an Enum as JSON has them."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(member.value for member in kind)
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


def item_words(info: FieldInfo, value: str) -> str:
    """One value of a setting, or one of the values of a list, as people read it: an option by its title, a date in their language."""
    if options(info.annotation):
        return option_title(info, value)
    kind = bare_type(info.annotation)[0]
    if (_item(kind) if _is_list(kind) else kind) is date:
        try:
            return day(date.fromisoformat(value))
        except ValueError:  # kept by another version, for which it was no date
            return value
    return value


def model_fields(model: type[BaseModel], names: Iterable[str]) -> dict[str, Field]:
    """Unbound fields for the settings `names` of `model`, by the names that a form gives them."""
    return {PREFIX + name: _field(name, model.model_fields[name]) for name in names}


def _field(name: str, info: FieldInfo) -> Field:
    kind, optional = bare_type(info.annotation)
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    common = {
        "label": setting_title(name, info),
        "description": say(info.description or (ONE_A_LINE if _by_lines(kind, extra) else "")),
    }
    none = [SelectChoice("", say(N_("None")))] if optional else []
    if kind is bool and optional:  # a box that is ticked or not has no third answer
        both = [SelectChoice(str(value), say(words)) for value, words in ((True, N_("Yes")), (False, N_("No")))]
        return SelectField(choices=none + both, validate_choice=False, **common)
    if kind is bool:
        return BooleanField(**common)
    choices = options(info.annotation)
    if choices and _is_list(kind) and not _by_lines(kind, extra):
        titled = [SelectChoice(choice, option_title(info, choice)) for choice in choices]
        return _BoxesField(choices=titled, validate_choice=False, **common)
    if choices and not _is_list(kind):
        return SelectField(
            choices=none + [SelectChoice(c, option_title(info, c)) for c in choices], validate_choice=False, **common
        )
    keywords = _bounds(info)
    if isinstance(kind, type) and issubclass(kind, (int, float, Decimal)):
        step = "1" if issubclass(kind, int) else "any"
        return StringField(widget=NumberInput(step=step), render_kw=keywords, **common)
    if kind is date or kind is time:
        return StringField(widget=DateInput() if kind is date else TimeInput(), render_kw=keywords, **common)
    if _is_list(kind):  # a list's length is counted in lines, which HTML cannot
        return TextAreaField(render_kw={key: keywords[key] for key in keywords if key != "maxlength"}, **common)
    if extra.get("widget") == "textarea":
        return TextAreaField(render_kw=keywords, **common)
    return StringField(render_kw=keywords, **common)


class _BoxesField(CheckboxesField):
    """A list of choices, a box for each; `shown` gives it as lines."""

    def process_data(self, value: Any) -> None:
        """Tick what is in the lines."""
        super().process_data(value.splitlines() if isinstance(value, str) else value)


def _is_list(kind: Any) -> bool:
    """Whether it holds several of one kind, for which a form asks line by line, or with a box for each choice."""
    return get_origin(kind) in (list, tuple)


def _by_lines(kind: Any, extra: Mapping[str, Any]) -> bool:
    """Whether a list is asked for line by line: always, but for one of choices, whose model can ask for it where the order matters."""
    return _is_list(kind) and (not _listed(_item(kind)) or extra.get("widget") == "textarea")


def _item(kind: Any) -> Any:
    """The type of what a list holds."""
    return bare_type(get_args(kind)[0])[0]


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
            found[name] = typed(model.model_fields[name], field.data)
    for key in sent:
        if key.startswith(PREFIX) and (name := key.removeprefix(PREFIX)) in model.model_fields:
            found.setdefault(name, None)
    return found


def typed(info: FieldInfo, data: Any) -> Any:
    """What a form's field has, as JSON has it: the other way round than `shown`. What is no value of the setting's type stays as it
    was typed, for the model to refuse."""
    kind, optional = bare_type(info.annotation)
    if isinstance(data, bool):
        return data
    text = "\n".join(data) if isinstance(data, list) else (data or "").replace("\r\n", "\n")
    if optional and not text.strip():
        return None
    if _is_list(kind):
        return [_one(_item(kind), line.strip()) for line in text.split("\n") if line.strip()]
    return text if kind is str else _one(kind, text.strip())


def _one(kind: Any, text: str) -> Any:
    """One value: numbers as numbers, and of the values that a type lists the one that is written so. Dates, times and decimals are
    texts in JSON, too."""
    listed = (True, False) if kind is bool else _listed(kind)
    if listed:
        return next((value for value in listed if str(value) == text), text)
    if kind not in (int, float):
        return text
    try:
        return kind(text)
    except ValueError:
        return text
