"""What this room writes into the audit trail, by the words that its readers see."""

from core.kernel.text import N_

ACTIONS: dict[str, str] = {
    "work.run_again": N_("Had a failed job run again"),
    "work.send_again": N_("Had a letter sent again"),
    "work.set_aside": N_("Set a failed job aside"),
}
