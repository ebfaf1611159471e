"""Takes longer than a hook may."""

import time
from collections.abc import Iterable

from core.hooks.dispatcher import SLOW_SECONDS
from core.sdk import NavItem, hookimpl


@hookimpl
def q_nav_items() -> Iterable[NavItem]:
    """The answer is right, and late."""
    time.sleep(SLOW_SECONDS + 0.05)
    return [NavItem("LATE", "/late/")]
