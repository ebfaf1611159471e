"""One of several processes that ask for free ports at the same time."""

from collections.abc import Callable
from typing import Any

from tests.support.servers import free_port


def main(job: dict[str, Any], begin: Callable[[], object]) -> list[int]:
    """The ports that it was given; nobody ends before all have theirs."""
    begin()
    ports = [free_port() for _ in range(job["count"])]
    begin()
    return ports
