"""A member's pages in Welsh: what the policy says stands there in Welsh, and nowhere in English."""

from datetime import timedelta
from html import unescape

import pytest
from flask import Flask

from core.kernel import clock
from core.sdk import Visitor
from core.web.gate import LANGUAGE_COOKIE
from plugins.expense_approvals.claims.lines import WORDS
from plugins.expense_approvals.policy import illustrative
from plugins.expense_approvals.policy.rules import Policy
from tests.factories.people import client_of, make_person
from tests.plugins.expense_approvals import helpers
from tests.plugins.expense_approvals.claimed import agreed, draft, spent
from tests.plugins.expense_approvals.helpers import activity, cost, opened
from tests.plugins.expense_approvals.test_pages import declare
from tests.support.client import FormClient

SITE = "/wales/expenses"
POLICY = illustrative.versions()[-1].policy
LUNCH = "Yr hyn a daloch, hyd at £8.00 (Llundain £10.00)."


@pytest.fixture
def site(app: Flask) -> Flask:
    """The application with the plugin on in Wales."""
    helpers.switched_on(app, "wales")
    return app


def read(client: FormClient, address: str) -> str:
    """A page, as `read_of` gives it."""
    return read_of(client.get(address).text)


def read_of(page: str) -> str:
    """The words of a page that holds no English ones of the policy or of what it finds."""
    words = unescape(page)
    assert '<html lang="cy"' in words
    assert english(POLICY, words) == []
    return words


def english(policy: Policy, words: str) -> list[str]:
    """The policy's English sentences, and the beginnings of those about its findings, that stand in a page."""
    rules = [rule.words.en for rule in policy.rules if rule.words.en != rule.words.cy]
    titles = [f">{one.title.en}<" for one in policy.categories if one.title.en != one.title.cy]
    return [one for one in (*rules, *titles, *(reason.split("%")[0] for reason in WORDS.values())) if one in words]


def test_the_control_would_find_an_english_sentence() -> None:
    assert english(POLICY, "At most £8.00 is covered. A receipt for more than £10.00.") != []


def test_what_the_policy_says_is_welsh_on_every_page_of_a_member(site: Flask, session_for) -> None:
    session = session_for("wales")
    account = make_person(site, "mair@example.org", name="Mair", home="wales")
    mair, me = client_of(site, account), Visitor(account, "Mair", "mair@example.org", is_member=True)
    mair.set_cookie(LANGUAGE_COOKIE, "cy")
    page = f"{SITE}/for/{activity(session, opened(session))}"
    ground = agreed(session, opened(session), me, cost(in_days=0, pence=20_00, category="lunch"))
    claim = draft(session, ground, me, spent(pence=9_40, category="lunch"), spent("b", 5_00, category="alcohol"))
    session.rollback()

    shown = read(mair, page)
    assert all(rule.words.cy in shown for rule in POLICY.rules if not rule.key.startswith(("proof_", "receipt_")))
    assert "Prawf hyd at £10.00: derbynneb / llinell o ddatganiad banc; uwchlaw hynny: derbynneb." in shown
    assert all(one.title.cy in shown for one in POLICY.categories)

    declare(mair, page)
    day = (clock.today() + timedelta(days=14)).isoformat()
    rows = {
        f"costs-{n}-{name}": value
        for n, (category, amount) in enumerate((("lunch", "9.40"), ("alcohol", "5.00"), ("rail", "30.00")))
        for name, value in {"category": category, "day": day, "amount": amount, "quantity": "1"}.items()
    }
    checked = read_of(mair.submit(f"{page}/ask", {**rows, "do": "check"}).text)
    assert LUNCH in checked
    assert "Tocynnau dosbarth safonol." in checked

    held = read(mair, f"{SITE}/claims/{claim}")
    assert LUNCH in held
    assert "Cinio canol dydd" in held
