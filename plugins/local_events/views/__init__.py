"""The pages: a file for each subject, each importing the blueprint that it adds to."""

from plugins.local_events.views import (
    calendars,
    feedback,
    hosting,
    kinds,
    looking,
    manage,
    manage_feedback,
    manage_places,
    manage_visits,
    pages,
    places,
    proposals,
    running,
    series,
    visit_steps,
    visits,
)
from plugins.local_events.views.base import blueprint, manage_blueprint

__all__ = [
    "blueprint",
    "calendars",
    "feedback",
    "hosting",
    "kinds",
    "looking",
    "manage",
    "manage_blueprint",
    "manage_feedback",
    "manage_places",
    "manage_visits",
    "pages",
    "places",
    "proposals",
    "running",
    "series",
    "visit_steps",
    "visits",
]
