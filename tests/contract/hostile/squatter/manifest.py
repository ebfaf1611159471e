"""Its manifest."""

from tests.contract.hostile.make import manifest

MANIFEST = manifest("squatter", url_name="events")
