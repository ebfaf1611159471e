"""A list's address, and back."""

import pytest

from core.web.listing import Listing


def read(**query: str) -> Listing:
    """A listing of 25 a page, sorted by name unless the query says so."""
    return Listing.read("/console/", query, sorts=("name", "members"), filters=("q", "role"))


def test_the_usual_order_and_the_first_page() -> None:
    listing = read().counted(60)
    assert (listing.number, listing.sort, listing.pages) == (1, "name", 3)
    assert (listing.offset, listing.first, listing.last) == (0, 1, 25)
    assert read().counted(0).first == 0


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "²", "1e3", "99999999999999999999"])
def test_a_page_that_is_not_there_is_a_page_that_is(page: str) -> None:
    assert 1 <= read(page=page).counted(60).number <= 3


def test_a_page_past_the_end_is_the_last() -> None:
    listing = read(page="9").counted(60)
    assert (listing.number, listing.first, listing.last) == (3, 51, 60)


def test_only_known_orders_and_filters_are_taken() -> None:
    listing = read(sort="password", q="flow & <b>", evil="1")
    assert listing.sort == "name"
    assert listing.href(2) == "/console/?q=flow+%26+%3Cb%3E&sort=name&page=2"


def test_a_column_sorts_one_way_then_the_other() -> None:
    listing = read(sort="members", role="auditor")
    assert listing.direction("members") == "ascending"
    assert listing.direction("name") == ""
    assert listing.sort_href("members") == "/console/?role=auditor&sort=-members"
    assert read(sort="-members").direction("members") == "descending"
    assert read(sort="-members").sort_href("members") == "/console/?sort=members"


def test_an_export_has_the_filters_and_the_order_and_no_page() -> None:
    assert read(page="2", q="a", sort="-name").export_href("csv") == "/console/?q=a&sort=-name&format=csv"
