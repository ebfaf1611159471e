"""Outcomes by equality group as they may be published: suppressed, then rounded, and never changed afterwards.

Who reads is taken to know everything else that is shown: the exact numbers of accepted and of declined applications stand
on the same pages, so they count as known even where a table does not need them. Four nets, each for a way to reckon a small
count back:

1. Counts of 1 to 4 are hidden, and with them as many others as keep them from following from the totals (`suppression`).
2. A group of fewer than five is hidden whole, its zeros too: that nobody of four was accepted tells of each of the four.
3. What is shown is rounded to five; a rate needs 22.5 people (`disclosure`), and stands only where its counts do.
4. A table whose totals would have to be hidden is withheld: they are known.

Publications do not overlap (`models.EqualityFigures`), so that none can be subtracted from another.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from core.admissions.content.shapes import UNSAID
from core.admissions.measure.disclosure import FEWEST_SHOWN, percentage, rounded
from core.admissions.measure.rates import Rate
from core.admissions.measure.suppression import ProtectedTable, protected_table
from core.admissions.quality.outcomes import screened
from core.admissions.quality.report import Figures, Pair

FEWEST_PUBLISHED = 100
"""Decided applications below which nothing is published: most groups would be hidden."""
NO_ANSWER = "no_answer"
"""The key of those who left the question out; with them the totals are those of all decided applications."""


class GroupShown(Figures):
    """A group as published. None is hidden, whether for being small or for the sake of another. `rate` is in whole per cent."""

    key: str
    accepted: int | None
    declined: int | None
    total: int | None
    rate: int | None = None
    interval: tuple[int, int] | None = None
    flagged: bool = False


class QuestionShown(Figures):
    """One question's table; `groups` is empty where it is withheld."""

    question: str
    groups: tuple[GroupShown, ...]


class Published(Figures):
    """One publication: how many decided applications it counts (these are public), and the tables."""

    accepted: int
    declined: int
    questions: tuple[QuestionShown, ...]


def published(
    outcome: Mapping[str, bool], answers: Mapping[str, Mapping[str, str]], groups: Mapping[str, Sequence[str]]
) -> Published:
    """What may be published of `outcome` (application → accepted), from `answers` (question → application → group) and
    the `groups` of each question in their order. Raises ValueError for a group that the question does not have."""
    accepted = sum(outcome.values())
    return Published(
        accepted=accepted,
        declined=len(outcome) - accepted,
        questions=tuple(
            QuestionShown(question=question, groups=_table(outcome, answers.get(question, {}), (*keys, NO_ANSWER)))
            for question, keys in groups.items()
        ),
    )


def protected(counts: Sequence[Sequence[int]]) -> list[tuple[int | None, int | None, int | None]] | None:
    """Rows of (accepted, declined) as (accepted, declined, total), exact, with what must be hidden as None; None where the
    whole table must be withheld: a total of all would have to be hidden, and totals are known."""
    table = protected_table(counts)
    if any(shown.value is None for shown in (*table.column_totals, table.total)):
        return None
    return [_row(row, table, place) for place, row in enumerate(counts)]


def _row(row: Sequence[int], table: ProtectedTable, place: int) -> tuple[int | None, int | None, int | None]:
    if 0 < sum(row) < FEWEST_SHOWN:
        return None, None, None
    (accepted, declined), total = table.cells[place], table.row_totals[place]
    return accepted.value, declined.value, total.value


def _table(outcome: Mapping[str, bool], answers: Mapping[str, str], keys: Sequence[str]) -> tuple[GroupShown, ...]:
    counts = Counter((answers.get(name, NO_ANSWER), accepted) for name, accepted in outcome.items())
    if strange := {key for key, _ in counts} - set(keys):
        raise ValueError(f"no such group: {', '.join(sorted(strange))}")
    exact = [(counts[key, True], counts[key, False]) for key in keys]
    rows = protected(exact)
    if rows is None:
        return ()
    rates = {
        key: Rate(row[0], row[2])
        for key, row in zip(keys, rows, strict=True)
        if row[0] is not None and row[1] is not None and row[2] and percentage(row[0], row[2]) is not None
    }
    compared = {one.key: one for one in screened({k: r for k, r in rates.items() if k not in (UNSAID, NO_ANSWER)})}
    shown = []
    for key, (accepted, declined, total) in zip(keys, rows, strict=True):
        one = compared.get(key)
        shown.append(
            GroupShown(
                key=key,
                accepted=_rounded(accepted),
                declined=_rounded(declined),
                total=_rounded(total),
                rate=None if key not in rates else _percent(rates[key].selected / rates[key].total),
                interval=None if one is None else _percents(one.interval),
                flagged=one is not None and one.flagged,
            )
        )
    return tuple(shown)


def _rounded(count: int | None) -> int | None:
    return None if count is None else rounded(count)


def _percent(share: float) -> int:
    return int(100 * share + 0.5)


def _percents(interval: Pair | None) -> tuple[int, int] | None:
    return None if interval is None else (_percent(interval[0]), _percent(interval[1]))
