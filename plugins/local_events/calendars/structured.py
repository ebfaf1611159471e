"""A public event as search engines read it: schema.org's Event."""

from typing import Any

from core.sdk import clock
from plugins.local_events.queries.calendars import Dated
from plugins.local_events.states import CANCELLED

_MODES = {
    "in_person": "OfflineEventAttendanceMode", "online": "OnlineEventAttendanceMode", "both": "MixedEventAttendanceMode",
}  # fmt: skip


def structured(event: Dated, href: str, site: str, site_href: str) -> dict[str, Any]:
    """JSON-LD of one event at `href`, which is also where one learns how to join online: the link itself is for who has a
    place."""
    locations: list[dict[str, Any]] = []
    if event.place:
        locations.append({"@type": "Place", "name": event.place, "address": event.place})
    if event.mode != "in_person":
        locations.append({"@type": "VirtualLocation", "url": href})
    return {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": event.title,
        "description": event.summary,
        "startDate": clock.london(event.starts_at).isoformat(),
        "endDate": clock.london(event.ends_at).isoformat(),
        "eventStatus": f"https://schema.org/Event{'Cancelled' if event.state == CANCELLED else 'Scheduled'}",
        "eventAttendanceMode": f"https://schema.org/{_MODES[event.mode]}",
        "location": locations[0] if len(locations) == 1 else locations,
        "organizer": {"@type": "Organization", "name": site, "url": site_href},
        "isAccessibleForFree": True,
        "url": href,
    }
