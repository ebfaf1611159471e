"""What the documents name is there: files, folders and links. Decisions and the changelog tell of their own day and may name what is gone."""

import re
from pathlib import Path

import pytest

from tests.support.environment import ROOT
from tests.support.sources import files, report, text

PLACE = re.compile(r"`((?:core|plugins|tenants|templates|tests|docs|\.deploy|\.requirements|\.ci)/[\w./-]*)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
TOLD = [path for path in files(".md") if path.parts[:2] != ("docs", "decisions") and path != Path("docs/changelog.md")]
EXAMPLES = ("book_club", "careful_rules", "thanks")
"""Plugins that a guide writes step by step."""


def test_every_document_is_looked_at() -> None:
    assert {Path("README.md"), Path("docs/architecture.md"), Path("tests/README.md")} <= set(TOLD)


@pytest.mark.parametrize("document", TOLD, ids=str)
def test_the_files_that_a_document_names_are_there(document: Path) -> None:
    named = {name for name in PLACE.findall(text(document)) if not any(example in name for example in EXAMPLES)}
    missing = sorted(
        name for name in named if not (ROOT / name).exists() and not (ROOT / document.parent / name).exists()
    )
    assert not missing, report(missing)


@pytest.mark.parametrize("document", files(".md"), ids=str)
def test_the_links_of_a_document_lead_somewhere(document: Path) -> None:
    links = (link.partition("#")[0] for link in LINK.findall(text(document)))
    local = {link for link in links if link and "://" not in link}
    missing = sorted(link for link in local if not (ROOT / document.parent / link).exists())
    assert not missing, report(missing)
