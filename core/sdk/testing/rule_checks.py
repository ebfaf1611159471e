"""What every rule pack must keep to, tried on many cases. One line in a test: `check_rule_pack(Standard())`."""

import copy
import random
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from itertools import cycle
from random import Random
from time import perf_counter
from typing import Any

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from core.admissions.rules import (
    Assessment,
    ConfigRefused,
    Input,
    NationalPolicy,
    Outcome,
    Proposal,
    RuleConfig,
    RuleSet,
    Score,
    Snapshot,
    canonical,
    checked_config,
    collect,
)
from core.admissions.rules.checking import proposal_faults
from core.kernel import clock
from core.sdk.testing.rule_cases import MOST, roles_of, snapshots

SECONDS = 0.05
"""Longest for a case of ten assessors."""
MANY, FEW = 150, 60

CHANCES = st.integers(0, 2**32 - 1)
"""One number for all that a check leaves to chance: drawn one by one, choices cost more than the rules that are tried."""

Check = Callable[[RuleSet[Any], RuleConfig, NationalPolicy], None]
CHECKS: dict[str, Check] = {}


def _check(function: Check) -> Check:
    CHECKS[function.__name__] = function
    return function


def _tries(examples: int) -> settings:
    return settings(
        max_examples=examples, phases=(Phase.generate,), derandomize=True, database=None, deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )  # fmt: skip


def _say(rules: RuleSet[Any], snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> str:
    answer: object = rules.propose(snapshot, config, policy)
    assert isinstance(answer, Proposal), f"it answers {type(answer).__name__}, not a Proposal"
    return canonical(answer)


def _outcome(rules: RuleSet[Any], snapshot: Snapshot, config: RuleConfig, policy: NationalPolicy) -> Outcome:
    return rules.propose(snapshot, config, policy).outcome


def _with(snapshot: Snapshot, assessments: tuple[Assessment, ...]) -> Snapshot:
    """The same case with other assessments, in exactly that order: a snapshot that is built anew would sort them."""
    return snapshot.model_copy(update={"assessments": assessments})


def _rescored(one: Assessment, change: Callable[[str, int | None], int | None]) -> Assessment:
    scores = tuple(Score(criterion=s.criterion, value=change(s.criterion, s.value)) for s in one.scores)
    return one.model_copy(update={"scores": scores})


@_check
def explains_itself(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """Every reason has words that its params fill; the central team signs; nobody signs whom the policy does not know."""

    @_tries(FEW)
    @given(snapshots(policy, roles_of(rules, config)))
    def always(snapshot: Snapshot) -> None:
        proposal = rules.propose(snapshot, config, policy)
        free = policy.model_copy(update={"min_assessors": 0})  # the minimum has a check of its own
        assert (faults := list(proposal_faults(rules, proposal, snapshot, free))) == [], "; ".join(faults)

    always()


@_check
def is_deterministic(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """The same case has the same proposal: again, after another case, from a fresh copy, in another year."""
    cases = snapshots(policy, roles_of(rules, config))

    @_tries(FEW)
    @given(cases, cases)
    def always(snapshot: Snapshot, other: Snapshot) -> None:
        fresh = copy.deepcopy(rules)
        first = _say(rules, snapshot, config, policy)
        for seed in range(4):  # Hypothesis itself seeds every case alike
            random.seed(seed)
            assert first == _say(rules, snapshot, config, policy), "asked again, it says something else"
        _say(rules, other, config, policy)
        with clock.frozen(clock.now() + timedelta(days=400)):
            assert first == _say(rules, snapshot, config, policy), "it remembers other cases, or looks at the clock"
        read = Snapshot.model_validate_json(canonical(snapshot))
        assert first == _say(fresh, read, config, policy), "a fresh copy says something else of the stored case"

    try:
        always()
    except Flaky as error:
        raise AssertionError("asked again, it says something else") from error


@_check
def ignores_the_order_of_assessors(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """Who sealed first, and in which order criteria are kept, changes nothing."""

    @_tries(FEW)
    @given(snapshots(policy, roles_of(rules, config), 2), CHANCES)
    def always(snapshot: Snapshot, number: int) -> None:
        order = Random(number).sample(snapshot.assessments, len(snapshot.assessments))
        turned = tuple(one.model_copy(update={"scores": tuple(reversed(one.scores))}) for one in order)
        said, again = (_say(rules, one, config, policy) for one in (snapshot, _with(snapshot, turned)))
        assert said == again, "another order of assessors has another proposal"

    always()


@_check
def ignores_who_is_who(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """Other pseudonyms, for the same scores and roles, change nothing."""

    @_tries(FEW)
    @given(snapshots(policy, roles_of(rules, config), 1), st.sampled_from(("b", "zz-", "0")))
    def always(snapshot: Snapshot, prefix: str) -> None:
        others = tuple(
            one.model_copy(update={"assessor": f"{prefix}{9 - n}"}) for n, one in enumerate(snapshot.assessments)
        )
        said = _say(rules, snapshot, config, policy)
        assert said == _say(rules, _with(snapshot, others), config, policy), "other pseudonyms have another proposal"

    always()


@_check
def is_monotone(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """Raising scores never turns an acceptance into a refusal."""

    @_tries(MANY)
    @given(snapshots(policy, roles_of(rules, config), 1), CHANCES)
    def always(snapshot: Snapshot, number: int) -> None:
        chance = Random(number)
        steps = (0, 0, 1, 1, 2) if chance.random() < 0.5 else (1,)

        def higher(_: str, value: int | None) -> int | None:
            return None if value is None else min(policy.highest, value + chance.choice(steps))

        raised = _with(snapshot, tuple(_rescored(one, higher) for one in snapshot.assessments))
        before, after = (_outcome(rules, one, config, policy) for one in (snapshot, raised))
        assert (before, after) != (Outcome.ACCEPT, Outcome.DECLINE), "higher scores turn yes into no"

    always()


@_check
def never_takes_missing_for_a_number(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """A criterion that nobody scored leaves no yes and no no. An assessor who scored nothing is as if not there. Where
    all agree on a criterion, it makes no difference between yes and no that one of them could not score it."""
    cases = snapshots(policy, roles_of(rules, config), 1)
    final = {Outcome.ACCEPT, Outcome.DECLINE}

    @_tries(FEW)
    @given(cases, st.sampled_from(policy.criteria))
    def unscored(snapshot: Snapshot, criterion: str) -> None:
        without = tuple(
            _rescored(one, lambda c, value: None if c == criterion else value) for one in snapshot.assessments
        )
        assert not _outcome(rules, _with(snapshot, without), config, policy).final, "it decides what nobody scored"

    @_tries(FEW)
    @given(cases)
    def empty(snapshot: Snapshot) -> None:
        nobody = Assessment(
            assessor="zz", scores=tuple(Score(criterion=c, value=None) for c in policy.criteria), roles=("none",)
        )
        more = _with(snapshot, (*snapshot.assessments, nobody))
        before, after = (_outcome(rules, one, config, policy) for one in (snapshot, more))
        assert before == after, "an assessor who scored nothing changes the outcome"

    @_tries(MANY)
    @given(
        snapshots(policy, roles_of(rules, config), 2),
        st.sampled_from(policy.criteria),
        st.integers(policy.lowest, policy.highest),
    )
    def agreed(snapshot: Snapshot, criterion: str, level: int) -> None:
        alike = tuple(_rescored(one, lambda c, v: level if c == criterion else v) for one in snapshot.assessments)
        fewer = (_rescored(alike[0], lambda c, v: None if c == criterion else v), *alike[1:])
        assume(fewer[0].scored)
        said = {_outcome(rules, _with(snapshot, one), config, policy) for one in (alike, fewer)}
        assert said != final, "a score that could not be given turns yes into no, or no into yes"

    unscored()
    empty()
    agreed()


@_check
def never_decides_below_the_minimum(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """With fewer assessments than the national minimum for this rule pack it neither accepts nor declines."""
    most = policy.minimum_for(rules.id) - 1
    nobody = Snapshot(case="case", now=clock.now())
    assert not _outcome(rules, nobody, config, policy).final, "it decides before anybody has scored"

    @_tries(MANY)
    @given(snapshots(policy, roles_of(rules, config), min(1, most), most))
    def always(snapshot: Snapshot) -> None:
        outcome = _outcome(rules, snapshot, config, policy)
        assert not outcome.final, f"it says {outcome.value} on {len(snapshot.scored)} assessments"

    always()


@_check
def reads_only_what_it_declares(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """What is not among its `inputs` can change without changing a byte of the proposal."""
    hidden = [name.value for name in Input if name not in rules.inputs] + ["case"]
    cases = snapshots(policy, roles_of(rules, config))

    @_tries(MANY)
    @given(cases, cases)
    def always(snapshot: Snapshot, other: Snapshot) -> None:
        said = _say(rules, snapshot, config, policy)
        if said != _say(rules, _changed(snapshot, other, hidden), config, policy):
            names = [n for n in hidden if said != _say(rules, _changed(snapshot, other, [n]), config, policy)] or hidden
            raise AssertionError(f"its proposal depends on {', '.join(names)}, which it does not declare")

    always()


def _changed(snapshot: Snapshot, other: Snapshot, names: Iterable[str]) -> Snapshot:
    """`snapshot` with the inputs `names` of `other`."""
    for name in names:
        if name in {Input.ROLES, Input.RECOMMENDATION}:
            views = [getattr(one, name) for one in other.assessments]
            changed = (one.model_copy(update={name: view}) for one, view in zip(snapshot.assessments, cycle(views)))
            snapshot = _with(snapshot, tuple(changed) if views else snapshot.assessments)
        else:
            snapshot = snapshot.model_copy(update={name: getattr(other, name)})
    return snapshot


@_check
def is_quick(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """A case of ten assessors takes no more than 50 ms."""
    scores = tuple(Score(criterion=c, value=policy.highest - 1) for c in policy.criteria)
    ten = tuple(
        Assessment(assessor=f"a{n}", scores=scores, roles=roles_of(rules, config), recommendation="accept")
        for n in range(10)
    )
    snapshot = Snapshot(case="case", now=clock.now(), assessments=ten)
    taken = []
    for _ in range(MOST):
        began = perf_counter()
        rules.propose(snapshot, config, policy)
        taken.append(perf_counter() - began)
    assert min(taken) <= SECONDS, f"it takes {min(taken) * 1000:.0f} ms for ten assessors"


def rule_pack_faults(
    rules: RuleSet[Any], policy: NationalPolicy | None = None, config: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """{check: what it found} for a rule pack under `policy` and `config` (JSON values); the national defaults without."""
    policy = policy or NationalPolicy()
    if problems := collect([("it", rules)]).problems:
        return {"can_be_offered": problems[0].error}
    try:
        chosen = checked_config(rules, config or {}, policy)
    except ConfigRefused as refused:
        return {"keeps_the_national_bounds": "; ".join(f"{k}: {v}" for k, v in refused.field_errors.items())}
    found = {}
    for name, check in CHECKS.items():
        try:
            check(rules, chosen, policy)
        except Exception as error:  # noqa: BLE001 - a pack that raises has failed the check like any other
            notes = "\n".join(getattr(error, "__notes__", ()))
            found[name] = f"{type(error).__name__}: {error}\n{notes}".strip()
    return found


def check_rule_pack(
    rules: RuleSet[Any], policy: NationalPolicy | None = None, config: Mapping[str, Any] | None = None
) -> None:
    """The whole kit in one line of a test. Raises AssertionError with every check that failed and the case that shows it."""
    found = rule_pack_faults(rules, policy, config)
    assert not found, f"{type(rules).__name__}:\n" + "\n".join(f"- {name}: {why}" for name, why in found.items())
