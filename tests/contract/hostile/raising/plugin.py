"""Raises in every hook; two of them try to end the process."""

from typing import Any

from tests.contract.hostile.make import every_hook


def _raise(name: str) -> Any:
    if name in {"q_open_work", "q_page_fragments"}:
        raise SystemExit(3)
    raise RuntimeError(f"{name} was broken on purpose")


globals().update(every_hook(_raise))
