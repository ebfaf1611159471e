"""A shadow run: what another version, or another configuration, would have proposed for past cases."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.admissions.rules.canonical import Frozen, canonical, sha256
from core.admissions.rules.catalogue import Catalogue
from core.admissions.rules.policy import NationalPolicy
from core.admissions.rules.proposal import Outcome, Proposal
from core.admissions.rules.running import Incident, Record, run
from core.admissions.rules.snapshot import Snapshot

AS_STORED = "as_stored"


@dataclass(frozen=True, slots=True)
class Choice:
    """A rule pack with a configuration, as a window pins it."""

    rule: str
    config: Mapping[str, Any]


class Difference(Frozen):
    """A case for which the two do not say the same."""

    case: str
    before: Proposal
    after: Proposal

    @property
    def outcome_changed(self) -> bool:
        """Whether the outcome itself is another, not its reasons alone."""
        return self.before.outcome is not self.after.outcome


class ShadowIncident(Frozen):
    """A case that the new one could not handle."""

    case: str
    incident: Incident


class ShadowReport(Frozen):
    """The difference between two choices over past cases. `table` counts (before, after, how many), also where equal."""

    old: str
    new: str
    policy_sha: str
    cases: int
    table: tuple[tuple[Outcome, Outcome, int], ...]
    differences: tuple[Difference, ...]
    incidents: tuple[ShadowIncident, ...]

    @property
    def outcomes_changed(self) -> int:
        """How many cases would have had another outcome."""
        return sum(one.outcome_changed for one in self.differences)

    @property
    def may_be_pinned(self) -> bool:
        """Whether it was tried on something and failed nowhere. Differences are for a person to judge."""
        return self.cases > 0 and not self.incidents

    @property
    def sha(self) -> str:
        """The hash under which a person's agreement to this report is kept."""
        return sha256(canonical(self))


def shadow(
    catalogue: Catalogue, old: Choice | None, new: Choice, policy: NationalPolicy, cases: Iterable[Record]
) -> ShadowReport:
    """Compare two choices over stored cases under `policy`; `old` None compares with what was stored for each.

    Raises ValueError when a stored text cannot be read any more.
    """
    table: Counter[tuple[Outcome, Outcome]] = Counter()
    differences, incidents = [], []
    for stored in cases:
        snapshot = Snapshot.model_validate_json(stored.snapshot)
        first = stored if old is None else run(catalogue, old.rule, old.config, policy, snapshot)
        second = run(catalogue, new.rule, new.config, policy, snapshot)
        before, after = first.proposed(), second.proposed()
        table[before.outcome, after.outcome] += 1
        if second.incident is not None:
            incidents.append(ShadowIncident(case=snapshot.case, incident=second.incident))
        if first.proposal != second.proposal:
            differences.append(Difference(case=snapshot.case, before=before, after=after))
    return ShadowReport(
        old=AS_STORED if old is None else old.rule,
        new=new.rule,
        policy_sha=sha256(canonical(policy)),
        cases=table.total(),
        table=tuple((before, after, count) for (before, after), count in sorted(table.items())),
        differences=tuple(differences),
        incidents=tuple(incidents),
    )
