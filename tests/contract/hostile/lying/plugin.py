"""Answers every hook with something that is not what the hook asks for."""

from typing import Any

from tests.contract.hostile.make import every_hook

LIES: dict[str, Any] = {
    "q_nav_items": "<b>everywhere</b>",
    "q_page_fragments": {"home.main": "<script>"},
    "q_open_work": 7,
}


def _lie(name: str) -> Any:
    return LIES.get(name, [object(), 1, None])


globals().update(every_hook(_lie))
