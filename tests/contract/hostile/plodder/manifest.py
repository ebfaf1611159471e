"""Its manifest."""

from tests.contract.hostile.make import manifest

MANIFEST = manifest("plodder")
