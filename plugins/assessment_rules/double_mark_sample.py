"""`double_mark_sample`: one assessor for clear acceptances, checked by second marks on a sample that nobody can foresee.

It decides on fewer assessors than the national minimum: without an exception of the central team it cannot be pinned.
"""

from pydantic import Field

from core.sdk import (
    N_,
    Input,
    NationalPolicy,
    Outcome,
    Proposal,
    Reason,
    RuleConfig,
    RuleSet,
    Snapshot,
    WindowFigures,
    reckoning,
)
from plugins.assessment_rules.standard import INPUTS, WORDS, Marking, proposed

DRAWS_A_PERCENT = reckoning.DRAWS // 100
LONGEST = 2000
"""So many second marks say enough; more are not counted one by one."""


class DoubleMarkSampleConfig(RuleConfig):
    """One assessor, the size of the sample, and how much disagreement is too much."""

    n_assessors: int = Field(default=1, ge=1, le=1, title=N_("Assessors for each application"))
    sample_percent: int = Field(
        default=20,
        ge=10,
        le=100,
        title=N_("Second marks, per cent"),
        description=N_("How many of the clear acceptances are marked a second time."),
    )
    escalate_percent: int = Field(
        default=10,
        ge=1,
        le=50,
        title=N_("Too much disagreement, per cent"),
        description=N_("While more second marks than this may disagree, every application is marked twice."),
    )


class DoubleMarkSample(RuleSet[DoubleMarkSampleConfig]):
    """A second mark for all that is not a clear acceptance, for a sample of those that are, or for all."""

    id, version, title = "double_mark_sample", "1.0.0", N_("Second marks on a sample")
    config_model = DoubleMarkSampleConfig
    words = {
        **WORDS,
        "second_mark": N_("Only a clear acceptance stands on one assessor."),
        "sampled": N_("It was drawn for a second mark."),
        "escalated": N_(
            "Second marks disagree too often, or too few are in (%(disagreed)s of %(marked)s): every application is marked twice."
        ),
        "one_mark": N_("A clear acceptance by one assessor, not drawn for a second mark."),
    }
    inputs = INPUTS | {Input.DRAW, Input.WINDOW}
    fewest = 1

    def propose(self, snapshot: Snapshot, config: DoubleMarkSampleConfig, policy: NationalPolicy) -> Proposal:
        """By one mark where that is enough, else by two as `standard`."""
        marking = Marking(snapshot, config, policy)
        if marking.have != 1:
            return proposed(snapshot, config, policy)
        outcome, reasons = _on_one(marking, config)
        return Proposal(outcome=outcome, reasons=reasons, sign_off=config.sign_off)


def _on_one(marking: Marking, config: DoubleMarkSampleConfig) -> tuple[Outcome, tuple[Reason, ...]]:
    """What a single mark is good for."""
    window = marking.snapshot.window
    if not _clear(marking):
        return Outcome.MORE_ASSESSORS, (Reason.of("second_mark"),)
    if too_much(window, config.escalate_percent):
        why = Reason.of("escalated", disagreed=window.disagreed, marked=window.double_marked)
        return Outcome.MORE_ASSESSORS, (why,)
    if marking.snapshot.draw < config.sample_percent * DRAWS_A_PERCENT:
        return Outcome.MORE_ASSESSORS, (Reason.of("sampled"),)
    outcome, reasons = marking.verdict
    return outcome, (Reason.of("one_mark"), *reasons)


def _clear(marking: Marking) -> bool:
    """Whether the one mark is an acceptance that needs no second thought."""
    if marking.unscored or marking.borderline or "decline" in marking.views or "unsure" in marking.views:
        return False
    return marking.verdict[0] is Outcome.ACCEPT


def too_much(window: WindowFigures, percent: int) -> bool:
    """Whether more than `percent` of second marks may disagree, with 95 % confidence: also while too few are in."""
    marked, disagreed = window.double_marked, window.disagreed
    if marked > LONGEST:
        # The same rate in a smaller number errs on the side of marking twice.
        marked, disagreed = LONGEST, -(-disagreed * LONGEST // marked)
    return reckoning.may_exceed(disagreed, marked, percent)
