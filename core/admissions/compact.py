"""A version of the compact while people work on it: its words, what each edit makes of it, and what differs from another."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from core.admissions.content.shapes import Compact
from core.admissions.form.schema import Key, Part, Said
from core.admissions.rules import canonical, sha256
from core.kernel.errors import Invalid, NotFound, Refused
from core.kernel.text import N_

MOST = 30
"""Expectations in one compact: more than that nobody reads."""


class Expectation(Part):
    """One thing that members expect of each other; its Welsh may be missing while it is a draft."""

    key: Key
    title: Said
    text: Said


class CompactText(Part):
    """All of a version. What is published is whole besides (`content.shapes.Compact`)."""

    version: Annotated[int, Field(ge=1)]
    title: Said
    intro: Said
    expectations: tuple[Expectation, ...]
    promise: Said

    def expectation(self, key: str) -> Expectation:
        """The expectation of that key. Raises NotFound."""
        for one in self.expectations:
            if one.key == key:
                return one
        raise NotFound

    def missing(self) -> list[tuple[str, str]]:
        """Where words are missing in a language: (key of the expectation, "" for the frame; language)."""
        pairs = [("", one) for one in (self.title, self.intro, self.promise)]
        pairs += [(one.key, said) for one in self.expectations for said in (one.title, one.text)]
        lacking = ((key, language) for key, said in pairs for language in ("en", "cy") if not getattr(said, language))
        return list(dict.fromkeys(lacking))

    def sha256(self) -> str:
        """The hash (hex) of its canonical JSON."""
        return sha256(canonical(self))

    def words_only(self) -> dict[str, Any]:
        """The content without its number, to compare two versions by."""
        return self.model_dump(mode="json", exclude={"version"})


Edit = Callable[[CompactText], CompactText]
"""An edit of a draft: takes the text, gives another. Raises NotFound, Invalid, Refused."""


def read(content: Any) -> CompactText:
    """A stored content. Raises ValueError (pydantic's) for what is none."""
    return CompactText.model_validate(content)


def whole(text: CompactText) -> Compact:
    """The text as it is published. Raises Refused while words are missing or nothing is expected."""
    if text.missing():
        raise Refused(N_("Words are missing in one of the languages."))
    if not text.expectations:
        raise Refused(N_("A compact says what members expect of each other: add something first."))
    return Compact.model_validate_json(text.model_dump_json())


def framed(title: Said, intro: Said, promise: Said) -> Edit:
    """Other words around the expectations."""
    return lambda text: text.model_copy(update={"title": title, "intro": intro, "promise": promise})


def added(one: Expectation) -> Edit:
    """A new expectation, at the end."""

    def edit(text: CompactText) -> CompactText:
        if any(there.key == one.key for there in text.expectations):
            raise Invalid({"key": N_("There is one with this key already. Choose another.")})
        if len(text.expectations) >= MOST:
            raise Refused(N_("That is as many as a compact can have."))
        return text.model_copy(update={"expectations": (*text.expectations, one)})

    return edit


def changed(one: Expectation) -> Edit:
    """Other words of an expectation that is there."""

    def edit(text: CompactText) -> CompactText:
        text.expectation(one.key)
        kept = tuple(one if there.key == one.key else there for there in text.expectations)
        return text.model_copy(update={"expectations": kept})

    return edit


def removed(key: str) -> Edit:
    """An expectation taken out."""

    def edit(text: CompactText) -> CompactText:
        text.expectation(key)
        kept = tuple(there for there in text.expectations if there.key != key)
        return text.model_copy(update={"expectations": kept})

    return edit


def moved(key: str, by: int) -> Edit:
    """An expectation one place up (`by` -1) or down (1); at the end of the list it stays where it is."""

    def edit(text: CompactText) -> CompactText:
        one, order = text.expectation(key), list(text.expectations)
        place = order.index(one)
        order.insert(max(0, min(len(order), place + by)), order.pop(place))
        return text.model_copy(update={"expectations": tuple(order)})

    return edit


@dataclass(frozen=True, slots=True)
class Difference:
    """One part that differs: what it is called, `added`, `removed`, `changed` or `moved`, and its (label msgid, language,
    before, after)."""

    name: Said
    way: str
    lines: tuple[tuple[str, str, str, str], ...] = ()


def differences(old: CompactText, new: CompactText) -> list[Difference]:
    """Everything that differs, the frame first, then the expectations in the new order, what is gone last."""
    frame = (
        *_lines(N_("Title"), old.title, new.title),
        *_lines(N_("Introduction"), old.intro, new.intro),
        *_lines(N_("What somebody promises"), old.promise, new.promise),
    )
    found = [Difference(new.title, "changed", frame)] if frame else []
    before = {one.key: one for one in old.expectations}
    kept = [one.key for one in new.expectations if one.key in before]
    moves = set(_moved([key for key in before if key in set(kept)], kept))
    for one in new.expectations:
        was = before.get(one.key)
        lines = (
            *_lines(N_("Title"), was.title if was else Said(), one.title),
            *_lines(N_("Text"), was.text if was else Said(), one.text),
        )
        if was is None or lines:
            found.append(Difference(one.title, "changed" if was else "added", lines))
        elif one.key in moves:
            found.append(Difference(one.title, "moved"))
    found += [Difference(one.title, "removed") for key, one in before.items() if key not in kept]
    return found


def _moved(before: list[str], after: list[str]) -> Iterator[str]:
    return (key for place, key in enumerate(after) if before[place] != key)


def _lines(label: str, old: Said, new: Said) -> Iterator[tuple[str, str, str, str]]:
    for language in ("en", "cy"):
        was, now = getattr(old, language), getattr(new, language)
        if was != now:
            yield label, language, was, now
