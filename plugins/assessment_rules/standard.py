"""`standard`: two assessors, more where they disagree, the panel where it is close."""

from collections.abc import Mapping
from fractions import Fraction

from core.sdk import N_, Input, NationalPolicy, Outcome, Proposal, Reason, RuleConfig, RuleSet, Snapshot, reckoning

WORDS: Mapping[str, str] = {
    "too_few": N_("Assessors who have scored it so far: %(have)s; needed: %(need)s."),
    "unscored": N_("Nobody could score this criterion: %(criterion)s."),
    "far_apart": N_("Two scores for one criterion differ by %(spread)s."),
    "split": N_("One assessor recommends to accept, another to decline."),
    "borderline": N_("The mean of %(mean)s is too near to %(threshold)s to be sure."),
    "reaches": N_("The mean of %(mean)s reaches %(threshold)s and no criterion is too low."),
    "below": N_("The mean of %(mean)s is below %(threshold)s."),
    "too_low": N_("The scores for this criterion are too low: %(criterion)s."),
    "partly_scored": N_("Not every assessor could score this criterion: %(criterion)s."),
}

INPUTS = frozenset({Input.RECOMMENDATION})
"""What the standard way reads beside the scores."""


class Marking:
    """What the packs of this plugin read off the sealed scores of one case, under one configuration."""

    def __init__(self, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> None:
        self.snapshot, self.config, self.policy = snapshot, config, policy
        self.have = len(snapshot.scored)
        self.unscored = reckoning.unscored(snapshot, policy)
        self.spread = reckoning.spread(snapshot, policy)
        self.views = {one.recommendation for one in snapshot.scored}
        self.mean = reckoning.mean_score(snapshot, policy) or Fraction(0)
        self.threshold = reckoning.exact(config.threshold)

    @property
    def low(self) -> tuple[str, ...]:
        """The criteria whose median is below the floor."""
        if self.config.floor is None:
            return ()
        medians = ((c, reckoning.median_of(reckoning.values(self.snapshot, c))) for c in self.policy.criteria)
        return tuple(c for c, median in medians if median is not None and median < self.config.floor)

    @property
    def disagreements(self) -> tuple[Reason, ...]:
        """Why another pair of eyes is needed."""
        found = [Reason.of("far_apart", spread=self.spread)] if self.spread >= self.config.discrepancy else []
        return (*found, *([Reason.of("split")] if {"accept", "decline"} <= self.views else []))

    @property
    def borderline(self) -> bool:
        """Whether the mean is too near to the threshold."""
        return abs(self.mean - self.threshold) < reckoning.exact(self.config.borderline)

    @property
    def verdict(self) -> tuple[Outcome, tuple[Reason, ...]]:
        """Yes or no by the threshold and the floor, with why."""
        means = {"mean": reckoning.shown(self.mean), "threshold": reckoning.shown(self.threshold)}
        low = tuple(Reason.of("too_low", criterion=criterion) for criterion in self.low)
        if self.mean < self.threshold:
            return Outcome.DECLINE, (Reason.of("below", **means), *low)
        return (Outcome.DECLINE, low) if low else (Outcome.ACCEPT, (Reason.of("reaches", **means),))

    def decided(self) -> tuple[Outcome, tuple[Reason, ...]]:
        """The standard way, once enough assessors have scored."""
        if self.unscored:
            return Outcome.PANEL, tuple(Reason.of("unscored", criterion=criterion) for criterion in self.unscored)
        if found := self.disagreements:
            return (Outcome.MORE_ASSESSORS if self.have < self.config.max_assessors else Outcome.PANEL), found
        if self.borderline:
            means = {"mean": reckoning.shown(self.mean), "threshold": reckoning.shown(self.threshold)}
            return Outcome.PANEL, (Reason.of("borderline", **means),)
        return self.verdict

    @property
    def notices(self) -> tuple[Reason, ...]:
        """Criteria that some of the assessors could not score."""
        counts = ((c, len(reckoning.values(self.snapshot, c))) for c in self.policy.criteria)
        return tuple(Reason.of("partly_scored", criterion=c) for c, count in counts if 0 < count < self.have)


def proposed(snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
    """The standard way: by the scores of all assessors who could score anything."""
    marking = Marking(snapshot, config, policy)
    if marking.have < config.n_assessors:
        reason = Reason.of("too_few", have=marking.have, need=config.n_assessors)
        return Proposal(outcome=Outcome.MORE_ASSESSORS, reasons=(reason,), sign_off=config.sign_off)
    outcome, reasons = marking.decided()
    return Proposal(outcome=outcome, reasons=reasons, sign_off=config.sign_off, notices=marking.notices)


class Standard(RuleSet[RuleConfig]):
    """Two assessors. Accept from a mean of 2.5 with no criterion's median below 2; see the plugin's README."""

    id, version, title = "standard", "1.0.0", N_("Standard")
    config_model = RuleConfig
    words = WORDS
    inputs = INPUTS

    def propose(self, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
        """The standard way."""
        return proposed(snapshot, config, policy)
