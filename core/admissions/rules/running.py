"""Asking a rule: the record that is kept, making it again (replay).

A rule that is gone, that raises, or whose answer may not stand becomes a referral to a person with an incident beside it.
"""

import json
from collections.abc import Mapping
from typing import Any, Self

from pydantic import ValidationError

from core.admissions.rules.canonical import Frozen, canonical, sha256, written
from core.admissions.rules.catalogue import Catalogue, UnknownRule
from core.admissions.rules.checking import ConfigRefused, checked_config, proposal_faults, snapshot_faults
from core.admissions.rules.policy import CENTRAL_TEAM, PARTNER_LEAD, NationalPolicy
from core.admissions.rules.proposal import Outcome, Proposal, Reason
from core.admissions.rules.ruleset import RuleConfig, RuleSet
from core.admissions.rules.snapshot import Snapshot
from core.admissions.rules.words import FAILED

REFERRAL = Proposal(
    outcome=Outcome.PANEL, reasons=(Reason(code=FAILED),), sign_off=(PARTNER_LEAD, CENTRAL_TEAM)
)  # fmt: skip


class Incident(Frozen):
    """What went wrong: `kind` is rule_missing, config_refused, snapshot_refused, rule_raised or proposal_refused."""

    kind: str
    detail: str


class Record(Frozen):
    """A proposal with all that it was made from, as it is stored. The texts are canonical JSON, the hashes are theirs."""

    rule: str
    config: str
    policy: str
    snapshot: str
    proposal: str
    config_sha: str
    policy_sha: str
    snapshot_sha: str
    proposal_sha: str
    incident: Incident | None = None

    @classmethod
    def of(cls, rule: str, texts: tuple[str, str, str], proposal: Proposal, incident: Incident | None) -> Self:
        """The record of `proposal`, made from the canonical texts of configuration, policy and snapshot."""
        config, policy, snapshot = texts
        answer = canonical(proposal)
        return cls(
            rule=rule, config=config, policy=policy, snapshot=snapshot, proposal=answer, config_sha=sha256(config),
            policy_sha=sha256(policy), snapshot_sha=sha256(snapshot), proposal_sha=sha256(answer), incident=incident,
        )  # fmt: skip

    @property
    def case(self) -> str:
        """The case's pseudonym."""
        return Snapshot.model_validate_json(self.snapshot).case

    def proposed(self) -> Proposal:
        """The proposal as an object."""
        return Proposal.model_validate_json(self.proposal)


class _Refused(Exception):
    def __init__(self, kind: str, detail: str) -> None:
        self.incident = Incident(kind=kind, detail=detail[:500])
        super().__init__(kind)


def run(
    catalogue: Catalogue, ref: str, config: Mapping[str, Any], policy: NationalPolicy, snapshot: Snapshot
) -> Record:
    """Ask the rule `id@version`, with its stored configuration, about a case. Never raises for what a rule does.

    The record holds the configuration with its defaults filled in: a default that moves later shows when it is replayed.
    """
    incident, text = None, ""
    try:
        rules, valid = _chosen(catalogue, ref, config, policy)
        text = canonical(valid)
        proposal = _asked(rules, valid, policy, snapshot)
    except _Refused as refused:
        proposal, incident = REFERRAL, refused.incident
    return Record.of(ref, (text or written(dict(config)), canonical(policy), canonical(snapshot)), proposal, incident)


def _chosen(
    catalogue: Catalogue, ref: str, raw: Mapping[str, Any], policy: NationalPolicy
) -> tuple[RuleSet[Any], RuleConfig]:
    try:
        rules = catalogue.resolve(ref)
        return rules, checked_config(rules, raw, policy)
    except UnknownRule:
        raise _Refused("rule_missing", ref) from None
    except ConfigRefused as error:
        detail = "; ".join(f"{name}: {why}" for name, why in sorted(error.field_errors.items()))
        raise _Refused("config_refused", detail) from None


def _asked(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy, snapshot: Snapshot) -> Proposal:
    if faults := sorted(set(snapshot_faults(snapshot, policy))):
        raise _Refused("snapshot_refused", "; ".join(faults))
    try:
        answer: object = rules.propose(snapshot.seen_by(rules.inputs), config, policy)
        # Read again from its own text: what was built past the model's checks is caught here.
        proposal = Proposal.model_validate_json(canonical(answer)) if isinstance(answer, Proposal) else None
    except ValidationError as error:
        raise _Refused("proposal_refused", str(error)) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a rule raises, a person decides
        raise _Refused("rule_raised", f"{type(error).__name__}: {error}") from None
    if proposal is None:
        raise _Refused("proposal_refused", f"it answers {type(answer).__name__}")
    if faults := list(proposal_faults(rules, proposal, snapshot, policy)):
        raise _Refused("proposal_refused", "; ".join(faults))
    return proposal


class Replayed(Frozen):
    """A stored proposal made again. `differs` names what is not byte for byte what is stored: nothing, one hopes."""

    differs: tuple[str, ...]
    again: Record

    @property
    def identical(self) -> bool:
        """Whether every byte is the same."""
        return not self.differs


def replay(catalogue: Catalogue, stored: Record) -> Replayed:
    """Make a stored proposal again from its own texts. Raises ValueError when a stored text cannot be read any more."""
    snapshot = Snapshot.model_validate_json(stored.snapshot)
    policy = NationalPolicy.model_validate_json(stored.policy)
    again = run(catalogue, stored.rule, json.loads(stored.config), policy, snapshot)
    kept, made = stored.model_dump(exclude={"incident"}), again.model_dump(exclude={"incident"})
    differs = [name for name in kept if kept[name] != made[name]]
    if (stored.incident and stored.incident.kind) != (again.incident and again.incident.kind):
        differs.append("incident")
    return Replayed(differs=tuple(differs), again=again)
