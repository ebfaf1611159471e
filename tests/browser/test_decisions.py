"""Deciding in a browser: a lead signs and releases, the applicant reads, appeals and answers; on a phone, in the dark, with axe."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from core.data.session import ScopedSession
from core.kernel.permissions import Role
from tests.browser.visitors import signed_in
from tests.factories.assessing import make_assessment, make_assessor, make_assignment
from tests.factories.people import make_person
from tests.integration.admissions.deciding_rig import Rig, quick_people
from tests.support.servers import Process

PHONE = {"width": 390, "height": 844}
Axe = Callable[[Page], None]
Pages = Callable[..., Page]


@pytest.fixture
def rig(session_for: Callable[[str], ScopedSession]) -> Rig:
    return Rig(session_for("scotland"))


@pytest.fixture
def server(server: Process, rig: Rig) -> Process:
    """The server, with what these tests look at in its database."""
    assert rig.window_id
    return server


def _looked_at(page: Page, axe: Axe) -> None:
    """No sideways scroll, one heading, nothing that axe finds."""
    expect(page.locator("h1")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(page)


def test_from_signing_to_the_applicants_page(app: Flask, rig: Rig, server: Process, new_page: Pages, axe: Axe) -> None:
    lead = make_person(app, "isla@example.org", name="Isla", grants=[(Role.PARTNER_LEAD, "scotland")])
    central = make_person(app, "cara@example.org", name="Cara", grants=[(Role.CENTRAL_TEAM, "uk")])
    rig.people["ann"] = make_person(app, "ann@example.org", name="Ann Applicant")
    ann = rig.applicant("ann", "decline", reference="Q-AAAA-1111")
    rig.applicant("bob", reference="Q-BBBB-2222")
    assessor = make_assessor(rig.session, quick_people(rig.session, ["sue"])["sue"])
    make_assessment(rig.session, make_assignment(rig.session, ann, assessor), 2)
    rig.session.rollback()

    page = new_page(viewport=PHONE)
    signed_in(page, app, lead, server.url)
    listing = f"{server.url}/scotland/manage/admissions/windows/{rig.window_id}/decisions"
    page.goto(listing)
    _looked_at(page, axe)
    page.get_by_label("Sign what is proposed for Q-BBBB-2222").check()
    page.get_by_role("button", name="Check the chosen ones").click()
    _looked_at(page, axe)
    page.get_by_role("button", name="Sign 1 decision").click()
    expect(page.get_by_role("status").first).to_contain_text("1 decision is signed.")
    page.get_by_role("link", name="Q-AAAA-1111").click()
    page.get_by_role("button", name="Sign the decision").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose whether to accept or to decline.")
    _looked_at(page, axe)
    page.get_by_label("Decline", exact=True).check()
    page.locator("summary", has_text="Experience").click()
    page.locator("#comment_experience_en").fill("Tell us more of the second ward.")
    page.locator("#comment_experience_cy").fill("Dywedwch fwy am yr ail ward.")
    page.get_by_role("button", name="Sign the decision").click()
    expect(page.get_by_role("status").first).to_contain_text("The decision is signed.")

    other = new_page(color_scheme="dark")
    signed_in(other, app, central, server.url)
    other.goto(f"{server.url}/console/admissions/moderation")
    _looked_at(other, axe)
    for box in other.get_by_role("checkbox").all():
        box.check()
    other.get_by_role("button", name="Check the chosen ones").click()
    _looked_at(other, axe)
    other.get_by_role("button", name="Moderate 2 decisions").click()
    expect(other.get_by_role("status").first).to_contain_text("2 decisions are moderated.")

    page.goto(listing)
    page.get_by_role("link", name="Open a batch").click()
    page.get_by_label("Name").fill("Spring")
    page.get_by_role("button", name="Open the batch").click()
    page.get_by_role("button", name="Put in all 2 decisions").click()
    _looked_at(page, axe)
    page.get_by_role("link", name="Read the letters").click()
    _looked_at(page, axe)
    expect(page.locator("ins").filter(has_text="second ward")).to_have_count(1)
    page.get_by_role("link", name="Next letter").click()
    page.get_by_role("link", name="Cymraeg").last.click()
    page.go_back()
    page.go_back()
    page.go_back()
    page.get_by_role("link", name="Release the batch").click()
    _looked_at(page, axe)
    page.get_by_label("How many decisions are you releasing?").fill("3")
    page.get_by_role("button", name="Release the batch").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was sent")
    page.get_by_label("How many decisions are you releasing?").fill("2")
    page.get_by_role("button", name="Release the batch").click()
    expect(page.get_by_role("status").first).to_contain_text("2 decisions are released.")
    _looked_at(page, axe)

    theirs = new_page(viewport=PHONE, color_scheme="dark", java_script_enabled=True)
    signed_in(theirs, app, rig.people["ann"], server.url)
    theirs.goto(f"{server.url}/scotland/apply/{ann}/")
    _looked_at(theirs, axe)
    theirs.get_by_role("link", name="See the decision").click()
    expect(theirs.locator("article")).to_contain_text("Tell us more of the second ward.")
    _looked_at(theirs, axe)
    theirs.get_by_label("4: mostly").check()
    theirs.get_by_role("button", name="Send").click()
    expect(theirs.get_by_role("status").first).to_contain_text("Thank you.")
    theirs.get_by_role("link", name="Appeal").click()
    _looked_at(theirs, axe)
    theirs.get_by_label("Why do you think that the decision is wrong?").fill("You overlooked the second ward.")
    theirs.get_by_role("button", name="Send the appeal").click()
    expect(theirs.get_by_role("status").first).to_contain_text("We have your appeal.")
    theirs.get_by_role("link", name="Withdraw your appeal").click()
    _looked_at(theirs, axe)

    page.goto(f"{server.url}/scotland/manage/admissions/appeals/")
    _looked_at(page, axe)
    page.get_by_role("link", name="Q-AAAA-1111").click()
    _looked_at(page, axe)
    page.goto(f"{server.url}/scotland/manage/admissions/batches/")
    _looked_at(page, axe)
