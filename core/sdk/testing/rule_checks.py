"""What every rule pack must keep to, tried on many cases. One line in a test: `check_rule_pack(Standard())`."""

import copy
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import cycle, islice, product
from random import Random
from time import perf_counter
from typing import Any

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
from core.sdk.testing.rule_cases import MOST, POOL, case_of, roles_of

SECONDS = 0.05
"""Longest for a case of ten assessors."""
MANY, FEW = 150, 60
"""How many cases a check tries. They are the same each time, and most checks share them."""

Check = Callable[[RuleSet[Any], RuleConfig, NationalPolicy], None]
CHECKS: dict[str, Check] = {}


def _check(function: Check) -> Check:
    CHECKS[function.__name__] = function
    return function


def _cases(
    rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy, least: int = 0, most: int = MOST
) -> Iterator[Snapshot]:
    """Every case with from `least` to `most` assessors, of which a check takes the first `MANY` or `FEW`."""
    roles = roles_of(rules, config)
    return (case_of(policy, roles, least, most, number) for number in range(POOL))


def _pairs(
    rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy, count: int
) -> Iterator[tuple[Snapshot, Snapshot]]:
    """`count` cases, each with another one to hold against it."""
    cases = list(islice(_cases(rules, config, policy), 2 * count))
    return zip(cases[:count], reversed(cases), strict=False)


@contextmanager
def _telling(snapshot: Snapshot, **more: Any) -> Iterator[None]:
    """Whatever goes wrong in the block carries the case that shows it."""
    try:
        yield
    except Exception as error:
        error.add_note("\n".join(f"{name}={value!r}" for name, value in {"case": snapshot, **more}.items()))
        raise


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


def _set(one: Assessment, criterion: str, to: int | None) -> Assessment:
    """The same assessment with another score for one criterion."""
    return _rescored(one, lambda found, value: to if found == criterion else value)


@_check
def explains_itself(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """Every reason has words that its params fill; the central team signs; nobody signs whom the policy does not know."""
    free = policy.model_copy(update={"min_assessors": 0})  # the minimum has a check of its own
    for snapshot in islice(_cases(rules, config, policy), FEW):
        with _telling(snapshot):
            proposal = rules.propose(snapshot, config, policy)
            assert (faults := list(proposal_faults(rules, proposal, snapshot, free))) == [], "; ".join(faults)


@_check
def is_deterministic(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """The same case has the same proposal: again, after another case, from a fresh copy, in another year."""
    before = random.getstate()
    try:
        for snapshot, other in _pairs(rules, config, policy, FEW):
            with _telling(snapshot, other=other):
                _says_the_same(rules, snapshot, other, config, policy)
    finally:
        random.setstate(before)


def _says_the_same(
    rules: RuleSet[Any], snapshot: Snapshot, other: Snapshot, config: RuleConfig, policy: NationalPolicy
) -> None:
    fresh = copy.deepcopy(rules)
    first = _say(rules, snapshot, config, policy)
    for seed in range(4):
        random.seed(seed)
        assert first == _say(rules, snapshot, config, policy), "asked again, it says something else"
    _say(rules, other, config, policy)
    with clock.frozen(clock.now() + timedelta(days=400)):
        assert first == _say(rules, snapshot, config, policy), "it remembers other cases, or looks at the clock"
    read = Snapshot.model_validate_json(canonical(snapshot))
    assert first == _say(fresh, read, config, policy), "a fresh copy says something else of the stored case"


@_check
def ignores_the_order_of_assessors(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """Who sealed first, and in which order criteria are kept, changes nothing."""
    for number, snapshot in enumerate(islice(_cases(rules, config, policy, 2), FEW)):
        order = Random(number).sample(snapshot.assessments, len(snapshot.assessments))
        turned = tuple(one.model_copy(update={"scores": tuple(reversed(one.scores))}) for one in order)
        with _telling(snapshot, turned=turned):
            said, again = (_say(rules, one, config, policy) for one in (snapshot, _with(snapshot, turned)))
            assert said == again, "another order of assessors has another proposal"


@_check
def ignores_who_is_who(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """Other pseudonyms, for the same scores and roles, change nothing."""
    cases = islice(_cases(rules, config, policy, 1), FEW)
    for snapshot, prefix in zip(cases, cycle(("b", "zz-", "0")), strict=False):
        others = tuple(
            one.model_copy(update={"assessor": f"{prefix}{9 - n}"}) for n, one in enumerate(snapshot.assessments)
        )
        with _telling(snapshot, prefix=prefix):
            said = _say(rules, snapshot, config, policy)
            assert said == _say(rules, _with(snapshot, others), config, policy), (
                "other pseudonyms have another proposal"
            )


@_check
def is_monotone(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """Raising scores never turns an acceptance into a refusal."""
    for number, snapshot in enumerate(islice(_cases(rules, config, policy, 1), MANY)):
        higher = partial(_higher, Random(number), (0, 0, 1, 1, 2) if number % 2 else (1,), policy.highest)
        raised = _with(snapshot, tuple(_rescored(one, higher) for one in snapshot.assessments))
        with _telling(snapshot, raised=raised.assessments):
            before, after = (_outcome(rules, one, config, policy) for one in (snapshot, raised))
            assert (before, after) != (Outcome.ACCEPT, Outcome.DECLINE), "higher scores turn yes into no"


def _higher(chance: Random, steps: tuple[int, ...], highest: int, _criterion: str, value: int | None) -> int | None:
    return None if value is None else min(highest, value + chance.choice(steps))


@_check
def never_takes_missing_for_a_number(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """A criterion that nobody scored leaves no yes and no no. An assessor who scored nothing is as if not there. Where
    all agree on a criterion, it makes no difference between yes and no that one of them could not score it."""
    cases = list(islice(_cases(rules, config, policy, 1), FEW))
    for snapshot, criterion in zip(cases, cycle(policy.criteria), strict=False):
        without = _with(snapshot, tuple(_set(one, criterion, None) for one in snapshot.assessments))
        with _telling(snapshot, criterion=criterion):
            assert not _outcome(rules, without, config, policy).final, "it decides what nobody scored"
    nobody = Assessment(
        assessor="zz", scores=tuple(Score(criterion=c, value=None) for c in policy.criteria), roles=("none",)
    )
    for snapshot in cases:
        with _telling(snapshot):
            more = _with(snapshot, (*snapshot.assessments, nobody))
            before, after = (_outcome(rules, one, config, policy) for one in (snapshot, more))
            assert before == after, "an assessor who scored nothing changes the outcome"
    _agreement(rules, config, policy)


def _agreement(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """Every criterion at every level, in turn."""
    final = {Outcome.ACCEPT, Outcome.DECLINE}
    turns = cycle(product(range(policy.lowest, policy.highest + 1), policy.criteria))
    tried = 0
    for snapshot, (level, criterion) in zip(_cases(rules, config, policy, 2), turns, strict=False):
        alike = tuple(_set(one, criterion, level) for one in snapshot.assessments)
        fewer = (_set(alike[0], criterion, None), *alike[1:])
        if not fewer[0].scored:
            continue
        with _telling(snapshot, criterion=criterion, level=level):
            said = {_outcome(rules, _with(snapshot, one), config, policy) for one in (alike, fewer)}
            assert said != final, "a score that could not be given turns yes into no, or no into yes"
        if (tried := tried + 1) == MANY:
            break


@_check
def never_decides_below_the_minimum(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """With fewer assessments than the national minimum for this rule pack it neither accepts nor declines."""
    most = policy.minimum_for(rules.id) - 1
    nobody = Snapshot(case="case", now=clock.now())
    assert not _outcome(rules, nobody, config, policy).final, "it decides before anybody has scored"
    for snapshot in islice(_cases(rules, config, policy, min(1, most), most), MANY):
        with _telling(snapshot):
            outcome = _outcome(rules, snapshot, config, policy)
            assert not outcome.final, f"it says {outcome.value} on {len(snapshot.scored)} assessments"


@_check
def reads_only_what_it_declares(rules: RuleSet[Any], config: RuleConfig, policy: NationalPolicy) -> None:
    """What is not among its `inputs` can change without changing a byte of the proposal."""
    hidden = [name.value for name in Input if name not in rules.inputs] + ["case"]
    for snapshot, other in _pairs(rules, config, policy, MANY):
        with _telling(snapshot, other=other):
            said = _say(rules, snapshot, config, policy)
            if said != _say(rules, _changed(snapshot, other, hidden), config, policy):
                names = [n for n in hidden if said != _say(rules, _changed(snapshot, other, [n]), config, policy)]
                raise AssertionError(f"its proposal depends on {', '.join(names or hidden)}, which it does not declare")


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
