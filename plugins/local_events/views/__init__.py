"""The pages: a file for each subject, each importing the blueprint that it adds to."""

from plugins.local_events.views import manage, manage_places, pages, places, running
from plugins.local_events.views.base import blueprint, manage_blueprint

__all__ = ["blueprint", "manage", "manage_blueprint", "manage_places", "pages", "places", "running"]
