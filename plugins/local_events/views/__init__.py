"""The pages: a file for each subject, each importing the blueprint that it adds to."""

from plugins.local_events.views import (
    attendance,
    check_in,
    manage,
    manage_places,
    messages,
    pages,
    places,
    proofs,
    running,
)
from plugins.local_events.views.base import blueprint, manage_blueprint

__all__ = [
    "attendance", "blueprint", "check_in", "manage", "manage_blueprint", "manage_places", "messages", "pages", "places", "proofs",
    "running",
]  # fmt: skip
