"""The page of the state machines is drawn from them."""

from core.admissions.states import states_markdown
from core.config import ROOT


def test_the_page_is_drawn_from_the_code() -> None:
    assert (ROOT / "docs" / "states.md").read_text("utf-8") == states_markdown(), "run: qplatform states --write"
