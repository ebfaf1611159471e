"""What the content's files must hold: strict and frozen, whole in both languages."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core.admissions.form.schema import Key, Said

CriterionKey = Literal["experience", "knowledge", "commitment", "collaboration", "contribution"]
CRITERIA: tuple[CriterionKey, ...] = get_args(CriterionKey)
"""The five criteria that every partner shares, in the order in which they are shown."""
Nation = Literal["england", "scotland", "wales", "northern_ireland"]
NATIONS: tuple[Nation, ...] = get_args(Nation)
LEVELS = (1, 2, 3, 4)
"""The scale. Not being able to score is none of these: it is no number at all."""
UNSAID = "prefer_not_to_say"
"""The key of the answer that every equality question offers, in each nation, and of its parent."""


def _in_both(said: Said) -> Said:
    if not (said.en and said.cy):
        raise ValueError("words are missing in one of the languages")
    return said


Words = Annotated[Said, AfterValidator(_in_both)]
"""Words that are there in English and in Welsh."""


class Content(BaseModel):
    """Anything of these files: frozen, with nothing unknown in it and nothing converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_strip_whitespace=True)


def _once(keys: Iterable[object], what: str) -> None:
    if twice := [str(key) for key, number in Counter(keys).items() if number > 1]:
        raise ValueError(f"{what}: these stand twice: {', '.join(twice)}")


class LevelName(Content):
    """What a level is called, the same for all criteria."""

    level: Annotated[int, Field(ge=LEVELS[0], le=LEVELS[-1])]
    name: Words


class Level(Content):
    """One level of a criterion: `description` is what an assessor finds in an application, `letter` what the applicant reads."""

    level: Annotated[int, Field(ge=LEVELS[0], le=LEVELS[-1])]
    description: Words
    letter: Words


class Criterion(Content):
    """What is assessed, with each level described. Raises ValueError (pydantic's) where a level lacks."""

    key: CriterionKey
    title: Words
    meaning: Words
    levels: tuple[Level, ...]

    @model_validator(mode="after")
    def _each_level(self) -> Self:
        if tuple(one.level for one in self.levels) != LEVELS:
            raise ValueError(f"{self.key}: the levels are {LEVELS}, in order")
        return self


class Criteria(Content):
    """All five, in order, and the names of their levels."""

    names: tuple[LevelName, ...]
    criteria: tuple[Criterion, ...]

    @model_validator(mode="after")
    def _all(self) -> Self:
        if tuple(one.key for one in self.criteria) != CRITERIA:
            raise ValueError(f"the criteria are {CRITERIA}, in order")
        if tuple(one.level for one in self.names) != LEVELS:
            raise ValueError(f"the levels are {LEVELS}, in order")
        return self

    def criterion(self, key: str) -> Criterion:
        """The criterion of that key. Raises KeyError for another."""
        for one in self.criteria:
            if one.key == key:
                return one
        raise KeyError(key)

    def name(self, level: int) -> Said:
        """What a level is called. Raises KeyError for a number that is none."""
        for one in self.names:
            if one.level == level:
                return one.name
        raise KeyError(level)


class Expectation(Content):
    """One thing that members expect of each other."""

    key: Key
    title: Words
    text: Words


class Compact(Content):
    """A version of the compact. `promise` is the sentence that somebody accepts."""

    version: Annotated[int, Field(ge=1)]
    title: Words
    intro: Words
    expectations: Annotated[tuple[Expectation, ...], Field(min_length=1)]
    promise: Words

    @model_validator(mode="after")
    def _keys(self) -> Self:
        _once((one.key for one in self.expectations), "expectations")
        return self


class Parent(Content):
    """A group that all four nations share: figures for the UK count in these."""

    key: Key
    label: Words


class Category(Content):
    """An answer to choose, and the parent it is counted in."""

    key: Key
    label: Words
    parent: Key


class Group(Content):
    """Categories that stand together, under a heading or none."""

    heading: Words | None = None
    categories: Annotated[tuple[Category, ...], Field(min_length=1)]


class NationSet(Content):
    """The categories of one nation, or of several that ask alike."""

    nations: Annotated[tuple[Nation, ...], Field(min_length=1)]
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]

    def categories(self) -> Iterator[Category]:
        """All of them, in order."""
        for group in self.groups:
            yield from group.categories


class EqualityQuestion(Content):
    """An optional question, answered with one category. There is no free text: own words can tell who wrote them."""

    key: Key
    label: Words
    hint: Words | None = None
    parents: tuple[Parent, ...]
    sets: tuple[NationSet, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sorted(nation for one in self.sets for nation in one.nations) != sorted(NATIONS):
            raise ValueError(f"{self.key}: each nation has one set of categories")
        _once((one.key for one in self.parents), self.key)
        known = {one.key for one in self.parents}
        for one in self.sets:
            categories = list(one.categories())
            _once((category.key for category in categories), self.key)
            if strange := {category.parent for category in categories} - known:
                raise ValueError(f"{self.key}: unknown parents: {', '.join(sorted(strange))}")
            if (categories[-1].key, categories[-1].parent) != (UNSAID, UNSAID):
                raise ValueError(f"{self.key}: the last answer in each nation is {UNSAID}")
        return self

    def in_nation(self, nation: Nation) -> NationSet:
        """The categories that somebody who applies in `nation` chooses from."""
        return next(one for one in self.sets if nation in one.nations)

    def parent_of(self, nation: Nation, category: str) -> str | None:
        """The key of the parent that a category counts in; None for one that the nation does not have."""
        return next((one.parent for one in self.in_nation(nation).categories() if one.key == category), None)


class PagePart(Content):
    """A heading and its text on the explaining page."""

    key: Key
    title: Words
    text: Words


class Page(Content):
    """What somebody reads before the equality questions."""

    title: Words
    parts: Annotated[tuple[PagePart, ...], Field(min_length=1)]


class Equality(Content):
    """The explaining page and the questions."""

    page: Page
    questions: Annotated[tuple[EqualityQuestion, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _keys(self) -> Self:
        _once((one.key for one in self.questions), "questions")
        return self

    def question(self, key: str) -> EqualityQuestion | None:
        """The question of that key."""
        return next((one for one in self.questions if one.key == key), None)


class LetterOutcome(Content):
    """The standard text of a letter with one outcome."""

    subject: Words
    opening: Annotated[tuple[Words, ...], Field(min_length=1)]
    next: Annotated[tuple[Words, ...], Field(min_length=1)]


class DecisionLetters(Content):
    """The standard text of the letters that tell a decision. `version` is kept with every letter made from it.

    In the words can stand %(reference)s, %(site)s, %(partner)s and %(until)s.
    """

    version: Annotated[str, Field(min_length=1, max_length=20)]
    again: Words
    levels: Words
    comments: Words
    accept: LetterOutcome
    decline: LetterOutcome
    appeal: Words

    def with_outcome(self, outcome: str) -> LetterOutcome:
        """The text for `accept` or `decline`."""
        return self.accept if outcome == "accept" else self.decline
