"""The policy that the platform starts with: figures with their sources, marked as illustrative."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from plugins.expense_approvals.policy.history import Version
from plugins.expense_approvals.policy.rules import Policy

FILE = Path(__file__).with_name("illustrative.toml")
CAR_MILES = 10_000
CAR_AFTER, PASSENGER = 25_000, 5_000
"""Thousandths of a penny: what a mile is worth after those, and what a passenger adds, in every version of the file."""


@cache
def versions() -> tuple[Version, ...]:
    """The versions of the file, oldest first. Raises ValueError (of pydantic) where the file is no policy."""
    data = tomllib.loads(FILE.read_text("utf-8"))
    return tuple(
        Version(number, one["effective_from"], one["published_at"], _policy(data, one))
        for number, one in enumerate(data["versions"], start=1)
    )


def _policy(data: Mapping[str, Any], version: Mapping[str, Any]) -> Policy:
    car = {
        "key": "car",
        "kind": "rate",
        "category": "mileage",
        "vehicle": "car",
        "tiers": [{"up_to": CAR_MILES, "rate": version["rate"]}, {"rate": CAR_AFTER}],
        "passenger": PASSENGER,
        "words": version["words"],
        "sources": version["sources"],
    }
    return Policy.model_validate(
        {
            "illustrative": True,
            "categories": [
                {"key": key, "title": {"en": one["en"], "cy": one["cy"]}, "unit": one.get("unit", "each")}
                for key, one in data["categories"].items()
            ],
            "regions": data["regions"],
            "rules": [car, *(rule for one in data["rules"] for rule in _each(one))],
            "examples": [*version.get("examples", ()), *data["examples"]],
        }
    )


def _each(rule: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One rule of the file as the policy's: once for every category that it names."""
    plain = {key: value for key, value in rule.items() if key != "each"}
    for category in rule.get("each", ()):
        yield {**plain, "key": f"{rule['key']}_{category}", "category": category}
    if "each" not in rule:
        yield plain
