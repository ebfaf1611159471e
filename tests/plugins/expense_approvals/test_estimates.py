"""What the policy allows of an estimate, for the script that asks while somebody types: the button's own answer, row by row."""

import re
from typing import Any

import pytest
from flask import Flask

from core.sdk import ScopedSession
from tests.plugins.expense_approvals.helpers import activity, opened
from tests.plugins.expense_approvals.test_pages import DAY, declare, member
from tests.support.client import FormClient, forms

JSON = {"Accept": "application/json"}
LUNCH = {"category": "lunch", "amount": "9.40"}


@pytest.fixture
def page(site: Flask, session: ScopedSession) -> str:
    """The page of an activity that ann has declared for."""
    found = f"/scotland/expenses/for/{activity(session, opened(session))}"
    session.rollback()
    return found


@pytest.fixture
def ann(site: Flask, page: str) -> FormClient:
    client = member(site, "ann")
    declare(client, page)
    return client


def typed(*rows: dict[str, str]) -> dict[str, str]:
    return {
        f"costs-{number}-{name}": value
        for number, row in enumerate(rows)
        for name, value in {"day": DAY.isoformat(), "quantity": "1", **row}.items()
    }


def estimate(client: FormClient, page: str, *rows: dict[str, str], **more: str) -> Any:
    (form,) = [one for one in forms(client.get(f"{page}/ask").text) if "form_key" in one.fields and "costs-0-day" in one.fields]  # fmt: skip
    return client.post(f"{page}/ask", data={**form.fields, **typed(*rows), "do": "check", **more}, headers=JSON)


def test_it_says_beside_each_row_what_the_button_says(ann: FormClient, page: str) -> None:
    rows = (LUNCH, {"category": "coach", "amount": "3.00"})
    told = estimate(ann, page, *rows).get_json()
    assert told["rows"]["0"].startswith("The policy allows £8.00 of £9.40. At most £8.00 is covered.")
    assert told["rows"]["1"].startswith("The policy allows £3.00 of £3.00.")
    assert told["sum"] == "All together: The policy allows £11.00 of £12.40."
    pressed = ann.submit(f"{page}/ask", {**typed(*rows), "do": "check"}).text
    assert "The policy allows £11.00 of £12.40" in pressed
    assert "At most £8.00 is covered." in pressed


@pytest.mark.parametrize(
    "half",
    [{"category": "rail"}, {"category": "rail", "amount": "1e3"}, {"amount": "5.00"}, {"category": "mileage", "miles": "x"},
     {"category": "nonsense", "amount": "1"}, {"category": "rail", "amount": "5", "day": "soon"}, {"category": "rail", "amount": "\x00"}],
)  # fmt: skip
def test_a_row_that_is_still_being_typed_is_passed_over_without_a_word(ann, page, half: dict[str, str]) -> None:
    answer = estimate(ann, page, half, LUNCH)
    assert (answer.status_code, set(answer.get_json()["rows"])) == (200, {"1"})
    alone = estimate(ann, page, half)
    assert (alone.status_code, alone.get_json()) == (200, {"rows": {}, "sum": ""})


def test_a_form_that_is_nobodys_and_who_may_not_ask_are_told_nothing(ann: FormClient, page: str, site: Flask) -> None:
    assert estimate(ann, page, LUNCH, csrf_token="forged").status_code in (400, 422)
    other = member(site, "ben")  # has not declared it
    assert other.post(f"{page}/ask", data={"do": "check"}, headers=JSON).status_code in (400, 422)


def test_it_reads_as_much_for_a_dozen_rows_as_for_one_and_writes_nothing(ann, page, statements) -> None:
    counts = []
    for number in (1, 12):
        estimate(ann, page, *[LUNCH] * number)  # the page before, and what it keeps
        (form,) = [one for one in forms(ann.get(f"{page}/ask").text) if "costs-0-day" in one.fields]
        with statements() as seen:
            answer = ann.post(
                f"{page}/ask", data={**form.fields, **typed(*[LUNCH] * number), "do": "check"}, headers=JSON
            )
        assert len(answer.get_json()["rows"]) == number
        assert not [
            one for one in seen.work if "expense_approvals" in one and not one.lstrip().upper().startswith("SELECT")
        ]
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_page_offers_it_and_the_button_stays(ann: FormClient, page: str) -> None:
    shown = ann.get(f"{page}/ask").text
    assert '<p class="hint" id="costs-0-estimate" data-estimate-row="0"></p>' in shown, "read out with its field alone"
    for name in ("amount", "miles"):
        (tag,) = re.findall(rf'<input[^>]*\bid="costs-0-{name}"[^>]*>', shown)
        tied = re.search(r'aria-describedby="([^"]*)"', tag)
        assert tied, name
        assert "costs-0-estimate" in tied[1].split(), name
    assert '<p role="status" data-estimate-sum></p>' in shown
    assert "expense_approvals/estimate.js" in shown
    assert 'value="check"' in shown
