"""What switching a plugin off would touch, asked of the plugin before anybody confirms it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from core.data.session import ScopedSession
from core.hooks.registry import Registry
from core.kernel.views import TenantRef, Touched, TouchedThing

SHOWN = 10
"""How many things of one sort the preview lists, whatever the number of sites."""


@dataclass(frozen=True, slots=True)
class AtSite:
    """One thing, and the site where it is."""

    site: TenantRef
    thing: TouchedThing


@dataclass(frozen=True, slots=True)
class Sort:
    """Things of one sort at every site that the change reaches; `first` are the soonest of all of them."""

    label: str
    note: str
    count: int
    people: int
    first: Sequence[AtSite]

    @property
    def more(self) -> int:
        """How many are not listed."""
        return max(0, self.count - len(self.first))


@dataclass(frozen=True, slots=True)
class SwitchOff:
    """What a switch-off touches. `complete` is False where the plugin could not answer for a site: there may be more."""

    sorts: Sequence[Sort] = ()
    complete: bool = True


def asked(session: ScopedSession, registry: Registry, tenant: TenantRef, plugin: str) -> SwitchOff:
    """What the plugin says of one site. The session's scope must be that site."""
    found = registry.dispatcher.call(
        "q_switch_off_touches", frozenset({plugin}), savepoint=session.begin_nested, session=session, tenant=tenant,
        limit=SHOWN,
    )  # fmt: skip
    answered = [_sort(tenant, item) for item in found.values()]
    return SwitchOff([sort for sort in answered if sort.count], all(failure.slow for failure in found.failures))


def _sort(tenant: TenantRef, item: Touched) -> Sort:
    return Sort(item.label, item.note, item.count, item.people, [AtSite(tenant, one) for one in item.first[:SHOWN]])


def together(sites: Iterable[SwitchOff]) -> SwitchOff:
    """The same of several sites: things with one label are one sort."""
    sorts: dict[str, Sort] = {}
    complete = True
    for site in sites:
        complete = complete and site.complete
        for sort in site.sorts:
            before = sorts.get(sort.label)
            sorts[sort.label] = sort if before is None else _both(before, sort)
    return SwitchOff(list(sorts.values()), complete)


def _both(one: Sort, other: Sort) -> Sort:
    soonest = nsmallest(SHOWN, [*one.first, *other.first], key=lambda at: at.thing.when)
    return Sort(one.label, one.note, one.count + other.count, one.people + other.people, soonest)
