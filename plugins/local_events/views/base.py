"""The two blueprints, and what all pages use."""

from typing import Any

from flask import Blueprint

from core.sdk import Forbidden, Here, Visitor, here, root_of, sites
from plugins.local_events.manifest import MANIFEST, ORGANISE
from plugins.local_events.queries import organisers
from plugins.local_events.settings import Settings, settings_at
from plugins.local_events.words import AUDIENCES, DOMAINS, KINDS, MODES, POOL_KINDS, REGISTRATION_STATES, STATES

blueprint = Blueprint(MANIFEST.name, __name__)
"""Under `/events/`, for everybody."""
manage_blueprint = Blueprint(f"{MANIFEST.name}_manage", __name__)
"""Under `/manage/events/`, for organisers."""
WORDS: dict[str, Any] = {
    "kinds": KINDS, "modes": MODES, "audiences": AUDIENCES, "states": STATES, "registration_states": REGISTRATION_STATES,
    "domains": DOMAINS, "pool_kinds": POOL_KINDS,
}  # fmt: skip


def settings_of(context: Here) -> Settings:
    """What is set for this site."""
    return settings_at(context.tenant)


def known_at(event_id: str, *, to_run: bool = True) -> Visitor:
    """This request's visitor as one event knows them (`organisers.at_event`)."""
    context = here()
    return organisers.at_event(context.session, context.tenant.ref(), event_id, context.visitor, to_run=to_run)


def runner(event_id: str) -> Visitor:
    """This request's visitor as somebody who runs the event, by a role or as one of its organisers. Raises Forbidden for everybody
    else, whether or not there is such an event."""
    visitor = known_at(event_id)
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    return visitor


def site_names(context: Here) -> dict[int, str]:
    """The names of all sites, by id, in the reader's language."""
    return {site.id: site.named(context.language) for site in sites()}


def site_addresses() -> dict[int, str]:
    """What the addresses of all sites' pages begin with, by id."""
    return {site.id: root_of(site) for site in sites()}
