"""What switching a plugin off would touch, asked of the plugin before anybody confirms it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.data.session import ScopedSession, savepoint
from core.hooks.dispatcher import Failure
from core.hooks.registry import Registry
from core.kernel.views import TenantRef, Touched, TouchedThing

HOOK = "q_switch_off_touches"
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
    """What a switch-off touches. `complete` is False where the plugin could not answer, or not rightly: there may be more."""

    sorts: Sequence[Sort] = ()
    complete: bool = True


def asked(session: ScopedSession, registry: Registry, tenants: tuple[TenantRef, ...], plugin: str) -> SwitchOff:
    """What the plugin says of `tenants`, whose rows `session` reads. What it tells of a site that it was not asked about is noted and
    left out."""
    found = registry.dispatcher.call(
        HOOK, frozenset({plugin}), savepoint=lambda: savepoint(session), session=session, tenants=tenants, limit=SHOWN
    )
    sites = {tenant.id: tenant for tenant in tenants}
    answered: list[Touched] = list(found.values())
    strange = sorted({thing.tenant_id for item in answered for thing in item.first} - set(sites))
    if strange:
        told = f"it was not asked about the tenant {strange[0]}"
        registry.dispatcher.report(Failure(plugin, HOOK, told))
    return SwitchOff(
        [_sort(sites, item) for item in answered if item.count],
        not strange and all(failure.slow for failure in found.failures),
    )


def _sort(sites: Mapping[int, TenantRef], item: Touched) -> Sort:
    first = [AtSite(sites[thing.tenant_id], thing) for thing in item.first if thing.tenant_id in sites]
    return Sort(item.label, item.note, item.count, item.people, first[:SHOWN])
