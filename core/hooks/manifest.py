"""A plugin's static manifest: read before any of its code runs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.kernel.permissions import Role

_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}\Z")
_URL_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}\Z")
SDK_VERSION = (1, 0)


class ManifestError(ValueError):
    """The manifest cannot stand; the message says which line and why."""


@dataclass(frozen=True, slots=True)
class PermissionSpec:
    """A permission that a plugin adds: `name` as `<plugin>.<action>`, and the roles that hold it."""

    name: str
    title: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the platform must know of a plugin. `sdk` is the (major, minor) it was written for.

    `level` is `tenant` (each site has it or not) or `platform`: on for the whole platform or not at all, switched and set
    once, at the UK site, by the central team.

    `partner_may_switch` and `partner_may_set` (names of settings) propose what a partner lead may change; the central team decides
    otherwise for any site (`core.tenancy.left`).
    `settings_version` rises when settings of before have to be read otherwise (`q_settings_upgrade`).
    `actions` says in words what the plugin writes into the audit trail: {`<plugin>.<what was done>`: "Did it"}.
    Raises ManifestError when built with anything outside the plugin's own prefix.
    """

    name: str
    title: str
    summary: str
    version: str
    sdk: tuple[int, int]
    url_name: str
    level: str = "tenant"
    permissions: tuple[PermissionSpec, ...] = ()
    requires: tuple[str, ...] = ()
    on_by_default: bool = False
    partner_may_switch: bool = False
    partner_may_set: tuple[str, ...] = ()
    settings_version: int = 1
    actions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise ManifestError(f"name {self.name!r}: lower-case letters, digits and underscores only")
        if not _URL_NAME.match(self.url_name):
            raise ManifestError(f"{self.name}: url_name {self.url_name!r}: lower-case letters, digits and hyphens only")
        if self.level not in {"tenant", "platform"}:
            raise ManifestError(f"{self.name}: level must be tenant or platform")
        if self.platform_wide and (self.partner_may_switch or self.partner_may_set):
            raise ManifestError(f"{self.name}: a plugin of level platform leaves nothing to partners")
        if self.sdk[0] != SDK_VERSION[0] or self.sdk[1] > SDK_VERSION[1]:
            raise ManifestError(f"{self.name}: written for SDK {self.sdk}, this platform has {SDK_VERSION}")
        for permission in self.permissions:
            if not permission.name.startswith(f"{self.name}."):
                raise ManifestError(f"{self.name}: permission {permission.name!r} is outside the plugin's own prefix")
        for action in self.actions:
            if not action.startswith(f"{self.name}."):
                raise ManifestError(f"{self.name}: action {action!r} is outside the plugin's own prefix")

    @property
    def platform_wide(self) -> bool:
        """Whether it is on for the whole platform or not at all."""
        return self.level == "platform"

    @property
    def table_prefix(self) -> str:
        """What the name of every table of this plugin begins with."""
        return f"{self.name}_"
