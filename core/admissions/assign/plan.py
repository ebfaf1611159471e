"""The optimiser: fill the seats, even out the loads, then the pairs, then join what hangs apart."""

from collections import Counter
from collections.abc import Callable, Sequence

from core.admissions.assign import words
from core.admissions.assign.connect import Edge, connect, groups
from core.admissions.assign.fill import balance, cover, fill
from core.admissions.assign.model import Application, Assessor, Assignment, Measures, Plan
from core.admissions.assign.overlap import improve
from core.admissions.assign.state import State

ROUNDS = 12
"""How often, at most, every application is looked at for a more even overlap."""
SHARES = {"fill": (0.0, 0.35), "improve": (0.4, 0.95)}
"""Which part of the whole progress each step is."""


class _Progress:
    """Hands on how far it is, from 0 to 1, never backwards and at most a hundred times and one."""

    def __init__(self, call: Callable[[float], None] | None) -> None:
        self.call = call
        self.told = -1

    def part(self, step: str) -> Callable[[float], None]:
        """A callback for one step, which counts from 0 to 1 by itself."""
        begin, end = SHARES[step]
        return lambda done: self(begin + (end - begin) * done)

    def __call__(self, done: float) -> None:
        percent = int(done * 100)
        if self.call is not None and percent > self.told:
            self.told = percent
            self.call(percent / 100)


def _measures(state: State, own_workplace: int) -> Measures:
    n = len(state.assessors)
    loads = [load for load, most in zip(state.load, state.capacity, strict=True) if load or most] or [0]
    return Measures(
        seats=sum(application.wanted for application in state.applications),
        filled=sum(len(team) for team in state.team),
        lowest_load=min(loads),
        highest_load=max(loads),
        groups=groups(state),
        own_workplace=own_workplace,
        overlaps=dict(sorted(Counter(state.co[a][b] for a in range(n) for b in range(a)).items())),
    )


def _plan(state: State, links: set[Edge], seed: int) -> Plan:
    added: list[Assignment] = []
    kept: list[Assignment] = []
    ended: list[Assignment] = []
    own = 0
    for p, application in enumerate(state.applications):
        for a in sorted(state.team[p]):
            own += not state.outside[p] >> a & 1
            assessor = state.assessors[a].id
            if state.fixed[p] >> a & 1:
                kept.append(Assignment(application.id, assessor, (words.KEPT,)))
            else:
                added.append(Assignment(application.id, assessor, words.reasons(state, p, a, links)))
        gone = sorted(application.existing & application.conflicts)
        ended.extend(Assignment(application.id, assessor, (words.CONFLICT,)) for assessor in gone)
    return Plan(
        added=tuple(added),
        kept=tuple(kept),
        ended=tuple(ended),
        shortfalls=tuple(words.shortfalls(state)),
        notes=tuple(words.notes(state, own)),
        loads={assessor.id: load for assessor, load in zip(state.assessors, state.load, strict=True)},
        measures=_measures(state, own),
        seed=seed,
    )


def plan(
    assessors: Sequence[Assessor],
    applications: Sequence[Application],
    *,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Plan:
    """Who should assess what. The same input, in whatever order, and seed give the same plan.

    Always kept: nobody over their capacity by something new, nobody in conflict, nobody twice on one application, seats
    that a role needs given to nobody else. As many seats are filled as can be (see `fill.fill` for the one exception).
    Aimed for, in this order: loads that differ by one at most (an applicant's own workplace is avoided as far as
    `fill.WORTH` applications of difference), a connected graph, and pairs of assessors that share equally much.

    `progress` is told how far it is, from 0 to 1; an exception from it stops the work and is handed on.
    Raises ValueError for what cannot be planned (see `state.check`).
    """
    tell = _Progress(progress)
    tell(0)
    state = State(assessors, applications, seed)
    fill(state, tell.part("fill"))
    cover(state)
    balance(state)
    cover(state)
    improve(state, ROUNDS, tell.part("improve"))
    links = connect(state)
    made = _plan(state, links, seed)
    tell(1)
    return made
