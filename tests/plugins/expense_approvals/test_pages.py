"""The pages, as people use them: a lead opens a budget, a member asks, an approver decides; and what is typed wrongly is kept."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core.kernel import clock
from core.kernel.permissions import Role
from core.sdk import ScopedSession
from plugins.expense_approvals.models import Preapproval
from plugins.expense_approvals.service import declaring
from tests.factories.people import client_of, make_person
from tests.plugins.expense_approvals import helpers
from tests.plugins.expense_approvals.helpers import activity, asked, cost, visitor
from tests.support.client import FormClient, forms

DAY = clock.today() + timedelta(days=14)
COSTS = {
    "category": "rail", "day": DAY.isoformat(), "quantity": "1", "travel_class": "standard", "amount": "31.50",
    "reason": "The only train that gets there in time.",
}  # fmt: skip


def member(app: Flask, name: str, *roles: Role) -> FormClient:
    """A member of Scotland, signed in."""
    grants = tuple((role, "scotland") for role in roles)
    return client_of(app, make_person(app, f"{name}@example.org", name=name.title(), home="scotland", grants=grants))


def link(page: str, pattern: str) -> str:
    found = re.search(rf'href="(/scotland{pattern})"', page)
    assert found, pattern
    return found[1]


def test_the_link_is_for_who_is_signed_in(site: Flask) -> None:
    """To anybody else it would lead to a page for signing in that does not say why."""
    ann, anyone, expenses = member(site, "ann"), site.test_client(), 'href="/scotland/expenses/"'
    for _ in range(2):  # the second time the links are kept
        heads = [client.get("/scotland/").text.partition("</header>")[0] for client in (ann, anyone)]
        assert [expenses in head for head in heads] == [True, False]
        assert all('href="/scotland/events/"' in head for head in heads)


def test_from_a_budget_to_an_agreement(site: Flask) -> None:
    lead, ann = member(site, "lena", Role.PARTNER_LEAD), member(site, "ann")
    opened = lead.submit("/scotland/manage/expenses/budgets", {"name": "Travel", "limit": "100.00"})
    assert opened.status_code == 303
    budgets = lead.get("/scotland/manage/expenses/budgets").text
    assert "£100.00" in budgets
    form = lead.get("/scotland/manage/expenses/activities/new").text
    budget_id = re.search(r'<option value="(\w{26})">Travel', form)
    assert budget_id
    days = {"starts_on": DAY.isoformat(), "ends_on": DAY.isoformat()}
    added = lead.submit(
        "/scotland/manage/expenses/activities/new", {"title": "Measuring", **days, "budget_id": budget_id[1]}
    )
    assert added.status_code == 303
    change = link(lead.get(added.headers["Location"]).text, "/manage/expenses/activities/[a-z0-9]{26}")
    unsaid = lead.submit(change, {"title": "Measuring for improvement", "version": None})
    assert (unsaid.status_code, "Somebody changed this" in unsaid.text) == (422, True)
    assert lead.submit(change, {"title": "Measuring for improvement"}).status_code == 303
    limit = link(budgets, "/manage/expenses/budgets/[a-z0-9]{26}")
    assert lead.submit(limit, {"limit": "100"}).status_code == 303

    home = ann.get("/scotland/expenses/").text
    assert "These figures are an illustration." in home
    assert "/scotland/manage/expenses/" not in home
    assert 'href="/scotland/manage/expenses/"' in lead.get("/scotland/expenses/").text
    page = link(home, "/expenses/for/[a-z0-9]{26}")
    before = ann.get(page).text
    assert "Not declared" in before
    assert "What you paid, up to £8.00 (London £10.00)." in before
    refused = ann.get(f"{page}/ask")
    assert (refused.status_code, "First declare" in refused.text) == (422, True)
    declare(ann, page)
    lunch = {
        "costs-0-category": "lunch",
        "costs-0-day": DAY.isoformat(),
        "costs-0-amount": "9.40",
        "costs-0-quantity": "1",
    }
    shown = ann.submit(f"{page}/ask", {**lunch, "do": "check"}).text
    assert "The policy allows £8.00 of £9.40" in shown
    assert "At most £8.00 is covered." in shown
    sent = ann.submit(f"{page}/ask", {**lunch, "do": "send"})
    assert sent.status_code == 303
    mine = sent.headers["Location"]
    assert "Waiting for a decision" in ann.get(mine).text

    queue = lead.get("/scotland/manage/expenses/").text
    assert "Ann" in queue
    one = link(queue, "/manage/expenses/asked/[a-z0-9]{26}")
    assert lead.submit(one, {"do": "query", "words": "Is lunch not given?"}).status_code == 303
    waiting = lead.get(one).text
    assert "Your question is sent." in waiting
    assert "The budget “Travel” has £100.00 left." in waiting
    assert "Is lunch not given?" in ann.get(mine).text
    answer(ann, mine, "No.")
    unread = lead.submit(one, {"do": "agree", **amount(lead, one, "1e3")})
    assert (unread.status_code, 'value="1e3"' in unread.text) == (422, True)
    no_reason = lead.submit(one, {"do": "agree", "words": ""})
    assert (no_reason.status_code, "Say why" in no_reason.text) == (422, True)
    assert lead.submit(one, {"do": "agree", "words": "Up to the policy."}).status_code == 303
    agreed = ann.get(mine).text
    assert "£8.00 is agreed. Keep your receipts." in agreed
    assert "Up to the policy." in agreed
    assert "£92.00" in lead.get("/scotland/manage/expenses/budgets").text


def folded(page: str, ends: str) -> str:
    """The words of what has to be unfolded before the button is there whose form goes to an address with this ending."""
    (part,) = [one for one in page.split("<details")[1:] if f'{ends}"' in one.split("</details>")[0]]
    return part.split("</details>")[0]


def declare(client: FormClient, page: str) -> None:
    (form,) = [one for one in forms(client.get(page).text) if one.action.endswith("/declare")]
    assert client.post(form.action, data=form.fields).status_code == 303


def eligible(site: Flask, session: ScopedSession) -> tuple[FormClient, str]:
    """A member's browser in which it is declared that they are not in paid employment, and the page on the costs of a new activity."""
    made = activity(session, helpers.opened(session))
    ann = make_person(site, "ann@example.org", name="Ann", home="scotland")
    declaring.declare(session, made, visitor(account_id=ann))
    session.rollback()
    return client_of(site, ann), f"/scotland/expenses/for/{made}"


def answer(client: FormClient, page: str, words: str) -> None:
    (form,) = [one for one in forms(client.get(page).text) if one.action.endswith("/answer")]
    assert client.post(form.action, data={**form.fields, "words": ""}).status_code == 422
    assert client.post(form.action, data={**form.fields, "words": words}).status_code == 303


def amount(client: FormClient, page: str, typed: str) -> dict[str, str]:
    found = re.search(r'name="(amount-[a-z0-9]{26})"', client.get(page).text)
    assert found
    return {found[1]: typed}


def test_costs_typed_while_the_declaration_is_taken_back_are_kept_and_can_be_sent_once_it_stands_again(
    site: Flask, session
) -> None:
    ann, page = eligible(site, session)
    (open_still,) = [one for one in forms(ann.get(f"{page}/ask").text) if "costs-0-amount" in one.kinds]
    ann.submit(page, form="/take-back")
    costs = {f"costs-0-{name}": value for name, value in COSTS.items()}
    late = ann.post(f"{page}/ask", data={**open_still.fields, **costs, "do": "send"})
    assert late.status_code == 422
    assert "First declare that you are not in paid employment" in late.text
    (kept,) = [one for one in forms(late.text) if "costs-0-amount" in one.fields]
    declare(ann, page)
    assert ann.post(f"{page}/ask", data=kept.fields).status_code == 303
    assert session.scalars(sa.select(Preapproval.state)).all() == ["submitted"]


@pytest.mark.parametrize("typed", ["1e3", "NaN", "-0", "\uff11\uff12", "£1,000.005", "1" + "0" * 18, "", "0"])
def test_an_amount_that_is_none_is_told_and_kept(site: Flask, session, typed: str) -> None:
    ann, page = eligible(site, session)
    row = {
        "costs-0-category": "rail",
        "costs-0-day": DAY.isoformat(),
        "costs-0-quantity": "1",
        "costs-0-travel_class": "standard",
    }
    said = ann.submit(f"{page}/ask", {**row, "costs-0-amount": typed, "do": "send"})
    assert said.status_code == 422
    assert 'href="#costs-0-amount"' in said.text
    assert f'value="{typed}"' in said.text


def test_miles_that_are_none_are_told_and_kept(site: Flask, session) -> None:
    ann, page = eligible(site, session)
    row = {
        "category": "mileage",
        "day": DAY.isoformat(),
        "quantity": "1",
        "vehicle": "car",
        "reason": "There is no bus.",
    }
    given = {f"costs-0-{name}": value for name, value in row.items()}
    odd = ("1e3", "NaN", "-0", "\uff11\uff12", "1,000.0005", "10^18", "1" + "0" * 18, "2000.1", "", "0")
    wishes = [(typed, wish) for typed in odd for wish in ("check", "send")]
    answers = ann.submit_each(f"{page}/ask", [{**given, "costs-0-miles": typed, "do": wish} for typed, wish in wishes])
    for (typed, wish), said in zip(wishes, answers, strict=True):
        assert (said.status_code, 'href="#costs-0-miles"' in said.text) == (422, True), (typed, wish)
        assert f'value="{typed}"' in said.text or not typed, typed
        assert 'value="There is no bus."' in said.text
    session.rollback()
    assert session.scalars(sa.select(Preapproval.id)).all() == []


def test_a_cost_without_its_kind_is_told_and_an_empty_row_counts_for_nothing(site: Flask, session) -> None:
    ann, page = eligible(site, session)
    said = ann.submit(f"{page}/ask", {"costs-0-amount": "6.40", "costs-0-quantity": "1", "do": "check"})
    assert (said.status_code, "Choose the kind of cost." in said.text) == (422, True)
    rows = {"costs-0-quantity": "1", "costs-1-category": "coach", "costs-1-amount": "6.40", "costs-1-quantity": "1"}
    days = {"costs-0-day": DAY.isoformat(), "costs-1-day": DAY.isoformat()}
    assert "The policy allows £6.40 of £6.40" in ann.submit(f"{page}/ask", {**rows, **days, "do": "check"}).text


def test_who_sends_nothing_is_told_where_to_begin(site: Flask, session) -> None:
    ann, page = eligible(site, session)
    for wish in ("send", "check"):
        said = ann.submit(f"{page}/ask", {"costs-0-amount": "", "do": wish})
        assert said.status_code == 422
        assert 'href="#costs-0-category">Choose the kind of cost.</a>' in said.text
        assert "at most 40" not in said.text


def test_nobody_sees_a_form_for_what_is_their_own(site: Flask, session) -> None:
    lead = member(site, "lena", Role.PARTNER_LEAD)
    other = asked(session, activity(session, helpers.opened(session)), visitor(), cost())
    session.rollback()
    assert 'value="agree"' in lead.get(f"/scotland/manage/expenses/asked/{other}").text
    assert lead.get(f"/scotland/expenses/asked/{other}").status_code == 404
    stranger = member(site, "sam")
    assert stranger.get(f"/scotland/expenses/asked/{other}").status_code == 404
    assert stranger.get(f"/scotland/manage/expenses/asked/{other}").status_code == 403


def test_two_costs_are_sent_at_once(site: Flask, session) -> None:
    ann, page = eligible(site, session)
    row = {"category": "coach", "amount": "4.20", "reason": "The bus to Perth."}
    sent = ann.submit(f"{page}/ask", {f"costs-{n}-{name}": value for n in (0, 1) for name, value in row.items()})
    assert sent.status_code == 303
    assert "£8.40" in ann.get("/scotland/expenses/").text


def test_what_is_put_before_a_person_is_not_called_refused(site: Flask, session) -> None:
    ann, page = eligible(site, session)
    cost = {
        "costs-0-category": "other",
        "costs-0-day": DAY.isoformat(),
        "costs-0-amount": "19.00",
        "costs-0-quantity": "1",
    }
    shown = ann.submit(f"{page}/ask", {**cost, "costs-0-reason": "The workbook.", "do": "check"}).text
    assert "A person decides about this." in shown
    assert "This is not covered." not in shown


def test_who_asked_reads_their_own_reason_and_who_decides(site: Flask, session) -> None:
    ann, page = eligible(site, session)
    row = {
        "costs-0-category": "taxi", "costs-0-day": DAY.isoformat(), "costs-0-amount": "12", "costs-0-quantity": "1",
        "costs-0-reason": "There is no bus so early.",
    }  # fmt: skip
    sent = ann.submit(f"{page}/ask", {**row, "do": "send"})
    mine = ann.get(sent.headers["Location"]).text
    assert "Nobody decides it then, and it cannot be brought back." in folded(mine, "/withdraw")
    assert "There is no bus so early." in mine
    assert "Somebody who approves expenses for" in mine
    assert "What you spend before it is agreed is not covered." in mine


def test_what_is_never_covered_is_no_choice_and_the_page_says_so(site: Flask, session) -> None:
    ann, page = eligible(site, session)
    form = ann.get(f"{page}/ask").text
    assert 'value="lunch"' in form
    assert 'value="other"' in form, "a person decides about it"
    assert 'value="alcohol"' not in form
    assert "Never covered: Alcohol; Fines and penalties." in form
    row = {
        "costs-0-category": "alcohol",
        "costs-0-day": DAY.isoformat(),
        "costs-0-amount": "7",
        "costs-0-quantity": "1",
    }
    shown = ann.submit(f"{page}/ask", {**row, "do": "check"}).text
    assert "The policy allows £0.00 of £7.00" in shown
    assert "Never covered." in shown


def test_sending_comes_last_and_the_return_key_only_shows_what_is_allowed(site: Flask, session) -> None:
    ann, page = eligible(site, session)
    assert re.findall(r'name="do" value="(\w+)"', ann.get(f"{page}/ask").text) == ["check", "more", "send"]


def test_what_the_budget_does_not_have_is_said_before_anybody_agrees(site: Flask, session) -> None:
    budget_id = helpers.opened(session, 10_00, "Travel")
    made = asked(session, activity(session, budget_id), visitor(), cost(pence=25_00))
    enough = asked(session, activity(session, budget_id), visitor(), cost(pence=9_00))
    session.rollback()
    lead, approver = member(site, "lena", Role.PARTNER_LEAD), member(site, "cai", Role.EXPENSE_APPROVER)
    page, short = f"/scotland/manage/expenses/asked/{made}", "The budget is £15.00 short of what the policy allows."
    assert short in lead.get(page).text
    assert link(lead.get(page).text, f"/manage/expenses/budgets/{budget_id}")
    shown = approver.get(page).text
    assert short in shown
    assert "ask for the budget to be raised before you agree." in shown
    assert budget_id not in shown
    refused = approver.submit(page, {"do": "agree", "words": ""})
    assert (refused.status_code, short in refused.text) == (422, True)
    assert "short of what" not in lead.get(f"/scotland/manage/expenses/asked/{enough}").text


def test_what_proves_a_cost_is_said_once(site: Flask, session) -> None:
    page = f"/scotland/expenses/for/{activity(session, helpers.opened(session))}"
    session.rollback()
    said = member(site, "ann").get(page).text
    assert "Proof up to £10.00: a receipt / a line of a bank statement; above that: a receipt." in said
    assert "A receipt for more than £10.00." not in said
    assert "A picture of the route on a map." in said
