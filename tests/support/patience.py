"""How long tests wait."""

PATIENCE = 180.0
"""So many seconds a test waits for what must come: none of them where it comes, and enough where much else runs on the machine."""
