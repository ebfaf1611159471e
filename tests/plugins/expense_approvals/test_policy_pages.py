"""The pages of the policy, as people use them: the central team edits and publishes at the UK site, a lead adds rules to it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from core.kernel import clock
from core.kernel.permissions import Role
from core.sdk import ScopedSession
from plugins.expense_approvals.policy import illustrative
from plugins.expense_approvals.queries import past
from plugins.expense_approvals.queries import policies as reading
from plugins.expense_approvals.views import policy as views
from tests.factories.people import client_of, make_person
from tests.plugins.expense_approvals import claimed, helpers
from tests.plugins.expense_approvals.claimed import agreed, send, spent
from tests.plugins.expense_approvals.helpers import activity, asked, cost, visitor
from tests.support.client import FormClient, forms

TODAY = clock.today().isoformat()
TOO_LATE = "of its own form too late: see form_has"
SHIPPED = len(illustrative.versions())
OWN = """
[[rules]]
key = "site_lunch"
kind = "cap"
category = "lunch"
per = "unit"
amounts = { "" = 500 }
words = { en = "Lunch up to £5.00.", cy = "Cinio hyd at £5.00." }
"""


@pytest.fixture
def site(app: Flask) -> Flask:
    """The application with the plugin on in Scotland and at the UK site."""
    helpers.switched_on(app, "scotland")
    helpers.switched_on(app, "uk")
    return app


def central(app: Flask) -> FormClient:
    person = make_person(app, "cen@example.org", name="Cen Tral", home="scotland", grants=((Role.CENTRAL_TEAM, "uk"),))
    return client_of(app, person)


def lead(app: Flask) -> FormClient:
    person = make_person(
        app, "lena@example.org", name="Lena Lead", home="scotland", grants=((Role.PARTNER_LEAD, "scotland"),)
    )
    return client_of(app, person)


def begun(client: FormClient) -> str:
    """A draft's page."""
    page = f"/manage/expenses/policy/{SHIPPED}"
    (form,) = [one for one in forms(client.get(page).text) if one.action.endswith("/draft")]
    made = client.post(form.action, data=form.fields)
    assert made.status_code == 303
    return made.headers["Location"]


def text_of(client: FormClient, page: str) -> str:
    (form,) = [one for one in forms(client.get(page).text) if "text" in one.fields]
    return form.fields["text"][0].replace("\r\n", "\n").lstrip("\n")


def _fields(client: FormClient, page: str) -> dict[str, str]:
    (form,) = [one for one in forms(client.get(page).text) if "effective_from" in one.fields]
    return {name: values[0] if isinstance(values, list) else values for name, values in form.fields.items()}


def test_the_console_leads_to_the_policy(site: Flask) -> None:
    client = central(site)
    went = client.get("/console/expenses/policy")
    assert (went.status_code, went.headers["Location"]) == (302, "/manage/expenses/policy")
    assert client.get("/console/nothing/policy").status_code == 404
    assert 'href="/manage/expenses/policy"' in client.get("/console/").text
    assert lead(site).get("/console/expenses/policy").status_code == 403


def test_a_version_is_read_in_both_languages_and_says_that_it_is_an_illustration(site: Flask) -> None:
    page = central(site).get(f"/manage/expenses/policy/{SHIPPED}").text
    assert "These figures are an illustration." in page
    assert "What you paid, up to £8.00 (London £10.00)." in page
    assert "Yr hyn a daloch, hyd at £8.00 (Llundain £10.00)." in page
    assert "At most £8.00 each; London: £10.00" in page
    assert "55p up to 10,000 miles of the tax year, then 25p, 5p more for each passenger" in page
    assert page.count("As it says") == 8
    assert "Compared with version 1" in page


def test_from_a_version_to_a_draft_to_another_version(site: Flask) -> None:
    client = central(site)
    draft = begun(client)
    text = text_of(client, f"{draft}/edit")
    cheaper = text.replace('amounts = { "" = 800, london = 1000 }', 'amounts = { "" = 700, london = 900 }')
    assert cheaper != text
    assert client.submit(f"{draft}/edit", {"text": cheaper}).status_code == 303
    page = client.get(draft).text
    assert "Not every worked example comes out as it says." in page
    assert f'href="{draft}/publish"' not in page
    refused = client.submit(f"{draft}/publish", {"effective_from": TODAY, "note": "Prices fell.", "do": "publish"})
    assert (refused.status_code, "Mend the rules or the examples first." in refused.text) == (422, True)
    assert "Prices fell." in refused.text
    mended = cheaper.replace("allowed = 800\n", "allowed = 700\n").replace(
        "allowed = 940\n", 'allowed = 900\nbroken = ["lunch_most"]\n'
    )
    assert client.submit(f"{draft}/edit", {"text": mended}).status_code == 303
    assert "Worked examples that come out otherwise" in client.get(draft).text
    page = f"{draft}/publish"
    good = {**_fields(client, page), "effective_from": TODAY, "note": "Prices fell.", "do": "publish"}
    for _ in range(2):  # whoever comes second is told that it is done
        done = client.post(page, data=good)
        assert done.headers["Location"] == f"/manage/expenses/policy/{SHIPPED + 1}"
    listed = client.get("/manage/expenses/policy").text
    assert re.search(rf"Version {SHIPPED + 1}</a> <span[^>]*>In force today", listed)
    assert "Prices fell." in listed
    assert "illustration" not in client.get("/scotland/expenses/").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Write the policy here."),
        ("rules = [", "This ends in the middle."),
        ('[[categories]]\nkey = "a"', "Category a, “title”: This is missing."),
        ('[[categories]]\nkey = "a"\ntitle = { en = "A", cy = "" }', "“title” → “cy”: Write something here."),
    ],
)
def test_what_is_no_policy_is_told_and_kept(site: Flask, typed: str, said: str) -> None:
    client = central(site)
    page = f"{begun(client)}/edit"
    answer = client.submit(page, {"text": typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'href="#text"' in answer.text
    (form,) = [one for one in forms(answer.text) if "text" in one.fields]
    assert form.fields["text"][0].replace("\r\n", "\n").strip() == typed


def test_a_draft_goes_away(site: Flask) -> None:
    client = central(site)
    draft = begun(client)
    (form,) = [one for one in forms(client.get(draft).text) if one.action.endswith("/discard")]
    assert client.post(form.action, data=form.fields).status_code == 303
    assert client.get(draft).status_code == 404


def two_lunches(session_for: Callable[[str], ScopedSession]) -> None:
    """A claim of £7.60 for a lunch at each of two sites."""
    for number, slug in enumerate(("scotland", "wales"), start=1):
        own, ann = session_for(slug), visitor()
        ground = agreed(own, helpers.opened(own), ann, cost(in_days=0, pence=760, category="lunch"))
        send(own, claimed.draft(own, ground, ann, spent(pence=760, category="lunch"), colour=number), ann)
        own.rollback()


def test_what_a_draft_changes_is_tried_on_the_claims_of_every_site_before_it_counts(site: Flask, session_for) -> None:
    session: ScopedSession = session_for("uk")
    two_lunches(session_for)
    client = central(site)
    draft = begun(client)
    text = text_of(client, f"{draft}/edit").replace('amounts = { "" = 800, london = 1000 }', 'amounts = { "" = 700 }')
    client.submit(f"{draft}/edit", {"text": text})
    looked = client.submit(f"{draft}/publish", {"effective_from": TODAY, "note": "", "do": "try"}).text
    assert "2 claims were looked at." in looked
    assert "In all they were allowed £15.20 and would be allowed £14.00." in looked
    assert "Wales: Lunch" in looked
    assert "Scotland: Lunch" in looked
    for part in ("0", "-1", "٣", "9999999", "2"):
        odd = client.post(
            f"{draft}/publish",
            data={**_fields(client, f"{draft}/publish"), "effective_from": TODAY, "do": "try", "part": part},
        )
        assert odd.status_code == 200, part
    assert "so there is nothing to try the draft on" in odd.text
    later = (clock.today() + timedelta(days=100)).isoformat()
    assert "No cost would come out otherwise." in client.submit(
        f"{draft}/publish", {"effective_from": later, "note": "", "do": "try"}
    ).text  # fmt: skip
    unread = client.submit(f"{draft}/publish", {"effective_from": "soon", "note": "Why", "do": "publish"})
    assert (unread.status_code, 'value="soon"' in unread.text) == (422, True)
    assert reading.drafts(session)


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_draft_is_published_from_the_page_that_looked_at_claims_in_parts(
    site: Flask, session_for, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, forgotten: bool
) -> None:
    """Also where the view forgets to say that the part is a field of its form: that is put on record, and nobody is held up by it."""
    if forgotten:
        monkeypatch.setattr(views, "form_has", lambda *_: None)
    monkeypatch.setattr(past, "PART", 1)
    two_lunches(session_for)
    client = central(site)
    address = f"{begun(client)}/publish"
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    looked = client.submit(address, {"effective_from": tomorrow, "note": "", "do": "try"})
    (form,) = [one for one in forms(looked.text) if "part" in one.fields]
    done = client.post(address, data={**form.fields, "note": "Lunch costs less.", "do": "publish"})
    assert done.status_code == 303, done.text
    late = [one.getMessage() for one in caplog.records if one.name == "q.web"]
    assert late == [f"expense_approvals_manage.policy_publish asks for the field part {TOO_LATE}"] * forgotten


def test_the_policy_is_no_page_of_a_partners_site(site: Flask) -> None:
    client = central(site)
    for page in ("policy", f"policy/{SHIPPED}"):
        assert client.get(f"/scotland/manage/expenses/{page}").status_code == 404
    assert lead(site).get("/manage/expenses/policy").status_code == 403


def test_a_lead_adds_rules_after_looking_at_what_they_change(site: Flask, session) -> None:
    made = activity(session, helpers.opened(session))
    asked(session, made, visitor(), cost("a", 760, category="lunch"))
    session.rollback()
    client, page = lead(site), "/scotland/manage/expenses/rules"
    good = {"text": OWN, "effective_from": TODAY, "note": "The canteen is cheap."}
    unseen = client.submit(page, {**good, "do": "publish"})
    assert (unseen.status_code, "Look at what changes below" in unseen.text) == (422, True)
    looked = client.submit(page, {**good, "do": "look"})
    assert "In all they were allowed £7.60 and would be allowed £5.00." in looked.text
    (form,) = [one for one in forms(looked.text) if "seen" in one.fields]
    sent = client.post(page, data={**form.fields, "do": "publish"})
    assert sent.status_code == 303
    again = client.get(page).text
    assert "Lunch up to £5.00." in again
    assert "Cinio hyd at £5.00." in again
    assert "Lunch up to £5.00." in client.get(f"/scotland/expenses/for/{made}").text


def test_a_lead_looks_before_saying_why_and_reads_everything_that_is_wrong(site: Flask) -> None:
    client, page = lead(site), "/scotland/manage/expenses/rules"
    looked = client.submit(page, {"text": OWN, "effective_from": TODAY, "note": "", "do": "look"})
    assert looked.status_code == 200
    (form,) = [one for one in forms(looked.text) if "seen" in one.fields]
    silent = client.post(page, data={**form.fields, "do": "publish"})
    assert (silent.status_code, "Say why, in at most 500 characters." in silent.text) == (422, True)
    assert "Publish for good" in silent.text
    both = OWN.replace("500", "900") + OWN.replace("site_lunch", "site_other").replace('"lunch"', '"brunch"')
    wrong = client.submit(page, {"text": both, "effective_from": TODAY, "note": "", "do": "look"}).text
    assert ("Rule site_lunch: The national" in wrong, "<li>Rule site_other: This rule is about" in wrong) == (
        True,
        True,
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            OWN.replace("500", "900"),
            "The national policy allows less already: a site can only lower it. It says: What you paid, up to",
        ),
        (
            OWN.replace('"lunch"', '"brunch"'),
            "that the national policy does not have. Its categories are: alcohol, breakfast, ",
        ),
        (OWN.replace("site_lunch", "lunch"), "Begin the names of this site’s rules with site_."),
        (OWN.replace("500", '"£5"'), "Rule site_lunch, “amounts” → “”: Write a whole number"),
        ('[[categories]]\nkey = "a"', "There is nothing of this name."),
    ],
)
def test_a_rule_that_loosens_is_told_and_kept(site: Flask, typed: str, said: str) -> None:
    client, page = lead(site), "/scotland/manage/expenses/rules"
    answer = client.submit(page, {"text": typed, "effective_from": TODAY, "note": "why", "do": "look"})
    assert answer.status_code == 422
    assert said in answer.text
    (form,) = [one for one in forms(answer.text) if "seen" in one.fields]
    assert form.fields["text"][0].replace("\r\n", "\n").strip() == typed.strip()
