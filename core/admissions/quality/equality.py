"""Outcomes by equality group as they may be published: small groups put together, counts rounded, nothing changed afterwards.

Who reads is taken to know the method, and everything else that is shown: the exact numbers of accepted and of declined
applications stand on the same pages. Hiding single counts, and as few others as it takes, is not enough against somebody
who runs the method themselves: what was hidden for whose sake gives some counts away (decision 0017). So:

1. A group with a count of 1 to 4, accepted, declined or in all, is not shown by itself. All such groups are one line.
2. That line holds at least two groups and ten of each outcome; else the next smallest group joins it. This is the
   complementary suppression: without it the line would be the one small group. Where only the line is left, nothing is shown.
3. What is shown is rounded to five; a rate needs 22.5 people (`measure.disclosure`).

Publications do not overlap (`models.EqualityFigures`), so that none can be subtracted from another.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from core.admissions.content.shapes import UNSAID
from core.admissions.measure.disclosure import percentage, rounded
from core.admissions.measure.rates import Rate
from core.admissions.measure.suppression import put_together
from core.admissions.quality.outcomes import screened
from core.admissions.quality.report import Figures, Pair

FEWEST_PUBLISHED = 100
"""Decided applications below which nothing is published: most groups would be hidden."""
NO_ANSWER = "no_answer"
"""The key of those who left the question out; with them the totals are those of all decided applications."""


TOGETHER = "together"
"""The key of the line that holds the groups which are too small to be shown by themselves."""


NOT_COMPARED = frozenset({UNSAID, NO_ANSWER, TOGETHER})
"""Lines that are no group: the four-fifths screen leaves them out."""


class GroupShown(Figures):
    """A line as published: counts are rounded, `rate` is in whole per cent."""

    key: str
    accepted: int
    declined: int
    total: int
    rate: int | None = None
    interval: tuple[int, int] | None = None
    flagged: bool = False


class QuestionShown(Figures):
    """One question's table; `together` are the groups in the line of that name. No lines where nothing can be shown."""

    question: str
    groups: tuple[GroupShown, ...]
    together: tuple[str, ...] = ()


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
            _table(question, outcome, answers.get(question, {}), (*keys, NO_ANSWER))
            for question, keys in groups.items()
        ),
    )


def _table(
    question: str, outcome: Mapping[str, bool], answers: Mapping[str, str], keys: Sequence[str]
) -> QuestionShown:
    counts = Counter((answers.get(name, NO_ANSWER), accepted) for name, accepted in outcome.items())
    if strange := {key for key, _ in counts} - set(keys):
        raise ValueError(f"no such group: {', '.join(sorted(strange))}")
    exact = [(counts[key, True], counts[key, False]) for key in keys]
    together = put_together(exact)
    if together is None:
        return QuestionShown(question=question, groups=())
    lines = {key: row for place, (key, row) in enumerate(zip(keys, exact, strict=True)) if place not in together}
    if together:
        lines[TOGETHER] = (sum(exact[i][0] for i in together), sum(exact[i][1] for i in together))
    rates = {key: Rate(row[0], sum(row)) for key, row in lines.items() if percentage(row[0], sum(row)) is not None}
    compared = {one.key: one for one in screened({k: r for k, r in rates.items() if k not in NOT_COMPARED})}
    return QuestionShown(
        question=question,
        groups=tuple(
            GroupShown(
                key=key,
                accepted=rounded(row[0]),
                declined=rounded(row[1]),
                total=rounded(sum(row)),
                rate=_percent(rates[key].selected / rates[key].total) if key in rates else None,
                interval=_percents(compared[key].interval) if key in compared else None,
                flagged=key in compared and compared[key].flagged,
            )
            for key, row in lines.items()
        ),
        together=tuple(key for place, key in enumerate(keys) if place in together),
    )


def _percent(share: float) -> int:
    return int(100 * share + 0.5)


def _percents(interval: Pair | None) -> tuple[int, int] | None:
    return None if interval is None else (_percent(interval[0]), _percent(interval[1]))
