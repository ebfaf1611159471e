"""What must hold before a rule is asked, and of what it answers: checked here, so that no rule pack can leave it out."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from core.admissions.rules.policy import NationalPolicy
from core.admissions.rules.proposal import Proposal
from core.admissions.rules.ruleset import RuleConfig, RuleSet
from core.admissions.rules.snapshot import Snapshot
from core.admissions.rules.words import WORDS
from core.kernel.errors import Invalid
from core.kernel.text import N_


@dataclasses.dataclass(frozen=True, slots=True)
class ConfigProblem:
    """Why a value cannot stand. `message` is a msgid whose places `params` fill; `field` is "" for the whole."""

    field: str
    message: str
    params: Mapping[str, str | int] = dataclasses.field(default_factory=dict)


class ConfigRefused(Invalid):
    """A configuration outside its model or the national bounds; `problems` says all of it."""

    def __init__(self, problems: tuple[ConfigProblem, ...]) -> None:
        self.problems = problems
        super().__init__({one.field: one.message % one.params if one.params else one.message for one in problems})


def checked_config(rules: RuleSet[Any], raw: Mapping[str, Any], policy: NationalPolicy) -> RuleConfig:
    """The configuration that `raw` (JSON values) says, when it is saved. Raises ConfigRefused with every problem."""
    try:
        config: RuleConfig = rules.config_model.model_validate_json(json.dumps(dict(raw)))
    except ValidationError as error:
        raise ConfigRefused(
            tuple(ConfigProblem(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors())
        ) from error
    except (TypeError, ValueError) as error:
        raise ConfigRefused((ConfigProblem("", N_("The rules of this window cannot be read.")),)) from error
    if problems := tuple(outside_bounds(rules.id, config, policy)):
        raise ConfigRefused(problems)
    return config


def outside_bounds(rule_id: str, config: RuleConfig, policy: NationalPolicy) -> Iterator[ConfigProblem]:
    """What the national policy has against a configuration, valid in itself, of the rule pack with this id."""
    least = policy.minimum_for(rule_id)
    if config.n_assessors < least:
        message = N_("The national policy asks for at least %(least)s assessors.")
        yield ConfigProblem("n_assessors", message, {"least": least})
    if config.max_assessors > policy.max_assessors:
        message = N_("The national policy allows at most %(most)s assessors.")
        yield ConfigProblem("max_assessors", message, {"most": policy.max_assessors})
    bounded = {"threshold": policy.threshold, "borderline": policy.borderline, "discrepancy": policy.discrepancy}
    # No floor is the same as the lowest score as floor.
    given = {name: getattr(config, name) for name in bounded}
    bounded["floor"], given["floor"] = policy.floor, policy.lowest if config.floor is None else config.floor
    for name, bounds in bounded.items():
        if not bounds.hold(given[name]):
            yield ConfigProblem(
                name,
                N_("The national policy allows %(least)s to %(most)s."),
                {"least": f"{bounds.least:g}", "most": f"{bounds.most:g}"},
            )
    if not set(policy.sign_off_needs) <= set(config.sign_off):
        yield ConfigProblem("sign_off", N_("The central team must be among those who sign."))
    if not set(config.sign_off) <= set(policy.sign_off_roles):
        yield ConfigProblem("sign_off", N_("Only roles that the national policy names can sign."))


def snapshot_faults(snapshot: Snapshot, policy: NationalPolicy) -> Iterator[str]:
    """What is wrong with the scores themselves: for the record of an incident."""
    for one in snapshot.assessments:
        for score in one.scores:
            if score.criterion not in policy.criteria:
                yield f"there is no criterion {score.criterion}"
            elif score.value is not None and not policy.lowest <= score.value <= policy.highest:
                yield f"a score of {score.value} is outside {policy.lowest} to {policy.highest}"


def proposal_faults(
    rules: RuleSet[Any], proposal: Proposal, snapshot: Snapshot, policy: NationalPolicy
) -> Iterator[str]:
    """Why a proposal may not stand, whatever the rule pack thinks: for the record of an incident."""
    have, least = len(snapshot.scored), policy.minimum_for(rules.id)
    if proposal.outcome.final and have < least:
        yield f"it says {proposal.outcome.value} on {have} assessments, the national minimum is {least}"
    if not set(policy.sign_off_needs) <= set(proposal.sign_off):
        yield "the central team would not sign"
    if not set(proposal.sign_off) <= set(policy.sign_off_roles):
        yield "a role would sign that the national policy does not name"
    for reason in (*proposal.reasons, *proposal.notices):
        message = rules.words.get(reason.code) or WORDS.get(reason.code)
        if message is None:
            yield f"there are no words for the reason {reason.code}"
            continue
        try:
            message % dict(reason.params)
        except (KeyError, TypeError, ValueError):
            yield f"the words for the reason {reason.code} do not fit its params"
