"""What this room writes into the audit trail, by the words that its readers see."""

from core.kernel.text import N_

ACTIONS: dict[str, str] = {
    "list.export": N_("Took a list as a file"),
}
