"""Matching visits by interest: plain, explained, the same every time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.local_events.visit_matching import COMMON, MOST_WORDS, NOTHING, Match, Subject, match, telling, topics_of
from plugins.local_events.words import DOMAINS

WARD = Subject(
    ["safe", "timely"],
    ["Patient flow", "Falls"],
    "Our discharge lounge: patients leave before noon. We learn about queues.",
)
SIDES = st.builds(
    Subject,
    st.lists(st.sampled_from(sorted(DOMAINS)), unique=True),
    st.lists(st.sampled_from(["Falls", "falls", "Patient flow", "Medicines"]), max_size=4),
    st.lists(st.sampled_from(["queues", "queue", "discharge", "learning", "noon", "ward"]), max_size=8).map(" ".join),
)


def test_reasons_say_what_both_have():
    found = match(WARD, Subject(["timely"], ["falls"], "How do you run a discharge lounge without queues?"))
    assert found == Match(3 + 2 + 3, ("falls",), ("timely",), ("discharge", "lounge", "queue"))


def test_nothing_in_common_is_no_match():
    assert match(WARD, Subject(["equitable"], ["Medicines"], "Prescribing at home")) == NOTHING
    assert match(WARD, Subject()) == NOTHING


def test_words_that_everybody_uses_tell_nothing():
    assert telling("What we want to learn about better care, and a visit with the team") == frozenset()
    assert match(Subject(words="Rydym yn dysgu gyda phobl"), Subject(words="dysgu hefyd")).words == ()


def test_a_shared_topic_is_not_counted_again_by_its_words():
    found = match(Subject(topics=["Patient flow"]), Subject(topics=["patient flow"], words="flow of patients"))
    assert found == Match(3, ("patient flow",), (), ())


@given(SIDES, SIDES)
def test_a_match_is_the_same_from_both_sides_and_every_time(one, other):
    found = match(one, other)
    assert found == match(one, other) == match(other, one)
    assert found.score == 3 * len(found.topics) + 2 * len(found.domains) + len(found.words)
    assert len(found.words) <= MOST_WORDS
    assert not set(found.words) & COMMON


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", []),
        (" falls ,, Falls,patient   flow ", ["falls", "patient flow"]),
        (",".join(f"topic {n}" for n in range(20)), [f"topic {n}" for n in range(10)]),
        ("x" * 60, ["x" * 40]),
    ],
)
def test_topics_are_tidied(typed, found):
    assert topics_of(typed) == found
