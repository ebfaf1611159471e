"""What the platform knows of it."""

from core.sdk import Manifest

MANIFEST = Manifest(
    name="renamed", title="Renamed", summary="Renamed", version="2.0", sdk=(1, 0), url_name="renamed", settings_version=2
)  # fmt: skip
