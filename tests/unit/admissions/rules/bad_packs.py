"""Rule packs that each break one promise, so that the kit is seen to catch it."""

import random
from fractions import Fraction
from time import perf_counter
from typing import Any
from zlib import crc32

from core.admissions.rules import Input, NationalPolicy, Outcome, Proposal, Reason, RuleConfig, Snapshot
from core.admissions.rules import reckoning as r
from core.kernel import clock
from tests.unit.admissions.rules.cases import Plain, answer


class Turned(Plain):
    """Plain, with the outcome of some cases changed by `twist`."""

    def propose(self, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
        plain = super().propose(snapshot, config, policy)
        return plain.model_copy(update={"outcome": self.twist(snapshot, plain.outcome, policy)})

    def twist(self, snapshot: Snapshot, outcome: Outcome, policy: NationalPolicy) -> Outcome:
        return outcome


def other(outcome: Outcome) -> Outcome:
    turned = {Outcome.ACCEPT: Outcome.DECLINE, Outcome.DECLINE: Outcome.ACCEPT}
    return turned.get(outcome, outcome)


class Wordless(Plain):
    words = {"mean": "The mean is %(average)s.", "few": "Too few."}


class WithoutTheCentralTeam(Plain):
    def propose(self, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
        return super().propose(snapshot, config, policy).model_copy(update={"sign_off": ("partner_lead",)})


class Dice(Turned):
    def twist(self, snapshot: Snapshot, outcome: Outcome, policy: NationalPolicy) -> Outcome:
        return random.choice((outcome, other(outcome)))


class Remembers(Turned):
    def __init__(self) -> None:
        self.seen = 0

    def twist(self, snapshot: Snapshot, outcome: Outcome, policy: NationalPolicy) -> Outcome:
        self.seen += 1
        return outcome if self.seen % 7 else other(outcome)


class LooksAtTheClock(Turned):
    def twist(self, snapshot: Snapshot, outcome: Outcome, policy: NationalPolicy) -> Outcome:
        return outcome if (clock.now() - snapshot.now).days < 200 else other(outcome)


class FirstSpeaker(Turned):
    def twist(self, snapshot: Snapshot, outcome: Outcome, policy: NationalPolicy) -> Outcome:
        first = [s.value for s in snapshot.scored[0].scores if s.value] if snapshot.scored else []
        return other(outcome) if first and sum(first) * 10 < 25 * len(first) else outcome


class Favourite(Turned):
    def twist(self, snapshot: Snapshot, outcome: Outcome, policy: NationalPolicy) -> Outcome:
        return other(outcome) if any(one.assessor == "a0" for one in snapshot.assessments) else outcome


class TooGood(Turned):
    """Nobody is that good."""

    def twist(self, snapshot: Snapshot, outcome: Outcome, policy: NationalPolicy) -> Outcome:
        mean = r.mean_score(snapshot, policy)
        return Outcome.DECLINE if outcome is Outcome.ACCEPT and mean and mean > Fraction(15, 4) else outcome


class Filled(Plain):
    """A missing score becomes `filler`."""

    filler = 0

    def propose(self, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
        if len(snapshot.scored) < config.n_assessors or r.unscored(snapshot, policy):
            return answer(Outcome.PANEL, Reason.of("few"), config)
        values = [self.filler if s.value is None else s.value for one in snapshot.assessments for s in one.scores]
        outcome = Outcome.ACCEPT if sum(values) >= config.threshold * len(values) else Outcome.DECLINE
        return answer(outcome, Reason.of("few"), config)


class FilledWithFour(Filled):
    filler = 4


class ScoredOnly(Filled):
    """Missing as nought, though only among assessors who scored something."""

    def propose(self, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
        return super().propose(snapshot.model_copy(update={"assessments": snapshot.scored}), config, policy)


class DecidesWhatNobodyScored(Plain):
    def propose(self, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
        mean = r.mean_score(snapshot, policy)
        if mean is None or len(snapshot.scored) < config.n_assessors:
            return answer(Outcome.MORE_ASSESSORS, Reason.of("few"), config)
        return answer(Outcome.ACCEPT if mean >= 2 else Outcome.DECLINE, Reason.of("few"), config)


class CountsTheEmpty(Plain):
    """An assessor who scored nothing makes up the number."""

    def propose(self, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
        if len(snapshot.assessments) >= 2 and (mean := r.mean_score(snapshot, policy)):
            return answer(Outcome.ACCEPT if mean >= 3 else Outcome.DECLINE, Reason.of("few"), config)
        return answer(Outcome.MORE_ASSESSORS, Reason.of("few"), config)


class OneIsEnough(Plain):
    def propose(self, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
        return super().propose(snapshot, config.model_copy(update={"n_assessors": 1}), policy)


def peeking(name: str) -> Turned:
    """A pack that reads one input without declaring it."""

    class Peeks(Turned):
        inputs = frozenset(one for one in Input if one != name)

        def twist(self, snapshot: Snapshot, outcome: Outcome, policy: NationalPolicy) -> Outcome:
            of_assessors = name in {Input.ROLES, Input.RECOMMENDATION}
            seen: Any = (
                [getattr(one, name) for one in snapshot.assessments] if of_assessors else getattr(snapshot, name)
            )
            # Not hash(): that is another one in each process.
            return other(outcome) if crc32(str(seen).encode()) % 2 else outcome

    return Peeks()


class Slow(Plain):
    def propose(self, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
        until = perf_counter() + (0.06 if len(snapshot.assessments) == 10 else 0)
        while perf_counter() < until:
            pass
        return super().propose(snapshot, config, policy)


class Raises(Plain):
    def propose(self, snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Proposal:
        raise ZeroDivisionError
