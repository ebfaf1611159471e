"""How much of what could be tried is tried: a fixed sample in every run, all of it with QP_THOROUGH=1.

Routes and forms grow with the product, and each is tried with many bad values: trying every pair in every run would take
longer than people wait. The sample of one route or field is always the same, on each engine another one, and over all
routes every value has its turn.
"""

import hashlib
import os
from collections.abc import Collection
from typing import TypeVar

from hypothesis import settings

THOROUGH = os.environ.get("QP_THOROUGH", "") == "1"
T = TypeVar("T")


def some(values: Collection[T], count: int, *key: str) -> list[T]:
    """`count` of the values, chosen by `key`; all of them in a thorough run."""

    def drawn(pair: tuple[int, T]) -> bytes:
        return hashlib.sha256("\n".join((*key, str(pair[0]))).encode()).digest()

    if THOROUGH:
        return list(values)
    chosen = sorted(enumerate(values), key=drawn)[:count]
    return [value for _, value in sorted(chosen, key=lambda pair: pair[0])]


def examples(count: int) -> settings:
    """Hypothesis's settings for a property: `count` examples, twenty times as many in a thorough run, and no deadline."""
    return settings(max_examples=count * 20 if THOROUGH else count, deadline=None)
