"""Who may see, join and run an event: plain decisions, no database."""

from dataclasses import dataclass

from core.sdk import TenantRef, Visitor
from plugins.local_events.manifest import CREATE, ORGANISE, PUBLISH
from plugins.local_events.settings import Settings
from plugins.local_events.states import DRAFT


def is_local(visitor: Visitor, tenant: TenantRef) -> bool:
    """Whether the visitor is a member whose home is this site."""
    return visitor.is_member and visitor.home_tenant_id == tenant.id


def audiences(visitor: Visitor, tenant: TenantRef) -> tuple[str, ...]:
    """The audiences the visitor belongs to at this site, for reading."""
    if visitor.can(ORGANISE) or is_local(visitor, tenant):
        return ("area", "uk", "public")
    return ("uk", "public") if visitor.is_member else ("public",)


def may_create(visitor: Visitor, tenant: TenantRef, settings: Settings) -> bool:
    """Whether the visitor may write a draft here."""
    by_settings = settings.who_may_create == "members" or settings.members_may_propose
    return visitor.can(CREATE) or (by_settings and is_local(visitor, tenant))


def _runs_own(visitor: Visitor, tenant: TenantRef, settings: Settings, created_by: str | None) -> bool:
    """Whether this is the visitor's own event at a site whose members organise for themselves."""
    mine = visitor.account_id is not None and created_by == visitor.account_id
    return mine and settings.who_may_create == "members" and is_local(visitor, tenant)


def may_publish(visitor: Visitor, tenant: TenantRef, settings: Settings, created_by: str | None) -> bool:
    """Whether the visitor may publish an event made by `created_by`."""
    return visitor.can(PUBLISH) or _runs_own(visitor, tenant, settings, created_by)


def may_run(visitor: Visitor, tenant: TenantRef, settings: Settings, created_by: str | None, state: str) -> bool:
    """Whether the visitor may edit, cancel or complete an event: organisers, and members their own drafts and events."""
    if visitor.can(ORGANISE) or _runs_own(visitor, tenant, settings, created_by):
        return True
    return state == DRAFT and is_local(visitor, tenant) and created_by == visitor.account_id


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
