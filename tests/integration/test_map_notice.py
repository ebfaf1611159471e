"""Wherever the map is shown stands what the licence of its data asks for, word for word."""

import html
import re

import pytest

from tests.support.client import FormClient
from tests.support.environment import ROOT

NOTICE = (ROOT / "core" / "tenancy" / "geo" / "NOTICE.md").read_text("utf-8")
LINES = re.findall(r"^> (.+)$", NOTICE, re.MULTILINE)


@pytest.mark.parametrize("path", ["/", "/apply/", "/events/"])
def test_every_page_with_the_map_says_the_whole_notice(client: FormClient, path: str) -> None:
    page = html.unescape(client.get(path).text)
    assert 'class="map"' in page
    assert len(LINES) == 4
    for line in LINES:
        assert line in page, line
    assert re.findall(r'href="(https://www\.nationalarchives\.gov\.uk/[^"]+)"', page) == re.findall(
        r"\((https://www\.nationalarchives\.gov\.uk/[^)]+)\)", NOTICE
    )
