"""What the platform knows of it."""

from core.sdk import Manifest

MANIFEST = Manifest(
    name="kinds", title="Kinds", summary="Kinds", version="1.0", sdk=(1, 0), url_name="kinds", partner_may_switch=True
)
