"""Figures of expenses: budgets against what is spent, where the money goes, how long people wait, which rule costs them what; and a
year's granted costs for the accounts. Of one site, and at the UK site of all."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask import Response, request, url_for

from core.sdk import (
    FEWEST_SHOWN,
    N_,
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
    plain_pounds,
    render,
    say,
)
from plugins.expense_approvals import figures, years
from plugins.expense_approvals.claims.lines import WORDS as REASONS
from plugins.expense_approvals.figures import Hurt, Standing, Waits, Warn
from plugins.expense_approvals.manifest import BUDGETS
from plugins.expense_approvals.queries import figures as queries
from plugins.expense_approvals.queries.figures import Entry, Funds
from plugins.expense_approvals.views.base import (
    SHARED,
    manage_blueprint,
    named_rules,
    names_of_sites,
    policy_today,
    titles,
)
from plugins.expense_approvals.words import CLAIM_STATES, WARNINGS

PARTNER = "partner_limit"
MOST_RULES = 40
"""Rules in the table: the dearest."""


class Line(NamedTuple):
    """One figure of the file: pence and a count, or days."""

    about: str
    group: str
    pence: int | None = None
    number: int | None = None
    days: float | None = None


def _amount(pence: int | None) -> float | None:
    return None if pence is None else pence / 100


FIGURES = Sheet(
    "expenses-figures",
    (
        Column(N_("About"), lambda line: line.about),
        Column(N_("Group"), lambda line: line.group),
        Column(N_("Pounds"), lambda line: _amount(line.pence)),
        Column(N_("Count"), lambda line: line.number),
        Column(N_("Days"), lambda line: line.days),
    ),
    personal=False,
)
SORTS: dict[str, Callable[[Any], Any]] = {"about": lambda line: 0}


@dataclass(frozen=True, slots=True)
class Fund:
    """One budget with how it stands. `site` is "" at a partner's own site."""

    site: str
    found: Funds
    standing: Standing


@dataclass(frozen=True, slots=True)
class Spent:
    """What was granted of one kind, or at one site: pence claimed, allowed by the policy and approved."""

    title: str
    costs: int
    claimed: int
    allowed: int
    approved: int


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page and the file show. `sites` are empty at a partner's own site."""

    funds: list[Fund]
    kinds: list[Spent]
    sites: list[Spent]
    decided: Waits
    second: Waits
    paid: Waits
    months: list[tuple[str, Waits]]
    rules: list[tuple[str, Hurt]]

    @property
    def approved(self) -> int:
        """Pence granted in the year."""
        return sum(one.approved for one in self.kinds)


@contextmanager
def _session(context: Here) -> Iterator[ScopedSession]:
    """Over this site's rows, or at the UK site over everybody's."""
    if context.tenant.kind != "uk":
        yield context.session
        return
    with every_site("expenses: figures of all sites", BUDGETS) as session:
        yield session


def _year(session: ScopedSession) -> tuple[int, list[int]]:
    """The financial year that is asked for (this one unless another is), and those that can be, the newest first."""
    this, first = years.year_of(clock.today()), queries.first_year(session)
    offered = list(range(this, max(min(first, this), this - 20) - 1, -1))
    asked = request.args.get("year", "")
    found = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else this
    return (found if found in offered else this), offered


@manage_blueprint.get("/figures")
@needs(BUDGETS)
def figures_page() -> Response:
    """The figures of a financial year, as a page or as a file."""
    context = here()
    with _session(context) as session:
        year, offered = _year(session)
        report = _report(context, session, year)
    wished = Listing.read(
        url_for("expense_approvals_manage.figures_page"), request.args, sorts=tuple(SORTS), filters=("year",)
    )
    found = listed(wished, FIGURES, in_memory(list(_lines(report)), wished, SORTS))
    if isinstance(found, Response):
        return found
    return render(
        "expense_approvals/manage/figures.html", report=report, year=year, years=offered, called=years.called, listing=found[0],
        charts=_charts(report), warnings=WARNINGS, days=days, fewest=FEWEST_SHOWN, pace=figures.PACE_DAYS,
        everywhere=context.tenant.kind == "uk", **SHARED,
    )  # fmt: skip


def days(number: float | None) -> str:
    """A number of days as people read it; a dash for none."""
    return "–" if number is None else f"{number:g}"


def _report(context: Here, session: ScopedSession, year: int) -> Report:
    names, policy = names_of_sites(), policy_today()
    called, everywhere = titles(policy), context.tenant.kind == "uk"
    last = years.bounds(years.year_of(clock.today()))[1]
    by_kind: dict[str, list[queries.Kind]] = defaultdict(list)
    by_site: dict[str, list[queries.Kind]] = defaultdict(list)
    for one in queries.kinds(session, year):
        by_kind[called.get(one.category, one.category)].append(one)
        by_site[names.get(one.tenant_id, "?")].append(one)
    timed = queries.timed(session, year)
    rules, named = figures.by_rule(queries.judged(session, year)), named_rules(policy)
    return Report(
        funds=[
            Fund(names.get(one.tenant_id, "?") if everywhere else "", one, figures.standing(one.moved, clock.today(), last))
            for one in queries.funds(session)
        ],
        kinds=_spent(by_kind),
        sites=_spent(by_site) if everywhere else [],
        decided=figures.waits(figures.to_decide(timed)),
        second=figures.waits(figures.to_second(timed)),
        paid=figures.waits(figures.to_pay(timed)),
        months=[(month_year(month), found) for month, found in figures.by_month(timed).items()],
        rules=[(_rule(named, one), one) for one in rules[:MOST_RULES]],
    )  # fmt: skip


def _spent(groups: dict[str, list[queries.Kind]]) -> list[Spent]:
    found = [
        Spent(title, *(sum(getattr(one, name) for one in some) for name in ("costs", "claimed", "allowed", "approved")))
        for title, some in groups.items()
    ]
    return sorted(found, key=lambda one: (-one.approved, one.title))


def _rule(named: Mapping[str, str], one: Hurt) -> str:
    """What a rule is about and says, in the reader's language; its name where today's policy does not have it."""
    if one.code == PARTNER:
        return gettext("A rule of this site’s own plugin: %(rule)s", rule=one.rule)
    return named.get(one.rule) or one.rule or say(REASONS[one.code])


def _charts(report: Report) -> dict[str, Any]:
    """The pictures; None for what has no figure."""

    def money(title: str, rows: list[tuple[str, int]]) -> charts.BarChart | None:
        shown = [(label, pence) for label, pence in rows if pence > 0]
        return charts.bars(title, shown) if shown else None

    return {
        "kinds": money(gettext("Approved, by kind of cost"), [(one.title, one.approved) for one in report.kinds]),
        "sites": money(gettext("Approved, by site"), [(one.title, one.approved) for one in report.sites]),
        "rules": money(gettext("Not allowed, by rule"), [(title, one.pence) for title, one in report.rules[:8]]),
        "months": charts.lines(
            gettext("Days from sending a claim to the money"), [month for month, _ in report.months],
            [
                (gettext("Half of the claims"), [found.half or 0 for _, found in report.months]),
                (gettext("Nine in ten"), [found.nine_in_ten or 0 for _, found in report.months]),
            ],
        ) if report.months else None,
    }  # fmt: skip


def _lines(report: Report) -> Iterator[Line]:
    """Every figure, one after the other."""
    for one in report.funds:
        moved, name = one.found.moved, f"{one.site}: {one.found.name}" if one.site else one.found.name
        yield Line(gettext("Limit"), name, moved.limit)
        yield Line(gettext("Committed"), name, moved.committed)
        yield Line(gettext("Spent"), name, moved.actual)
        yield Line(gettext("Forecast"), name, one.standing.forecast)
    for row in (*report.kinds, *report.sites):
        yield Line(gettext("Claimed"), row.title, row.claimed, row.costs)
        yield Line(gettext("The policy allows"), row.title, row.allowed, row.costs)
        yield Line(gettext("Approved"), row.title, row.approved, row.costs)
    for about, found in (
        (gettext("Sent to decided"), report.decided),
        (gettext("Sent to paid"), report.paid),
        (gettext("First approval to second"), report.second),
    ):
        yield Line(about, gettext("Half of the claims"), None, found.claims, found.half)
        yield Line(about, gettext("Nine in ten"), None, found.claims, found.nine_in_ten)
    for month, found in report.months:
        yield Line(gettext("Sent to paid"), month, None, found.claims, found.half)
    for title, rule in report.rules:
        yield Line(gettext("Not allowed"), title, rule.pence, rule.refused + rule.cut)
        yield Line(gettext("A person decides"), title, None, rule.referred)


def _site(row: Entry) -> str:
    return names_of_sites().get(row.tenant_id, "?")


ACCOUNTS = Sheet(
    "expenses-accounts",
    (
        Column(N_("Site"), _site),
        Column(N_("Claim"), lambda row: row.claim_id),
        Column(N_("Activity"), lambda row: row.title),
        Column(N_("First day"), lambda row: row.starts_on),
        Column(N_("Budget"), lambda row: row.budget),
        Column(N_("Kind of cost"), lambda row: row.category),
        Column(N_("Day of the cost"), lambda row: row.incurred_on),
        Column(N_("Version of the policy"), lambda row: row.policy_version),
        Column(N_("Claimed"), lambda row: plain_pounds(row.claimed_p)),
        Column(N_("The policy allows"), lambda row: plain_pounds(row.allowed_p)),
        Column(N_("Approved"), lambda row: plain_pounds(row.approved_p)),
        Column(N_("Adjustment"), lambda row: gettext("Yes") if row.adjustment else ""),
        Column(N_("State"), lambda row: gettext(CLAIM_STATES[row.state])),
        Column(N_("Decided"), lambda row: row.decided),
        Column(N_("Paid"), lambda row: row.paid),
    ),
    personal=True,
)
"""One line for each granted cost and for what an adjustment adds to one, by the claim's id and without a name: an auditor finds the claim by it."""


@manage_blueprint.get("/figures/accounts")
@needs(BUDGETS)
def accounts_page() -> Response:
    """The granted costs of a financial year for the accounts, as a list or as a file."""
    context = here()
    with _session(context) as session:
        year, offered = _year(session)
        wished = Listing.read(
            url_for("expense_approvals_manage.accounts_page"),
            request.args,
            sorts=("decided",),
            filters=("year",),
            size=50,
        )
        found = listed(
            wished, ACCOUNTS, lambda limit, offset: queries.accounts(session, year, limit, offset), of=str(year)
        )
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render(
        "expense_approvals/manage/accounts.html", listing=listing, rows=rows, year=year, years=offered, called=years.called,
        names=names_of_sites(), titles=titles(policy_today()), claim_states=CLAIM_STATES, everywhere=context.tenant.kind == "uk",
        tenant_id=context.tenant.id, **SHARED,
    )  # fmt: skip


def look_at(fund: Funds) -> Warn:
    """What to look at in a budget, for the list of budgets."""
    last = years.bounds(years.year_of(clock.today()))[1]
    return figures.standing(fund.moved, clock.today(), last).warn
