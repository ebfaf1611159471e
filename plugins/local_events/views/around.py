"""What stands around one event on its page: what it is about, its series, who runs and hosts it, and how its proposal went."""

from typing import Any

from core.sdk import Here, TenantRef, Visitor, people_by_id
from plugins.local_events import rules
from plugins.local_events.manifest import PUBLISH
from plugins.local_events.queries import proposals, series
from plugins.local_events.queries.around import Around
from plugins.local_events.queries.events import Details
from plugins.local_events.settings import Settings
from plugins.local_events.states import EVENT
from plugins.local_events.views.base import site_names
from plugins.local_events.words import STEPS

MEMBER = "member"


def proposing(visitor: Visitor, tenant: TenantRef, settings: Settings, event: Details) -> dict[str, bool]:
    """What the visitor may do about an event that is a proposal: nothing about any other."""
    steps = EVENT.events_from(event.state) if event.origin == MEMBER else ()
    mine = visitor.account_id is not None and visitor.account_id == event.created_by
    return {
        "submit": "submit" in steps and rules.may_submit(visitor, tenant, settings, event.created_by),
        "take_back": "withdraw" in steps and mine,
        "decide": "approve" in steps and visitor.can(PUBLISH),
        "approve": "approve" in steps
        and visitor.can(PUBLISH)
        and rules.may_publish_for(visitor, settings, event.audience),
    }


def surroundings(context: Here, visitor: Visitor, event: Details, beside: Around) -> dict[str, Any]:
    """The context of the page's pieces around the event. Names of people are for who is signed in; a proposal's way is for its
    proposer and for organisers."""
    session = context.session
    names = site_names(context) if beside.hosts else {}
    mine = visitor.account_id is not None and visitor.account_id == event.created_by
    way = proposals.steps(session, event.id) if event.origin == MEMBER and (mine or visitor.can(PUBLISH)) else []
    people = (
        people_by_id(session, {*beside.organisers, *(step.by for step in way if step.by)}) if visitor.signed_in else {}
    )
    return {
        "about": beside.about,
        "within": series.within(session, event.id) if beside.in_series else None,
        "hosts": sorted(names[host] for host in beside.hosts if host in names),
        "organisers": [people[one] for one in beside.organisers if one in people] if visitor.signed_in else [],
        "way": way,
        "people": people,
        "step_words": STEPS,
    }
