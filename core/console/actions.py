"""What was done, in words: the titles of the audit trail's actions, from each room of the core and from each plugin."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from core.admissions.actions import ACTIONS as OF_JOINING
from core.data.actions import ACTIONS as OF_DATA
from core.hooks.registry import Registry
from core.kernel.text import N_
from core.people.actions import ACTIONS as OF_PEOPLE
from core.tenancy.actions import ACTIONS as OF_SITES
from core.web.actions import ACTIONS as OF_PAGES
from core.work.actions import ACTIONS as OF_WORK

ROOMS: Mapping[str, Mapping[str, str]] = {
    N_("Sites and plugins"): {**OF_SITES, **OF_DATA, **OF_PAGES, **OF_WORK},
    N_("People and roles"): OF_PEOPLE,
    N_("Joining Q"): OF_JOINING,
}
"""{heading: {action: title}} of the core, as messages; `role.grant` is told by two rooms and belongs to the people's."""
_OF_CORE = {code: title for titles in ROOMS.values() for code, title in titles.items()}

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Group:
    """Actions that belong together, in the reader's words: `options` are (what an address says, title), in order of title.

    `every` is what an address says to ask for all of them, empty where they have no beginning in common.
    """

    title: str
    options: tuple[tuple[str, str], ...]
    every: str = ""


def title_of(registry: Registry, code: str) -> str:
    """The title (msgid) of an action, empty where nobody who is here says one: its plugin may be gone."""
    return _OF_CORE.get(code) or _of_plugin(registry, code.partition(".")[0]).get(code, "")


def groups(registry: Registry, plugins: Iterable[str], say: Say) -> list[Group]:
    """What can be asked for: the core's actions and those of `plugins` that are here and write any."""
    found = [Group(say(heading), _sorted(titles, say)) for heading, titles in ROOMS.items()]
    own = [
        Group(say(registry.plugins[name].manifest.title), _sorted(titles, say), f"{name}.")
        for name in plugins
        if (titles := _of_plugin(registry, name))
    ]
    return found + sorted(own, key=lambda group: group.title.casefold())


def asked(offered: Collection[Group], action: str) -> str:
    """What stands for `action`, as an address has it, where none of `offered` is that: empty where one is, or nothing is asked."""
    known = {code for group in offered for code, _title in group.options} | {group.every for group in offered}
    return "" if action in known else action


def _of_plugin(registry: Registry, name: str) -> Mapping[str, str]:
    plugin = registry.plugins.get(name)
    return plugin.manifest.actions if plugin is not None else {}


def _sorted(titles: Mapping[str, str], say: Say) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(((code, say(title)) for code, title in titles.items()), key=lambda one: one[1].casefold()))
