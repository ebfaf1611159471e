"""What a window takes that nobody chose rules for, and how far a partner's choice is from it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from core.admissions.rules.canonical import written
from core.admissions.rules.ruleset import RuleConfig

STANDARD = "standard@1.0.0"
"""The rule pack of the national standard. It is a plugin's like any other: the platform knows its name alone."""
ASSESS_DAYS, APPEAL_DAYS = 42, 28


def standard_config() -> dict[str, Any]:
    """The national standard as JSON values, every default written out: one that moves later changes no window."""
    return RuleConfig().model_dump(mode="json")


def common(config: Mapping[str, Any]) -> RuleConfig:
    """The part of any pack's stored configuration that every pack has. Raises ValidationError when it does not hold."""
    shared = {name: config[name] for name in RuleConfig.model_fields if name in config}
    return RuleConfig.model_validate_json(written(shared))


class Deviation(NamedTuple):
    """One thing in which a window's rules are not the national standard. `field` is "rule" or one of the configuration."""

    field: str
    standard: Any
    here: Any


def deviations(rule: str, config: Mapping[str, Any]) -> list[Deviation]:
    """Where `rule` with its stored `config` leaves the national standard. What a pack adds of its own is part of the pack."""
    usual = standard_config()
    found = [Deviation("rule", STANDARD, rule)] if rule != STANDARD else []
    return found + [
        Deviation(name, value, config[name])
        for name, value in usual.items()
        if name in config and config[name] != value
    ]
