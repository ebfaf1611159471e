"""What the platform knows of this plugin before any of its code runs."""

from core.sdk import N_, Manifest

MANIFEST = Manifest(
    name="assessment_rules",
    title=N_("Assessment rules"),
    summary=N_("Four ways of turning assessors’ scores into a proposal. A window for joining pins one of them."),
    version="1.0.0",
    sdk=(1, 0),
    url_name="assessment-rules",
    on_by_default=True,
)
