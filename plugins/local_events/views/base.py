"""The two blueprints, and what all pages use."""

from typing import Any

from flask import Blueprint

from core.sdk import Here
from plugins.local_events.manifest import MANIFEST
from plugins.local_events.settings import Settings
from plugins.local_events.words import AUDIENCES, KINDS, MODES, POOL_KINDS, REGISTRATION_STATES, STATES

blueprint = Blueprint(MANIFEST.name, __name__)
"""Under `/events/`, for everybody."""
manage_blueprint = Blueprint(f"{MANIFEST.name}_manage", __name__)
"""Under `/manage/events/`, for organisers."""
WORDS: dict[str, Any] = {
    "kinds": KINDS, "modes": MODES, "audiences": AUDIENCES, "states": STATES, "registration_states": REGISTRATION_STATES, "pool_kinds": POOL_KINDS,
}  # fmt: skip


def settings_of(context: Here) -> Settings:
    """What is set for this site."""
    found = context.tenant.settings.get(MANIFEST.name)
    return found if isinstance(found, Settings) else Settings()
