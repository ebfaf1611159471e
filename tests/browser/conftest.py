"""The browser's fixtures, for these tests alone: the other stages need not import what drives a browser."""

from tests.support.browser_fixtures import axe, browser, new_page, page, profiles

__all__ = ["axe", "browser", "new_page", "page", "profiles"]
