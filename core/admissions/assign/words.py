"""Why somebody was chosen, what could not be met and why, and what else to know about a plan, in words."""

from core.admissions.assign.connect import Edge, groups
from core.admissions.assign.model import Shortfall, Words
from core.admissions.assign.state import State, bits
from core.kernel.text import N_

KEPT = Words("kept", N_("Assigned before, and stays"))
CONFLICT = Words("conflict", N_("A conflict of interest is known now"))


def _role(state: State, role: str) -> int:
    return state.roles.get(role, 0)


def _needed(state: State, p: int, a: int) -> list[Words]:
    """The roles that application `p` would lack without `a`."""
    found = []
    for role, count in sorted(state.applications[p].required_roles.items()):
        holders = _role(state, role)
        if holders >> a & 1 and (state.mask[p] & holders).bit_count() <= count:
            may = (holders & state.may(p)).bit_count()
            if may == 1:
                found.append(Words("only_role", N_("The only one with the role %(role)s who may"), {"role": role}))
            else:
                message = N_("Needed in the role %(role)s, which %(may)s of those who may have")
                found.append(Words("role", message, {"role": role, "may": may}))
    return found


def reasons(state: State, p: int, a: int, links: set[Edge]) -> tuple[Words, ...]:
    """Why `a` is on application `p`, the strongest reason first; there is always one."""
    found = _needed(state, p, a)
    may = state.may(p)
    before = state.load[a] - 1
    rivals = [(state.load[b], state.load[b] < state.capacity[b]) for b in bits(may & ~state.mask[p])]
    if not rivals:
        found.append(Words("all", N_("Everybody who may assess it is needed")))
    elif all(before <= load for load, _ in rivals):
        message = N_("Of the %(may)s who may assess it, nobody has fewer applications")
        found.append(Words("least_loaded", message, {"may": may.bit_count()}))
    elif all(before <= load for load, room in rivals if room):
        found.append(Words("room", N_("Those who have fewer can take no more")))
    if (a, p) in links:
        found.append(Words("link", N_("Links groups of assessors who would otherwise share no application")))
    others = [b for b in state.team[p] if b != a]
    if others and all(state.co[a][b] == 1 for b in others):
        found.append(Words("new_pair", N_("Shares no other application with the other assessors of this one")))
    if not state.outside[p] >> a & 1:
        found.append(Words("own_workplace", N_("Works where the applicant works: nobody else could be found")))
    if not found:
        found.append(Words("exchange", N_("Those who have fewer are needed elsewhere")))
    return tuple(found)


def _role_missing(state: State, p: int, role: str, count: int) -> Words:
    """Why application `p` has too few people with `role`."""
    holders = _role(state, role)
    present = holders & state.mask[p]
    away = holders & ~state.mask[p]
    free = away & state.eligible[p]
    values: dict[str, str | int] = {"role": role, "needed": count}
    if not holders:
        return Words("no_holder", N_("Nobody on the panel has the role %(role)s"), values)
    if not away:
        values["have"] = present.bit_count()
        message = N_("Too few on the panel have the role %(role)s: needed %(needed)s, there %(have)s")
        return Words("too_few_holders", message, values)
    if not free:
        values["conflicts"] = away.bit_count()
        message = N_("Conflicts of interest keep away all who could come in the role %(role)s (%(conflicts)s)")
        return Words("holders_conflicted", message, values)
    values["may"] = free.bit_count()
    if any(state.load[b] < state.capacity[b] for b in bits(free)):
        return Words("no_place", N_("No place is left on it for the role %(role)s"), values)
    return Words("holders_full", N_("Those who may come in the role %(role)s have no room left (%(may)s)"), values)


def _anybody_missing(state: State, p: int) -> Words:
    """Why application `p` has too few people, roles apart."""
    wanted = state.applications[p].wanted
    panel, may = len(state.assessors), state.eligible[p].bit_count()
    free = state.eligible[p] & ~state.mask[p]
    values: dict[str, str | int] = {"wanted": wanted, "panel": panel, "may": may}
    if panel < wanted:
        message = N_("The panel is too small: needed %(wanted)s, there %(panel)s")
        return Words("small_panel", message, values)
    if not free:
        message = N_("Too few are without a conflict of interest: needed %(wanted)s, there %(may)s")
        return Words("conflicted", message, values)
    if all(state.load[b] >= state.capacity[b] for b in bits(free)):
        return Words("full", N_("All who may assess it have no room left (%(may)s)"), values)
    return Words("not_found", N_("No way was found to fill this place"), values)


def shortfalls(state: State) -> list[Shortfall]:
    """All that applications lack, in order of their ids."""
    found = []
    for p, application in enumerate(state.applications):
        missing = max(0, application.wanted - len(state.team[p]))
        by_role = 0
        for role, count in sorted(application.required_roles.items()):
            lacking = count - (state.mask[p] & _role(state, role)).bit_count()
            if lacking > 0:
                by_role += lacking
                found.append(Shortfall(application.id, lacking, _role_missing(state, p, role, count), role))
        if missing > by_role:
            found.append(Shortfall(application.id, missing - by_role, _anybody_missing(state, p)))
    return found


def notes(state: State, own_workplace: int) -> list[Words]:
    """What else whoever decides should know."""
    found = []
    for assessor, load in zip(state.assessors, state.load, strict=True):
        if load > assessor.capacity:
            values: dict[str, str | int] = {"assessor": assessor.id, "load": load, "capacity": assessor.capacity}
            message = N_("%(assessor)s has %(load)s already and can take %(capacity)s: nothing was added")
            found.append(Words("over_capacity", message, values))
    if (parts := groups(state)) > 1:
        message = N_(
            "The assessors form %(groups)s groups that share no application: only inside one can they be compared"
        )
        found.append(Words("groups", message, {"groups": parts}))
    if own_workplace:
        message = N_("Assessors from the applicant’s own workplace: %(count)s")
        found.append(Words("own_workplaces", message, {"count": own_workplace}))
    return found
