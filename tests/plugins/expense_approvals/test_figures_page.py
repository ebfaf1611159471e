"""The pages of figures and of a year's accounts: of one site, and at the UK site of all."""

import csv
import re
from io import StringIO

import pytest
import sqlalchemy as sa

from core.data.audit import AuditEntry
from core.kernel.permissions import Role
from core.sdk import clock
from plugins.expense_approvals import years
from plugins.expense_approvals.figures import Movements
from plugins.expense_approvals.queries import figures
from tests.factories.people import client_of, make_person
from tests.plugins.expense_approvals.claimed import approve, check, sent, spent
from tests.plugins.expense_approvals.helpers import activity, agree, asked, cost, opened, sums, switched_on, visitor
from tests.plugins.expense_approvals.paid import account, approved, at_the_bank, payer_account, settle
from tests.plugins.expense_approvals.test_pages import member

FIGURES, ACCOUNTS = "/manage/expenses/figures", "/manage/expenses/figures/accounts"
YEAR = years.year_of(clock.today())


@pytest.fixture
def site(app):
    """The plugin is on at two sites and the UK site."""
    for slug in ("uk", "scotland", "wales"):
        switched_on(app, slug)
    return app


def granted(session, pence=1_000, share=100, colour=1):
    """A budget from which one claim was granted."""
    budget = opened(session, 100_00, f"Travel {colour}")
    made = sent(session, budget, visitor(), spent(pence=pence), colour=colour)
    check(session, made)
    approve(session, made, share=share)
    session.rollback()
    return budget


def rows(text):
    return list(csv.DictReader(StringIO(text.lstrip("\ufeff"))))


def test_a_site_sees_its_own_figures_as_a_page_and_as_files(site, session, session_for):
    granted(session)
    granted(session_for("wales"), pence=1_500, colour=2)
    lead = member(site, "lena", Role.PARTNER_LEAD)
    page = lead.get(f"/scotland{FIGURES}")
    assert page.status_code == 200
    for words in (
        "Figures of expenses",
        "£10.00",
        "Bus, coach, tram or underground",
        "Travel 1",
        "Which rules cost people most",
    ):
        assert words in page.text, words
    assert "£15.00" not in page.text
    assert "Travel 2" not in page.text
    found = rows(lead.get(f"/scotland{FIGURES}?format=csv").text)
    assert {(one["About"], one["Pounds"]) for one in found if one["Group"] == "Travel 1"} >= {
        ("Limit", "100.0"),
        ("Spent", "10.0"),
    }
    assert lead.get(f"/scotland{FIGURES}?format=xlsx").data.startswith(b"PK")
    assert lead.get(f"/scotland{FIGURES}?year={YEAR - 1}").status_code == 200
    for path in (FIGURES, ACCOUNTS, f"{FIGURES}/differences"):
        for odd in (
            "year=1e3",
            "year=٢٠٢٦",
            "year=99999",
            "year=%00",
            "page=99999999999999999999",
            "page=-1&sort=zzz",
            "format=exe",
        ):
            assert lead.get(f"/scotland{path}?{odd}").status_code == 200, (path, odd)


def test_each_picture_has_its_figures_in_words(site, session, frozen_clock):
    """What is drawn is hidden from a screen reader, which reads the caption and the table of the same figures."""
    ann, budget = visitor(), opened(session, 100_00)
    payer_account(session)
    account(session, ann)
    claim = approved(session, budget, ann)
    frozen_clock.advance(days=2)
    settle(session, at_the_bank(session, claim), {claim: True})
    asked(session, activity(session, budget), visitor(), cost("a", 1_000, category="lunch"))
    session.rollback()
    page = member(site, "lena", Role.PARTNER_LEAD).get(f"/scotland{FIGURES}").text
    pictures = re.findall(r'<figure class="chart">.*?</figure>', page, re.DOTALL)
    assert len(pictures) == 3
    for title, row, figure in (
        ("Approved, by kind of cost", "Bus, coach, tram or underground", "£10.00"),
        ("Days from sending a claim to the money", "November 2026", "2"),
        ("Not allowed, by rule", "Lunch: What you paid, up to £8.00 (London £10.00).", "£2.00"),
    ):
        (picture,) = [one for one in pictures if title in one]
        assert re.search(rf"<caption[^>]*>{re.escape(title)}</caption>", picture)
        drawn = re.search(r'<svg [^>]*aria-hidden="true">.*?<(rect|polyline) ', picture, re.DOTALL)
        assert drawn, title
        cells = re.search(rf'<th scope="row">{re.escape(row)}</th>(.*?)</tr>', picture, re.DOTALL)
        assert cells, title
        assert f'<td class="num">{figure}' in cells[1]


def test_a_forecast_is_made_of_what_really_moved_and_its_warning_is_shown(site, session, frozen_clock):
    budget = opened(session, 30_00, "Autumn")
    made = sent(session, budget, visitor(), colour=1)  # £20 was agreed, £10 is claimed: half of it
    check(session, made)
    approve(session, made)
    agree(session, asked(session, activity(session, budget), visitor(), cost(pence=10_00)))
    session.rollback()
    assert [one.moved for one in figures.funds(session)] == [Movements(30_00, 10_00, 10_00, 20_00, 30_00)]
    lead = member(site, "lena", Role.PARTNER_LEAD)
    page = lead.get(f"/scotland{FIGURES}").text
    assert "Will not last the year" in page
    assert (
        "£36.33" in page
    )  # £10 spent, half of £10 committed, and half of £30 in 90 days for the 128 days that are left
    assert "Will not last the year" in lead.get("/scotland/manage/expenses/budgets").text
    frozen_clock.advance(days=91)  # nothing was agreed in the last 90 days: nothing more is to come
    session.rollback()
    assert [one.moved for one in figures.funds(session)] == [Movements(30_00, 10_00, 10_00, 20_00, 0)]
    later = member(site, "lily", Role.PARTNER_LEAD)
    for path in (FIGURES, "/manage/expenses/budgets"):
        assert "Will not last the year" not in later.get(f"/scotland{path}").text
    assert "£15.00" in later.get(f"/scotland{FIGURES}").text


def test_the_central_team_sees_every_site_and_leaves_an_entry(site, session, session_for):
    granted(session)
    granted(session_for("wales"), pence=1_500, colour=2)
    central = client_of(site, make_person(site, "cen@example.org", grants=((Role.CENTRAL_TEAM, "uk"),)))
    sent_on = central.get("/console/expenses/figures")
    assert sent_on.headers["Location"].endswith(FIGURES)
    page = central.get(FIGURES).text
    for words in ("Travel 1", "Travel 2", "Scotland", "Wales", "£10.00", "£15.00", "£25.00"):
        assert words in page, words
    uk = session_for("uk")
    reasons = uk.scalars(sa.select(AuditEntry.why).where(AuditEntry.action == "platform.read")).all()
    assert "expenses: figures of all sites" in reasons
    paid = rows(central.get(f"{ACCOUNTS}?format=csv").text)
    assert sorted((one["Site"], one["Approved"]) for one in paid) == [("Scotland", "10.00"), ("Wales", "15.00")]


def test_a_years_accounts_come_to_what_its_budgets_spent(site, session):
    budgets = [granted(session, pence=1_000 + n, share=50 + n, colour=n) for n in range(1, 4)]
    lead = member(site, "lena", Role.PARTNER_LEAD)
    found = rows(lead.get(f"/scotland{ACCOUNTS}?format=csv").text)
    assert len(found) == 3
    pence = sum(round(float(one["Approved"]) * 100) for one in found)
    assert pence == sum(sums(session, budget).actual for budget in budgets)
    assert {one["Budget"] for one in found} == {"Travel 1", "Travel 2", "Travel 3"}
    entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "list.export")).all()[-1]
    assert entry.subject == f"list:expenses-accounts:{YEAR}"
    page = lead.get(f"/scotland{ACCOUNTS}").text
    assert "Not yet" in page


def test_money_that_the_bank_sent_back_afterwards_is_not_paid_until_it_is_paid_again(site, session, frozen_clock):
    ann, budget = visitor(), opened(session, 100_00)
    payer_account(session)
    account(session, ann)
    claim = approved(session, budget, ann)

    def paid():
        session.rollback()
        (entry,), _ = figures.accounts(session, YEAR, 50, 0)
        (claimed,) = figures.timed(session, YEAR)
        return entry.paid, claimed.paid

    frozen_clock.advance(days=2)
    batch_id = at_the_bank(session, claim)
    settle(session, batch_id, {claim: True})
    assert paid() == (clock.now(), clock.now())
    settle(session, batch_id, {claim: False})
    assert paid() == (None, None)
    frozen_clock.advance(days=1)
    account(session, ann, "10203040")
    frozen_clock.advance(days=2)
    again = at_the_bank(session, claim)
    assert paid() == (None, None)
    settle(session, again, {claim: True})
    assert paid() == (clock.now(), clock.now())


def test_where_nothing_is_decided_yet_pages_say_what_to_do_and_rules_are_told_of_what_was_asked(site, session):
    lunches = cost("a", 1_000, category="lunch"), cost("b", 700, category="alcohol")
    asked(session, activity(session, opened(session)), visitor(), *lunches)
    session.rollback()
    lead = member(site, "lena", Role.PARTNER_LEAD)
    page = lead.get(f"/scotland{FIGURES}").text
    for words in (
        "No claim was decided in this year.",
        "Lunch: What you paid, up to £8.00",
        "Never covered.",
        "£7.00",
        "fewer than 5",
    ):
        assert words in page, words
    assert "No cost was granted in this year." in lead.get(f"/scotland{ACCOUNTS}").text


def test_only_who_sets_budgets_sees_figures(site):
    approver = member(site, "cai", Role.EXPENSE_APPROVER)
    for path in (FIGURES, ACCOUNTS):
        assert approver.get(f"/scotland{path}").status_code == 403


def test_a_budget_that_is_nearly_used_is_told_where_it_is_seen(site, session):
    budget = opened(session, 12_00, "Small")
    made = asked(session, activity(session, budget), visitor(), cost("a", 10_00))
    assert figures.full(session, 80) == {}
    agree(session, made)
    session.rollback()
    lead = member(site, "lena", Role.PARTNER_LEAD)
    assert "Nearly used" in lead.get("/scotland/manage/expenses/budgets").text
    assert "Budgets that are nearly used or used up" in lead.get("/scotland/manage/").text
    assert figures.full(session, 80) == {session.tenant_id: 1}


def test_figures_cost_as_many_statements_however_much_there_is(site, session, statements):
    granted(session)

    def read():
        session.rollback()
        with statements() as seen:
            figures.funds(session), figures.kinds(session, YEAR), figures.timed(session, YEAR)
            list(figures.judged(session, YEAR)), figures.accounts(session, YEAR, 50, 0)
        return len(seen)

    before = read()
    for n in range(2, 5):
        granted(session, colour=n)
    assert read() == before == 8
