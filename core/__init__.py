"""The core of the platform: hosts tenants and plugins."""

import gc

STARTING, SERVING = (500_000, 20, 20), (20_000, 20, 20)
"""How many new objects are let be before Python looks through them for garbage. Starting makes some 300,000 that stay: looked
through every 700 of them, as Python does, or every 20,000, they cost a fifth of the start. What requests leave behind in
cycles is small and can wait, but not for as long."""
gc.set_threshold(*STARTING)


def started() -> None:
    """Tell that a process which goes on serving has everything it starts with: no later collection looks through that, and pages
    of memory shared after a fork stay shared."""
    gc.freeze()
    gc.set_threshold(*SERVING)
