"""Figures of what took place: fill, no-shows, reach, coming again, feedback; of one site, and at the UK site of all."""

from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeVar

from flask import Response, request, url_for

from core.sdk import (
    N_,
    SECTORS,
    Column,
    Here,
    Listing,
    ScopedSession,
    Sheet,
    charts,
    clock,
    every_site,
    gettext,
    here,
    in_memory,
    listed,
    month_year,
    needs,
    ngettext,
    render,
)
from plugins.local_events import figures
from plugins.local_events.calendars.grid import day_of
from plugins.local_events.figures import Lines, Month, Share
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.queries import figures as queries
from plugins.local_events.queries.figures import Period, Taken
from plugins.local_events.views.base import WORDS, manage_blueprint, site_names
from plugins.local_events.words import KINDS

Group = TypeVar("Group")
NOBODYS = None
"""The home and the sector of who is no member today."""


class Line(NamedTuple):
    """One figure of the file: `part` of `whole`, or a mean of so many."""

    about: str
    group: str
    figure: float | None
    part: int | None = None
    whole: int | None = None


FIGURES = Sheet(
    "events-figures",
    (
        Column(N_("About"), lambda line: line.about),
        Column(N_("Group"), lambda line: line.group),
        Column(N_("Figure"), lambda line: None if line.figure is None else round(line.figure, 4)),
        Column(N_("Count"), lambda line: line.part),
        Column(N_("Of"), lambda line: line.whole),
    ),
    personal=False,
)
SORTS: dict[str, Callable[[Any], Any]] = {"about": lambda line: 0}


@dataclass(frozen=True, slots=True)
class Row:
    """The events of one kind, of one site, or all of them."""

    title: str
    events: int
    fill: Share
    no_shows: Share


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page and the file show. `sites` are empty at a partner's own site; `came` is how many people did, None where
    that is too few to say, and `again` how many of them to two events or more."""

    total: Row
    kinds: list[Row]
    sites: list[Row]
    came: int | None
    again: Share
    homes: Lines[int | None]
    sectors: Lines[str | None]
    months: Sequence[Month]


def a_year_before(day: date) -> date:
    """The day after the same day a year before: with `day` it makes twelve months."""
    year, month = day.year - 1, day.month
    same = day.replace(year=year, day=min(day.day, monthrange(year, month)[1]))
    return date.fromordinal(same.toordinal() + 1)


def _period() -> tuple[Period, bool]:
    """What is asked for, the last twelve months unless something else is; and whether its days are in their order."""
    last = day_of(request.args.get("to", "")) or clock.today()
    first = day_of(request.args.get("from", "")) or a_year_before(last)
    kind = request.args.get("kind", "")
    return Period(first, last, kind if kind in KINDS else ""), first <= last


@contextmanager
def _session(context: Here) -> Iterator[ScopedSession]:
    """Over this site's rows, or at the UK site over everybody's."""
    if context.tenant.kind != "uk":
        yield context.session
        return
    with every_site("local events: figures of all sites", ORGANISE) as session:
        yield session


@manage_blueprint.get("/figures")
@needs(ORGANISE)
def figures_page() -> Response:
    """The figures of a period, as a page or as a file."""
    context = here()
    period, in_order = _period()
    report = None
    if in_order:
        with _session(context) as session:
            report = _report(context, session, period)
    wished = Listing.read(
        url_for("local_events_manage.figures_page"), request.args, sorts=tuple(SORTS), filters=("from", "to", "kind")
    )
    rows = in_memory(list(_lines(context, report)) if report is not None else [], wished, SORTS)
    found = listed(wished, FIGURES, rows)
    if isinstance(found, Response):
        return found
    return render(
        "local_events/manage/figures.html", 200 if in_order else 422, period=period, report=report, listing=found[0],
        share=share, home=_home_namer(context), percent=percent, everywhere=context.tenant.kind == "uk",
        charts=_charts(context, report) if report is not None else {}, **WORDS,
    )  # fmt: skip


def _report(context: Here, session: ScopedSession, period: Period) -> Report:
    taken, reached = queries.taken(session, period), queries.reached(session, period)
    people, names = sum(one.people for one in reached), site_names(context)
    by_kind: dict[str, list[Taken]] = {kind: [] for kind in KINDS}
    by_site: dict[int, list[Taken]] = {site: [] for site in names}
    for one in taken:
        by_kind[one.kind].append(one)
        by_site[one.tenant_id].append(one)
    sites = by_site if context.tenant.kind == "uk" else {}
    return Report(
        total=_row(gettext("All events"), taken),
        kinds=[_row(gettext(KINDS[kind]), some) for kind, some in by_kind.items() if some],
        sites=[_row(names[site], some) for site, some in sites.items() if some],
        came=people if figures.enough(people) else None,
        again=figures.of_people(sum(one.again for one in reached), people),
        homes=figures.lines((one.home, one.people) for one in reached),
        sectors=figures.lines((one.sector, one.people) for one in reached),
        months=figures.by_month(queries.heard(session, period)),
    )


def _row(title: str, taken: Sequence[Taken]) -> Row:
    def total(name: str) -> int:
        return sum(getattr(one, name) for one in taken)

    return Row(
        title,
        total("events"),
        Share(total("held"), total("offered")),
        Share(total("missed"), total("expected")),
    )


def percent(rate: float | None) -> str:
    """A share in whole per cent; a dash where there is none."""
    return "–" if rate is None else f"{int(100 * rate + 0.5)}%"


def share(one: Share) -> str:
    """A share in words: per cent, and what of what."""
    if one.hidden:
        return gettext("from too few people to show")
    if not one.whole:
        return "–"
    return gettext("%(percent)s (%(part)s of %(whole)s)", percent=percent(one.rate), part=one.part, whole=one.whole)


def _home_namer(context: Here) -> Callable[[int | None], str]:
    names = site_names(context)
    return lambda home: gettext("Not a member") if home is NOBODYS else names.get(home, "?")


def _sector(key: str | None) -> str:
    if key is NOBODYS:
        return gettext("Not a member")
    return gettext(SECTORS[key]) if key else gettext("Not told")


def _people(lines: Lines[Group], called: Callable[[Group], str], others: str) -> list[tuple[str, int]]:
    """The lines of people with their names, the small groups together at the end, called `others`."""
    found = [(called(key), count) for key, count in lines.shown]
    return [*found, (others, lines.together)] if lines.together else found


def _by_home(context: Here, report: Report) -> list[tuple[str, int]]:
    small = report.homes.small
    others = ngettext("%(num)s smaller area together", "%(num)s smaller areas together", small)
    return _people(report.homes, _home_namer(context), others)


def _by_sector(report: Report) -> list[tuple[str, int]]:
    small = report.sectors.small
    others = ngettext("%(num)s smaller sector together", "%(num)s smaller sectors together", small)
    return _people(report.sectors, _sector, others)


def _charts(context: Here, report: Report) -> dict[str, Any]:
    """The pictures: fill and no-shows by kind with the line of all kinds, people by home, feedback by month; None for what has
    no figure."""

    def rates(title: str, of: Callable[[Row], Share]) -> charts.IntervalChart | None:
        rows = [(row.title, share(of(row)), rate, None) for row in report.kinds if (rate := of(row).rate) is not None]
        return charts.intervals(title, rows, (0, 1), ("0%", "100%"), of(report.total).rate) if rows else None

    homes, sectors = _by_home(context, report), _by_sector(report)
    means = [round(one.mean, 1) for one in report.months]
    return {
        "fill": rates(gettext("Places filled, by kind of event"), lambda row: row.fill),
        "no_shows": rates(gettext("Did not come, by kind of event"), lambda row: row.no_shows),
        "homes": charts.bars(gettext("People who came, by home area"), homes) if homes else None,
        "sectors": charts.bars(gettext("People who came, by where they work"), sectors) if sectors else None,
        "trend": charts.lines(
            gettext("“It was worth my time”, from 1 to 5, by month"), [month_year(one.first) for one in report.months],
            [(gettext("Mean"), means)], scale=range(6),
        ) if means else None,
    }  # fmt: skip


def _lines(context: Here, report: Report) -> Iterator[Line]:
    """Every figure, one after the other."""
    for row in (report.total, *report.kinds, *report.sites):
        yield Line(gettext("Events"), row.title, None, row.events)
        yield Line(gettext("Places filled"), row.title, row.fill.rate, row.fill.part, row.fill.whole)
        yield Line(gettext("Did not come"), row.title, row.no_shows.rate, row.no_shows.part, row.no_shows.whole)
    again = report.again
    shown = (None, None) if again.hidden else (again.part, again.whole)
    yield Line(gettext("People who came"), report.total.title, None, report.came)
    yield Line(gettext("Came to two events or more"), report.total.title, again.rate, *shown)
    for called, count in _by_home(context, report):
        yield Line(gettext("People who came, by home area"), called, None, count)
    for called, count in _by_sector(report):
        yield Line(gettext("People who came, by where they work"), called, None, count)
    for one in report.months:
        yield Line(gettext("“It was worth my time”"), month_year(one.first), one.mean, None, one.answers)
