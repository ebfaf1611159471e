"""Who may see, join and run an event: plain decisions, no database."""

from collections.abc import Collection
from dataclasses import dataclass

from core.sdk import N_, Actor, Invalid, Role, TenantRef, Visitor
from plugins.local_events.manifest import CREATE, ORGANISE, PUBLISH, PUBLISH_WIDER
from plugins.local_events.settings import Settings
from plugins.local_events.states import OWN_HAND

BY_WIDTH = ("area", "uk", "public")
"""Audiences from the narrowest to the widest."""


def is_of_area(home_tenant_id: int | None, tenant_id: int, hosts: Collection[int] = ()) -> bool:
    """Whether a member whose home is `home_tenant_id` counts as a member of the area for an event of `tenant_id` that the sites
    `hosts` host too. The one rule behind who sees and who may join a co-hosted event."""
    return home_tenant_id is not None and (home_tenant_id == tenant_id or home_tenant_id in hosts)


def audiences_at(tenant: TenantRef) -> tuple[str, ...]:
    """The audiences that an event of this site can have: the UK site has no area of its own."""
    return BY_WIDTH[1:] if tenant.kind == "uk" else BY_WIDTH


def check_audience(tenant: TenantRef, audience: str) -> None:
    """Raise Invalid for an audience that the site does not have."""
    if audience not in audiences_at(tenant):
        raise Invalid({"audience": N_("Choose one of the list")})


def origin_of(visitor: Visitor, tenant: TenantRef) -> str:
    """Whose an event is that the visitor writes here."""
    if not visitor.can(CREATE):
        return "member"
    return "central" if tenant.kind == "uk" else "partner"


def is_local(visitor: Visitor, tenant: TenantRef) -> bool:
    """Whether the visitor is a member whose home is this site."""
    return visitor.is_member and is_of_area(visitor.home_tenant_id, tenant.id)


def audiences(visitor: Visitor, tenant: TenantRef) -> tuple[str, ...]:
    """The audiences the visitor belongs to at this site, for reading."""
    return _belonging(visitor, tenant, is_member=visitor.is_member)


def audiences_of(actor: Actor, tenant: TenantRef) -> tuple[str, ...]:
    """The same of somebody as hooks receive them."""
    return _belonging(actor, tenant, is_member=Role.MEMBER in actor.roles)


def _belonging(who: Visitor | Actor, tenant: TenantRef, *, is_member: bool) -> tuple[str, ...]:
    if who.can(ORGANISE) or (is_member and is_of_area(who.home_tenant_id, tenant.id)):
        return BY_WIDTH
    return BY_WIDTH[1:] if is_member else BY_WIDTH[2:]


def may_create(visitor: Visitor, tenant: TenantRef, settings: Settings) -> bool:
    """Whether the visitor may write a draft here."""
    by_settings = settings.who_may_create == "members" or settings.members_may_propose
    return visitor.can(CREATE) or (by_settings and is_local(visitor, tenant))


def only_proposes(visitor: Visitor, tenant: TenantRef, settings: Settings) -> bool:
    """Whether a draft that the visitor writes here is a proposal: somebody else approves it before it is published."""
    return not visitor.can(CREATE) and settings.who_may_create != "members" and is_local(visitor, tenant)


def _runs_own(visitor: Visitor, tenant: TenantRef, settings: Settings, created_by: str | None) -> bool:
    """Whether this is the visitor's own event at a site whose members organise for themselves."""
    mine = visitor.account_id is not None and created_by == visitor.account_id
    return mine and settings.who_may_create == "members" and is_local(visitor, tenant)


def may_publish(
    visitor: Visitor, tenant: TenantRef, settings: Settings, created_by: str | None, *, approved: bool = False
) -> bool:
    """Whether the visitor may publish an event made by `created_by`: organisers, members their own where they organise for
    themselves, and a proposer what the partner has approved."""
    proposed = approved and created_by is not None and created_by == visitor.account_id
    return visitor.can(PUBLISH) or proposed or _runs_own(visitor, tenant, settings, created_by)


def may_publish_for(visitor: Visitor, settings: Settings, audience: str) -> bool:
    """Whether the visitor, who may publish or approve at all, may do it for this audience."""
    if visitor.can(PUBLISH_WIDER):
        return True
    widest = settings.organisers_publish_for if visitor.can(PUBLISH) else settings.members_publish_for
    return BY_WIDTH.index(audience) <= BY_WIDTH.index(widest)


def may_widen(visitor: Visitor, settings: Settings, before: str, after: str) -> bool:
    """Whether the visitor may let an event that is published for `before`, or approved for it, be for `after`: what publishing it for
    that audience would need, where it is a wider one."""
    return BY_WIDTH.index(after) <= BY_WIDTH.index(before) or may_publish_for(visitor, settings, after)


def may_submit(visitor: Visitor, tenant: TenantRef, settings: Settings, created_by: str | None) -> bool:
    """Whether the visitor may submit a proposal made by `created_by`: a member of this area, their own."""
    mine = visitor.account_id is not None and created_by == visitor.account_id
    return mine and settings.members_may_propose and is_local(visitor, tenant)


def may_run(visitor: Visitor, tenant: TenantRef, settings: Settings, created_by: str | None, state: str) -> bool:
    """Whether the visitor may edit, cancel or complete an event: organisers, and members what they have in their own hands."""
    if visitor.can(ORGANISE) or _runs_own(visitor, tenant, settings, created_by):
        return True
    return state in OWN_HAND and is_local(visitor, tenant) and created_by == visitor.account_id


@dataclass(frozen=True, slots=True)
class Person:
    """What decides whether somebody may have a place: a member, a member of this area, on the invitation list."""

    is_member: bool
    is_local: bool
    invited: bool


def person_of(visitor: Visitor, tenant: TenantRef, *, invited: bool) -> Person:
    """The visitor as `eligible` asks."""
    return Person(visitor.is_member, is_local(visitor, tenant), invited)


def eligible(eligibility: str, person: Person) -> bool:
    """Whether somebody may have a place of a pool: members of this area, any member, the invited, anybody."""
    return {
        "area": person.is_local,
        "members": person.is_member,
        "invited": person.invited,
        "public": True,
    }[eligibility]
