"""What this room writes into the audit trail, by the words that its readers see."""

from core.kernel.text import N_

ACTIONS: dict[str, str] = {
    "plugin.configure": N_("Changed a plugin"),
    "tenant.create": N_("Opened a site"),
}
