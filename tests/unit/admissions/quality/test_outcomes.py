"""Rates, time and voices: released decisions alone, with intervals, and a screen that is no verdict."""

from typing import Any

from core.admissions.quality.facts import Applied, Facts, Felt
from core.admissions.quality.outcomes import outcomes
from core.admissions.quality.report import Outcomes


def applied(number: int, accepted: bool | None, **changes: Any) -> Applied:
    usual = Applied(str(number), 2, "en", "hospital", ("taught_short",), accepted, None if accepted is None else 30.0)
    return usual._replace(**changes)


def of(*applications: Applied, feedback: tuple[Felt, ...] = ()) -> Outcomes:
    return outcomes(Facts([], [], [], list(applications), list(feedback)))


def test_only_what_is_decided_has_a_rate() -> None:
    found = of(applied(1, True), applied(2, False), applied(3, None))
    assert (found.submitted, found.overall.accepted, found.overall.decided) == (3, 1, 2)
    assert found.overall.interval is not None
    assert found.funnel == ()


def test_somebody_who_learnt_in_two_ways_counts_in_both() -> None:
    found = of(applied(1, True, learnt=("job_leading", "taught_short")), applied(2, False, learnt=()))
    assert {row.key: (row.accepted, row.decided) for row in found.by_learnt} == {
        "": (0, 1), "job_leading": (1, 1), "taught_short": (1, 1),
    }  # fmt: skip


def test_the_screen_of_ugesp_flags_below_four_fifths_and_not_at_it() -> None:
    groups = {"white": (60, 100), "indian": (45, 100), "hispanic": (48, 100), "black": (51, 100)}
    rows = [applied(n, n < accepted, sector=key) for key, (accepted, total) in groups.items() for n in range(total)]
    flagged = {row.key for row in of(*rows).by_sector if row.flagged}
    assert flagged == {"indian"}


def test_partners_stand_in_a_funnel_and_days_have_a_middle() -> None:
    rows = [applied(n, n % 2 == 0, site=2, days=float(n)) for n in range(101)]
    rows += [applied(n, True, site=3, locale="cy", days=5.0) for n in range(40)]
    found = of(*rows)
    assert [(one.site, one.outside) for one in found.funnel] == [(3, 0.998), (2, 0.95)]
    assert [(one.key, one.median, one.ninth) for one in found.waited_by_site] == [("2", 50.0, 90.0), ("3", 5.0, 5.0)]
    assert {one.key for one in found.waited_by_locale} == {"cy", "en"}


def test_what_applicants_say_is_told_apart_by_outcome() -> None:
    feedback = (Felt(True, 5, True), Felt(False, 2, False), Felt(False, 4, None))
    declined, accepted = of(feedback=feedback).voices
    assert (declined.accepted, declined.understood, declined.again, declined.not_again) == (
        False,
        (0, 1, 0, 1, 0),
        0,
        1,
    )
    assert (accepted.understood, accepted.again) == ((0, 0, 0, 0, 1), 1)
