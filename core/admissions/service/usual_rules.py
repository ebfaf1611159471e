"""Rules for a window that nobody chose any for: so every window that opens has some."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from core.admissions.models import WindowRules
from core.admissions.queries import rules as queries
from core.admissions.rules import (
    APPEAL_DAYS,
    ASSESS_DAYS,
    STANDARD,
    NationalPolicy,
    common,
    outside_bounds,
    standard_config,
)
from core.admissions.service import policies
from core.data import audit
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import Refused
from core.kernel.ids import new_id, new_token
from core.kernel.text import N_
from core.kernel.views import Actor


@dataclass(frozen=True, slots=True)
class Rules:
    """What a window pins: a rule pack `id@version` with its whole configuration (JSON values), a version of the national
    policy, how blind its assessors are, and days for assessing and for an appeal."""

    rule: str
    config: Mapping[str, Any]
    policy_id: str
    blindness: str
    assess_days: int
    appeal_days: int

    @classmethod
    def of(cls, pinned: queries.Pinned) -> "Rules":
        """What a window pins now."""
        return cls(**{name: getattr(pinned, name) for name in cls.__slots__})

    def values(self) -> dict[str, Any]:
        """The columns."""
        return {**{name: getattr(self, name) for name in self.__slots__}, "config": dict(self.config)}

    def told(self) -> dict[str, Any]:
        """The same as flat JSON, for the trail and the history: each part of the configuration by itself."""
        flat = self.values()
        return {**{f"config.{name}": value for name, value in flat.pop("config").items()}, **flat}


def insert(session: ScopedSession, actor: Actor, window_id: str, wanted: Rules) -> None:
    """Pin `wanted` for a window that pins nothing, in the caller's transaction, with its entry in the trail."""
    row = {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "window_id": window_id, **wanted.values(), "secret": new_token(),
        "version": 1, "pinned_by": actor.account_id, "pinned_at": clock.now(),
    }  # fmt: skip
    session.execute(sa.insert(WindowRules), [row])
    audit.record(session, actor=actor, action="window.pin", subject=f"window:{window_id}", after=wanted.told())


def pin_usual(session: ScopedSession, actor: Actor, window_id: str) -> None:
    """Pin the usual rules for a window that pins nothing, in the caller's transaction; one that does is left alone.

    The usual ones are those of the site's latest window, as far as the newest national policy allows them, else the
    national standard. Raises Refused where the policy does not allow that either: then somebody has to choose.
    """
    if queries.pinned(session, window_id) is not None:
        return
    policy = policies.newest_in(session, actor)
    before = queries.newest_pinned(session)
    if before is not None and _fits(before.rule, before.config, policy.policy):
        wanted = Rules(before.rule, before.config, policy.id, before.blindness, before.assess_days, before.appeal_days)
    elif _fits(STANDARD, standard_config(), policy.policy):
        wanted = Rules(STANDARD, standard_config(), policy.id, "none", ASSESS_DAYS, APPEAL_DAYS)
    else:
        raise Refused(N_("The national policy does not allow the usual rules. Choose rules for this window first."))
    insert(session, actor, window_id, wanted)


def _fits(rule: str, config: Mapping[str, Any], policy: NationalPolicy) -> bool:
    try:
        return not list(outside_bounds(rule.partition("@")[0], common(config), policy))
    except ValidationError:
        return False
