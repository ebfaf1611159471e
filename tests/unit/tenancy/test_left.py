"""What of a plugin is left to a partner: the manifest's proposal until the central team decides otherwise, whatever either names."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from core.hooks.manifest import Manifest
from core.hooks.registry import Plugin
from core.kernel.errors import Invalid, Refused
from core.kernel.views import TenantRef
from core.tenancy import left
from core.tenancy.left import Left

NAMES = ("first", "second", "third")
SCOTLAND = TenantRef(2, "scotland", "Scotland", "nation", ("en",))
UK = replace(SCOTLAND, id=1, slug="uk", kind="uk")


class Settings(BaseModel):
    """Three settings."""

    first: int = 1
    second: int = 2
    third: int = 3


def plugin(switch: bool = False, settings: tuple[str, ...] = (), level: str = "tenant") -> Plugin:
    manifest = Manifest(
        name="sample", title="Sample", summary="", version="1", sdk=(1, 0), url_name="sample", level=level,
        partner_may_switch=switch, partner_may_set=settings,
    )  # fmt: skip
    return Plugin(manifest, "sample", Path(), Settings)


some = st.sets(st.sampled_from((*NAMES, "of_another_version")))
kept = st.none() | st.builds(lambda on, names: {"switch": on, "settings": sorted(names)}, st.booleans(), some)


@given(st.booleans(), some, kept)
def test_the_manifest_holds_until_something_else_is_kept(switch: bool, proposed: set[str], stored: dict | None) -> None:
    found = left.read(plugin(switch, tuple(proposed)), stored)
    wanted = (stored["switch"], set(stored["settings"])) if stored else (switch, proposed)
    assert (found.switch, set(found.settings)) == (wanted[0], wanted[1] & set(NAMES))
    assert found.decided == (stored is not None)
    assert bool(found) == (found.switch or bool(found.settings))


@given(st.booleans(), some, kept, st.booleans(), some)
def test_what_is_ticked_is_what_holds_and_what_is_kept_is_read_back(
    switch: bool, proposed: set[str], stored: dict | None, on: bool, ticked: set[str]
) -> None:
    one = plugin(switch, tuple(proposed))
    now, ticked = left.read(one, stored), ticked & set(NAMES)
    becomes = left.ticked(one, now, on, ticked)
    assert (becomes.switch, set(becomes.settings)) == (on, ticked)
    assert left.read(one, becomes.kept()) == becomes
    assert left.ticked(one, becomes, on, ticked) == becomes
    if (now.switch, set(now.settings)) == (on, ticked):
        assert becomes == now, "nobody changed anything"
    elif (switch, proposed & set(NAMES)) == (on, ticked):
        assert not becomes.decided, "that is the proposal"


@given(kept, kept)
def test_what_is_gained_and_lost_makes_one_the_other(before: dict | None, after: dict | None) -> None:
    one = plugin(True, ("first",))
    old, new = left.read(one, before), left.read(one, after)
    gained, lost = new.beyond(old), old.beyond(new)
    assert set(new.settings) == (set(old.settings) - set(lost.settings)) | set(gained.settings)
    assert new.switch == ((old.switch and not lost.switch) or gained.switch)
    assert not set(gained.settings) & {*old.settings, *lost.settings}


def test_a_setting_that_is_not_there_is_refused() -> None:
    wanted = left.ticked(plugin(), left.proposed(plugin()), False, ["first", "invented"])
    with pytest.raises(Invalid) as told:
        left.check(plugin(), SCOTLAND, wanted)
    assert set(told.value.field_errors) == {"left"}
    left.check(plugin(), SCOTLAND, Left(True, NAMES, decided=True))


@pytest.mark.parametrize(("level", "site"), [("platform", UK), ("platform", SCOTLAND), ("tenant", UK)])
def test_a_plugin_of_the_whole_platform_and_the_uk_site_leave_nothing(level: str, site: TenantRef) -> None:
    one = plugin(level=level)
    assert not left.offered(one, site)
    with pytest.raises(Refused):
        left.check(one, site, Left(True, decided=True))
    left.check(one, site, left.proposed(one))
    assert not left.read(plugin(level="platform"), {"switch": True, "settings": ["first"]})
