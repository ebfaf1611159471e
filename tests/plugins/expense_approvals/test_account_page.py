"""The page about where costs are paid to: masked, kept on a mistake, told by a letter, nobody else's."""

import pytest
import sqlalchemy as sa
from flask import Flask

from core.kernel.permissions import Role
from core.people import limits
from core.work.models import Mail
from tests.factories.people import PASSWORD, client_of, make_person
from tests.support.client import FormClient

PAGE = "/scotland/expenses/account"
GOOD = {"name": "Ann Llewellyn", "sort_code": "20-00-00", "account": "55779911", "password": PASSWORD}


def member(app: Flask, name: str, *roles: Role) -> FormClient:
    """A member of Scotland, signed in."""
    grants = tuple((role, "scotland") for role in roles)
    return client_of(app, make_person(app, f"{name}@example.org", name=name.title(), home="scotland", grants=grants))


def test_an_account_is_kept_masked_and_told_by_a_letter(site: Flask, platform_session) -> None:
    ann, lead = member(site, "ann"), member(site, "lena", Role.PARTNER_LEAD)
    assert "Give your account" in ann.get(PAGE).text
    assert ann.submit(PAGE, GOOD).status_code == 303
    shown = ann.get(PAGE).text
    assert "ends in 9911" in shown
    assert "55779911" not in shown
    assert "Nobody is paid to another account for a day" in shown
    assert "9911" not in lead.get(PAGE).text
    letter = platform_session.scalars(sa.select(Mail).where(Mail.to_address == "ann@example.org")).one()
    assert letter.subject == "Your bank details for expenses were given or changed"
    assert "9911" not in letter.text + letter.html
    assert "tell Healthcare Improvement Scotland." in letter.text
    assert "Where your costs are paid to" in ann.get("/scotland/expenses/").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"sort_code": "20-00"}, "Enter the sort code"),
        ({"account": "1e7"}, "Enter the account number"),
        ({"name": " "}, "Enter the name on the account"),
        ({"name": "x" * 81}, "at most 80 characters"),
    ],
)
def test_what_is_no_account_is_told_and_kept(site: Flask, typed: dict[str, str], said: str) -> None:
    answer = member(site, "ann").submit(PAGE, {**GOOD, **typed})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert 'value="55779911"' in answer.text or 'value="1e7"' in answer.text


@pytest.mark.parametrize("wrong", ["", "not my password"])
def test_the_first_account_and_every_other_one_ask_for_the_password_again(
    site: Flask, platform_session, wrong: str
) -> None:
    """Whoever sits at a browser that was left open changes nothing, writes no letter and reads no password back."""
    ann = member(site, "ann")
    for given, kept in ((GOOD, "ends in 9911"), ({**GOOD, "account": "31926819"}, "ends in 6819")):
        refused = ann.submit(PAGE, {**given, "password": wrong})
        assert (refused.status_code, 'href="#password"' in refused.text) == (422, True)
        assert f'value="{given["account"]}"' in refused.text
        assert "not my password" not in refused.text
        assert kept not in ann.get(PAGE).text
        assert ann.submit(PAGE, given).status_code == 303
        assert kept in ann.get(PAGE).text
    letters = sa.select(sa.func.count(Mail.id)).where(Mail.to_address == "ann@example.org")
    assert platform_session.scalar(letters) == 2


def test_a_slip_in_the_form_is_no_guess_at_the_password(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told before the password is looked at, so it costs no try and says nothing about the password either."""
    monkeypatch.setattr(limits.limiter, "enabled", True)
    limits.limiter.reset()
    ann = member(site, "ann")
    slips = ({"sort_code": "20-00"}, {"account": "1"}, {"name": " "}, {"password": ""})
    assert {ann.submit(PAGE, {**GOOD, **slips[number % 4]}).status_code for number in range(12)} == {422}
    both = ann.submit(PAGE, {**GOOD, "account": "1", "password": "a guess"})
    assert ('href="#account"' in both.text, 'href="#password"' in both.text) == (True, False)
    assert ann.submit(PAGE, GOOD).status_code == 303
    limits.limiter.reset()


def test_guessing_is_limited_as_where_one_signs_in(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.limiter, "enabled", True)
    limits.limiter.reset()
    ann = member(site, "ann")
    said = [ann.submit(PAGE, {**GOOD, "password": "a guess"}).status_code for _ in range(11)]
    assert (said[0], said[9], said[10]) == (422, 422, 429)
    limits.limiter.reset()
