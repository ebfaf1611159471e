"""Figures in steps: whatever people answer, and in whatever order, no publication tells of one to four of them."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.local_events.feedback_steps import SIZE, Step, next_step

ANSWERS = st.lists(st.integers(1, SIZE), max_size=60)


def _published(answers: list[int]) -> list[tuple[int, Step]]:
    """What is published while these answers come one by one, each with how many there were."""
    counts = [0] * SIZE
    steps: list[Step] = []
    found: list[tuple[int, Step]] = []
    for number, one in enumerate(answers, 1):
        counts[one - 1] += 1
        new = next_step(steps, counts)
        if new is not None:
            steps.append(new)
            found.append((number, new))
    return found


def _readable(step: Step) -> dict[tuple[int, int], int]:
    """Every span of neighbouring answers whose count can be read off, as (first, last): people."""
    spans = list(zip(step.spans, step.lines, strict=True))
    return {
        (spans[i][0][0], spans[j][0][1]): sum(n for _, n in spans[i : j + 1])
        for i in range(len(spans))
        for j in range(i, len(spans))
    }


@given(ANSWERS)
@settings(max_examples=300)
def test_no_line_and_no_difference_of_two_publications_tells_of_one_to_four_people(answers):
    steps = [step for _, step in _published(answers)]
    for later, one in enumerate(steps):
        assert all(n == 0 or n >= 5 for n in one.lines)
        for earlier in steps[:later]:
            before, after = _readable(earlier), _readable(one)
            assert all((after[span] - n) == 0 or (after[span] - n) >= 5 for span, n in before.items() if span in after)


@given(ANSWERS)
def test_one_more_answer_changes_nothing(answers):
    found = _published(answers)
    assert all(number >= 5 for number, _ in found)
    assert all(later - earlier >= 5 for (earlier, _), (later, _) in pairwise(found))


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([0, 0, 0, 0, 4], None),
        ([0, 0, 0, 0, 5], Step(5, (1, 2, 3, 4), (0, 0, 0, 0, 5))),
        ([0, 0, 1, 3, 4], Step(8, (1, 2), (0, 0, 8))),
        ([0, 0, 0, 1, 7], Step(8, (1, 2, 3), (0, 0, 0, 8))),
        ([1, 0, 0, 3, 4], None),
        ([1, 0, 2, 9, 12], Step(24, (4,), (12, 12))),
        ([1, 2, 2, 9, 12], Step(26, (3, 4), (5, 9, 12))),
        ([0, 0, 0, 7, 8], Step(15, (1, 2, 3, 4), (0, 0, 0, 7, 8))),
    ],
)
def test_what_is_shown_first(counts, shown):
    assert next_step([], counts) == shown


def test_a_picture_is_coarser_or_waits_until_the_difference_is_safe():
    first = next_step([], [0, 0, 0, 5, 5])
    assert first is not None
    assert next_step([first], [0, 0, 0, 6, 9]) == Step(15, (1, 2, 3), (0, 0, 0, 15))
    assert next_step([first], [1, 0, 0, 6, 9]) is None
    assert next_step([first], [0, 0, 0, 10, 10]) == Step(20, (1, 2, 3, 4), (0, 0, 0, 10, 10))


def test_a_step_is_kept_as_json_and_read_back():
    step = Step(24, (4,), (12, 12))
    assert Step.read(step.stored()) == step


@pytest.mark.parametrize("counts", [[1, 2, 3], [0, 0, 0, 0, -1]])
def test_counts_that_cannot_be_are_refused(counts):
    with pytest.raises(ValueError, match="five counts"):
        next_step([], counts)
    with pytest.raises(ValueError, match="never taken away"):
        next_step([Step(9, (4,), (0, 9))], [0, 0, 0, 0, 8])
