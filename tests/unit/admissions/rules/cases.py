"""Small rule packs and cases to try the rules on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from core.admissions.rules import (
    CRITERIA,
    Assessment,
    NationalPolicy,
    Outcome,
    Proposal,
    Reason,
    RuleConfig,
    RuleSet,
    Score,
    Snapshot,
)
from core.admissions.rules import reckoning as r

NOW = datetime(2026, 4, 20, 9, 30, tzinfo=UTC)
POLICY = NationalPolicy()


class Plain(RuleSet[RuleConfig]):
    """Accepts from the threshold, with the minimum of assessors; nothing else."""

    id, version, title, config_model = "plain", "1.0.0", "Plain", RuleConfig
    words = {"mean": "The mean is %(mean)s.", "few": "Too few."}

    def propose(self, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
        if len(snapshot.scored) < config.n_assessors:
            return answer(Outcome.MORE_ASSESSORS, Reason.of("few"), config)
        if r.unscored(snapshot, policy):
            return answer(Outcome.PANEL, Reason.of("few"), config)
        mean = r.mean_score(snapshot, policy)
        assert mean is not None
        outcome = Outcome.ACCEPT if mean >= r.exact(config.threshold) else Outcome.DECLINE
        return answer(outcome, Reason.of("mean", mean=r.shown(mean)), config)


def answer(outcome: Outcome, reason: Reason, config: RuleConfig) -> Proposal:
    return Proposal(outcome=outcome, reasons=(reason,), sign_off=config.sign_off)


def assessed(name: str, values: Sequence[int | None], **more: Any) -> Assessment:
    scores = tuple(Score(criterion=c, value=v) for c, v in zip(CRITERIA, values, strict=True))
    return Assessment(assessor=name, scores=scores, **more)


def case(*assessments: Assessment, **more: Any) -> Snapshot:
    usual: dict[str, Any] = {"case": "case-1", "now": NOW, "assessments": assessments}
    return Snapshot(**usual | more)


GOOD = case(assessed("a", (3, 3, 4, 3, 3)), assessed("b", (3, 3, 3, 3, 3)))
WEAK = case(assessed("a", (2, 2, 1, 2, 2)), assessed("b", (2, 2, 2, 2, 2)))
