"""A policy, or a site's own rules, as people type them: TOML in, rules or every mistake in plain words out, and back again."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.sdk import N_
from plugins.expense_approvals.policy.rules import AnyRule, Policy

LONGEST = 200_000
"""Characters that are read at most; the policy that comes with the platform has about a tenth of that."""
MOST_PROBLEMS = 20
LINE = re.compile(r"at line (\d+)")
PARTS: Mapping[str, str] = {
    "categories": N_("Category"),
    "regions": N_("Region"),
    "rules": N_("Rule"),
    "examples": N_("Example"),
}
WORDS: Mapping[str, str] = {
    "line": N_("Line %(line)s cannot be read. Look there for a missing quotation mark, bracket or comma."),
    "end": N_("This ends in the middle. Close the last quotation mark or bracket."),
    "unreadable": N_("This cannot be read."),
    "long": N_("This is longer than can be read."),
    "more": N_("There are more mistakes: mend these first."),
    "missing": N_("This is missing."),
    "extra_forbidden": N_("There is nothing of this name. Look at how it is spelled."),
    "number": N_("Write a whole number, without quotation marks."),
    "greater_than_equal": N_("Write a number of at least %(ge)s."),
    "less_than_equal": N_("Write a number of at most %(le)s."),
    "string_type": N_("Write this in quotation marks."),
    "string_pattern_mismatch": N_("Use small letters, digits and underscores, at most 40, beginning with a letter."),
    "string_too_short": N_("Write something here."),
    "string_too_long": N_("Use at most %(max_length)s characters."),
    "literal_error": N_("Write one of these: %(expected)s."),
    "union_tag_invalid": N_("There is no such kind of rule. Write one of these: %(expected_tags)s."),
    "union_tag_not_found": N_("Say of which kind this rule is."),
    "bool": N_("Write true or false, without quotation marks."),
    "too_short": N_("Write at least one."),
    "too_long": N_("There are too many: at most %(max_length)s."),
    "other": N_("This is not written as it has to be. Compare it with others of its kind."),
    "last_step": N_("The last step has no end, and every other step has one."),
    "step_order": N_("Each step ends after the one before it."),
    "step_rises": N_("A later step is never worth more than an earlier one."),
    "no_elsewhere": N_('Say what is allowed everywhere else: the region "".'),
    "category_all": N_("The name all stands for every category: call this one something else."),
    "example_category": N_("An example is of the category %(category)s, which is not in the policy."),
    "no_category": N_("The rule %(rule)s is about %(category)s, which is no category."),
    "not_miles": N_("The rate %(rule)s is about %(category)s, which is not counted in miles."),
    "no_region": N_("The cap %(rule)s names the region %(region)s, which is not in the policy."),
    "cap_all": N_("The cap %(rule)s is for every category: it can only be for the whole trip."),
    "twice": N_("The name %(name)s is there twice."),
}
"""What is wrong, in a sentence for each code."""
ALIKE: Mapping[str, str] = {
    "int_type": "number", "int_from_float": "number", "int_parsing": "number", "int_parsing_size": "number",
    "finite_number": "number", "bool_type": "bool", "bool_parsing": "bool",
}  # fmt: skip

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong: where (a part of PARTS and the name or number of what is meant, and the way inside it), and a
    key of WORDS with what fills its places."""

    part: str
    name: str
    inside: tuple[str, ...]
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


class Unread(Exception):
    """What was typed is no policy. `mistakes` says why, at most MOST_PROBLEMS of them."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__(f"{len(self.mistakes)} mistakes")


class Own(BaseModel):
    """A site's own rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    rules: tuple[AnyRule, ...] = Field(default=(), max_length=60)


def policy_of(text: str) -> Policy:
    """The policy that `text` says. Nobody types that a policy is illustrative: only the platform's own is. Raises Unread."""
    data = _data(text)
    if "illustrative" in data:
        raise Unread([Mistake("", "illustrative", (), "extra_forbidden")])
    return _valid(Policy, data)


def rules_of(text: str) -> tuple[AnyRule, ...]:
    """The rules that `text` says; none where it is empty. Raises Unread."""
    return _valid(Own, _data(text)).rules


def _data(text: str) -> dict[str, Any]:
    if len(text) > LONGEST:
        raise Unread([Mistake("", "", (), "long")])
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, and brackets inside brackets, too
        line = LINE.search(str(error))
        code = "line" if line else "end" if "end of document" in str(error) else "unreadable"
        raise Unread([Mistake("", "", (), code, {"line": line[1]} if line else {})]) from None


def _valid(model: type[Model], data: Mapping[str, Any]) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = [_mistake(one, data) for one in error.errors(include_url=False)]
    if len(found) > MOST_PROBLEMS:
        found[MOST_PROBLEMS - 1 :] = [Mistake("", "", (), "more")]
    raise Unread(found) from None


def _mistake(error: Any, data: Mapping[str, Any]) -> Mistake:
    way = [str(step) for step in error["loc"]]
    code = ALIKE.get(error["type"], error["type"])
    code = code if code in WORDS else "other"
    params = {name: str(value) for name, value in error.get("ctx", {}).items()}
    if not way or way[0] not in PARTS:
        return Mistake("", ".".join(way), (), code, params)
    part, name, *inside = way if len(way) > 1 else [*way, ""]
    if name.isdigit():
        name, inside = _called(data[part], int(name), inside)
    return Mistake(part, name, tuple(step for step in inside if step != "[key]"), code, params)


def _called(items: Any, number: int, inside: list[str]) -> tuple[str, list[str]]:
    """What an entry of a list is called (its key, else its number), and the way inside it without the kind that pydantic adds."""
    item = items[number] if isinstance(items, list) and number < len(items) else None
    if not isinstance(item, dict):
        return str(number + 1), inside
    if inside and inside[0] == item.get("kind"):
        inside = inside[1:]
    key = item.get("key")
    return (key if isinstance(key, str) and key else str(number + 1)), inside


def policy_text(policy: Policy) -> str:
    """A policy as people edit it; `policy_of` reads it back."""
    blocks = (
        [_block("[regions]", {key: _plain(words) for key, words in policy.regions.items()})] if policy.regions else []
    )
    for part, items in (("categories", policy.categories), ("rules", policy.rules), ("examples", policy.examples)):
        blocks += [_block(f"[[{part}]]", _plain(item)) for item in items]
    return "\n\n".join(blocks) + "\n"


def rules_text(rules: Iterable[AnyRule]) -> str:
    """A site's own rules as people edit them; `rules_of` reads them back."""
    return "".join(_block("[[rules]]", _plain(rule)) + "\n\n" for rule in rules)


def _plain(item: BaseModel) -> dict[str, Any]:
    """What differs from its default, and the kind of a rule, in the order in which the model names it."""
    given = item.model_dump(exclude_defaults=True)
    kind = getattr(item, "kind", None)
    first = {"key": given.pop("key")} if "key" in given else {}
    return {
        **first,
        **({"kind": kind} if kind else {}),
        **{name: value for name, value in given.items() if name != "kind"},
    }


def _block(head: str, values: Mapping[str, Any]) -> str:
    return "\n".join([head, *(f"{_name(key)} = {_value(value)}" for key, value in values.items())])


def _name(key: str) -> str:
    return key if re.fullmatch("[a-z0-9_]+", key) else _string(key)


def _string(text: str) -> str:
    """A TOML string: JSON's escapes are TOML's, but for the one character that JSON leaves alone."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_name(key)} = {_value(one)}" for key, one in value.items() if one is not None) + " }"
    return "[" + ", ".join(_value(one) for one in (sorted(value) if isinstance(value, frozenset) else value)) + "]"
