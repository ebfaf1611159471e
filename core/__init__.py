"""The core of the platform: hosts tenants and plugins."""

import gc

gc.set_threshold(20_000, 20, 20)
"""Starting makes some 140,000 objects that stay. Looked through every 700 of them, as Python does, they cost a twentieth of
a second at the start; what requests leave behind in cycles is small and can wait."""
