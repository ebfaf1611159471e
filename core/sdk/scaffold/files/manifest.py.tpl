"""What the platform knows of this plugin before any of its code runs."""

from core.sdk import N_, Manifest, PermissionSpec, Role

WRITE = "$name.write"

MANIFEST = Manifest(
    name="$name",
    title=N_("$title"),
    summary=N_("Short notes for the visitors of a site."),
    version="0.1.0",
    sdk=(1, 0),
    url_name="$url_name",
    permissions=(PermissionSpec(WRITE, N_("Write notes"), (Role.PARTNER_LEAD, Role.CENTRAL_TEAM)),),
    partner_may_switch=True,
    partner_may_set=("shown_at_home",),
    actions={WRITE: N_("Wrote a note")},
)
