"""What may be published of one question's answers, and when: in steps, so that no figure tells of one to four people.

Who reads is taken to know this method, who has answered, and every figure that was shown before.

1. Nothing is published of fewer than five answers, and nothing new before five more have come: one more answer changes
   nothing on the page.
2. Neighbouring answers ("agree" and "strongly agree") are put together until every line counts nobody or at least five
   people. Hiding a small line alone would not do: the total gives it away.
3. A publication must also be safe against each earlier one: wherever the two can be subtracted from each other, nobody or
   at least five people are left. Else the earlier one stays until more have answered.

There is no average: of eight people who gave 5 and one who gave 4 it tells what the one said. What everybody or nobody
said is shown: a count of nobody tells of nobody, and unanimity is a count of five or more.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, pairwise
from typing import Any

from core.sdk import FEWEST_SHOWN

SIZE = 5
"""Answers from 1 to 5."""


@dataclass(frozen=True, slots=True)
class Step:
    """One publication about one question, of `total` answers. `cuts` say where `lines` end: (3,) are 1 to 3 and 4 to 5."""

    total: int
    cuts: tuple[int, ...]
    lines: tuple[int, ...]

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """The first and the last answer of each line."""
        ends = (0, *self.cuts, SIZE)
        return tuple((start + 1, end) for start, end in pairwise(ends))

    def stored(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    @classmethod
    def read(cls, kept: dict[str, Any]) -> "Step":
        """From JSON."""
        return cls(kept["total"], tuple(kept["cuts"]), tuple(kept["lines"]))


def next_step(earlier: Sequence[Step], counts: Sequence[int]) -> Step | None:
    """What is to be published after `earlier` (oldest first), now that `counts` people gave each answer from 1 to 5; None for
    nothing new. Raises ValueError for counts that are not five, or are below what was published."""
    if len(counts) != SIZE or min(counts) < 0:
        raise ValueError("five counts, none below zero")
    total, before = sum(counts), earlier[-1].total if earlier else 0
    if total < before:
        raise ValueError("answers are never taken away")
    if total - before < FEWEST_SHOWN:
        return None
    found = [step for step in _partitions(counts) if all(_apart(one, step) for one in earlier)]
    return max(found, key=_worth, default=None)


def _worth(step: Step) -> tuple[Any, ...]:
    """What makes one picture better than another: more lines with somebody in them, more lines, the smallest one larger;
    then one order, so that the same answers always give the same picture."""
    somebody = [line for line in step.lines if line]
    return len(somebody), len(step.lines), min(somebody), [-cut for cut in step.cuts]


def _partitions(counts: Sequence[int]) -> list[Step]:
    """Every way to put neighbours together in two lines or more, each of which counts nobody or at least five."""
    steps = [
        Step(sum(counts), cuts, _sums(counts, cuts))
        for wanted in range(1, SIZE)
        for cuts in combinations(range(1, SIZE), wanted)
    ]
    return [step for step in steps if all(_enough(line) for line in step.lines)]


def _sums(counts: Sequence[int], cuts: Sequence[int]) -> tuple[int, ...]:
    ends = (0, *cuts, len(counts))
    return tuple(sum(counts[start:end]) for start, end in pairwise(ends))


def _enough(people: int) -> bool:
    return people == 0 or people >= FEWEST_SHOWN


def _apart(earlier: Step, later: Step) -> bool:
    """Whether subtracting one from the other tells of nobody or of at least five, wherever both can be read."""
    common = sorted(set(earlier.cuts) & set(later.cuts))
    pairs = zip(_until(earlier, common), _until(later, common), strict=True)
    return all(_enough(after - before) for before, after in pairs)


def _until(step: Step, cuts: Sequence[int]) -> tuple[int, ...]:
    """A step's lines added up between `cuts`, which are among its own."""
    found, start = [], 0
    for end in (*cuts, SIZE):
        found.append(
            sum(n for (first, last), n in zip(step.spans, step.lines, strict=True) if start < first and last <= end)
        )
        start = end
    return tuple(found)
