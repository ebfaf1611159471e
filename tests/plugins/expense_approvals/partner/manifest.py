"""What the platform knows of it before any of its code runs."""

from core.sdk import Manifest

MANIFEST = Manifest(
    name="own_rules",
    title="Our rules about expenses",
    summary="What our board decided about lunches, long drives and who decides about larger sums.",
    version="1.0.0",
    sdk=(1, 0),
    url_name="own-rules",
)
