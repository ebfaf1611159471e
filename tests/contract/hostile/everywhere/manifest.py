"""What the platform knows of it."""

from tests.contract.hostile.make import manifest

MANIFEST = manifest("everywhere", level="platform")
