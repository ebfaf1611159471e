"""The contract suite's browsers: whose they are, where their roles hold, and the forms that they send."""

from collections.abc import Iterator

import pytest

from core.config import ROOT
from core.hooks.registry import discover
from core.kernel.permissions import Role
from core.sdk.testing import Site, build
from tests.support.databases import Database


@pytest.fixture(scope="module")
def site(module_database: Database) -> Iterator[Site]:
    made = build(discover(ROOT / "plugins", installed=False), module_database.app_url, module_database.owner_url)
    yield made
    made.close()


def test_a_role_holds_at_its_site_alone(site: Site) -> None:
    lead = site.client(Role.PARTNER_LEAD, "scotland")
    assert lead.get("/scotland/manage/").status_code == 200
    assert lead.get("/wales/manage/").status_code == 403
    assert site.client(Role.MEMBER, "scotland").get("/scotland/manage/").status_code == 403
    assert site.client().get("/scotland/manage/").status_code == 303, "a visitor is asked to sign in"


def test_a_role_of_the_whole_uk_is_held_there(site: Site) -> None:
    assert site.client(Role.CENTRAL_TEAM, "scotland").get("/console/").status_code == 200
    assert site.client(Role.PARTNER_LEAD, "uk").get("/console/").status_code == 403


def test_a_form_is_sent_with_what_the_page_holds_in_it_and_only_one_that_is_there(site: Site) -> None:
    member = site.client(Role.MEMBER, "scotland")
    assert member.submit("/account/", {"job_title": "Podiatrist"}).status_code == 303
    assert member.submit("/account/", {"name": "Sam Renamed"}).status_code == 303
    assert "Podiatrist" in member.get("/account/").text, "as a browser, it sends what was there already"
    refused = member.submit("/account/", {"csrf_token": None, "name": "Sam Again"})
    assert refused.status_code == 400, "what is left out is not sent"
    assert "Sam Renamed" in member.get("/account/").text
    assert "Sam Renamed" not in site.client(Role.MEMBER, "scotland").get("/account/").text, "each is somebody new"
    with pytest.raises(AssertionError, match="no form with"):
        member.submit("/account/", {"no_such_field": "x"})
    with pytest.raises(AssertionError, match="answered 403"):
        member.submit("/scotland/manage/", {})


def test_a_form_that_is_a_button_alone_is_named_by_where_it_leads(site: Site) -> None:
    member = site.client(Role.MEMBER, "scotland")
    with pytest.raises(AssertionError, match=r"name a field of the form, or where it leads .*/account/sign-out"):
        member.submit("/account/")
    assert member.submit("/account/", to="/sign-out").status_code == 303
    assert member.get("/account/").status_code == 303, "signed out"
