"""What the platform knows of this plugin before any of its code runs."""

from core.sdk import N_, Manifest, PermissionSpec, Role

CREATE = "local_events.create"
PUBLISH = "local_events.publish"
ORGANISE = "local_events.organise"
PUBLISH_REFERRED = "local_events.publish_referred"
PUBLISH_WIDER = "local_events.publish_wider"
SENSITIVE = "local_events.sensitive"

ORGANISERS = (Role.EVENTS_ORGANISER, Role.PARTNER_LEAD, Role.CENTRAL_TEAM)
"""Who may run every event of a site."""

MANIFEST = Manifest(
    name="local_events",
    title=N_("Local events"),
    summary=N_("Networking events, masterclasses, site visits, workshops and webinars, with places and registration."),
    version="1.0.0",
    sdk=(1, 0),
    url_name="events",
    permissions=(
        PermissionSpec(CREATE, N_("Create events"), ORGANISERS),
        PermissionSpec(PUBLISH, N_("Publish events"), ORGANISERS),
        PermissionSpec(ORGANISE, N_("Edit, cancel and complete events and see who is coming"), ORGANISERS),
        PermissionSpec(
            PUBLISH_REFERRED,
            N_("Publish events that a check has referred to a person"),
            (Role.PARTNER_LEAD, Role.CENTRAL_TEAM),
        ),
        PermissionSpec(
            PUBLISH_WIDER,
            N_("Publish events for any audience, whatever the site’s settings say"),
            (Role.PARTNER_LEAD, Role.CENTRAL_TEAM),
        ),
        PermissionSpec(
            SENSITIVE,
            N_("Read what people said about access and food, each time on record"),
            (Role.EVENTS_ORGANISER, Role.PARTNER_LEAD),
        ),
    ),
    on_by_default=True,
    partner_may_switch=True,
    partner_may_set=(
        "who_may_create",
        "members_may_propose",
        "organisers_publish_for",
        "members_publish_for",
        "default_capacity",
        "quiet_from",
        "quiet_until",
    ),
)
