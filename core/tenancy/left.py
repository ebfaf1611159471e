"""What of a plugin is left to the partner of one site: what its manifest proposes, until the central team decides otherwise there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.hooks.registry import Plugin
from core.kernel.errors import Invalid, Refused
from core.kernel.text import N_
from core.kernel.views import TenantRef


@dataclass(frozen=True, slots=True)
class Left:
    """Whether a partner lead may switch a plugin, and the names of the settings that a lead may change.

    `decided`: by the central team for this site; else as the plugin's manifest proposes, now and after its next version.
    """

    switch: bool = False
    settings: tuple[str, ...] = ()
    decided: bool = False

    def __bool__(self) -> bool:
        """Whether anything at all is left."""
        return self.switch or bool(self.settings)

    def beyond(self, other: "Left") -> "Left":
        """What is left here and not in `other`."""
        return Left(
            self.switch and not other.switch, tuple(name for name in self.settings if name not in other.settings)
        )

    def kept(self) -> dict[str, Any] | None:
        """As the database and the history keep it: None for what the manifest proposes."""
        return {"switch": self.switch, "settings": list(self.settings)} if self.decided else None


def proposed(plugin: Plugin) -> Left:
    """What the plugin's maker proposes to leave."""
    return Left(plugin.manifest.partner_may_switch, _there(plugin, plugin.manifest.partner_may_set))


def everything(plugin: Plugin) -> Left:
    """All that there is to leave."""
    return Left(True, tuple(plugin.settings.model_fields), decided=True)


def read(plugin: Plugin, kept: Mapping[str, Any] | None) -> Left:
    """What holds where `kept` is in the database. Settings that this version of the plugin does not have are passed over, and
    what was decided before the plugin became one of the whole platform says nothing."""
    if kept is None or plugin.manifest.platform_wide:
        return proposed(plugin)
    return Left(bool(kept["switch"]), _there(plugin, kept["settings"]), decided=True)


def ticked(plugin: Plugin, now: Left, switch: bool, settings: Iterable[str]) -> Left:
    """What somebody decides by ticking exactly this: nothing new where it is what holds `now`, and to go with the plugin's maker
    where it is the proposal. Names that are no settings stay in it, for `check` to refuse."""
    names = set(settings)
    known = _there(plugin, names)
    wanted = Left(switch, (*known, *sorted(names - set(known))), decided=True)
    same = (one for one in (now, proposed(plugin)) if (one.switch, one.settings) == (wanted.switch, wanted.settings))
    return next(same, wanted)


def offered(plugin: Plugin, site: TenantRef) -> bool:
    """Whether there is anything to decide: not at the UK site, which has no partner, nor of a plugin of the whole platform."""
    return site.kind != "uk" and not plugin.manifest.platform_wide


def check(plugin: Plugin, site: TenantRef, wanted: Left) -> None:
    """Raise Refused where nothing can be left to a partner, and Invalid (field `left`) for a name that is no setting."""
    if wanted.decided and not offered(plugin, site):
        raise Refused(N_("Nothing of this can be left to a partner."))
    if wanted.decided and set(wanted.settings) - set(plugin.settings.model_fields):
        raise Invalid({"left": N_("There is no such setting")})


def _there(plugin: Plugin, names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that are settings of the plugin, in its own order."""
    wanted = set(names)
    return tuple(name for name in plugin.settings.model_fields if name in wanted)
