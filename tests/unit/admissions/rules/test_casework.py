"""From the facts of a case to what a rule sees: which assessments count, and that no id comes through."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.admissions.rules import CRITERIA, Case, Mark, NationalPolicy, RuleConfig, WindowFigures, basis, canonical
from core.admissions.rules.casework import case_name, counting, snapshot_of, window_figures

START = datetime(2027, 3, 1, 9, tzinfo=UTC)
SECRET = "not to be guessed"
POLICY, CONFIG = NationalPolicy(), RuleConfig()


def mark(name: str, value: int | None = 3, minutes: int = 0, **changes) -> Mark:
    usual = Mark(
        f"assessment-{name}", f"assessor-{name}", "independent", 1, START + timedelta(minutes=minutes), START, ("lay",),
        None, tuple((criterion, value) for criterion in CRITERIA),
    )  # fmt: skip
    return replace(usual, **changes)


def case(*marks: Mark, **changes) -> Case:
    return replace(Case("application-1", "en", 3, None, marks), **changes)


def seen(one: Case, secret: str = SECRET):
    return snapshot_of(one, secret=secret, area="scotland", now=START, figures=WindowFigures())


def test_of_each_assessor_the_last_word_counts():
    alone, again = mark("a"), mark("a", id="assessment-a2", number=2)
    after = mark("a", id="assessment-a3", phase="post_discussion")
    other = mark("b")
    assert [one.id for one in counting([other, again, alone])] == ["assessment-a2", "assessment-b"]
    assert [one.id for one in counting([after, again, alone, other])] == ["assessment-a3", "assessment-b"]


def test_no_id_comes_through_and_another_window_has_other_names():
    text = canonical(seen(case(mark("a"), mark("b"))))
    assert not any(hint in text for hint in ("application-1", "assessor-", "assessment-", SECRET))
    assert case_name(SECRET, "application-1") in text
    first, second = (seen(case(mark("a")), secret) for secret in (SECRET, "another"))
    assert first.case != second.case
    assert first.assessments[0].assessor != second.assessments[0].assessor
    assert first.draw != second.draw


def test_an_assessor_has_another_name_in_each_case():
    one, two = seen(case(mark("a"))), seen(case(mark("a"), application_id="application-2"))
    assert one.assessments[0].assessor != two.assessments[0].assessor


def test_a_translation_is_for_those_who_got_the_application_after_it():
    before, after = START - timedelta(hours=1), START + timedelta(hours=1)
    late = mark("b", assigned_at=START + timedelta(hours=2))
    assert seen(case(mark("a"), late)).translation == "none"
    assert seen(case(mark("a"), late, translated_at=before)).translation == "all"
    assert seen(case(mark("a"), late, translated_at=after)).translation == "some"
    assert seen(case(mark("a"), translated_at=after)).translation == "none"


def test_the_basis_moves_with_what_counts_and_with_nothing_else():
    one = case(mark("a"), mark("b"))
    assert basis("rules:1", one) == basis("rules:1", case(mark("b"), mark("a"), translated_at=START))
    assert basis("rules:1", one) != basis("rules:2", one)
    assert basis("rules:1", one) != basis("rules:1", case(mark("a")))
    assert basis("rules:1", one) != basis("rules:1", case(mark("a"), mark("b", id="assessment-b2", number=2)))


def test_second_marks_are_counted_where_the_first_was_a_clear_acceptance():
    clear, unclear = case(mark("a", 3), mark("b", 3, 5)), case(mark("a", 2), mark("b", 4, 5))
    apart = case(mark("a", 4), mark("b", 2, 5))
    single, unsure = case(mark("a", 4)), case(mark("a", 4, recommendation="unsure"), mark("b", 4, 5))
    gap = case(mark("a", 4, scores=(("experience", 4),)), mark("b", 4, 5))
    talked = case(mark("a", 4), mark("a", 1, id="x", phase="post_discussion"), mark("b", 4, 5))
    found = window_figures((clear, unclear, apart, single, unsure, gap, talked), CONFIG, POLICY, ())
    assert (found.double_marked, found.disagreed) == (3, 1)


def test_the_first_mark_is_the_one_that_was_sealed_first():
    found = window_figures([case(mark("a", 1, 9), mark("z", 4, 1))], CONFIG, POLICY, ())
    assert (found.double_marked, found.disagreed) == (1, 1)


def test_medians_are_whole_days_by_language():
    found = window_figures((), CONFIG, POLICY, [("en", 3), ("en", 30), ("en", 10), ("cy", 7), ("cy", 8)])
    assert (found.median_days_en, found.median_days_cy) == (10, 7)
    assert window_figures((), CONFIG, POLICY, ()).median_days_en is None
