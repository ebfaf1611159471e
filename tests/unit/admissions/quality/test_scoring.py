"""A report about marking: what it counts, what it leaves as it was, and what it does not say."""

import random
import time

from core.admissions.content.shapes import CRITERIA
from core.admissions.quality.facts import CASE, Facts, Scored
from core.admissions.quality.report import OVERALL, Report, Scoring
from core.admissions.quality.scoring import scoring

PARTNERS = {2: ("a", "b", "c"), 3: ("d", "e", "f")}


def marked(source: random.Random, site: int, who: str, application: str, level: float = 2.5) -> Scored:
    scores: dict[str, int | None] = {key: min(4, max(1, round(level + source.gauss(0, 0.7)))) for key in CRITERIA}
    return Scored(site, who, application, scores)


def facts(seed: int = 1, *, cases: int = 0, discussed: bool = False, each: int = 20) -> Facts:
    """Two partners with three assessors each, who score `each` applications by twos; with `cases` that everybody scores."""
    source = random.Random(seed)
    sealed = [
        marked(source, site, who, f"{site}-{n}", source.gauss(2.6, 0.8))
        for site, names in PARTNERS.items()
        for n in range(each)
        for who in source.sample(names, 2)
    ]
    calibration = [
        marked(source, site, who, f"{CASE}{n}", 1 + n)
        for n in range(cases)
        for site, names in PARTNERS.items()
        for who in names
    ]
    later = [one._replace(scores=dict.fromkeys(CRITERIA, 3)) for one in sealed] if discussed else []
    return Facts(sealed, later, calibration, [], [])


def test_invariant_severity_is_not_told_across_partners_that_nothing_links() -> None:
    alone = scoring(facts(), people=True)
    assert alone.sites == ()
    assert alone.islands == ((2,), (3,))
    assert {one.group for one in alone.lenient if one.site == 2} != {
        one.group for one in alone.lenient if one.site == 3
    }
    linked = scoring(facts(cases=4), people=True)
    assert linked.islands == ()
    assert {one.site for one in linked.sites} == {2, 3}
    assert sum(one.estimate for one in linked.sites) < 1e-9
    assert len({one.group for one in linked.lenient}) == 1


def test_invariant_adjusting_never_changes_a_raw_score() -> None:
    given = facts(cases=3)
    before = [(one.assessor, one.application, dict(one.scores)) for one in given.sealed]
    found = scoring(given, people=True)
    assert [(one.assessor, one.application, dict(one.scores)) for one in given.sealed] == before
    raw: dict[str, list[float]] = {}
    for one in given.sealed:
        assert one.overall is not None
        raw.setdefault(one.application, []).append(one.overall)
    assert {one.application for one in found.adjusted} == set(raw)
    for row in found.adjusted:
        scores = raw[row.application]
        assert abs(row.raw - sum(scores) / len(scores)) < 1e-9
        assert row.adjusted is not None


def test_nobody_by_themselves_in_the_report_over_all() -> None:
    found = scoring(facts(cases=3), people=False)
    assert (found.lenient, found.adjusted) == ((), ())


def test_calibration_links_and_is_not_counted_as_applications() -> None:
    found = scoring(facts(cases=4), people=True)
    assert (found.applications, found.assessments, found.calibration, found.assessors) == (40, 80, 24, 6)
    names = {icc.name for icc in found.crossed}
    assert names == {"ICC(2,1)", "ICC(3,1)", "ICC(2,6)", "ICC(3,6)"}
    assert {icc.targets for icc in found.crossed} == {4}


def test_not_able_to_score_counts_as_nothing() -> None:
    given = facts(cases=2)
    blank = given.sealed[0]._replace(scores=dict.fromkeys(CRITERIA, None))
    found = scoring(given._replace(sealed=[blank, *given.sealed[1:]]), people=True)
    assert blank.overall is None
    assert found.not_scored == len(CRITERIA)
    [row] = [one for one in found.adjusted if one.application == blank.application]
    [other] = [one for one in given.sealed[1:] if one.application == blank.application]
    assert row.raw == other.overall


def test_what_discussion_moved_and_how_far_assessors_are_apart() -> None:
    found = scoring(facts(discussed=True), people=True)
    [overall] = [one for one in found.moved if one.part == OVERALL]
    assert overall.both == 80
    assert overall.nearer + overall.further <= 80
    assert sum(one.applications for one in found.apart) == 40
    assert [one.points for one in found.apart] == list(range(len(found.apart)))


def test_nothing_at_all() -> None:
    found = scoring(Facts([], [], [], [], []), people=True)
    about = (found.one_way, found.curve, found.needs, found.sites, found.lenient, found.adjusted, found.moved)
    assert set(about) == {()}
    assert all(one.value is None for one in found.alphas)


def test_progress_rises_and_a_report_survives_being_kept() -> None:
    seen: list[int] = []
    found = scoring(facts(cases=2), people=True, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] <= 100
    assert Scoring.model_validate(found.model_dump(mode="json"), strict=False) == found
    assert Report.model_fields["shape"].default == 1


def test_a_report_over_five_thousand_assessments_takes_few_seconds() -> None:
    source = random.Random(3)
    sealed = [
        marked(source, site, f"{site}-{who}", f"{site}/{n}", source.gauss(2.6, 0.8))
        for site in range(2, 20)
        for n in range(139)
        for who in source.sample(range(5), 2)
    ]
    assert len(sealed) > 5000
    started = time.process_time()
    scoring(Facts(sealed, [], [], [], []), people=True)
    assert time.process_time() - started < 4
