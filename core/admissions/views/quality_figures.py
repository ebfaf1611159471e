"""A report as pages and files show it: its figures in words, its charts, and one flat list of them all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from core.admissions import content
from core.admissions.measure.rates import FUNNEL, funnel_limits
from core.admissions.measure.results import Caution
from core.admissions.quality.equality import NO_ANSWER, TOGETHER, GroupShown, QuestionShown
from core.admissions.quality.outcomes import UNSAID
from core.admissions.quality.report import OVERALL, Alpha, Outcomes, Pair, RateOf, Report, Scoring
from core.admissions.queries import forms
from core.admissions.queries.quality import LEARNT, SECTOR
from core.data.session import ScopedSession
from core.kernel.text import N_
from core.web import charts
from core.web.context import here
from core.web.i18n import LANGUAGES
from core.web.i18n import gettext as _
from core.web.sheets import Column, Sheet

CAUTIONS = {
    Caution.TOO_FEW: N_("From few cases: do not lean on it."),
    Caution.NO_PAIRS: N_("Nothing was scored by two people yet, so there is no figure."),
    Caution.NO_VARIATION: N_("All scores are alike, so agreement cannot be told from habit: there is no figure."),
    Caution.NO_SPARE_MARKS: N_("Too few scores to judge the error by: there is no interval."),
    Caution.ZERO_COUNT: N_("A count is zero, so there is no interval."),
    Caution.UNBALANCED: N_("Applications have different numbers of scores: the figure is approximate."),
    Caution.NEGATIVE_VARIANCE: N_("A variance came out below zero by chance and counts as zero."),
}
POINTS_ACROSS = 24
"""Places at which a funnel's limits are drawn."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the keys of a report are called on this page: msgids are translated already."""

    parts: Mapping[str, str]
    sites: Mapping[int, str]
    sectors: Mapping[str, str]
    learnt: Mapping[str, str]


def names(session: ScopedSession, sites: Mapping[int, str]) -> Names:
    """Criteria, partners and the options of the newest form, in the reader's language."""
    language = here().language
    parts: dict[str, str] = {one.key: one.title.in_language(language) for one in content.criteria().criteria}
    newest = forms.newest_published(session)
    schema = newest.schema if newest is not None else content.first_form()

    def options(key: str) -> dict[str, str]:
        question = schema.question(key)
        found = {} if question is None else {one.key: one.label.in_language(language) for one in question.options}
        return {**found, UNSAID: _("Not said")}

    return Names({**parts, OVERALL: _("All criteria together")}, sites, options(SECTOR), options(LEARNT))


def figure(value: float | None) -> str:
    """A coefficient to two places, with a minus sign that is one."""
    return "–" if value is None else f"{value:.2f}".replace("-", "\u2212")


def between(interval: Pair | None) -> str:
    """An interval in words; empty where there is none."""
    return "" if interval is None else _("%(low)s to %(high)s", low=figure(interval[0]), high=figure(interval[1]))


def with_interval(value: float | None, interval: Pair | None) -> str:
    """A figure and its interval."""
    return f"{figure(value)} ({between(interval)})" if interval is not None else figure(value)


def percent(share: float) -> str:
    """A share from 0 to 1 in whole per cent."""
    return f"{int(100 * share + 0.5)}%"


def share_of(row: RateOf) -> str:
    """A rate in words, with its interval."""
    if not row.decided or row.interval is None:
        return "–"
    return f"{percent(row.accepted / row.decided)} ({percent(row.interval[0])}–{percent(row.interval[1])})"


def agreement(scoring: Scoring, names: Names) -> charts.IntervalChart:
    """Ordinal alpha of each part: scores are levels in an order."""
    rows = [
        (names.parts[one.part], with_interval(one.value, one.interval), one.value, one.interval)
        for one in scoring.alphas
        if one.level == "ordinal" and one.value is not None
    ]
    return charts.intervals(_("Agreement: Krippendorff’s alpha, ordinal"), rows, (0, 1), ("0", "1"), 0.667)


def levels(scoring: Scoring) -> list[tuple[str, dict[str, Alpha]]]:
    """(part, its alpha at each level), in order."""
    found: dict[str, dict[str, Alpha]] = {}
    for one in scoring.alphas:
        found.setdefault(one.part, {})[one.level] = one
    return list(found.items())


def curve(scoring: Scoring) -> charts.LineChart | None:
    """The reliability of the mean of so many scores; None where one score tells nothing."""
    if not scoring.curve:
        return None
    labels = [f"{size:g}" for size, _value in scoring.curve]
    values = [round(value, 2) for _size, value in scoring.curve]
    return charts.lines(_("Reliability by the number of assessors"), labels, [(_("Reliability"), values)])


def lenient(rows: list[tuple[str, float, Pair | None]], title: str) -> charts.IntervalChart | None:
    """How far above or below the others each marks, on one scale with no difference in the middle."""
    if not rows:
        return None
    most = max(abs(end) for _name, value, reach in rows for end in (value, *(reach or ())))
    scale = max(0.5, round(most + 0.05, 1))
    drawn = [(name, with_interval(value, reach), value, reach) for name, value, reach in rows]
    return charts.intervals(title, drawn, (-scale, scale), (_("stricter"), _("more generous")), 0)


def sites(scoring: Scoring, names: Names) -> charts.IntervalChart | None:
    """Partners whose assessors something links with others."""
    rows = [(names.sites.get(one.site, "?"), one.estimate, one.interval) for one in scoring.sites]
    return lenient(sorted(rows), _("Points above or below the assessors of other partners"))


def groups(scoring: Scoring, people: Mapping[str, str]) -> list[charts.IntervalChart]:
    """A chart for each group of assessors that something links; who is linked with nobody is in none."""
    found: dict[int, list[tuple[str, float, Pair | None]]] = {}
    for one in scoring.lenient:
        if one.effect is not None:
            name = people.get(one.assessor, _("A former assessor"))
            found.setdefault(one.group, []).append((name, one.effect, one.interval))
    title = _("Points above or below the others of the panel")
    made = [lenient(sorted(rows), title) for _group, rows in sorted(found.items())]
    return [chart for chart in made if chart is not None]


def apart(scoring: Scoring) -> charts.BarChart:
    """How far assessors of one application differ."""
    rows = [(_("%(points)s points apart", points=one.points), one.applications) for one in scoring.apart]
    return charts.bars(_("Applications by their widest disagreement on any criterion"), rows)


def rates(rows: tuple[RateOf, ...], titles: Callable[[str], str], title: str, overall: RateOf) -> charts.IntervalChart:
    """Rates of groups against that of all."""
    drawn = [(titles(row.key), share_of(row), row.accepted / row.decided, row.interval) for row in rows if row.decided]
    middle = overall.accepted / overall.decided if overall.decided else None
    return charts.intervals(title, drawn, (0, 1), ("0%", "100%"), middle)


def funnel(outcomes: Outcomes, names: Names) -> charts.FunnelChart | None:
    """Partners' rates over their numbers; None where fewer than two have any."""
    overall, found = outcomes.overall, outcomes.funnel
    if not found or not overall.decided:
        return None
    middle = overall.accepted / overall.decided
    most = max(one.decided for one in found)
    places = sorted({max(1, round(most * n / POINTS_ACROSS)) for n in range(1, POINTS_ACROSS + 1)})
    limits = [
        [(n, *funnel_limits(middle, n, confidence)) for n in places] for confidence in FUNNEL
    ]  # fmt: skip
    points = [
        (
            names.sites.get(one.site, "?"),
            _("%(accepted)s of %(decided)s accepted", accepted=one.accepted, decided=one.decided),
            one.decided, one.accepted / one.decided, one.outside is not None,
        )
        for one in found
    ]  # fmt: skip
    return charts.funnel(_("Accepted by partner, with limits at 95% and 99.8%"), points, limits, middle)


class Line(NamedTuple):
    """One figure of the flat list."""

    part: str
    group: str
    measure: str
    value: float | None
    low: float | None = None
    high: float | None = None
    cases: int | None = None
    note: str = ""


FIGURES = Sheet(
    "quality",
    (
        Column(N_("About"), lambda line: line.part),
        Column(N_("Group"), lambda line: line.group),
        Column(N_("Measure"), lambda line: line.measure),
        Column(N_("Figure"), lambda line: _places(line.value)),
        Column(N_("From"), lambda line: _places(line.low)),
        Column(N_("To"), lambda line: _places(line.high)),
        Column(N_("Cases"), lambda line: line.cases),
        Column(N_("Note"), lambda line: line.note),
    ),
    personal=False,
)


def _places(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def scoring_lines(report: Report, names: Names, people: Mapping[str, str]) -> Iterator[Line]:
    """Every figure about scoring."""
    scoring = report.scoring

    def said(cautions: tuple[Caution, ...]) -> str:
        return " ".join(_(CAUTIONS[one]) for one in cautions)

    for one in scoring.alphas:
        low, high = one.interval or (None, None)
        measure = f"Krippendorff’s alpha ({one.level})"
        yield Line(_("Agreement"), names.parts[one.part], measure, one.value, low, high, one.units, said(one.cautions))
    for icc in (*scoring.one_way, *scoring.crossed):
        low, high = icc.interval or (None, None)
        yield Line(
            _("Reliability"), names.parts[icc.part], icc.name, icc.value, low, high, icc.targets, said(icc.cautions)
        )
    for size, value in scoring.curve:
        yield Line(_("Reliability by the number of assessors"), f"{size:g}", "Spearman–Brown", value)
    for site in scoring.sites:
        low, high = site.interval or (None, None)
        yield Line(_("Severity"), names.sites.get(site.site, "?"), _("Points"), site.estimate, low, high)
    for who in scoring.lenient:
        low, high = who.interval or (None, None)
        group = people.get(who.assessor, _("A former assessor"))
        yield Line(_("Severity"), group, _("Points"), who.effect, low, high, who.marks, said(who.cautions))
    for moved in scoring.moved:
        yield Line(_("Discussion"), names.parts[moved.part], _("Mean change"), moved.mean, cases=moved.both)


def outcome_lines(report: Report, names: Names) -> Iterator[Line]:
    """Every figure about outcomes."""
    outcomes = report.outcomes
    parts: tuple[tuple[str, tuple[RateOf, ...], Callable[[str], str]], ...] = (
        (_("All"), (outcomes.overall,), lambda _key: ""),
        (_("Area"), outcomes.by_site, lambda key: names.sites.get(int(key), "?")),
        (_("Sector"), outcomes.by_sector, lambda key: names.sectors.get(key, key)),
        (_("Way of learning"), outcomes.by_learnt, lambda key: names.learnt.get(key, key)),
    )
    for part, rows, title in parts:
        for row in rows:
            low, high = row.interval or (None, None)
            share = row.accepted / row.decided if row.decided else None
            yield Line(part, title(row.key), _("Share accepted"), share, low, high, row.decided)
    for waited in outcomes.waited_by_site:
        place = names.sites.get(int(waited.key), "?")
        yield Line(_("Days to decision"), place, _("Median"), waited.median, cases=waited.decided)
    for waited in outcomes.waited_by_locale:
        yield Line(
            _("Days to decision"), LANGUAGES.get(waited.key, waited.key), _("Median"), waited.median, cases=waited.decided
        )  # fmt: skip
    for voice in outcomes.voices:
        for points, count in enumerate(voice.understood, 1):
            group = _("Accepted") if voice.accepted else _("Declined")
            yield Line(_("I understand why"), group, str(points), None, cases=count)


class Row(NamedTuple):
    """One group of one question of a publication, as the page and the file show it."""

    question: str
    group: str
    shown: GroupShown


EQUALITY = Sheet(
    "equality",
    (
        Column(N_("Question"), lambda row: row.question),
        Column(N_("Group"), lambda row: row.group),
        Column(N_("Accepted"), lambda row: row.shown.accepted),
        Column(N_("Declined"), lambda row: row.shown.declined),
        Column(N_("All"), lambda row: row.shown.total),
        Column(N_("Share accepted, %"), lambda row: row.shown.rate),
    ),
    personal=False,
)


def equality_rows(questions: tuple[QuestionShown, ...]) -> list[tuple[str, list[Row]]]:
    """(question in words, its lines) for each question; no lines where its table is withheld."""
    language, found = here().language, []
    for one in questions:
        asked = content.equality().question(one.question)
        label = asked.label.in_language(language) if asked is not None else one.question
        titles = {} if asked is None else {parent.key: parent.label.in_language(language) for parent in asked.parents}
        titles[NO_ANSWER] = _("No answer")
        titles[TOGETHER] = _(
            "Smaller groups together: %(groups)s", groups="; ".join(titles[key] for key in one.together)
        )
        found.append((label, [Row(label, titles.get(group.key, group.key), group) for group in one.groups]))
    return found
