"""What this room writes into the audit trail, by the words that its readers see."""

from core.kernel.text import N_

ACTIONS: dict[str, str] = {
    "platform.read": N_("Looked across all sites"),
}
