"""Whom an application needs: how many assessors, and in which roles, by what its window pins."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from core.admissions.models.panels import ASSESSOR_ROLES
from core.admissions.rules.catalogue import Catalogue, UnknownRule
from core.kernel.text import N_

USUAL = 2
"""Assessors for each application where nothing is pinned: the national minimum."""
ROLE_NAMES = {
    "lay": N_("Lay member"),
    "external": N_("From outside the area"),
    "cy_reader": N_("Reads Welsh"),
    "chair": N_("Chair"),
}
"""What somebody brings to a panel, in words."""


@dataclass(frozen=True, slots=True)
class Needs:
    """`wanted` assessors for each application; `roles` maps a language to {role: how many of them hold it}."""

    wanted: int = USUAL
    roles: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def roles_for(self, locale: str) -> Mapping[str, int]:
        """{role: how many} for an application in a language."""
        return self.roles.get(locale, {})


def needs_of(rule: str | None, config: Mapping[str, Any], catalogue: Catalogue) -> Needs:
    """What a window needs that pins `rule` with `config`; the usual where it pins nothing that is installed and whole."""
    if rule is None:
        return Needs()
    try:
        rules = catalogue.resolve(rule)
        chosen = rules.config_model.model_validate_json(json.dumps(dict(config)))
    except (UnknownRule, ValidationError):
        return Needs()
    roles = {locale: dict(rules.required_roles(chosen, locale)) for locale in ("en", "cy")}
    known = {
        locale: {role: count for role, count in wanted.items() if role in ASSESSOR_ROLES and count > 0}
        for locale, wanted in roles.items()
    }
    return Needs(chosen.n_assessors, known)


def lacking(wanted: int, required: Mapping[str, int], held: list[list[str]]) -> tuple[int, dict[str, int]]:
    """(how many more assessors an application needs, {role: how many more}), from the roles of each who has it."""
    roles = {
        role: count - sum(role in roles for roles in held)
        for role, count in sorted(required.items())
        if count > sum(role in roles for roles in held)
    }
    return max(0, wanted - len(held)), roles
